import type { Candles, View } from 'baton'

/** Number of closes from which the price grid is derived: enough that one of them uses the last digit. */
const GRID_CLOSES = 12

/** Half a step of the decimal price grid of the newest closes, in dollars; at most eight decimals. */
export function halfStep(candles: Candles): number {
  let steps = 1
  for (let ago = 0; ago < Math.min(GRID_CLOSES, candles.length); ago++) {
    const close = candles.close(ago)
    while (steps < 1e8 && Math.round(close * steps) / steps !== close) steps *= 10
  }
  return 0.5 / steps
}

/**
 * Standard deviation of one-second returns, from the last `minutes` closed one-minute candles. Uses simple returns, which
 * over a minute differ from log returns by about 0.01 %. The variance that rounding to the price grid adds, step²/12 for
 * each of two closes, is subtracted.
 */
export function volatilityPerSecond(candles: Candles, minutes: number): number {
  const count = Math.min(minutes, candles.length - 1)
  if (count < 2) return 0
  let sum = 0
  let after = candles.close(0)
  for (let ago = 1; ago <= count; ago++) {
    const before = candles.close(ago)
    const move = after / before - 1
    sum += move * move
    after = before
  }
  const rounding = (2 * halfStep(candles)) / after
  return Math.sqrt(Math.max(0, sum / count - (rounding * rounding) / 6) / 60)
}

/** A fraction in percent with one decimal: `62.1`. */
export function percent(share: number): number {
  return Math.round(share * 1000) / 10
}

/** Standard normal distribution function (Abramowitz & Stegun 26.2.17). */
function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x))
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  const tail = 0.3989422804014327 * Math.exp((-x * x) / 2) * poly
  return x >= 0 ? 1 - tail : tail
}

/**
 * Expected closing value of the window for a driftless price. The window settles on the mean price of its last seconds, whose
 * elapsed part is fixed.
 */
export function expectedClose(view: View): number {
  const { seconds, elapsed, mean } = view.settlement
  if (seconds <= 0 || view.secondsLeft >= seconds) return view.price
  const passed = elapsed / seconds
  return passed * (mean ?? view.price) + (1 - passed) * view.price
}

/**
 * Probability that Up wins if the price is a driftless random walk; see `expectedClose`. A tie is Up, and every value that
 * rounds to the strike on the price grid is a tie.
 */
export function probabilityUp(view: View, volPerSecond: number): number | null {
  if (view.strike === null || volPerSecond <= 0) return null
  const { seconds } = view.settlement
  const left = view.secondsLeft
  const expected = expectedClose(view)
  const variance =
    left < seconds
      ? (volPerSecond ** 2 * left ** 3) / (3 * seconds ** 2)
      : volPerSecond ** 2 * (left - (2 * seconds) / 3)
  const tie = view.strike - halfStep(view.candles('1m'))
  if (variance <= 0) return expected >= tie ? 1 : 0
  return normalCdf(Math.log(expected / tie) / Math.sqrt(variance))
}

/** Cost of a share bought at `price`, taker fee included. */
export function costWithFee(price: number, feeRate: number): number {
  return price + feeRate * price * (1 - price)
}
