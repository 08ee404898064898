import { describe, expect, test } from 'vitest'
import type { BookUpdate } from '../../src/engine/events.ts'
import { DEFAULT_MATCHER } from '../../src/engine/market/matcher.ts'
import { SimPrices } from '../../src/engine/market/sim-prices.ts'
import { SimulatedVenue } from '../../src/engine/market/simulated-venue.ts'
import type { PriceTick } from '../../src/shared/domain/feed.ts'
import { asset, windowAt } from '../../src/shared/domain/slots.ts'
import { HOUR, unixMs } from '../../src/shared/domain/time.ts'
import { START, slots } from '../support/bench-engine.ts'
import { some } from '../support/some.ts'

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
    const market = new SimulatedVenue({
      seed,
      slots: wanted,
      venue: DEFAULT_MATCHER,
      settlementMeanSec: 0,
      feedDelayMs: 500,
      minuteAt: () => undefined,
      source: 'simulated',
      pushesBooks: true,
    })
    market.seedHistory(asset('BTC'), source.history(asset('BTC'), START, 360))
    const seen: (BookUpdate & { left: number })[] = []
    for (let tick = source.next(); tick !== undefined && tick.ts < START + ms; tick = source.next()) {
      market.onFeedEvent(tick)
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
    for (const book of some(all)) {
      const [bid, ask] = [book.bids[0], book.asks[0]]
      if (bid !== undefined && ask !== undefined) expect(bid.price).toBeLessThan(ask.price)
      for (const level of [...book.bids, ...book.asks]) expect(level.price % book.tick).toBe(0)
    }
  })

  test('the grid switches to 0.001 beyond 0.96 and 0.04 and stays so in that window', () => {
    const fine = new Set<string>()
    for (const book of some(books(5, 6 * HOUR))) {
      if (book.tick === 1_000) fine.add(book.windowId)
      else expect(fine.has(book.windowId)).toBe(false)
    }
    expect(fine.size).toBeGreaterThan(0)
  })
})

describe('windows without a price at their end', () => {
  const [slot] = slots('BTC-5m')

  function market(minutes: ReadonlyMap<number, number>) {
    return new SimulatedVenue({
      seed: 7,
      slots: slots('BTC-5m'),
      venue: DEFAULT_MATCHER,
      settlementMeanSec: 60,
      feedDelayMs: 0,
      source: 'test',
      pushesBooks: true,
      isReported: () => true,
      minuteAt: (_asset, openTime) => {
        const close = minutes.get(openTime)
        return close === undefined
          ? undefined
          : { openTime: unixMs(openTime), open: close, high: close, low: close, close, volume: 1 }
      },
    })
  }

  const tick = (ts: number, at: number): PriceTick => ({
    kind: 'price',
    ts: unixMs(ts),
    tsVenue: unixMs(ts),
    asset: asset('BTC'),
    price: at,
    volume: 1,
  })

  function settled(of: SimulatedVenue) {
    const found = []
    while (of.peek() !== undefined) {
      const event = of.pop()
      if (event?.kind === 'settled') found.push(event)
    }
    return found
  }

  test('are settled from the minutes around it as soon as these arrive', () => {
    const minutes = new Map<number, number>()
    const silent = market(minutes)
    for (let s = 0; s < 60; s++) silent.onFeedEvent(tick(START + s * 1000, 100))
    // No price for eight minutes, then one too late for the boundary.
    silent.onFeedEvent(tick(START + 8 * 60_000, 150))
    expect(settled(silent).map((event) => event.windowId)).toEqual([])
    minutes.set(START - 60_000, 100)
    minutes.set(START + 4 * 60_000, 99)
    const candle = { openTime: START, open: 99, high: 99, low: 99, close: 99, volume: 1 }
    silent.onFeedEvent({ kind: 'candle', ts: START, asset: asset('BTC'), frame: '1m', origin: 'backfill', candle })
    expect(settled(silent)).toMatchObject([{ strike: 100, close: 99, payoutUp: 0 }])
  })

  test('after a restart past the end of a window it is settled from minutes, too', () => {
    if (slot === undefined) throw new Error('no slot')
    const before = market(new Map())
    for (let s = 0; s < 60; s++) before.onFeedEvent(tick(START + s * 1000, 100))
    const minutes = new Map([
      [START - 60_000, 100],
      [START + 4 * 60_000, 101],
    ])
    const after = market(minutes)
    after.restore(before.save(), START + 20 * 60_000)
    after.onFeedEvent(tick(START + 20 * 60_000, 500))
    expect(settled(after)).toEqual([])
    after.askOutcome(slot, windowAt(slot, START))
    expect(settled(after)).toMatchObject([{ close: 101, payoutUp: 1_000_000 }])
  })
})
