import { type FillId, fillId } from '../../shared/domain/ids.ts'
import {
  addUsd,
  MICRO,
  NO_USD,
  type Price,
  type Shares,
  shares,
  subShares,
  subUsd,
  type Usd,
} from '../../shared/domain/money.ts'
import type { Order } from '../../shared/domain/records.ts'
import type { BookUpdate, FillFate, Level, OrderReport } from '../events.ts'
import { mirror } from '../quotes.ts'
import { placeSeed, uniformAt } from './noise.ts'
import { floorLot, sharesAtLimit, type TakerFill } from './taking.ts'

/** Final report of an order. */
export type OrderEnd = Extract<OrderReport, { type: 'filled' | 'cancelled' | 'expired' }>

export const FILLED: OrderEnd = { type: 'filled' }
export const CANCELLED: OrderEnd = { type: 'cancelled', reason: 'cancelled' }
export const REST_KILLED: OrderEnd = { type: 'cancelled', reason: 'the remainder was killed' }

/** Smallest remainder that rests, micro-shares: the venue's lots are hundredths of a share. */
const SMALLEST_REST = 10_000

/** Bounds that an order must keep at its venue. */
export interface OrderBounds {
  /** Price step in force. */
  readonly tick: Price
  readonly minShares: Shares
  readonly minStake: Usd
}

/** Why the venue rejects an order of an open window, in the venue's words; null if it accepts it. */
export function boundsRejection(order: Order, { tick, minShares, minStake }: OrderBounds): string | null {
  if (order.limit % tick !== 0) return `price is off the tick size ${tick / MICRO}`
  if (order.kind === 'enter' && order.stake < minStake) return 'invalid amount for a marketable BUY order, min size: $1'
  if (mayRest(order) && sharesAtLimit(order) < minShares) return `Size lower than the minimum: ${minShares / MICRO}`
  return null
}

/** True for an order whose remainder stays in the book. */
export function mayRest({ tif }: Pick<Order, 'tif'>): boolean {
  return tif === 'GTC' || tif === 'GTD'
}

/** True for an order that takes from the asks of the Up token: it buys Up or sells Down. */
export function takesAsks(order: Pick<Order, 'kind' | 'side'>): boolean {
  return (order.kind === 'enter') === (order.side === 'up')
}

/** Levels on the opposite side, best first, in prices of the order's own token. */
export function oppositeLevels(order: Pick<Order, 'kind' | 'side'>, book: BookUpdate | null): readonly Level[] {
  if (book === null) return []
  const levels = takesAsks(order) ? book.asks : book.bids
  return order.side === 'up' ? levels : levels.map(mirror)
}

/** Report of an order that found no match and does not rest, in the venue's words. */
export function unmatchedEnd(tif: 'FAK' | 'FOK'): OrderEnd {
  const reason =
    tif === 'FAK'
      ? 'no orders found to match with FAK order'
      : "order couldn't be fully filled. FOK orders are fully filled or killed."
  return { type: 'cancelled', reason }
}

/** Shares of a GTC or GTD order that rest after these fills; null if none do. */
export function restAfter(order: Order, fills: readonly TakerFill[]): Shares | null {
  if (!mayRest(order)) return null
  const spent = fills.reduce((sum, fill) => addUsd(sum, fill.cash), NO_USD)
  const filled = shares(fills.reduce((sum, fill) => sum + fill.shares, 0))
  const rest =
    order.kind === 'exit'
      ? subShares(order.quantity, filled)
      : floorLot((subUsd(order.stake, spent) / order.limit) * MICRO)
  return rest >= SMALLEST_REST ? rest : null
}

/** Ids of an order's fills as a taker. */
export function takerFillIds({ id }: Order, fills: readonly TakerFill[]): FillId[] {
  return fills.map((_, i) => fillId(`${id}-${i + 1}`))
}

/**
 * Fate of an order's fills on chain and the time it takes, ms: MATCHED → MINED → CONFIRMED takes seconds; failures are rare.
 * @param reversalPpm probability of a failure in parts per million
 */
export function chainFate(order: Order, seed: number, reversalPpm: number): { fate: FillFate; afterMs: number } {
  const place = placeSeed(seed, `chain ${order.id} ${order.createdAt}`)
  const failed = uniformAt(place, 0) * MICRO < reversalPpm
  const fate: FillFate = failed ? { type: 'failed', reason: 'transaction failed on chain' } : { type: 'confirmed' }
  return { fate, afterMs: 1_500 + Math.floor(uniformAt(place, 1) * 2_500) }
}
