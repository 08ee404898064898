import type { CandleSeries } from './candles.ts'

const LOOK_BACK = 60
const RECENT = 15

export const REGIMES = ['quiet-range', 'quiet-trend', 'wild-range', 'wild-trend'] as const
export const NO_REGIME = -1
export type Regime = (typeof REGIMES)[number]

/**
 * Volatility × trend label from closed one-minute candles: `wild` when the mean absolute move of the last 15 minutes exceeds
 * 1.3 times that of the last hour, `trend` when their net move exceeds 0.35 of the path (Kaufman's efficiency ratio).
 * Moves are simple returns; over a minute their difference from log returns is negligible.
 * @returns index into `REGIMES`; `NO_REGIME` with less than an hour of closed minutes
 */
export function regimeOf(minutes: CandleSeries): number {
  const { close, end } = minutes.columns
  if (end <= LOOK_BACK) return NO_REGIME
  const last = end - 1
  let path = 0
  let recentPath = 0
  for (let ago = 0; ago < LOOK_BACK; ago++) {
    const move = Math.abs((close[last - ago] ?? 1) / (close[last - ago - 1] ?? 1) - 1)
    path += move
    if (ago < RECENT) recentPath += move
  }
  const usual = path / LOOK_BACK
  const recent = recentPath / RECENT
  const net = Math.abs((close[last] ?? 1) / (close[last - RECENT] ?? 1) - 1)
  const wild = recent > 1.3 * usual
  const trend = recentPath > 0 && net / recentPath > 0.35
  return (wild ? 2 : 0) + (trend ? 1 : 0)
}
