import { MICRO, type Price, price } from '../shared/domain/money.ts'
import { otherSide, type Side } from '../shared/domain/slots.ts'
import type { BookUpdate, Level } from './events.ts'
import type { SlotState } from './slot-state.ts'
import type { EngineState } from './state.ts'

/** Best bid and ask of one outcome; the Down token's book mirrors the Up token's. */
export function quoteOf(book: BookUpdate | null, side: Side): { bid: Level | null; ask: Level | null } {
  if (book === null) return { bid: null, ask: null }
  const bid = book.bids[0] ?? null
  const ask = book.asks[0] ?? null
  if (side === 'up') return { bid, ask }
  return { bid: ask && mirror(ask), ask: bid && mirror(bid) }
}

export function mirror(level: Level): Level {
  return { price: price(MICRO - level.price), shares: level.shares }
}

/**
 * Mark of an open position: best bid, else the middle of a two-sided book at most 5 s old, else an estimate.
 * @param estimateUp model probability of Up; null when unknown
 */
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
    return { mark: price(Math.round((own.ask.price + MICRO - other.ask.price) / 2)), source: 'mid' }
  }
  if (estimateUp === null) return { mark: null, source: null }
  return { mark: price(Math.round((side === 'up' ? estimateUp : 1 - estimateUp) * MICRO)), source: 'estimate' }
}
