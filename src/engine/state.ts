import { broken } from '../shared/domain/base.ts'
import type { FeedState } from '../shared/domain/feed.ts'
import type { DeploymentId, FillId, OrderId, PositionId, VersionHash } from '../shared/domain/ids.ts'
import type { TradingState, VersionState } from '../shared/domain/lifecycles.ts'
import { addUsd, NO_USD, type Price, price, type Shares, shares, subUsd, type Usd } from '../shared/domain/money.ts'
import type { DeskEvent, EventKind, Fill, JournalRecord, Order, Position, Tenure } from '../shared/domain/records.ts'
import type { Canary, Caps } from '../shared/domain/settings.ts'
import {
  type Asset,
  otherSide,
  type Side,
  type Slot,
  type SlotId,
  type Window,
  type WindowId,
} from '../shared/domain/slots.ts'
import type { UnixMs } from '../shared/domain/time.ts'
import { unixMs } from '../shared/domain/time.ts'
import type { EngineConfig } from './config.ts'
import type { BookUpdate, Effect, HoldKind, Level } from './events.ts'
import { Ledger } from './orders/ledger.ts'
import { OrderRate } from './orders/risk.ts'
import { AssetState } from './prices/asset-state.ts'
import type { OrderView } from './strategy-api/baton.ts'
import type { SlotListing } from './venue/listing.ts'
import { ROW_WIDTH } from './views/view-row.ts'
import type { LiveVersion } from './views/view-types.ts'

export interface Pause {
  readonly reason: string
  readonly until: UnixMs | null
}

/** Where books come from when nobody tells them: asked at the engine's own moment. */
export interface BookSource {
  /** The newest book of a slot's current window that came at or after `since`; null when there is none. */
  bookOf(slot: number, since: number): BookUpdate | null
  /** Writes that book's best bid, its shares, best ask, its shares and tick; false when there is no book. */
  bestOf(slot: number, since: number, out: Float64Array): boolean
}

/** What the engine knows of one slot. */
export class SlotState {
  /** Place in the configuration. */
  readonly index: number
  /** Something of the view other than price, time and quotes, or the state, has changed since the row was written. */
  changed = true
  /** The version for which there are enough closed candles and a price. */
  warmFor: VersionRecord | null = null
  /** Counts changes of what is not in the row: state, orders, the position held. */
  edition = 0
  /** Figures of the slot's view; see `ROW`. */
  readonly row = new Float64Array(ROW_WIDTH)
  readonly id: SlotId
  readonly slot: Slot
  /** Terms on which the venue trades it; null where nothing can be traded. */
  readonly listing: SlotListing | null
  /** The strategy that trades it; a command can change it. */
  strategy: string | null
  /** In charge is its strategy's canary, not the live version. */
  canary = false
  readonly asset: AssetState<SlotState>
  window: Window | null = null
  strike: number | null = null
  strikeIsEstimate = true
  pause: Pause | null = null
  stateJson = 'null'
  revision = 0
  lastWhy: string | null = null
  /** NaN before the first decision: a figure that changes with each of them is better no object. */
  decidedAt = Number.NaN
  /** Labels of the newest windows as they began. */
  readonly regimes = new Map<WindowId, string | null>()
  /** What one Up share paid, of the newest settled windows and of those in which something is still undecided. */
  readonly outcomes = new Map<WindowId, Price>()
  lastSettlement: { windowStart: number; outcome: Side; profitUsd: number | null } | null = null
  /** Refusals already journaled in this window, as `version reason`: each is said once. */
  readonly refusalsLogged = new Set<string>()
  heldId: string | null = null
  orderViews: readonly OrderView[] = []
  /** Books older than this belong to the window before. */
  bookSince = 0
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

  /** What its strategy keeps is from now on this. */
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

  /** The newest book of the current window. */
  get book(): BookUpdate | null {
    return this.books === null ? this.pushedBook : this.books.bookOf(this.index, this.bookSince)
  }

