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

/** What a venue can do, and what must be done for it. */
export interface VenueCapabilities {
  /** It ends with the process, so that an order it does not know never existed and can never fill. */
  readonly inProcess: boolean
  /**
   * How long the answer to an order may take before its fate counts as unknown and the venue is asked, in ms; null where no
   * answer is ever lost.
   */
  readonly answerMs: number | null
  /** How long its read side may lag behind its orders: an order missing for longer was never accepted. In ms. */
  readonly readLagMs: number
  /**
   * How long after its confirmation a fill may still be reported as failed, in ms: nothing is sold or entered anew on the
   * strength of it before. 0 where a confirmation is final.
   */
  readonly fateSettlesMs: number
  /** It pays resolved positions out by itself; else each window must be redeemed. */
  readonly redeemsItself: boolean
}

/** An order as the venue knows it. */
export interface VenueOrder {
  readonly orderId: OrderId
  /** Its state now: the last of the reports that it would have sent. */
  readonly state: Extract<OrderReport, { type: 'delayed' | 'open' | 'filled' | 'cancelled' | 'expired' | 'rejected' }>
  /** Shares that it counts as filled, failed ones included; its list of fills may lag behind. */
  readonly matched: Shares
  /** Fills of it that can be read, with the fate of each; null where the chain has not decided. */
  readonly fills: readonly {
    readonly report: Extract<OrderReport, { type: 'fill' }>
    readonly fate: FillFate | null
  }[]
}

/** What a venue has of the desk's account at one moment. */
export interface VenueSnapshot {
  readonly at: UnixMs
  /** Of the orders that were asked about, those it knows. */
  readonly orders: readonly VenueOrder[]
  /** Shares held by window and side, those not yet paid out included; null where the venue keeps no account. */
  readonly positions:
    | readonly { readonly windowId: WindowId; readonly side: 'up' | 'down'; readonly shares: Shares }[]
    | null
  /** Cash in micro-USD, what open orders hold back included; null where the venue keeps no account. */
  readonly cash: Usd | null
}

/** What a venue tells of its own accord. */
export type VenueEvent = Extract<
  EngineEvent,
  { kind: 'order' | 'fill' | 'book' | 'strike' | 'settled' | 'redeemed' | 'price' }
>

/**
 * What takes orders and tells of fills, outcomes and balances; the desk knows no other side of a market. Orders are submitted
 * once and never again: an answer that is lost is found out by `snapshot`.
 */
export interface Venue {
  readonly name: string
  readonly capabilities: VenueCapabilities
  /** Terms of a slot; null where the venue does not list it. */
  listing(slot: SlotId): SlotListing | null
  /** Sends a signed order. Its fate comes as events: delayed, open, fills, filled, cancelled, expired or rejected. */
  submit(order: Approved<Order>, ts: UnixMs): void
  /** Asks for an order to be cancelled; whether it was comes as an event. */
  cancel(orderId: OrderId, ts: UnixMs): void
  /** What became of these orders and fills, and what the account holds. Rejects where the venue does not answer. */
  snapshot(orders: readonly OrderId[], fills: readonly FillId[]): VenueSnapshot | Promise<VenueSnapshot>
  /**
   * Asks for a resolved window to be paid out; not called where the venue does so by itself. Where no `redeemed` follows it is
   * asked again, so a window that was paid out already is told as `redeemed` once more and pays nothing twice.
   */
  redeem(windowId: WindowId, ts: UnixMs): void
  /** Asks for the outcome of a window that ended while nobody listened; it comes as `settled` once it is known. */
  askOutcome(slot: Slot, window: Window): void
  /** Hears what the venue tells from now on, in order of time. A venue that runs in the desk's own time tells it in `pop`. */
  listen(listener: (event: VenueEvent) => void): Disposer
  /** The part of it that plays in the desk's own time; null for a venue that is elsewhere. */
  readonly local: LocalSimulation | null
}

/** Whatever happens in the desk's own time, virtual or real: told when its moment has come, in order. */
export interface Timeline {
  /** When the next thing happens; undefined when nothing is coming. */
  peek(): UnixMs | undefined
  /** Takes the next thing; undefined where it concerns nobody outside. */
  pop(): EngineEvent | undefined
}

/** A market that lives on the desk's prices: it plays in the desk's own time, and must be told of each price. */
export interface LocalSimulation extends Timeline {
  /** A price that the desk hears of only after the feed's delay: `pop` tells it. */
  relay(tick: PriceTick): void
  /** What a feed that pushes has told the desk. */
  hear(event: FeedEvent): void
  /** Volatility before the first price, from closed minutes, oldest first. */
  seedHistory(asset: Asset, minutes: readonly { readonly high: number; readonly low: number }[]): void
  /** What must outlive a restart, as JSON would keep it. */
  save(): unknown
  /**
   * Goes on where it was saved.
   * @param endedBefore windows that ended before this are left out: no price will tell how they ended
   * @returns false, with nothing done, where what was saved cannot be read
   */
  restore(saved: unknown, endedBefore: number): boolean
}
