import fc from 'fast-check'
import type { CandleColumns } from '../../src/engine/market/candle-columns.ts'
import type { Candle } from '../../src/shared/domain/feed.ts'
import { asset } from '../../src/shared/domain/slots.ts'
import { MINUTE, unixMs } from '../../src/shared/domain/time.ts'

/** A whole day, a quarter hour and a minute begin here. */
export const SERIES_START = 1_680_566_400_000

export function seriesOf(name: string, candles: readonly Candle[]): CandleColumns {
  const column = (pick: (candle: Candle) => number) => Float64Array.from(candles, pick)
  return {
    asset: asset(name),
    length: candles.length,
    openTime: column((c) => c.openTime),
    open: column((c) => c.open),
    high: column((c) => c.high),
    low: column((c) => c.low),
    close: column((c) => c.close),
    volume: column((c) => c.volume),
  }
}

/**
 * Candles as venues write them, from the second minute on: prices on a decimal grid, some minutes missing, some flat.
 * @param most minutes
 * @param skips most minutes missing in a row
 */
export function candlesOf(most: number, skips: number): fc.Arbitrary<Candle[]> {
  return fc
    .array(
      fc.record({
        skip: fc.integer({ min: 0, max: skips }),
        prices: fc.tuple(fc.nat(400), fc.nat(400), fc.nat(400), fc.nat(400)),
        volume: fc.oneof(fc.constant(0), fc.double({ min: 1e-5, max: 1e6, noNaN: true })),
      }),
      { minLength: 1, maxLength: most },
    )
    .chain((rows) => fc.tuple(fc.constant(rows), fc.constantFrom(1, 100, 10_000, 1e8, 3.7), fc.nat(30_000)))
    .map(([rows, grid, base]) => {
      let openTime = SERIES_START
      return rows.map(({ skip, prices, volume }) => {
        openTime += (1 + skip) * MINUTE
        const [a, b, c, d] = prices.map((step) => (base + step + 1) / grid)
        const [open, close, x, y] = [a ?? 1, b ?? 1, c ?? 1, d ?? 1]
        const high = Math.max(open, close, x, y)
        const low = Math.min(open, close, x, y)
        return { openTime: unixMs(openTime), open, high, low, close, volume }
      })
    })
}