  /** Writes best bid, its shares, best ask, its shares (NaN and 0 where empty) and tick, in micro-units. */
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

/** The listed slots of one strategy that one version is in charge of, in the order of their first slots. */
export interface SlotGroup {
  readonly strategy: string
  /** True: the strategy's canary is in charge, not the live version. */
  readonly canary: boolean
  readonly slots: readonly SlotState[]
}

/** A version the engine has been given. */
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
  /** States of slots that it manages although they are no longer its own: it drains, or they were reassigned. */
  readonly retained: Map<SlotId, { json: string; revision: number }>
}

/** What is known of a window's payout while something in it is undecided. */
export interface Redemption {
  /** When the venue was last asked for it, and how often; null and 0 before. */
  readonly askedAt: UnixMs | null
  readonly times: number
  /** When the venue told that it was paid; null while it was not. */
  readonly paidAt: UnixMs | null
}

/** Everything the engine remembers. Only the functions of `src/engine` change it. */
export interface EngineState {
  readonly config: EngineConfig
  readonly assets: Map<Asset, AssetState<SlotState>>
  readonly slots: Map<SlotId, SlotState>
  slotGroups: readonly SlotGroup[]
  /** I12: as configured, or as a person's command changed them. */
  caps: Caps
  /** All orders that are not final. */
  readonly orders: Map<OrderId, Order>
  /** All positions not yet redeemed, closed or voided. */
  readonly positions: Map<PositionId, Position>
  /** Fills that can still change the books: of those positions, and of the ones in `over`. */
  readonly fills: Map<FillId, Fill>
  /** Positions that ended within the last `REVERSIBLE_MS`, oldest first: a late failure of a fill still changes them. */
  readonly recentlyClosed: Map<PositionId, Position>
  readonly redemptions: Map<WindowId, Redemption>
  readonly versions: Map<VersionHash, VersionRecord>
  readonly live: Map<string, VersionHash>
  /** By strategy. */
  readonly canaries: Map<string, Canary>
  /** Evaluations asked for and not yet answered. */
  readonly pending: Map<
    VersionHash,
    { readonly cycle: number; readonly epoch: number; readonly slots: ReadonlySet<SlotId> }
  >
  readonly strategyPauses: Map<string, Pause>
  /** Positions and orders that the desk holds because their version faulted, and the strategy whose next version takes them. */
  readonly heldForNextVersion: Map<string, string>
  /** Versions that manage something in slots that are not theirs any more. */
  readonly residual: Set<VersionHash>
  /** Positions that a person has the desk sell. */
  readonly closing: Set<PositionId>
  /** Conditions that stand against entries until they are over, and why. */
  readonly holds: Map<HoldKind, string>
  /** Positions that were named as unsettleable; see `isUnsettleable`. */
  readonly unsettleable: Set<PositionId>
  readonly ledger: Ledger
  readonly rate: OrderRate
  trading: TradingState
  pause: Pause | null
  killReason: string | null
  flatten: boolean
  freeze: Pause | null
  /** UTC day whose drawdown has frozen deployments, once a day is enough; minus infinity before the first. */
  drawdownDay: number
  feed: Required<Pick<FeedState, 'connected' | 'stale' | 'detail' | 'problems'>>
  now: UnixMs
  /** When unsettled positions are looked at next. */
  nextUnsettledCheck: number
  cycle: number
  epoch: number
  nextOrder: number
  nextPosition: number
}

