import { type Brand, err, ok, type Result } from '../../shared/domain/base.ts'
import {
  addUsd,
  MICRO,
  mulDivFloor,
  notional,
  type Price,
  type Shares,
  sharesFor,
  takerFee,
  type Usd,
  usd,
} from '../../shared/domain/money.ts'
import type { Order } from '../../shared/domain/records.ts'
import type { Caps } from '../../shared/domain/settings.ts'
import { MINUTE, type UnixMs } from '../../shared/domain/time.ts'

import type { SlotListing } from '../venue/listing.ts'

/** An order that passed all risk rules; only approved orders can be sent. */
export type Approved<T> = Brand<T, 'Approved'>

/** Reason codes of refused intents; each refusal is journaled. */
export type RefusalReason =
  | 'killed'
  | 'paused'
  | 'slot-paused'
  | 'strategy-paused'
  | 'held'
  | 'no-strike'
  | 'unlisted'
  | 'stale-price'
  | 'feed-down'
  | 'no-book'
  | 'window-over'
  | 'second-entry'
  | 'order-open'
  | 'no-position'
  | 'not-owner'
  | 'bad-limit'
  | 'below-minimum'
  | 'stake-cap'
  | 'window-cap'
  | 'asset-cap'
  | 'account-cap'
  | 'cash'
  | 'order-rate'
  | 'daily-loss'
  | 'no-order'
  | 'bad-intent'
  | 'draining'

export interface Refusal {
  readonly reason: RefusalReason
  readonly message: string
}

export function refuse(reason: RefusalReason, message: string): Result<never, Refusal> {
  return err({ reason, message })
}

/** Money at risk before an entry, including orders in flight and of unknown state. */
export interface Exposure {
  readonly window: Usd
  readonly asset: Usd
  readonly account: Usd
  /** Cash that is not reserved by open orders. */
  readonly freeCash: Usd
  readonly lossToday: Usd
}

/** Number of orders in the last minute. */
export class OrderRate {
  private readonly times: UnixMs[] = []

  add(ts: UnixMs): void {
    this.times.push(ts)
  }

  within(ts: UnixMs): number {
    while (this.times.length > 0 && (this.times[0] ?? 0) <= ts - MINUTE) this.times.shift()
    return this.times.length
  }
}

/** Stake plus the highest fee that a purchase for `stake` at `limit` or better can cost. */
export function reserveFor(stake: Usd, limit: Price, ratePpm: number): Usd {
  // fee / stake = rate × (1 − p), which rises towards `rate` as the price p falls.
  const highest = mulDivFloor(stake, ratePpm, MICRO)
  const atLimit = takerFee(limit, sharesFor(stake, limit), ratePpm)
  return addUsd(stake, usd(Math.max(highest, atLimit)))
}

const dollars = (amount: number) => `$${(amount / MICRO).toFixed(2)}`

/** The venue's minimum stake of an entry at a limit. */
export function minimumStake(limit: Price, { minStake, minShares }: SlotListing): Usd {
  return usd(Math.max(minStake, notional(limit, minShares)))
}

/** Brands an order that has passed the risk rules. */
function approved(order: Order): Approved<Order> {
  return order as Approved<Order>
}

/** Checks an entry against the caps (I12). */
export function judgeEntry(
  order: Order,
  exposure: Exposure,
  rate: number,
  listing: SlotListing,
  caps: Caps,
): Result<Approved<Order>, Refusal> {
  const minimum = minimumStake(order.limit, listing)
  if (order.stake < minimum) {
    return refuse(
      'below-minimum',
      `stake ${dollars(order.stake)} is below the venue's minimum of ${dollars(minimum)} at this limit`,
    )
  }
  if (order.stake > caps.stakePerOrder) {
    return refuse(
      'stake-cap',
      `stake ${dollars(order.stake)} exceeds the cap of ${dollars(caps.stakePerOrder)} per order`,
    )
  }
  const over = (held: Usd, cap: Usd) => held + order.reserve > cap
  if (over(exposure.window, caps.exposurePerWindow)) {
    return refuse(
      'window-cap',
      `${dollars(exposure.window)} already at risk in this window, cap ${dollars(caps.exposurePerWindow)}`,
    )
  }
  if (over(exposure.asset, caps.exposurePerAsset)) {
    return refuse(
      'asset-cap',
      `${dollars(exposure.asset)} already at risk in this asset, cap ${dollars(caps.exposurePerAsset)}`,
    )
  }
  if (over(exposure.account, caps.exposurePerAccount)) {
    return refuse(
      'account-cap',
      `${dollars(exposure.account)} already at risk, cap ${dollars(caps.exposurePerAccount)}`,
    )
  }
  if (order.reserve > exposure.freeCash) {
    return refuse('cash', `needs ${dollars(order.reserve)} with fee, ${dollars(exposure.freeCash)} is free`)
  }
  if (exposure.lossToday >= caps.lossPerDay) {
    return refuse(
      'daily-loss',
      `today's loss ${dollars(exposure.lossToday)} reached the cap of ${dollars(caps.lossPerDay)}`,
    )
  }
  if (rate >= caps.ordersPerMinute) {
    return refuse('order-rate', `${rate} orders in the last minute, cap ${caps.ordersPerMinute}`)
  }
  return ok(approved(order))
}

/** Checks an exit: it needs shares to sell. No cap applies, since exits only reduce risk. */
export function judgeExit(order: Order, held: Shares): Result<Approved<Order>, Refusal> {
  if (order.quantity <= 0 || order.quantity > held) {
    return refuse('no-position', `cannot sell ${order.quantity / MICRO} shares, ${held / MICRO} are held`)
  }
  return ok(approved(order))
}
