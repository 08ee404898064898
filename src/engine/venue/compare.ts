import { MICRO } from '../../shared/domain/money.ts'
import type { Side, WindowId } from '../../shared/domain/slots.ts'
import { type EngineState, isWorking, remainingReserve, remainingShares } from '../state.ts'
import type { VenueSnapshot } from './port.ts'

/** What a venue may have of something, in micro-units: fills without a fate and orders that work leave it open. */
interface Range {
  low: number
  high: number
}

/**
 * Where a venue's account is not what the books say, in words; empty where it is. What is undecided may be either way: fills
 * that the chain has not confirmed, orders that work, payouts that were asked for.
 */
export function differences(state: EngineState, { positions, cash }: VenueSnapshot): readonly string[] {
  const found: string[] = []
  if (positions !== null) {
    const booked = sharesBooked(state)
    const there = new Map<string, number>()
    for (const { windowId, side, shares } of positions) {
      const key = keyOf(windowId, side)
      there.set(key, (there.get(key) ?? 0) + shares)
    }
    for (const key of new Set([...booked.keys(), ...there.keys()])) {
      const range = booked.get(key) ?? { low: 0, high: 0 }
      const difference = outside(`shares of ${key}`, there.get(key) ?? 0, range)
      if (difference !== null) found.push(difference)
    }
  }
  const difference = cash === null ? null : outside('USD of cash', cash, cashBooked(state))
  return difference === null ? found : [...found, difference]
}

function keyOf(windowId: WindowId, side: Side): string {
  return `${windowId} ${side}`
}

function outside(what: string, there: number, { low, high }: Range): string | null {
  if (there >= low && there <= high) return null
  const amount = (micro: number) => (micro / MICRO).toFixed(6)
  const books = low === high ? amount(low) : `${amount(low)} to ${high === Infinity ? 'any' : amount(high)}`
  return `${amount(there)} ${what} there, ${books} in the books`
}

function sharesBooked(state: EngineState): Map<string, Range> {
  const ranges = new Map<string, Range>()
  const keys = new Map<string, string>()
  for (const { id, windowId, side, shares, state: stage } of state.positions.values()) {
    const key = keyOf(windowId, side)
    keys.set(id, key)
    // A payout that was asked for may have been made.
    ranges.set(key, { low: stage === 'resolved' ? 0 : shares, high: shares })
  }
  for (const { positionId, kind, shares, state: stage } of state.fills.values()) {
    const range = ranges.get(keys.get(positionId) ?? '')
    if (range === undefined || stage !== 'matched') continue
    if (kind === 'enter') range.low = Math.max(0, range.low - shares)
    else range.high += shares
  }
  for (const order of state.orders.values()) {
    if (!isWorking(order)) continue
    const key = keyOf(order.windowId, order.side)
    const range = ranges.get(key) ?? { low: 0, high: 0 }
    if (order.kind === 'enter') range.high = Infinity
    else range.low = Math.max(0, range.low - remainingShares(order))
    ranges.set(key, range)
  }
  return ranges
}

function cashBooked(state: EngineState): Range {
  const { cash, locked } = state.ledger
  const range: Range = { low: cash, high: cash + locked }
  for (const { kind, cash: moved, fee, state: stage } of state.fills.values()) {
    if (stage !== 'matched') continue
    if (kind === 'enter') range.high += moved + fee
    else range.low -= moved - fee
  }
  for (const order of state.orders.values()) {
    if (!isWorking(order)) continue
    if (order.kind === 'enter') range.low -= remainingReserve(order)
    // No share fetches more than a dollar.
    else range.high += remainingShares(order)
  }
  return range
}
