import {
  MICRO,
  notional,
  type Price,
  type Shares,
  shares,
  subShares,
  subUsd,
  takerFee,
  type Usd,
} from '../../shared/domain/money.ts'
import type { Order } from '../../shared/domain/records.ts'
import type { Level } from '../events.ts'

/** A fill as a taker. */
export interface TakerFill {
  readonly price: Price
  readonly shares: Shares
  readonly cash: Usd
  readonly fee: Usd
}

/** True when an order may trade at a price. */
export function accepts(order: Order, price: Price): boolean {
  return order.kind === 'enter' ? price <= order.limit : price >= order.limit
}

/** Fills of an order against levels, best first, as far as its limit, stake or quantity allows. */
export function takeLevels(order: Order, levels: readonly Level[], feeRatePpm: number): readonly TakerFill[] {
  const fills: TakerFill[] = []
  let cashLeft = order.stake
  let sharesLeft = order.quantity
  for (const level of levels) {
    if (!accepts(order, level.price)) break
    const wanted = order.kind === 'enter' ? floorLot((cashLeft / level.price) * MICRO) : sharesLeft
    const quantity = shares(Math.min(wanted, level.shares))
    if (quantity <= 0) break
    const cash = notional(level.price, quantity)
    fills.push({ price: level.price, shares: quantity, cash, fee: takerFee(level.price, quantity, feeRatePpm) })
    if (order.kind === 'enter') cashLeft = subUsd(cashLeft, cash)
    else sharesLeft = subShares(sharesLeft, quantity)
  }
  return fills
}

/** True when fills use up an order's stake or quantity. */
export function isComplete(order: Order, fills: readonly TakerFill[]): boolean {
  if (order.kind === 'exit') return fills.reduce((sum, fill) => sum + fill.shares, 0) >= order.quantity
  const spent = fills.reduce((sum, fill) => sum + fill.cash, 0)
  // Rounding to the venue's share unit leaves a few micro-dollars unspent.
  return order.stake - spent <= 20
}

/** Rounds micro-shares down to the venue's unit of 0.00001 shares. */
export function floorLot(micro: number): Shares {
  return shares(Math.floor(micro / 10 + 1e-9) * 10)
}

/** Shares of an order when filled at its limit. */
export function sharesAtLimit(order: Order): Shares {
  return order.kind === 'exit' ? order.quantity : floorLot((order.stake / order.limit) * MICRO)
}
