import type { Figures } from './figures.ts'

/** Minimum effective number of trades for relying on an interval. */
const FEWEST_TRADES = 20

/** Sign of a record's edge if its interval excludes 0; null otherwise. */
export function sureSign({ effectiveTrades, edgeInterval }: Figures): 1 | -1 | null {
  if (effectiveTrades < FEWEST_TRADES || edgeInterval === null) return null
  return edgeInterval.low > 0 ? 1 : edgeInterval.high < 0 ? -1 : null
}
