import type { Candle } from '../../shared/domain/feed.ts'
import type { Asset } from '../../shared/domain/slots.ts'
import { MINUTE, type UnixMs, unixMs } from '../../shared/domain/time.ts'

/**
 * One asset's recorded one-minute candles, one array per column, oldest first. Open times lie on the minute grid and strictly
 * ascend; minutes may be missing.
 */
export interface CandleColumns {
  readonly asset: Asset
  readonly length: number
  /** Milliseconds since 1970, UTC. */
  readonly openTime: Float64Array
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  /** Base volume. */
  readonly volume: Float64Array
}

/** Index of the first candle that opens at or after `ts`; `series.length` without one. */
export function firstFrom(series: CandleColumns, ts: number): number {
  let low = 0
  let high = series.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((series.openTime[middle] ?? 0) < ts) low = middle + 1
    else high = middle
  }
  return low
}

/** The candle at `index`, which must be below `series.length`. */
export function candleOf(series: CandleColumns, index: number): Candle {
  return {
    openTime: unixMs(series.openTime[index] ?? Number.NaN),
    open: series.open[index] ?? Number.NaN,
    high: series.high[index] ?? Number.NaN,
    low: series.low[index] ?? Number.NaN,
    close: series.close[index] ?? Number.NaN,
    volume: series.volume[index] ?? Number.NaN,
  }
}

/** The last `count` candles that had closed (open time + one minute ≤ `before`), oldest first. */
export function closedBefore(series: CandleColumns, before: UnixMs, count: number): Candle[] {
  const end = firstFrom(series, before - MINUTE + 1)
  const candles: Candle[] = []
  for (let i = Math.max(0, end - count); i < end; i++) candles.push(candleOf(series, i))
  return candles
}
