import type { DeploymentId } from '../shared/domain/ids.ts'
import type { VersionState } from '../shared/domain/lifecycles.ts'
import type { Price } from '../shared/domain/money.ts'
import type { Tenure } from '../shared/domain/records.ts'
import type { Side, Slot, SlotId, Window, WindowId } from '../shared/domain/slots.ts'
import type { UnixMs } from '../shared/domain/time.ts'
import type { EngineConfig } from './config.ts'
import type { BookUpdate } from './events.ts'
import type { AssetState } from './prices/asset-state.ts'
import type { OrderView } from './strategy-api/baton.ts'
import type { SlotListing } from './venue/listing.ts'
import { ROW_WIDTH } from './views/view-row.ts'
import type { LiveVersion } from './views/view-types.ts'

export interface Pause {
  readonly reason: string
  readonly until: UnixMs | null
}

/** Books read on demand, as of the engine's current time, instead of pushed as events. */
export interface BookSource {
  /** Newest book of a slot's current window that appeared at or after `since`; null without one. */
  bookOf(slot: number, since: number): BookUpdate | null
  /** Writes best bid, its shares, best ask, its shares and tick of that book to `out`; false without one. */
  bestOf(slot: number, since: number, out: Float64Array): boolean
}

/** The engine's state of one slot. */
export class SlotState {
  /** Position in the configured list of slots. */
  readonly index: number
  /** True when the strategy state, or anything in the view other than price, time and quotes, changed since `row` was written. */
  changed = true
  /** The version whose warm-up is complete: enough closed candles and a price; null while none is. */
  warmFor: VersionRecord | null = null
  /** Incremented when something outside `row` changes: strategy state, orders, position. */
  edition = 0
  /** Numbers of the slot's view, laid out by `ROW`. */
  readonly row = new Float64Array(ROW_WIDTH)
  readonly id: SlotId
  readonly slot: Slot
  /** Terms on which the venue trades the slot; null when it is not listed. */
  readonly listing: SlotListing | null
  /** Strategy assigned to the slot; the `assign` command changes it. */
  strategy: string | null
  /** True when the slot is traded by its strategy's canary instead of the live version. */
  canary = false
  readonly asset: AssetState<SlotState>
  window: Window | null = null
  strike: number | null = null
  strikeIsEstimate = true
  pause: Pause | null = null
  stateJson = 'null'
  revision = 0
  lastWhy: string | null = null
  /** Time of the last decision, ms; NaN before the first. Not nullable, so that it stays an unboxed number. */
  decidedAt = Number.NaN
  /** Regime at the start of the most recent windows. */
  readonly regimes = new Map<WindowId, string | null>()
  /** Payout of one Up share, for the most recent settled windows and for those with open items. */
  readonly outcomes = new Map<WindowId, Price>()
  lastSettlement: { windowStart: number; outcome: Side; profitUsd: number | null } | null = null
  /** Refusals already logged in this window, as `version reason`; each is logged once. */
  readonly refusalsLogged = new Set<string>()
  heldId: string | null = null
  orderViews: readonly OrderView[] = []
  /** Start of validity for books: older ones belong to the previous window. */
  bookSince = 0
  /** Null when books arrive as events. */
  books: BookSource | null = null
  private pushedBook: BookUpdate | null = null

  constructor(index: number, slot: Slot, asset: AssetState<SlotState>, config: EngineConfig) {
    this.index = index
    this.id = slot.id
    this.slot = slot
    this.asset = asset
    this.listing = config.listings.get(slot.id) ?? null
    this.strategy = config.assignments.get(slot.id) ?? null
  }

  /** Replaces the strategy state and increments its revision. */
  setState(json: string): void {
    this.stateJson = json
    this.revision++
    this.edition++
    this.changed = true
  }

  get listed(): boolean {
    return this.listing !== null
  }

  get lastDecisionAt(): number | null {
    return Number.isNaN(this.decidedAt) ? null : this.decidedAt
  }

  /** Newest book of the current window. */
  get book(): BookUpdate | null {
    return this.books === null ? this.pushedBook : this.books.bookOf(this.index, this.bookSince)
  }

  /** Writes best bid, its shares, best ask, its shares (NaN and 0 for an empty side) and tick, in micro-units; false without a book. */
  writeBest(out: Float64Array): boolean {
    if (this.books !== null) return this.books.bestOf(this.index, this.bookSince, out)
    const { pushedBook } = this
    if (pushedBook === null) return false
    const [bid] = pushedBook.bids
    const [ask] = pushedBook.asks
    out[0] = bid?.price ?? Number.NaN
    out[1] = bid?.shares ?? 0
    out[2] = ask?.price ?? Number.NaN
    out[3] = ask?.shares ?? 0
    out[4] = pushedBook.tick
    return true
  }

  set book(book: BookUpdate | null) {
    this.pushedBook = book
  }
}

/** Listed slots of one strategy that the same version decides for, in configuration order. */
export interface SlotGroup {
  readonly strategy: string
  /** True when the strategy's canary decides for them, not the live version. */
  readonly canary: boolean
  readonly slots: readonly SlotState[]
}

/** A version known to the engine, with its counters. */
export interface VersionRecord extends LiveVersion {
  readonly strategy: string
  deployment: DeploymentId
  state: VersionState
  firstLiveAt: UnixMs | null
  epoch: number
  decisions: number
  faults: number
  faultsInRow: number
  tenure: Tenure
  /**
   * State the version retains for slots it no longer trades: while it drains, after the slot was reassigned, or while the
   * canary trades the slot.
   */
  readonly retained: Map<SlotId, { json: string; revision: number }>
}

/** Groups listed slots by strategy and by live version or canary. */
export function slotGroupsOf(slots: Iterable<SlotState>): readonly SlotGroup[] {
  const slotGroups: { strategy: string; canary: boolean; slots: SlotState[] }[] = []
  for (const slot of slots) {
    const { strategy, canary } = slot
    if (strategy === null || !slot.listed) continue
    const group = slotGroups.find((candidate) => candidate.strategy === strategy && candidate.canary === canary)
    if (group === undefined) slotGroups.push({ strategy, canary, slots: [slot] })
    else group.slots.push(slot)
  }
  return slotGroups
}

/** True while the averaging interval that settles the slot's current window is running. */
export function isMeanRunning(slot: SlotState): boolean {
  return slot.asset.meanStarted && slot.window !== null && slot.asset.boundary === slot.window.end
}
