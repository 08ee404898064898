import { normalCdf, zOf } from './distributions.ts'

export interface Interval {
  readonly low: number
  readonly high: number
}

/**
 * Wilson score interval of a win rate (Wilson 1927, "Probable inference, the law of succession, and statistical
 * inference"; without continuity correction).
 * @param rate 0 … 1
 * @param trades number of independent trades; may be an effective number
 * @param level confidence level, such as 0.95
 * @returns null without trades
 */
export function wilson(rate: number, trades: number, level: number): Interval | null {
  if (trades <= 0) return null
  const z = zOf(level)
  const z2 = z * z
  const middle = (rate + z2 / (2 * trades)) / (1 + z2 / trades)
  const half = (z / (1 + z2 / trades)) * Math.sqrt((rate * (1 - rate)) / trades + z2 / (4 * trades * trades))
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) }
}

/**
 * One-sided p-value of the number of wins without an edge: each trade then wins with its break-even probability p, so that
 * wins have mean Σ p and variance Σ p(1 − p) (Poisson binomial, normal approximation).
 * @param beyond wins − Σ p
 * @param variance Σ p(1 − p)
 */
export function chanceOfSuchLuck(beyond: number, variance: number): number | null {
  return variance <= 0 ? null : normalCdf(-beyond / Math.sqrt(variance))
}

/**
 * Break-even win rate of one trade: cost of a share with fees, at most 1. Used by records, proofs, replays and the table of
 * versions alike.
 * @param cost micro-USD, fees not included
 */
export function breakEvenOf(cost: number, fees: number, shares: number): number {
  return Math.min(1, (cost + fees) / shares)
}
