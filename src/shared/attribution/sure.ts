import type { Figures } from './figures.ts'

/** With fewer independent trades no interval is relied upon, whatever it says. */
const FEWEST_TRADES = 20

/** On which side of nothing a record's edge surely lies; null while that cannot be told. */
export function sureSign({ effectiveTrades, edgeInterval }: Figures): 1 | -1 | null {
  if (effectiveTrades < FEWEST_TRADES || edgeInterval === null) return null
  return edgeInterval.low > 0 ? 1 : edgeInterval.high < 0 ? -1 : null
}
