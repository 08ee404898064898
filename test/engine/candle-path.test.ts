import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CandleColumns, candleOf } from '../../src/engine/market/candle-columns.ts'
import { CandlePathSource } from '../../src/engine/market/candle-path.ts'
import { loadCandles } from '../../src/main/venues/tape/candle-files.ts'
import type { Candle, PriceTick } from '../../src/shared/domain/feed.ts'
import { asset } from '../../src/shared/domain/slots.ts'
import { DAY, MINUTE, unixMs } from '../../src/shared/domain/time.ts'
import { candlesOf, SERIES_START, seriesOf } from '../support/candle-series.ts'

const START = SERIES_START

function play(series: readonly CandleColumns[], from: number, to: number, seed: number): PriceTick[] {
  const source = new CandlePathSource({ series, from: unixMs(from), to: unixMs(to), seed })
  const ticks: PriceTick[] = []
  for (let ts = source.peek(); ts !== undefined; ts = source.peek()) {
    const tick = source.next()
    if (tick === undefined || tick.ts !== ts) throw new Error('peek and next disagree')
    ticks.push(tick)
  }
  return ticks
}

/** Candles as a feed's consumer would build them, volume added up in order. */
function rebuild(ticks: readonly PriceTick[]): Candle[] {
  const byMinute = Map.groupBy(ticks, (tick) => tick.ts - (tick.ts % MINUTE))
  return [...byMinute].map(([openTime, group]) => ({
    openTime: unixMs(openTime),
    open: group[0]?.price ?? Number.NaN,
    high: Math.max(...group.map((tick) => tick.price)),
    low: Math.min(...group.map((tick) => tick.price)),
    close: group.at(-1)?.price ?? Number.NaN,
    volume: group.reduce((sum, tick) => sum + tick.volume, 0),
  }))
}

const candles = candlesOf(12, 3)

const END = START + 60 * MINUTE

describe('candle path', () => {
  test('candles rebuilt from the ticks equal the recorded ones, volume included', () => {
    fc.assert(
      fc.property(candles, fc.integer(), (recorded, seed) => {
        const ticks = play([seriesOf('BTC', recorded)], START, END, seed)
        expect(ticks.length).toBe(recorded.length * 12)
        expect(rebuild(ticks)).toEqual(recorded)
        expect(ticks.every((tick) => tick.volume >= 0)).toBe(true)
      }),
    )
  })

  test('the same seed gives the same ticks, another seed other ones', () => {
    fc.assert(
      fc.property(candles, fc.integer(), (recorded, seed) => {
        const series = [seriesOf('BTC', recorded)]
        expect(play(series, START, END, seed)).toEqual(play(series, START, END, seed))
      }),
      { numRuns: 30 },
    )
    const wide = [{ openTime: unixMs(START), open: 100, high: 120, low: 90, close: 110, volume: 5 }]
    const prices = (seed: number) => play([seriesOf('BTC', wide)], START, END, seed).map((tick) => tick.price)
    expect(prices(1)).not.toEqual(prices(2))
  })

  test('a later start, an earlier end or a shorter tape plays the same prices', () => {
    fc.assert(
      fc.property(candles, fc.integer(), fc.nat(END - START), fc.nat(END - START), (recorded, seed, a, b) => {
        const [from, to] = [START + Math.min(a, b), START + Math.max(a, b)]
        const whole = play([seriesOf('BTC', recorded)], START, END, seed)
        const part = whole.filter((tick) => tick.ts >= from && tick.ts < to)
        expect(play([seriesOf('BTC', recorded)], from, to, seed)).toEqual(part)
        const shorter = recorded.filter((candle) => candle.openTime + MINUTE > from)
        expect(play([seriesOf('BTC', shorter)], from, to, seed)).toEqual(part)
      }),
    )
  })

  test('ticks of several assets come by time, then in the order given, and do not disturb each other', () => {
    fc.assert(
      fc.property(candles, candles, fc.integer(), (one, two, seed) => {
        const [btc, eth] = [seriesOf('BTC', one), seriesOf('ETH', two)]
        const both = play([eth, btc], START, END, seed)
        expect(both.filter((tick) => tick.asset === 'BTC')).toEqual(play([btc], START, END, seed))
        const rank = (tick: PriceTick) => tick.ts * 2 + (tick.asset === 'ETH' ? 0 : 1)
        expect(both.every((tick, i) => i === 0 || rank(both[i - 1] ?? tick) < rank(tick))).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  test('history holds what had closed before the instant, and no candle that was still open', () => {
    const minutes = [0, 1, 2, 5].map((m) => START + m * MINUTE)
    const recorded = minutes.map((t) => ({ openTime: unixMs(t), open: 2, high: 3, low: 1, close: 2, volume: 1 }))
    const series = seriesOf('BTC', recorded)
    const source = new CandlePathSource({ series: [series], from: unixMs(START), to: unixMs(END), seed: 1 })
    const times = (before: number, count: number) =>
      source.history(asset('BTC'), unixMs(before), count).map((candle) => (candle.openTime - START) / MINUTE)
    expect(times(START + 2 * MINUTE, 10)).toEqual([0, 1])
    expect(times(START + 2 * MINUTE - 1, 10)).toEqual([0])
    expect(times(END, 2)).toEqual([2, 5])
    expect(times(START, 10)).toEqual([])
    expect(source.history(asset('ETH'), unixMs(END), 10)).toEqual([])
  })

  test('a start in the last second of a minute begins with the next', () => {
    const recorded = [0, 1].map((m) => ({
      openTime: unixMs(START + m * MINUTE),
      open: 2,
      high: 3,
      low: 1,
      close: 2,
      volume: 1,
    }))
    const ticks = play([seriesOf('BTC', recorded)], START + MINUTE - 500, END, 1)
    expect(ticks[0]?.ts).toBe(START + MINUTE + 4_000)
    expect(ticks.length).toBe(12)
  })
})

const tapes = process.env.BATON_TAPES
if (tapes === undefined) console.log('candle path on recorded tapes: did not run, BATON_TAPES names no folder')

test.runIf(tapes !== undefined)('a recorded day of nine assets plays back exactly', () => {
  const tape = loadCandles([resolve(tapes ?? '', 'binance-1m/2023-04')])
  if (!tape.ok) throw new Error(tape.error)
  const { series } = tape.value
  expect(series.length).toBe(9)
  const ticks = play(series, START, START + DAY, 7)
  for (const one of series) {
    const recorded = Array.from({ length: one.length }, (_, i) => candleOf(one, i))
    const played = rebuild(ticks.filter((tick) => tick.asset === one.asset))
    expect(played).toEqual(recorded.filter((c) => c.openTime >= START && c.openTime < START + DAY))
  }
})
