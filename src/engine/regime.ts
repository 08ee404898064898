import type { CandleSeries } from './candles.ts'

const LOOK_BACK = 60
const RECENT = 15

/**
 * volatility × trend label from closed one-minute candles: `wild` when the last quarter hour moved more than 1.3 times
 * the hour's usual minute, `trend` when its net move is more than 0.35 of the path it took (Kaufman's efficiency ratio).
 * Null while fewer than an hour has closed.
 */
export function regimeOf(minutes: CandleSeries): string | null {
  if (minutes.length <= LOOK_BACK) return null
  let path = 0
  let recentPath = 0
  for (let ago = 0; ago < LOOK_BACK; ago++) {
    const move = Math.abs(Math.log((minutes.ago(ago)?.close ?? 1) / (minutes.ago(ago + 1)?.close ?? 1)))
    path += move
    if (ago < RECENT) recentPath += move
  }
  const usual = path / LOOK_BACK
  const recent = recentPath / RECENT
  const net = Math.abs(Math.log((minutes.ago(0)?.close ?? 1) / (minutes.ago(RECENT)?.close ?? 1)))
  const wild = recent > 1.3 * usual
  const trend = recentPath > 0 && net / recentPath > 0.35
  return `${wild ? 'wild' : 'quiet'}-${trend ? 'trend' : 'range'}`
}
