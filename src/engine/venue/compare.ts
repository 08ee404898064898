import { MICRO } from '../../shared/domain/money.ts'
import type { Side, WindowId } from '../../shared/domain/slots.ts'
import { type EngineState, isWorking, remainingReserve, remainingShares } from '../state.ts'
import type { VenueSnapshot } from './port.ts'

/** Amount a venue may hold, in micro-units: unconfirmed fills and working orders leave it uncertain. */
interface Range {
  low: number
  high: number
}

/** A figure of a venue's account outside the range that the books allow; all in micro-units. */
export type AccountDifference = Readonly<Range> & { readonly actual: number } & (
    | { readonly code: 'cash' }
    /** `outcome`: window and side, `BTC-5m@1767571200 up`. */
    | { readonly code: 'shares'; readonly outcome: string }
  )

/**
 * Differences between a venue's account and the books; empty without any. Unconfirmed fills, working orders and requested
 * payouts may or may not be included in the venue's figures.
 */
export function differences(state: EngineState, { positions, cash }: VenueSnapshot): readonly AccountDifference[] {
  const found: AccountDifference[] = []
  if (positions !== null) {
    const expected = expectedShares(state)
    const actual = new Map<string, number>()
    for (const { windowId, side, shares } of positions) {
      const key = keyOf(windowId, side)
      actual.set(key, (actual.get(key) ?? 0) + shares)
    }
    for (const outcome of new Set([...expected.keys(), ...actual.keys()])) {
      const range = expected.get(outcome) ?? { low: 0, high: 0 }
      const held = actual.get(outcome) ?? 0
      if (isOutside(held, range)) found.push({ code: 'shares', outcome, actual: held, ...range })
    }
  }
  if (cash === null) return found
  const range = expectedCash(state)
  return isOutside(cash, range) ? [...found, { code: 'cash', actual: cash, ...range }] : found
}

/** A difference in words, for people: `994.999999 USD of cash at the venue, 995.000000 in the books`. */
export function accountDifferenceText(difference: AccountDifference): string {
  const { actual, low, high } = difference
  const quantity = difference.code === 'cash' ? 'USD of cash' : `shares of ${difference.outcome}`
  const amount = (micro: number) => (micro / MICRO).toFixed(6)
  const books = low === high ? amount(low) : `${amount(low)} to ${high === Infinity ? 'any' : amount(high)}`
  return `${amount(actual)} ${quantity} at the venue, ${books} in the books`
}

function keyOf(windowId: WindowId, side: Side): string {
  return `${windowId} ${side}`
}

function isOutside(actual: number, { low, high }: Range): boolean {
  return actual < low || actual > high
}

function expectedShares(state: EngineState): Map<string, Range> {
  const ranges = new Map<string, Range>()
  const keys = new Map<string, string>()
  for (const { id, windowId, side, shares, state: stage } of state.positions.values()) {
    const key = keyOf(windowId, side)
    keys.set(id, key)
    // A requested payout may have been made.
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

function expectedCash(state: EngineState): Range {
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
    // A share sells for at most a dollar.
    else range.high += remainingShares(order)
  }
  return range
}
