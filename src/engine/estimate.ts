/**
 * Estimates from prices alone. Nothing here is the settlement source's word: the desk marks what comes from here as
 * an estimate.
 */

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

/** What decides a window: the mean price of its last `seconds` (0 = the last price) against the strike. */
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
  let expected = price
  let variance: number
  if (meanSec > 0 && left < meanSec) {
    const passed = (meanSec - left) / meanSec
    expected = passed * (meanSoFar ?? price) + (1 - passed) * price
    variance = (volPerSec * volPerSec * left ** 3) / (3 * meanSec * meanSec)
  } else {
    variance = volPerSec * volPerSec * (left - (2 * meanSec) / 3)
  }
  const move = Math.log(expected / strike)
  if (variance <= 0) return move >= 0 ? 1 : 0
  return normalCdf(move / Math.sqrt(variance))
}

/** Running volatility: exponentially weighted mean of squared log returns a second. */
export class VolMeter {
  private variance: number
  private lastPrice = 0
  private lastTs = 0
  private readonly halfLifeSec: number

  /** @param initial standard deviation of the log return over one second, until prices say better */
  constructor(initial: number, halfLifeSec: number) {
    this.variance = initial * initial
    this.halfLifeSec = halfLifeSec
  }

  tick(ts: number, price: number): void {
    const seconds = (ts - this.lastTs) / 1000
    if (this.lastPrice > 0 && seconds > 0) {
      const move = Math.log(price / this.lastPrice)
      const keep = 0.5 ** (Math.min(seconds, this.halfLifeSec) / this.halfLifeSec)
      this.variance = keep * this.variance + (1 - keep) * ((move * move) / seconds)
    }
    if (seconds > 0 || this.lastPrice === 0) {
      this.lastPrice = price
      this.lastTs = ts
    }
  }

  /** Standard deviation of the log return over one second, never 0: a price that stood still may move again. */
  perSecond(): number {
    return Math.max(Math.sqrt(this.variance), 1e-6)
  }
}

/** Mean price over the last stretch before an end, each price weighted by how long it stood. */
export class TimeMean {
  private from = 0
  private lastTs = 0
  private lastPrice = 0
  private sum = 0

  /** Starts a stretch at `from`, with the price that stood then. */
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

  /** Mean from the beginning to `ts`; null when nothing has passed. */
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
