import { normalCdf, normalQuantile } from './distributions.ts'

/** Shape of a series of returns: number, mean, standard deviation (n − 1), skewness and kurtosis (normal = 3). */
export interface Shape {
  readonly count: number
  readonly mean: number
  readonly deviation: number
  readonly skewness: number
  readonly kurtosis: number
}

/** Central moments, updated one return at a time (Pébay 2008, "Formulas for robust, one-pass parallel computation"). */
export class Moments {
  private n = 0
  private mean = 0
  private m2 = 0
  private m3 = 0
  private m4 = 0

  add(x: number): void {
    const before = this.n
    const n = ++this.n
    const delta = x - this.mean
    const step = delta / n
    const square = step * step
    const term = delta * step * before
    this.mean += step
    this.m4 += term * square * (n * n - 3 * n + 3) + 6 * square * this.m2 - 4 * step * this.m3
    this.m3 += term * step * (n - 2) - 3 * step * this.m2
    this.m2 += term
  }

  shape(): Shape {
    const { n, mean, m2, m3, m4 } = this
    const flat = m2 <= 0
    return {
      count: n,
      mean: n === 0 ? Number.NaN : mean,
      deviation: n < 2 ? Number.NaN : Math.sqrt(m2 / (n - 1)),
      skewness: flat ? 0 : (Math.sqrt(n) * m3) / m2 ** 1.5,
      kurtosis: flat ? 3 : (n * m4) / (m2 * m2),
    }
  }
}

/** Mean divided by standard deviation of returns, not annualised; null if undefined (Sharpe 1994). */
export function sharpe({ count, mean, deviation }: Shape): number | null {
  return count < 2 || !(deviation > 0) ? null : mean / deviation
}

/** Mean divided by downside deviation, target 0: √(Σ min(r, 0)² / n) (Sortino & Price 1994). */
export function sortino(count: number, mean: number, squaredLosses: number): number | null {
  return count === 0 || squaredLosses <= 0 ? null : mean / Math.sqrt(squaredLosses / count)
}

/** Variance of a Sharpe ratio's estimate times (n − 1) (Mertens 2002; Bailey & López de Prado 2012, eq. 3). */
function spread(ratio: number, { skewness, kurtosis }: Shape): number {
  return 1 - skewness * ratio + ((kurtosis - 1) / 4) * ratio * ratio
}

/**
 * Probabilistic Sharpe ratio: the probability that the true ratio is above `benchmark`, given the returns seen
 * (Bailey & López de Prado 2012, "The Sharpe ratio efficient frontier", eq. 9). Ratios are of the same period, not annualised.
 * @returns 0 … 1; null with fewer than two returns
 */
export function probabilisticSharpe(shape: Shape, benchmark: number, ratio = sharpe(shape)): number | null {
  if (ratio === null || shape.count < 2) return null
  const variance = spread(ratio, shape)
  return variance <= 0 ? null : normalCdf(((ratio - benchmark) * Math.sqrt(shape.count - 1)) / Math.sqrt(variance))
}

/**
 * Minimum track record length: number of returns needed until the true ratio is above `benchmark` with a given confidence
 * (the same paper, eq. 11).
 * @returns null when the observed ratio is not above the benchmark
 */
export function minTrackRecord(shape: Shape, benchmark: number, level: number, ratio = sharpe(shape)): number | null {
  if (ratio === null || ratio <= benchmark) return null
  return 1 + spread(ratio, shape) * (normalQuantile(level) / (ratio - benchmark)) ** 2
}

const EULER = 0.577_215_664_901_532_9

/**
 * Expected Sharpe ratio of the best of many trials by chance alone, when all true ratios are 0
 * (Bailey & López de Prado 2014, "The deflated Sharpe ratio", eq. 6).
 * @param trials independent trials, at least 1
 * @param variance of the trials' estimated ratios
 */
export function luckySharpe(trials: number, variance: number): number {
  if (trials < 2) return 0
  const best = (1 - EULER) * normalQuantile(1 - 1 / trials) + EULER * normalQuantile(1 - 1 / (trials * Math.E))
  return Math.sqrt(variance) * best
}

/**
 * Deflated Sharpe ratio: the probability that the true ratio is above 0, corrected for the number of trials (the same paper,
 * eq. 7): the probabilistic ratio against the expected best ratio by chance.
 */
export function deflatedSharpe(shape: Shape, trials: number, variance: number, ratio = sharpe(shape)): number | null {
  return probabilisticSharpe(shape, luckySharpe(trials, variance), ratio)
}
