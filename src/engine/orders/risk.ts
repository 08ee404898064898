import { type Brand, err, ok, type Result } from '../../shared/domain/base.ts'
import type { IntentRefusal } from '../../shared/domain/intent-refusals.ts'
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
): Result<Approved<Order>, IntentRefusal> {
  const minimum = minimumStake(order.limit, listing)
  if (order.stake < minimum) return err({ code: 'below-minimum', stake: order.stake, minimum })
  if (order.stake > caps.stakePerOrder) return err({ code: 'stake-cap', stake: order.stake, cap: caps.stakePerOrder })
  const over = (held: Usd, cap: Usd) => held + order.reserve > cap
  if (over(exposure.window, caps.exposurePerWindow))
    return err({ code: 'window-cap', atRisk: exposure.window, cap: caps.exposurePerWindow })
  if (over(exposure.asset, caps.exposurePerAsset))
    return err({ code: 'asset-cap', atRisk: exposure.asset, cap: caps.exposurePerAsset })
  if (over(exposure.account, caps.exposurePerAccount))
    return err({ code: 'account-cap', atRisk: exposure.account, cap: caps.exposurePerAccount })
  if (order.reserve > exposure.freeCash) return err({ code: 'cash', needed: order.reserve, free: exposure.freeCash })
  if (exposure.lossToday >= caps.lossPerDay)
    return err({ code: 'daily-loss', loss: exposure.lossToday, cap: caps.lossPerDay })
  if (rate >= caps.ordersPerMinute) return err({ code: 'order-rate', orders: rate, cap: caps.ordersPerMinute })
  return ok(approved(order))
}

/** Checks an exit: it needs shares to sell. No cap applies, since exits only reduce risk. */
export function judgeExit(order: Order, held: Shares): Result<Approved<Order>, IntentRefusal> {
  if (order.quantity <= 0 || order.quantity > held) return err({ code: 'no-position', wanted: order.quantity, held })
  return ok(approved(order))
}
