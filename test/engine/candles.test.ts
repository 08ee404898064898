import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AssetCandles, foldMinutes } from '../../src/engine/prices/asset-candles.ts'
import { CandleSeries } from '../../src/engine/prices/candles.ts'
import { asset } from '../../src/shared/domain/slots.ts'
import { MINUTE, unixMs } from '../../src/shared/domain/time.ts'
import { START } from '../support/bench-engine.ts'

const BTC = asset('BTC')
const at = (ms: number) => unixMs(START + ms)
const candle = (minute: number, close: number) => ({
  openTime: at(minute * MINUTE),
  open: close,
  high: close,
  low: close,
  close,
  volume: 1,
})

const tick = (series: CandleSeries, ts: number, price: number) => series.take(Float64Array.of(ts, ts, price, 1), 0)

function ascends(series: CandleSeries): boolean {
  const times = [
    ...series.newest(10_000).map((c) => c.openTime),
    ...(series.current() === undefined ? [] : [series.current()?.openTime ?? 0]),
  ]
  return times.every((time, i) => i === 0 || time > (times[i - 1] ?? 0))
}

describe('I8: candles', () => {
  test('whatever order ticks and reported candles come in, no candle is there twice and times ascend', () => {
    const step = fc.oneof(
      fc.record({ tick: fc.integer({ min: 0, max: 600 }), price: fc.integer({ min: 1, max: 99 }) }),
      fc.record({ put: fc.integer({ min: 0, max: 10 }), price: fc.integer({ min: 1, max: 99 }) }),
    )
    let looked = 0
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        looked += steps.length
        const series = new CandleSeries(BTC, '1m')
        for (const one of steps) {
          if ('tick' in one) tick(series, at(one.tick * 1000), one.price)
          else series.put(candle(one.put, one.price))
          expect(ascends(series)).toBe(true)
        }
      }),
    )
    expect(looked).toBeGreaterThan(300)
  })

  test('repeated prices after a restart do not reopen a closed candle; a forming one continues', () => {
    const series = new CandleSeries(BTC, '1m')
    series.put(candle(0, 10))
    expect(tick(series, at(30_000), 99)).toBe(false)
    expect(series.current()).toBeUndefined()
    series.resume({ ...candle(1, 12), high: 15, low: 9 })
    tick(series, at(MINUTE + 40_000), 11)
    expect(series.current()).toMatchObject({ open: 12, high: 15, low: 9, close: 11, volume: 2 })
    series.resume(candle(0, 77))
    expect(series.current()?.openTime).toBe(at(MINUTE))
  })

  test('a corrected candle counts as an edit, the same one does not', () => {
    const series = new CandleSeries(BTC, '1m')
    series.put(candle(0, 10))
    series.put(candle(1, 11))
    expect([series.put(candle(0, 10)), series.edits]).toEqual([false, 0])
    expect([series.put(candle(0, 12)), series.edits]).toEqual([true, 1])
  })

  test('longer candles are folded from whole runs of minutes alone', () => {
    const minutes = [3, 4, 5, 6, 7, 8, 9, 10].map((m) => candle(m, m))
    expect(foldMinutes(minutes, '5m')).toMatchObject([
      { openTime: at(5 * MINUTE), open: 5, high: 9, low: 5, close: 9, volume: 5 },
    ])
    const candles = new AssetCandles(BTC)
    candles.seed(minutes)
    expect([candles['1m'].length, candles['5m'].length]).toEqual([8, 1])
  })
})