export function emptyState(config: EngineConfig): EngineState {
  const slots = new Map<SlotId, SlotState>()
  const assets = new Map<Asset, AssetState<SlotState>>()
  for (const [index, slot] of config.slots.entries()) {
    const asset = assets.get(slot.asset) ?? new AssetState<SlotState>(slot.asset)
    assets.set(slot.asset, asset)
    const state = new SlotState(index, slot, asset, config)
    slots.set(slot.id, state)
    asset.slots.push(state)
  }
  return {
    config,
    assets,
    slots,
    slotGroups: slotGroupsOf(slots.values()),
    caps: config.caps,
    orders: new Map(),
    positions: new Map(),
    fills: new Map(),
    recentlyClosed: new Map(),
    redemptions: new Map(),
    versions: new Map(),
    live: new Map(),
    canaries: new Map(),
    pending: new Map(),
    strategyPauses: new Map(),
    heldForNextVersion: new Map(),
    residual: new Set(),
    closing: new Set(),
    holds: new Map(),
    unsettleable: new Set(),
    ledger: new Ledger(),
    rate: new OrderRate(),
    trading: 'running',
    pause: null,
    killReason: null,
    flatten: false,
    freeze: null,
    drawdownDay: Number.NEGATIVE_INFINITY,
    feed: { connected: true, stale: [], detail: '', problems: [] },
    now: unixMs(0),
    nextUnsettledCheck: Number.NEGATIVE_INFINITY,
    cycle: 0,
    epoch: 0,
    nextOrder: 1,
    nextPosition: 1,
  }
}

/** The first reason why an asset's prices cannot be traded on, as its feed told it; null where it told none. */
export function feedProblemOf({ feed }: EngineState, asset: Asset): string | null {
  return feed.problems.find((problem) => problem.asset === asset)?.reason ?? null
}

/** Who trades what, by what each slot says. */
export function slotGroupsOf(slots: Iterable<SlotState>): readonly SlotGroup[] {
  const slotGroups: { strategy: string; canary: boolean; slots: SlotState[] }[] = []
  for (const slot of slots) {
    const { strategy, canary } = slot
    if (strategy === null || !slot.listed) continue
    const group = slotGroups.find((one) => one.strategy === strategy && one.canary === canary)
    if (group === undefined) slotGroups.push({ strategy, canary, slots: [slot] })
    else group.slots.push(slot)
  }
  return slotGroups
}

/** What one `handle` call works with: the state, and where its effects go. */
export interface Context {
  readonly state: EngineState
  readonly out: Effect[]
  /** Nobody writes closed candles down: they are not even made. */
  readonly discardsRecords?: boolean
}

export function record(context: Context, entry: JournalRecord): void {
  context.out.push({ kind: 'record', record: entry })
}

export function logEvent(
  context: Context,
  level: DeskEvent['level'],
  kind: EventKind,
  message: string,
  about: { slot?: SlotId | null; version?: VersionHash | null; detail?: string } = {},
): void {
  const slot = about.slot == null ? undefined : context.state.slots.get(about.slot)
  const event: DeskEvent = {
    ts: context.state.now,
    level,
    kind,
    slot: about.slot ?? null,
    version: about.version ?? null,
    deployment: about.version == null ? null : (context.state.versions.get(about.version)?.deployment ?? null),
    regime: slot?.asset.regime ?? null,
    market: context.state.config.market,
    message,
    detail: about.detail ?? null,
  }
  record(context, { t: 'event', event })
}

/** The version that trades a strategy now; undefined while none is live. */
export function liveVersion(state: EngineState, strategy: string): VersionRecord | undefined {
  const hash = state.live.get(strategy)
  return hash === undefined ? undefined : state.versions.get(hash)
}

export function slotOf(state: EngineState, id: SlotId): SlotState {
  const found = state.slots.get(id)
  return found ?? broken(`unknown slot ${id}`)
}

export function assetOf(state: EngineState, asset: Asset): AssetState<SlotState> {
  const found = state.assets.get(asset)
  return found ?? broken(`unknown asset ${asset}`)
}

export function versionOf(state: EngineState, hash: VersionHash): VersionRecord {
  const found = state.versions.get(hash)
  return found ?? broken(`unknown version ${hash}`)
}

const WORKING = new Set<Order['state']>(['intent', 'signed', 'sent', 'delayed', 'open', 'partial', 'unknown'])

/** True while the venue could still fill it. */
export function isWorking(order: Order): boolean {
  return WORKING.has(order.state)
}

/** True until its window's outcome is known, or it is sold: somebody must own it. */
export function isUnsettled({ state }: Pick<Position, 'state'>): boolean {
  return state === 'open' || state === 'ended'
}

