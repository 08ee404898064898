import { expect } from 'vitest'
import type { BookUpdate, EngineEvent, Level } from '../../src/engine/events.ts'
import { PaperVenue } from '../../src/engine/paper/paper-venue.ts'
import type { OrderId } from '../../src/shared/domain/ids.ts'
import { price, shares } from '../../src/shared/domain/money.ts'
import { asset, makeSlot, type Window, windowAt } from '../../src/shared/domain/slots.ts'
import { unixMs } from '../../src/shared/domain/time.ts'
import type { OracleBook, OracleOrder, OracleReport, OracleTerms } from './paper-oracle.ts'
import { paperOrder } from './paper-order.ts'
import { ScriptedMarket, TERMS } from './scripted-market.ts'

export const SLOT = makeSlot(asset('BTC'), '5m')
export const START = unixMs(Date.UTC(2026, 0, 5))
export const WINDOW = windowAt(SLOT, START)
/** Terms of the scripted market for the oracle. */
export function limitsOf({ end }: Window): OracleTerms {
  return {
    latency: 25,
    delay: TERMS.takerDelayMs,
    rate: TERMS.takerFeePpm,
    windowEnd: end,
    minShares: TERMS.minShares,
    minCash: TERMS.minStake,
  }
}

export function venueOn(data: ScriptedMarket): PaperVenue {
  const venue = new PaperVenue({ seed: 7, slots: [SLOT], latencyMs: 25, reversalPpm: 0, data })
  venue.listen()
  return venue
}

/** Everything that is due until a time. */
export function pump(venue: PaperVenue, until = Number.POSITIVE_INFINITY): EngineEvent[] {
  const events: EngineEvent[] = []
  for (let at = venue.peek(); at !== undefined && at <= until; at = venue.peek()) {
    const event = venue.pop()
    if (event !== undefined) events.push(event)
  }
  return events
}

export function book({ ts, bids, asks, tick }: OracleBook, window = WINDOW): BookUpdate {
  const levels = (of: OracleBook['bids']): Level[] =>
    of.map(([at, size]) => ({ price: price(at), shares: shares(size) }))
  const rest = { slot: SLOT.id, windowId: window.id, tick: price(tick) }
  return { kind: 'book', ts: unixMs(ts), bids: levels(bids), asks: levels(asks), ...rest }
}

/** Reports of the venue on each order, as the oracle writes them. */
export function play(
  books: readonly OracleBook[],
  orders: readonly OracleOrder[],
  window = WINDOW,
): Map<string, OracleReport[]> {
  const data = new ScriptedMarket([SLOT])
  const venue = venueOn(data)
  for (const one of books) data.emit(book(one, window))
  const steps = orders.flatMap((order) => [
    { ts: order.ts, run: () => venue.submit(paperOrder(order, window), unixMs(order.ts)) },
    ...(order.cancelAt === null
      ? []
      : [{ ts: order.cancelAt, run: () => venue.cancel(order.id as OrderId, unixMs(order.cancelAt ?? 0)) }]),
  ])
  const events: EngineEvent[] = []
  for (const { ts, run } of steps.toSorted((a, b) => a.ts - b.ts)) {
    events.push(...pump(venue, ts))
    run()
  }
  events.push(...pump(venue))
  return reportsOf(events, orders)
}

export function reportsOf(events: readonly EngineEvent[], orders: readonly OracleOrder[]): Map<string, OracleReport[]> {
  const reports = new Map<string, OracleReport[]>(orders.map(({ id }) => [id, []]))
  for (const event of events) {
    if (event.kind !== 'order') continue
    const { report } = event
    const figures = report.type === 'fill' ? [report.price, report.shares, report.cash, report.fee] : []
    reports.get(event.orderId)?.push([event.ts, report.type, ...figures])
  }
  return reports
}

/**
 * Checks fills against nothing but the books. A taker's fill is no better than the best price at its moment and takes from a
 * level that is there; a level gives no more in its life than the most it ever showed; resting orders get no more at once than
 * a book offers beyond their prices.
 */
export function expectSound(
  books: readonly OracleBook[],
  orders: readonly OracleOrder[],
  reports: ReadonlyMap<string, readonly OracleReport[]>,
): void {
  const takenBy = new Map<string, number>()
  const madeAt = new Map<string, { made: number; beyond: number }>()
  for (const order of orders) {
    const side = order.buys === order.up ? 'asks' : 'bids'
    for (const [ts, what, at = 0, size = 0, , fee] of reports.get(order.id) ?? []) {
      if (what !== 'fill') continue
      const upPrice = order.up ? at : 1_000_000 - at
      const index = books.findLastIndex((one) => one.ts <= ts)
      const levels = books[index]?.[side] ?? []
      const isBetter = (a: number, b: number) => (side === 'asks' ? a < b : a > b)
      const best = levels[0]?.[0] ?? Number.NaN
      expect(isBetter(upPrice, best) || Number.isNaN(best)).toBe(false)
      if (ts === books[index]?.ts && fee === 0) {
        const key = `${index} ${side}`
        const beyond = levels.reduce((sum, [price, shown]) => (isBetter(price, upPrice) ? sum + shown : sum), 0)
        const before = madeAt.get(key) ?? { made: 0, beyond: 0 }
        madeAt.set(key, { made: before.made + size, beyond: Math.max(before.beyond, beyond) })
        continue
      }
      expect(levels.map(([price]) => price)).toContain(upPrice)
      const life = lifeOf(books, index, side, upPrice)
      const key = `${side} ${upPrice} ${life.from}`
      takenBy.set(key, (takenBy.get(key) ?? 0) + size)
      expect(takenBy.get(key)).toBeLessThanOrEqual(life.most)
    }
  }
  for (const { made, beyond } of madeAt.values()) expect(made).toBeLessThanOrEqual(beyond)
}

/** Since when a level has stood at a book, as the number of its first book, and the most it showed until then. */
function lifeOf(books: readonly OracleBook[], index: number, side: 'bids' | 'asks', upPrice: number) {
  let from = index
  let most = 0
  for (let i = index; i >= 0; i--) {
    const one = books[i]
    const level = one?.[side].find(([price]) => price === upPrice)
    const usable = one !== undefined && one.bids.length + one.asks.length > 0
    const worst = one?.[side].at(-1)?.[0]
    // Behind the last level shown, a book says nothing.
    const behind = worst !== undefined && (side === 'asks' ? upPrice > worst : upPrice < worst)
    if (usable && level === undefined && !behind) break
    from = i
    most = Math.max(most, level?.[1] ?? 0)
  }
  return { from, most }
}
