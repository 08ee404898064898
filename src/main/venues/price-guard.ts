import type { Candle } from '../../shared/domain/feed.ts'
import { MINUTE } from '../../shared/domain/time.ts'

/** Limits for withholding a price and for accepting a new price level. */
export interface GuardBounds {
  /** Maximum move beyond the range of the last minute, as a share: 0.2 allows 100 to become 120 or 83.33. */
  readonly jump: number
  /** Market time for which a new level must hold, ms. */
  readonly confirmMs: number
  /** Number of prices that must confirm a new level. */
  readonly confirmPrices: number
}

export const DEFAULT_BOUNDS: GuardBounds = { jump: 0.2, confirmMs: 30_000, confirmPrices: 5 }

/** A price jump whose prices are being withheld. */
export interface Withholding {
  /** Last price passed on before the jump. */
  readonly from: number
  /** First withheld price. */
  readonly to: number
  /** Venue time of that price, ms. */
  readonly since: number
  /** Number of withheld prices so far. */
  readonly withheld: number
}

/** What to pass on after a price or a candle; candles go before the price. */
export interface GuardResult<C> {
  /** Candles to pass on, in order; some may have been waiting. */
  readonly candles: readonly C[]
  /** Candles that are dropped. */
  readonly dropped: readonly C[]
  /** True when the price itself is passed on; always false for a candle. */
  readonly price: boolean
}

/** Range of prices passed on at one time. */
interface Range {
  readonly at: number
  readonly low: number
  readonly high: number
}

interface Level {
  readonly since: number
  last: number
  low: number
  high: number
  prices: number
}

const NONE = { candles: [], dropped: [] }
/** Age up to which ranges are kept, ms: a candle is compared with prices around its minute. */
const KEPT_MS = 5 * MINUTE
/** Consecutive sound prices that end a withholding; a single one may be chance. */
const RETURN_PRICES = 3
/** Number of prices in a candle: open, high, low and close. */
const CANDLE_PRICES = 4

/**
 * Filters absurd prices of one asset before they reach strategies, candles, volatility, strikes and simulated settlement. A
 * price beyond the range of the last minute by more than the limit is withheld. If prices stay near it for long enough, the
 * new level is accepted; if they return earlier, the withheld prices are dropped. A candle is checked as a whole: one with an
 * absurd price waits for that decision and is then passed on or dropped; the candle built from the prices that were passed
 * on then takes its place.
 */
export class PriceGuard<C extends { readonly candle: Candle }> {
  readonly #bounds: GuardBounds
  /** Recent prices passed on, in order of time. */
  #ranges: Range[] = []
  /** Start of the current level, ms: earlier ranges still apply to candles, but not to prices. */
  #levelFrom = Number.NEGATIVE_INFINITY
  #last = Number.NaN
  #acceptedAt = Number.NEGATIVE_INFINITY
  /** Venue time of the newest price, withheld ones included. */
  #newestAt = Number.NEGATIVE_INFINITY
  #newLevel: Level | null = null
  #withholding: Withholding | null = null
  #acceptedLevel = false
  #returned = 0
  #waiting: C[] = []

  constructor(bounds: GuardBounds) {
    this.#bounds = bounds
  }

  /** The current withholding; null while every price is passed on. */
  get withholding(): Withholding | null {
    return this.#withholding
  }

  /** How the last withholding ended: true if the new level was accepted, false if prices returned. */
  get acceptedLevel(): boolean {
    return this.#acceptedLevel
  }

  /** Last price passed on; NaN before the first. */
  get last(): number {
    return this.#last
  }

