import { broken } from '../shared/domain/base.ts'
import type { FeedState } from '../shared/domain/feed.ts'
import type { FillId, OrderId, PositionId, VersionHash } from '../shared/domain/ids.ts'
import type { TradingState } from '../shared/domain/lifecycles.ts'
import { addUsd, NO_USD, type Shares, shares, subUsd, type Usd } from '../shared/domain/money.ts'
import type {
  DeskEvent,
  EventCause,
  EventKind,
  Fill,
  JournalRecord,
  Order,
  Position,
} from '../shared/domain/records.ts'
import type { Canary, Caps } from '../shared/domain/settings.ts'
import type { Asset, SlotId, WindowId } from '../shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../shared/domain/time.ts'
import type { EngineConfig } from './config.ts'
import type { Effect, HoldKind } from './events.ts'
import { Ledger } from './orders/ledger.ts'
import { OrderRate } from './orders/risk.ts'
import { AssetState } from './prices/asset-state.ts'
import { type Pause, type SlotGroup, SlotState, slotGroupsOf, type VersionRecord } from './slot-state.ts'

/** Progress of a window's payout while a position or order in it is still open. */
export interface Redemption {
  /** Time of the last redemption request; null before the first. */
  readonly askedAt: UnixMs | null
  /** Number of redemption requests so far. */
  readonly times: number
  /** Time at which the venue reported the payout; null until then. */
  readonly paidAt: UnixMs | null
}

/** The whole state of the engine. Only functions in `src/engine` modify it. */
export interface EngineState {
  readonly config: EngineConfig
  readonly assets: Map<Asset, AssetState<SlotState>>
  readonly slots: Map<SlotId, SlotState>
  slotGroups: readonly SlotGroup[]
  /** I12: as configured, or as changed by the `caps` command. */
  caps: Caps
  /** Orders in a non-final state. */
  readonly orders: Map<OrderId, Order>
  /** Positions not yet redeemed, closed or voided. */
  readonly positions: Map<PositionId, Position>
  /** Fills whose fate can still change a position in `positions` or `recentlyClosed`. */
  readonly fills: Map<FillId, Fill>
  /** Positions closed within the last `REVERSIBLE_MS`, oldest first: a late fill failure can reopen them. */
  readonly recentlyClosed: Map<PositionId, Position>
  readonly redemptions: Map<WindowId, Redemption>
  readonly versions: Map<VersionHash, VersionRecord>
  /** Live version by strategy. */
  readonly live: Map<string, VersionHash>
  /** Canary by strategy. */
  readonly canaries: Map<string, Canary>
  /** Evaluations in flight: requested and not yet answered. */
  readonly pending: Map<
    VersionHash,
    { readonly cycle: number; readonly epoch: number; readonly slots: ReadonlySet<SlotId> }
  >
  readonly strategyPauses: Map<string, Pause>
  /** Position or order id → strategy whose next version takes it over; the desk holds it because its version faulted. */
  readonly heldForNextVersion: Map<string, string>
  /** Residual versions: they still manage positions or orders in slots they no longer trade. */
  readonly residual: Set<VersionHash>
  /** Positions the desk is selling because of a `close` command. */
  readonly closing: Set<PositionId>
  /** Active holds on entries, with their reasons. */
  readonly holds: Map<HoldKind, string>
  /** Positions already reported as unsettleable; see `isUnsettleable`. */
  readonly unsettleable: Set<PositionId>
  readonly ledger: Ledger
  readonly rate: OrderRate
  trading: TradingState
  pause: Pause | null
  killReason: string | null
  flatten: boolean
  freeze: Pause | null
  /** Start of the last UTC day on which the drawdown limit froze deployments (once a day); −∞ before the first. */
  drawdownDay: number
  feed: Required<Pick<FeedState, 'connected' | 'stale' | 'detail' | 'problems'>>
  now: UnixMs
  /** Time of the next check for unsettleable positions, ms. */
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
    const slotState = new SlotState(index, slot, asset, config)
    slots.set(slot.id, slotState)
    asset.slots.push(slotState)
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

/** The first problem the feed reported for an asset; null without one. */
export function feedProblemOf({ feed }: EngineState, asset: Asset): string | null {
  return feed.problems.find((problem) => problem.asset === asset)?.reason ?? null
}

/** Passed through one `handle` call: the state, and the list its effects are appended to. */
export interface Context {
  readonly state: EngineState
  readonly effects: Effect[]
  /** True when records are discarded, so that closed candles and halts are not built at all. */
  readonly discardsRecords?: boolean
}

export function record(context: Context, entry: JournalRecord): void {
  context.effects.push({ kind: 'record', record: entry })
}

/** Journals an event for the desk's log. */
export function logEvent(
  context: Context,
  level: DeskEvent['level'],
  kind: EventKind,
  message: string,
  about: { slot?: SlotId | null; version?: VersionHash | null; detail?: string; cause?: EventCause } = {},
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
    ...(about.cause === undefined ? {} : { cause: about.cause }),
  }
  record(context, { t: 'event', event })
}

/** The live version of a strategy; undefined without one. */
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

/** True while the venue could still fill the order. */
export function isWorking(order: Order): boolean {
  return WORKING.has(order.state)
}

/** True until the position is sold or its outcome is known; until then it must have an owner (I1). */
export function isUnsettled({ state }: Pick<Position, 'state'>): boolean {
  return state === 'open' || state === 'ended'
}

/** True when the window ended so long ago that its outcome is unlikely to arrive. */
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

/** Cash held back by working entries. */
export function reserved(state: EngineState): Usd {
  let sum = NO_USD
  for (const order of state.orders.values()) {
    if (order.kind === 'enter' && isWorking(order)) sum = addUsd(sum, remainingReserve(order))
  }
  return sum
}

/** Upper bound of what a working entry can still cost, fee included. */
export function remainingReserve(order: Order): Usd {
  const left = subUsd(subUsd(order.reserve, order.filledCost), order.fee)
  return left > 0 ? left : NO_USD
}

/** A fill in the window whose fate is not known; its position is not resolved or closed before it is. */
export function unconfirmedFill(state: EngineState, windowId: WindowId): Fill | undefined {
  for (const fill of state.fills.values())
    if (fill.state === 'matched' && state.positions.get(fill.positionId)?.windowId === windowId) return fill
  return undefined
}

/**
 * A fill in the window that may still fail: without a fate, or confirmed less than `fateSettlesMs` ago. No entry or exit is
 * accepted in the window meanwhile.
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
