import type { CandleSeries } from './candles.ts'

const LOOK_BACK = 60
const RECENT = 15

export const REGIMES = ['quiet-range', 'quiet-trend', 'wild-range', 'wild-trend'] as const
export const NO_REGIME = -1
export type Regime = (typeof REGIMES)[number]

/**
 * volatility × trend label from closed one-minute candles: `wild` when the last quarter hour moved more than 1.3 times
 * the hour's usual minute, `trend` when its net move is more than 0.35 of the path it took (Kaufman's efficiency ratio).
 * Moves are simple returns, which at a minute differ from log returns by less than any bound here.
 * @returns its place in `REGIMES`; `NO_REGIME` while fewer than an hour has closed
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