  /** Sets the level to compare the first price with. */
  setInitialPrice(price: number): void {
    if (Number.isNaN(this.#last)) this.#last = price
  }

  /** Checks a price. @param at venue time, ms, never earlier than the previous one */
  price(price: number, at: number): GuardResult<C> {
    if (this.#isNearRecent(price, at)) {
      this.#accept(price, at)
      return { ...this.#onSoundPrices(1), price: true }
    }
    const accepted = this.#withhold(price, at, 1)
    return accepted ? { ...this.#decideWaiting(), price: true } : { ...NONE, price: false }
  }

  /** Checks a candle; candles come in order, each after its minute has ended. */
  candle(item: C): GuardResult<C> {
    const { openTime, close } = item.candle
    const at = openTime + MINUTE
    // A minute's prices arrive before its candle, except for candles from history or that fill a gap.
    const isNewest = at > this.#newestAt
    if (this.#isCandleSound(item.candle) && (isNewest || this.#waiting.length === 0)) {
      // Also while later prices are withheld: minutes that fill a gap may lead to them.
      if (at > this.#acceptedAt) this.#accept(close, at)
      const { candles, dropped } = isNewest ? this.#onSoundPrices(CANDLE_PRICES) : NONE
      return { candles: [...candles, item], dropped, price: false }
    }
    const isNewLevel = isNewest && !this.#isNearRecent(close, at)
    if (!isNewLevel && this.#newLevel === null) return { candles: [], dropped: [item], price: false }
    this.#waiting.push(item)
    const accepted = isNewLevel && this.#withhold(close, at, CANDLE_PRICES)
    return { ...(accepted ? this.#decideWaiting() : NONE), price: false }
  }

  /** Handles sound prices: drops a new level, and ends the withholding after enough of them. */
  #onSoundPrices(prices: number): Omit<GuardResult<C>, 'price'> {
    if (this.#withholding === null) return NONE
    this.#newLevel = null
    this.#acceptedLevel = false
    this.#returned += prices
    if (this.#returned >= RETURN_PRICES) this.#withholding = null
    return this.#decideWaiting()
  }

  /** Withholds a price. @returns true when its level has been confirmed and is accepted */
  #withhold(price: number, at: number, prices: number): boolean {
    this.#returned = 0
    this.#newestAt = Math.max(this.#newestAt, at)
    const { jump, confirmMs, confirmPrices } = this.#bounds
    const near = this.#newLevel !== null && Math.abs(Math.log(price / this.#newLevel.last)) <= Math.log(1 + jump) / 2
    const newLevel =
      this.#newLevel !== null && near ? this.#newLevel : { since: at, last: price, low: price, high: price, prices: 0 }
    newLevel.last = price
    newLevel.low = Math.min(newLevel.low, price)
    newLevel.high = Math.max(newLevel.high, price)
    newLevel.prices += prices
    this.#newLevel = newLevel
    const { from, to, since, withheld } = this.#withholding ?? { from: this.#last, to: price, since: at, withheld: 0 }
    this.#withholding = { from, to, since, withheld: withheld + 1 }
    if (at - newLevel.since < confirmMs || newLevel.prices < confirmPrices) return false
    this.#levelFrom = newLevel.since
    this.#ranges.push({ at: newLevel.since, low: newLevel.low, high: newLevel.high })
    this.#accept(price, at)
    this.#newLevel = null
    this.#withholding = null
    this.#acceptedLevel = true
    return true
  }

  #decideWaiting(): Omit<GuardResult<C>, 'price'> {
    const waiting = this.#waiting
    this.#waiting = []
    const candles = waiting.filter((item) => this.#isCandleSound(item.candle))
    return { candles, dropped: waiting.filter((item) => !candles.includes(item)) }
  }

  #accept(price: number, at: number): void {
    this.#last = price
    this.#acceptedAt = at
    this.#newestAt = Math.max(this.#newestAt, at)
    this.#ranges.push({ at, low: price, high: price })
    while ((this.#ranges[0]?.at ?? at) < at - KEPT_MS) this.#ranges.shift()
  }

  /** True when a price is within the limit of every price of the last minute and of the last price, however old. */
  #isNearRecent(price: number, at: number): boolean {
    const from = Math.max(at - MINUTE, this.#levelFrom)
    const recent = this.#ranges.filter((range) => range.at >= from)
    return this.#within(price, price, recent, (low, high) => [high, low])
  }

  /** True when a candle's whole range is within the limit of some price passed on from a minute before to a minute after it. */
  #isCandleSound({ openTime, open, high, low, close }: Candle): boolean {
    const near = this.#ranges.filter(({ at }) => at >= openTime - MINUTE && at <= openTime + 2 * MINUTE)
    return this.#within(Math.min(open, low, close), Math.max(open, high, close), near, (a, b) => [a, b])
  }

  /**
   * True when a range is within the limit of reference prices.
   * @param reach given the lowest and highest reference price, those to measure downwards and upwards from
   */
  #within(
    low: number,
    high: number,
    ranges: readonly Range[],
    reach: (low: number, high: number) => readonly [number, number],
  ): boolean {
    if (Number.isNaN(this.#last)) return true
    const factor = 1 + this.#bounds.jump
    const lowest = Math.min(this.#last, ...ranges.map((range) => range.low))
    const highest = Math.max(this.#last, ...ranges.map((range) => range.high))
    const [down, up] = reach(lowest, highest)
    return low >= down / factor && high <= up * factor
  }
}
