import { describe, expect, test } from 'vitest'
import type { BookUpdate } from '../../src/engine/events.ts'
import { PaperMarket } from '../../src/engine/market/paper-market.ts'
import { DEFAULT_VENUE } from '../../src/engine/market/paper-venue.ts'
import { SimPrices } from '../../src/engine/market/sim-prices.ts'
import { asset } from '../../src/shared/domain/slots.ts'
import { HOUR } from '../../src/shared/domain/time.ts'
import { START, slots } from '../support/bench-engine.ts'

const ASSETS = ['BTC', 'ETH', 'SOL'].map(asset)

function play(seed: number, ms: number) {
  const source = new SimPrices(ASSETS, seed, START)
  const ticks = []
  for (let tick = source.next(); tick !== undefined && tick.ts <= START + ms; tick = source.next()) ticks.push(tick)
  return ticks
}

describe('simulated prices', () => {
  test('the same seed gives the same path, another seed another', () => {
    expect(play(7, 600_000)).toEqual(play(7, 600_000))
    expect(play(7, 60_000)).not.toEqual(play(8, 60_000))
  })

  test('a path continued from its snapshot is the path that never stopped, wherever in a second it was taken', () => {
    for (const read of [0, 1, 100, 301]) {
      const whole = new SimPrices(ASSETS, 7, START)
      for (let i = 0; i < read; i++) whole.next()
      const again = new SimPrices(ASSETS, 7, START, whole.snapshot())
      const second = read - (read % ASSETS.length)
      const reference = new SimPrices(ASSETS, 7, START)
      for (let i = 0; i < second; i++) reference.next()
      for (let i = 0; i < 300; i++) expect(again.next()).toEqual(reference.next())
    }
  })

  test('assets move together, BTC about as much as measured, and there are calm and wild hours', () => {
    const ticks = play(3, 24 * HOUR)
    const series = ASSETS.map((name) => ticks.filter((tick) => tick.asset === name).map((tick) => tick.price))
    const moves = series.map((prices) =>
      prices.slice(300).flatMap((p, i) => (i % 300 === 0 ? [Math.log(p / (prices[i] ?? p)) * 1e4] : [])),
    )
    const [btc = [], eth = []] = moves
    const median = btc.map(Math.abs).toSorted((a, b) => a - b)[Math.floor(btc.length / 2)] ?? 0
    // 3.8 bp on one quiet day; a day here has wild hours too.
    expect(median).toBeGreaterThan(2.5)
    expect(median).toBeLessThan(14)
    expect(correlation(btc, eth)).toBeGreaterThan(0.7)
    const hours = Array.from({ length: 24 }, (_, h) =>
      Math.sqrt(btc.slice(h * 12, h * 12 + 12).reduce((sum, m) => sum + m * m, 0) / 12),
    )
    expect(Math.max(...hours) / Math.min(...hours)).toBeGreaterThan(2)
  })
})

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (x: readonly number[]) => x.reduce((sum, v) => sum + v, 0) / x.length
  const [ma, mb] = [mean(a), mean(b)]
  const cov = a.reduce((sum, v, i) => sum + (v - ma) * ((b[i] ?? 0) - mb), 0)
  const dev = (x: readonly number[], m: number) => Math.sqrt(x.reduce((sum, v) => sum + (v - m) ** 2, 0))
  return cov / (dev(a, ma) * dev(b, mb))
}

describe('simulated books', () => {
  const wanted = slots('BTC-15m')

  function books(seed: number, ms: number): (BookUpdate & { left: number })[] {
    const source = new SimPrices([asset('BTC')], seed, START)
    const market = new PaperMarket({
      seed,
      slots: wanted,
      venue: DEFAULT_VENUE,
      settlementMeanSec: 0,
      feedDelayMs: 500,
      minuteAt: () => undefined,
      source: 'simulated',
    })
    market.seedVolatility(
      asset('BTC'),
      source.history(asset('BTC'), START, 360).map((c) => ({ ts: c.openTime, price: c.close })),
    )
    const seen: (BookUpdate & { left: number })[] = []
    for (let tick = source.next(); tick !== undefined && tick.ts < START + ms; tick = source.next()) {
      market.onTick(tick)
      while ((market.peek() ?? Number.POSITIVE_INFINITY) <= tick.ts + 999) {
        const event = market.pop()
        if (event?.kind === 'book') seen.push({ ...event, left: 900 - ((event.ts / 1000) % 900) })
      }
    }
    return seen
  }

  test('a side vanishes near the end as often as measured, depth thins, and books are never crossed', () => {
    const all = [1, 2, 3, 4].flatMap((seed) => books(seed, 24 * HOUR))
    const share = (from: number, to: number) => {
      const some = all.filter((book) => book.left <= from && book.left > to)
      return some.filter((book) => book.bids.length > 0 && book.asks.length > 0).length / some.length
    }
    expect(share(900, 600)).toBe(1)
    for (const [from, to, measured] of [
      [300, 120, 0.8],
      [120, 60, 0.52],
      [60, 30, 0.31],
      [30, 15, 0.24],
      [15, 0, 0.19],
    ] as const) {
      expect(Math.abs(share(from, to) - measured), `${from}–${to} s: ${share(from, to)}`).toBeLessThan(0.13)
    }
    const depth = (from: number, to: number) => {
      const sums = all
        .filter((b) => b.left <= from && b.left > to && b.bids.length === 5)
        .map((b) => b.bids.reduce((sum, level) => sum + level.shares, 0) / 1e6)
      return sums.toSorted((a, b) => a - b)[Math.floor(sums.length / 2)] ?? 0
    }
    expect(depth(900, 600)).toBeGreaterThan(2_500)
    expect(depth(15, 0)).toBeLessThan(900)
    for (const book of all) {
      const [bid, ask] = [book.bids[0], book.asks[0]]
      if (bid !== undefined && ask !== undefined) expect(bid.price).toBeLessThan(ask.price)
      for (const level of [...book.bids, ...book.asks]) expect(level.price % book.tick).toBe(0)
    }
  })

  test('the grid switches to 0.001 beyond 0.96 and 0.04 and stays so in that window', () => {
    const fine = new Set<string>()
    for (const book of books(5, 6 * HOUR)) {
      if (book.tick === 1_000) fine.add(book.windowId)
      else expect(fine.has(book.windowId)).toBe(false)
    }
    expect(fine.size).toBeGreaterThan(0)
  })
})
