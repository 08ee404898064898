/** Estimates from prices alone, not figures of the settlement source; the desk labels them as estimates. */

/**
 * ln(a / b) of two positive numbers. For close values, the usual case, by the series 2 (z + z³/3 + z⁵/5 + …) with
 * z = (a − b) / (a + b) (Abramowitz & Stegun 4.1.27), which is as exact and faster than `Math.log`.
 */
export function logRatio(a: number, b: number): number {
  const z = (a - b) / (a + b)
  if (!(z < 0.01 && z > -0.01)) return Math.log(a / b)
  const q = z * z
  return 2 * z * (1 + q * (1 / 3 + q * (1 / 5 + q / 7)))
}

/** Standard normal distribution function, by Abramowitz & Stegun 26.2.17 (absolute error < 7.5e-8). */
export function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x))
  const tail =
    Math.exp((-x * x) / 2) *
    0.3989422804014327 *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return x >= 0 ? 1 - tail : tail
}

/** Inputs for the probability of Up: the mean price of a window's last `meanSec` seconds (0 = last price) against its strike. */
export interface FairInput {
  readonly price: number
  readonly strike: number
  readonly secondsLeft: number
  /** Standard deviation of the log return over one second. */
  readonly volPerSec: number
  readonly meanSec: number
  /** Mean over the part of the last `meanSec` that has passed; null before it begins. */
  readonly meanSoFar: number | null
}

/**
 * Probability that Up wins if the price is a driftless random walk. The closing mean over m seconds of a walk has
 * variance σ²(τ − m + m/3) with τ ≥ m seconds left; with τ < m the passed part is fixed and the rest adds σ²τ³/(3m²).
 */
export function fairUp(input: FairInput): number {
  const { price, strike, secondsLeft, volPerSec, meanSec, meanSoFar } = input
  const left = Math.max(0, secondsLeft)
  return chanceAbove(expectedClose(price, left, meanSec, meanSoFar), strike, closeVariance(left, volPerSec, meanSec))
}

/** Probability that a closing value whose log has this variance around `expected` ends at or above the strike. */
export function chanceAbove(expected: number, strike: number, variance: number): number {
  const move = logRatio(expected, strike)
  if (variance <= 0) return move >= 0 ? 1 : 0
  return normalCdf(move / Math.sqrt(variance))
}

/** Expected closing value: the elapsed part of the mean is fixed, the rest is expected at the current price. */
export function expectedClose(price: number, left: number, meanSec: number, meanSoFar: number | null): number {
  if (meanSec <= 0 || left >= meanSec) return price
  const passed = (meanSec - left) / meanSec
  return passed * (meanSoFar ?? price) + (1 - passed) * price
}

/** Variance of the log of closing value over current price; see `fairUp`. */
export function closeVariance(left: number, volPerSec: number, meanSec: number): number {
  if (meanSec > 0 && left < meanSec) return (volPerSec * volPerSec * left * left * left) / (3 * meanSec * meanSec)
  return volPerSec * volPerSec * (left - (2 * meanSec) / 3)
}

/** Half-life of a minute's weight, in minutes. */
const HALF_LIFE_MIN = 3
const KEEP = 0.5 ** (1 / HALF_LIFE_MIN)

/**
 * Running volatility from the range of closed minutes: the variance of a minute is ln(high/low)² / (4 ln 2)
 * (Parkinson 1980, "The extreme value method for estimating the variance of the rate of return"), weighted exponentially.
 */
export class VolMeter {
  /** Variance of the log return over one second. */
  variance: number

  /** @param initial standard deviation of the log return over one second, used until minutes have closed */
  constructor(initial: number) {
    this.variance = initial * initial
  }

  /**
   * Adds a closed minute.
   * @param step price grid in dollars; 0 when it is too fine to matter
   */
  minute(high: number, low: number, step = 0): void {
    if (low > 0) this.variance = this.with(high, low, step)
  }

  /** Both extremes were rounded to the grid, which adds step²/12 each to the squared range (Sheppard's correction). */
  private with(high: number, low: number, step: number): number {
    const range = logRatio(high, low)
    const rounding = step === 0 ? 0 : (step * step) / (6 * low * low)
    return KEEP * this.variance + ((1 - KEEP) * Math.max(0, range * range - rounding)) / (4 * Math.LN2 * 60)
  }

  /** Standard deviation of the log return over one second; at least 1e-6, since a flat price may move again. */
  perSecond(): number {
    return Math.max(Math.sqrt(this.variance), 1e-6)
  }

  /** The same during a minute with the range so far, which can only widen. */
  perSecondWithin(high: number, low: number, step = 0): number {
    return Math.max(Math.sqrt(Math.max(this.variance, this.with(high, low, step))), 1e-6)
  }
}

/** Time-weighted mean price over an interval. */
export class TimeMean {
  private from = 0
  private lastTs = 0
  private lastPrice = 0
  private sum = 0

  /** Starts an interval at `from`, with the price at that time. */
  begin(from: number, priceThen: number): void {
    this.from = from
    this.lastTs = from
    this.lastPrice = priceThen
    this.sum = 0
  }

  tick(ts: number, price: number): void {
    if (ts > this.lastTs) {
      this.sum += this.lastPrice * (ts - this.lastTs)
      this.lastTs = ts
    }
    this.lastPrice = price
  }

  /** Mean from the start of the interval to `ts`; null before it has started. */
  mean(ts: number): number | null {
    if (this.from === 0 || ts <= this.from) return null
    return (this.sum + this.lastPrice * Math.max(0, ts - this.lastTs)) / (Math.max(ts, this.lastTs) - this.from)
  }

  snapshot(): readonly number[] {
    return [this.from, this.lastTs, this.lastPrice, this.sum]
  }

  restore([from = 0, lastTs = 0, lastPrice = 0, sum = 0]: readonly number[]): void {
    this.from = from
    this.lastTs = lastTs
    this.lastPrice = lastPrice
    this.sum = sum
  }
}
