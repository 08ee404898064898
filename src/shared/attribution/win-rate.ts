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
 * @param level 0.95 = ninety-five times of a hundred
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
 * One-sided p-value of wins beyond what is expected when there is no edge: each trade then wins with the probability p that
 * its own price and fees break even at, so that wins have mean Σ p and variance Σ p(1 − p) (Poisson binomial, normal
 * approximation).
 * @param beyond wins less Σ p
 * @param variance Σ p(1 − p)
 */
export function chanceOfSuchLuck(beyond: number, variance: number): number | null {
  return variance <= 0 ? null : normalCdf(-beyond / Math.sqrt(variance))
}

/**
 * Win rate at which one trade earns nothing: what a share cost with its fees, as a probability; 1 where it cost more than
 * it can ever pay. The one definition of break-even, for records, proofs, replays and the table of versions.
 * @param cost micro-USD, fees not included
 */
export function breakEvenOf(cost: number, fees: number, shares: number): number {
  return Math.min(1, (cost + fees) / shares)
}
