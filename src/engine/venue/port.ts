import type { Disposer } from '../../shared/domain/base.ts'
import type { FeedEvent, PriceTick } from '../../shared/domain/feed.ts'
import type { FillId, OrderId } from '../../shared/domain/ids.ts'
import type { Shares, Usd } from '../../shared/domain/money.ts'
import type { Order } from '../../shared/domain/records.ts'
import type { Asset, Slot, SlotId, Window, WindowId } from '../../shared/domain/slots.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { EngineEvent, FillFate, OrderReport } from '../events.ts'
import type { Approved } from '../orders/risk.ts'
import type { SlotListing } from './listing.ts'

/** Properties of a venue that the desk must take into account. */
export interface VenueCapabilities {
  /** True when the venue ends with the process: an order it does not know never existed and can never fill. */
  readonly inProcess: boolean
  /** Time without an answer, ms, after which an order counts as unknown and the venue is queried; null if answers are never lost. */
  readonly answerMs: number | null
  /** Maximum lag of the venue's queries behind its orders, ms: an order missing for longer was never accepted. */
  readonly readLagMs: number
  /** Time after its confirmation during which a fill may still fail, ms; no entry or exit relies on it before. 0 if confirmations are final. */
  readonly fateSettlesMs: number
  /** True when the venue pays resolved positions by itself; otherwise each window must be redeemed. */
  readonly redeemsItself: boolean
  /** True when strikes come from the settlement source alone: the desk estimates none, and a window without one is not traded. */
  readonly officialStrikes: boolean
}

/** An order as the venue knows it. */
export interface VenueOrder {
  readonly orderId: OrderId
  /** Current state, as the last report the venue would have sent. */
  readonly state: Extract<OrderReport, { type: 'delayed' | 'open' | 'filled' | 'cancelled' | 'expired' | 'rejected' }>
  /** Shares counted as filled, failed ones included; the list of fills may lag behind. */
  readonly matched: Shares
  /** Known fills of the order; `fate` is null until it is decided on chain. */
  readonly fills: readonly {
    readonly report: Extract<OrderReport, { type: 'fill' }>
    readonly fate: FillFate | null
  }[]
}

/** The desk's account at a venue at one time. */
export interface VenueSnapshot {
  readonly at: UnixMs
  /** Those of the requested orders that the venue knows. */
  readonly orders: readonly VenueOrder[]
  /** Shares held by window and side, unredeemed ones included; null if the venue keeps no account. */
  readonly positions:
    | readonly { readonly windowId: WindowId; readonly side: 'up' | 'down'; readonly shares: Shares }[]
    | null
  /** Cash, including what open orders reserve; null if the venue keeps no account. */
  readonly cash: Usd | null
}

/** Event that a venue emits unprompted. */
export type VenueEvent = Extract<
  EngineEvent,
  { kind: 'order' | 'fill' | 'book' | 'strike' | 'settled' | 'redeemed' | 'price' }
>

/**
 * Port to whatever executes orders and reports fills, outcomes and balances. Each order is submitted exactly once; after a
 * lost answer its state is queried with `snapshot`.
 */
export interface Venue {
  readonly name: string
  readonly capabilities: VenueCapabilities
  /** Terms of a slot; null if the venue does not list it. */
  listing(slot: SlotId): SlotListing | null
  /** Sends a signed order. Its progress arrives as events: delayed, open, fill, filled, cancelled, expired or rejected. */
  submit(order: Approved<Order>, ts: UnixMs): void
  /** Requests cancellation of an order; the result arrives as an event. */
  cancel(orderId: OrderId, ts: UnixMs): void
  /** State of these orders and fills, and of the account. Rejects when the venue does not answer. */
  snapshot(orders: readonly OrderId[], fills: readonly FillId[]): VenueSnapshot | Promise<VenueSnapshot>
  /**
   * Requests the payout of a resolved window. The request is repeated until a `redeemed` event arrives, so it must be
   * idempotent: a paid window emits `redeemed` again without a second payout. If the venue redeems by itself, only payouts
   * outstanding at a start are requested.
   */
  redeem(windowId: WindowId, ts: UnixMs): void
  /** Requests the outcome of a window that ended while the desk was not running; it arrives as `settled`. */
  askOutcome(slot: Slot, window: Window): void
  /** Subscribes to the venue's events, in order of time. An in-process simulation delivers them through `pop` instead. */
  listen(listener: (event: VenueEvent) => void): Disposer
  /** The venue's in-process simulation, which runs in desk time; null for a remote venue. */
  readonly local: LocalSimulation | null
}

/** Events scheduled in desk time, virtual or real, delivered in order when they are due. */
export interface Timeline {
  /** Time of the next event; undefined without one. */
  peek(): UnixMs | undefined
  /** Takes the next event; undefined for one that is internal to the source. */
  pop(): EngineEvent | undefined
}

/** A venue simulated in desk time from the desk's own prices. */
export interface LocalSimulation extends Timeline {
  /** Applies a price that the desk receives only after the feed's delay, through `pop`. */
  relay(tick: PriceTick): void
  /** Applies an event of a feed that pushes to the desk itself. */
  onFeedEvent(event: FeedEvent): void
  /** Initialises volatility from closed minutes before the first price, oldest first. */
  seedHistory(asset: Asset, minutes: readonly { readonly high: number; readonly low: number }[]): void
  /** State to persist across restarts, as JSON-compatible data. */
  save(): unknown
  /**
   * Continues from a saved state.
   * @param endedBefore windows that ended before this are skipped: no price will arrive to settle them
   * @returns false, with nothing done, when the saved state cannot be read
   */
  restore(saved: unknown, endedBefore: number): boolean
}