/** True where a window ended so long ago that its outcome will hardly come by itself any more. */
export function isUnsettleable(state: EngineState, position: Pick<Position, 'state' | 'windowEnd'>): boolean {
  return position.state === 'ended' && state.now - position.windowEnd >= state.config.unsettledAfterMs
}

export function positionIn(state: EngineState, windowId: WindowId): Position | undefined {
  for (const position of state.positions.values()) if (position.windowId === windowId) return position
  return undefined
}

export function workingOrders(state: EngineState, windowId: WindowId): Order[] {
  return [...state.orders.values()].filter((order) => order.windowId === windowId && isWorking(order))
}

/** Best bid and ask of one side's token; the Down token mirrors the Up token's book. */
export function quoteOf(book: BookUpdate | null, side: Side): { bid: Level | null; ask: Level | null } {
  if (book === null) return { bid: null, ask: null }
  const bid = book.bids[0] ?? null
  const ask = book.asks[0] ?? null
  if (side === 'up') return { bid, ask }
  return { bid: ask && mirror(ask), ask: bid && mirror(bid) }
}

export function mirror(level: Level): Level {
  return { price: price(1_000_000 - level.price), shares: level.shares }
}

/** Price and source of a handoff's mark (design, "handoff"). */
export function markOf(
  state: EngineState,
  slot: SlotState,
  side: Side,
  estimateUp: number | null,
): { mark: Price | null; source: 'bid' | 'mid' | 'estimate' | null } {
  const own = quoteOf(slot.book, side)
  if (own.bid !== null) return { mark: own.bid.price, source: 'bid' }
  const other = quoteOf(slot.book, otherSide(side))
  if (slot.book !== null && own.ask !== null && other.ask !== null && state.now - slot.book.ts <= 5_000) {
    return { mark: price(Math.round((own.ask.price + 1_000_000 - other.ask.price) / 2)), source: 'mid' }
  }
  if (estimateUp === null) return { mark: null, source: null }
  return { mark: price(Math.round((side === 'up' ? estimateUp : 1 - estimateUp) * 1_000_000)), source: 'estimate' }
}

/** Cash held back by working entries. */
export function reserved(state: EngineState): Usd {
  let sum = NO_USD
  for (const order of state.orders.values()) {
    if (order.kind === 'enter' && isWorking(order)) sum = addUsd(sum, remainingReserve(order))
  }
  return sum
}

/** What a working entry may still cost. */
export function remainingReserve(order: Order): Usd {
  const left = subUsd(subUsd(order.reserve, order.filledCost), order.fee)
  return left > 0 ? left : NO_USD
}

/** A fill in the window that the chain has neither confirmed nor refused: nothing is built on it before. */
export function unconfirmedFill(state: EngineState, windowId: WindowId): Fill | undefined {
  for (const fill of state.fills.values())
    if (fill.state === 'matched' && state.positions.get(fill.positionId)?.windowId === windowId) return fill
  return undefined
}

/**
 * A fill of the window that may still be taken back: without a fate, or confirmed so lately that this venue may yet report it
 * as failed. Nothing is entered or sold in the window before.
 */
export function revocableFill(state: EngineState, windowId: WindowId): Fill | undefined {
  const from = state.now - state.config.fateSettlesMs
  for (const fill of state.fills.values()) {
    if (fill.state === 'failed' || (fill.fateAt ?? Number.POSITIVE_INFINITY) <= from) continue
    const position = state.positions.get(fill.positionId) ?? state.recentlyClosed.get(fill.positionId)
    if (position?.windowId === windowId) return fill
  }
  return undefined
}

export function remainingShares(order: Order): Shares {
  return order.kind === 'exit' ? shares(Math.max(0, order.quantity - order.filledShares)) : shares(0)
}

/** True while the mean that decides a slot's window is running. */
export function isMeanRunning(slot: SlotState): boolean {
  return slot.asset.meanStarted && slot.window !== null && slot.asset.boundary === slot.window.end
}
