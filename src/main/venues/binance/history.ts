import { ok, type Result } from '../../../shared/domain/base.ts'
import type { Candle } from '../../../shared/domain/feed.ts'
import { MINUTE, plusMs, type UnixMs, unixMs } from '../../../shared/domain/time.ts'
import type { HttpFailure } from '../../net/http.ts'
import { type BinanceRest, MAX_ROWS } from './rest.ts'

/** Start of the minute that holds `ts`. */
export function minuteOf(ts: UnixMs): UnixMs {
  return unixMs(ts - (ts % MINUTE))
}

/** Loads the last `count` minutes closed at `serverTime`, oldest first, page by page. Minutes without trades are missing. */
export async function loadHistory(
  rest: BinanceRest,
  symbol: string,
  count: number,
  serverTime: UnixMs,
): Promise<Result<readonly Candle[], HttpFailure>> {
  const candles: Candle[] = []
  const endTime = unixMs(minuteOf(serverTime) - MINUTE)
  let startTime = unixMs(Math.max(0, endTime - (count - 1) * MINUTE))
  while (startTime <= endTime) {
    const page = await rest.klines(symbol, { startTime, endTime })
    if (!page.ok) return page
    // Rows do not state whether they are final; it follows from the time.
    candles.push(...page.value.filter(({ openTime }) => openTime >= startTime && openTime + MINUTE - 1 < serverTime))
    const last = page.value.at(-1)
    if (last === undefined || page.value.length < MAX_ROWS) break
    startTime = plusMs(last.openTime, MINUTE)
  }
  return ok(candles)
}

/** Median close of the first candles, as an initial price that one absurd candle cannot determine. */
export function middleClose(candles: readonly Candle[]): number {
  const closes = candles.slice(0, 9).map(({ close }) => close)
  return closes.toSorted((a, b) => a - b)[closes.length >> 1] ?? Number.NaN
}
