import type { Candle } from '../../shared/domain/feed.ts'
import { MINUTE } from '../../shared/domain/time.ts'

/** When a price is absurd, and when a new level is taken as the market's. */
export interface GuardBounds {
  /** Share by which a price may leave the range of the last minute: 0.2 lets 100 go to 120, or to 83.33. */
  readonly jump: number
  /** Market time for which a new level must have stood, in ms. */
  readonly confirmMs: number
  /** Prices that must have told the new level. */
  readonly confirmPrices: number
}

export const DEFAULT_BOUNDS: GuardBounds = { jump: 0.2, confirmMs: 30_000, confirmPrices: 5 }

/** A price that the guard keeps back, and what it stands beside. */
export interface Doubt {
  /** The last price that was passed on. */
  readonly from: number
  /** The first that was not, and its time. */
  readonly to: number
  readonly since: number
  /** Prices kept back so far. */
  readonly withheld: number
}

/** What may be passed on after a price or a candle, candles before the price. */
export interface Passed<C> {
  /** Candles that are sound, in order; some may have waited for a decision. */
  readonly candles: readonly C[]
  /** Candles that are left out for good. */
  readonly left: readonly C[]
  /** The price itself is sound; always false for a candle. */
  readonly price: boolean
}

/** Prices passed on, as their range and their time. */
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

const NONE = { candles: [], left: [] }
/** Ranges older than this say nothing of a candle that closes now. */
const KEPT_MS = 5 * MINUTE
/** Sound prices in a row that end a doubt: one alone may be chance. */
const RETURN_PRICES = 3
/** A candle tells its open, high, low and close. */
const CANDLE_PRICES = 4

/**
 * Keeps absurd prices of one asset from everything behind it: strategies, candles, volatility, strikes and simulated
 * settlement. A price that leaves the range of the last minute by more than the bound is withheld. Once prices near it
 * have come for long enough they are the market's and are taken; where prices return before, those withheld are dropped.
 * While either is open, the asset is in doubt. A candle is judged whole: one with an absurd price in it waits while the
 * level is open and is then passed on or left out; the one made of the prices that were passed on stands in for it.
 */
export class PriceGuard<C extends { readonly candle: Candle }> {
  readonly #bounds: GuardBounds
  /** What was passed on lately, in order of time. */
  #ranges: Range[] = []
  /** Ranges before this are of the level before: a candle may still reach there, a price may not. */
  #levelFrom = Number.NEGATIVE_INFINITY
  #last = Number.NaN
  #takenAt = Number.NEGATIVE_INFINITY
  /** Time of the newest price, passed on or not. */
  #heardAt = Number.NEGATIVE_INFINITY
  #level: Level | null = null
  #doubt: Doubt | null = null
  #tookLevel = false
  #returned = 0
  #waiting: C[] = []

  constructor(bounds: GuardBounds) {
    this.#bounds = bounds
  }

  /** Null while every price is passed on. */
  get doubt(): Doubt | null {
    return this.#doubt
  }

  /** How the last doubt ended: true where the new level was taken, false where prices came back. */
  get tookLevel(): boolean {
    return this.#tookLevel
  }

  /** The last price that was passed on; not a number before the first. */
  get last(): number {
    return this.#last
  }

  /** Says what prices are about before the first is heard. */
  begin(price: number): void {
    if (Number.isNaN(this.#last)) this.#last = price
  }

  /** @param at the venue's time of it, never before the last one's */
  price(price: number, at: number): Passed<C> {
    if (this.#fits(price, at)) {
      this.#take(price, at)
      return { ...this.#back(1), price: true }
    }
    const accepted = this.#withhold(price, at, 1)
    return accepted ? { ...this.#settleWaiting(), price: true } : { candles: [], left: [], price: false }
  }

  /** Candles come in order, each once its minute is over. */
  candle(one: C): Passed<C> {
    const { openTime, close } = one.candle
    const at = openTime + MINUTE
    // A minute's prices are heard before its candle, save where the candle comes from history or fills a hole.
    const isNews = at > this.#heardAt
    if (this.#holds(one.candle) && (isNews || this.#waiting.length === 0)) {
      // Also where later prices are in doubt: minutes that fill a hole may lead to them.
      if (at > this.#takenAt) this.#take(close, at)
      const { candles, left } = isNews ? this.#back(CANDLE_PRICES) : NONE
      return { candles: [...candles, one], left, price: false }
    }
    const isNewLevel = isNews && !this.#fits(close, at)
    if (!isNewLevel && this.#level === null) return { candles: [], left: [one], price: false }
    this.#waiting.push(one)
    const accepted = isNewLevel && this.#withhold(close, at, CANDLE_PRICES)
    return { ...(accepted ? this.#settleWaiting() : NONE), price: false }
  }

  /** Sound prices have come: a new level is dropped, and with enough of them the doubt is over. */
  #back(prices: number): Omit<Passed<C>, 'price'> {
    if (this.#doubt === null) return NONE
    this.#level = null
    this.#tookLevel = false
    this.#returned += prices
    if (this.#returned >= RETURN_PRICES) this.#doubt = null
    return this.#settleWaiting()
  }

  /** @returns true once the level that the price belongs to has stood long enough: it is the market's now */
  #withhold(price: number, at: number, prices: number): boolean {
    this.#returned = 0
    this.#heardAt = Math.max(this.#heardAt, at)
    const { jump, confirmMs, confirmPrices } = this.#bounds
    const near = this.#level !== null && Math.abs(Math.log(price / this.#level.last)) <= Math.log(1 + jump) / 2
    const level =
      this.#level !== null && near ? this.#level : { since: at, last: price, low: price, high: price, prices: 0 }
    level.last = price
    level.low = Math.min(level.low, price)
    level.high = Math.max(level.high, price)
    level.prices += prices
    this.#level = level
    const { from, to, since, withheld } = this.#doubt ?? { from: this.#last, to: price, since: at, withheld: 0 }
    this.#doubt = { from, to, since, withheld: withheld + 1 }
    if (at - level.since < confirmMs || level.prices < confirmPrices) return false
    this.#levelFrom = level.since
    this.#ranges.push({ at: level.since, low: level.low, high: level.high })
    this.#take(price, at)
    this.#level = null
    this.#doubt = null
    this.#tookLevel = true
    return true
  }

  #settleWaiting(): Omit<Passed<C>, 'price'> {
    const waiting = this.#waiting
    this.#waiting = []
    const candles = waiting.filter((one) => this.#holds(one.candle))
    return { candles, left: waiting.filter((one) => !candles.includes(one)) }
  }

  #take(price: number, at: number): void {
    this.#last = price
    this.#takenAt = at
    this.#heardAt = Math.max(this.#heardAt, at)
    this.#ranges.push({ at, low: price, high: price })
    while ((this.#ranges[0]?.at ?? at) < at - KEPT_MS) this.#ranges.shift()
  }

  /** Whether a price is within the bound of every price of the last minute, and of the last one however old. */
  #fits(price: number, at: number): boolean {
    const from = Math.max(at - MINUTE, this.#levelFrom)
    const recent = this.#ranges.filter((range) => range.at >= from)
    return this.#within(price, price, recent, (low, high) => [high, low])
  }

  /** Whether all of a candle is within the bound of some price passed on between a minute before it and one after. */
  #holds({ openTime, open, high, low, close }: Candle): boolean {
    const near = this.#ranges.filter(({ at }) => at >= openTime - MINUTE && at <= openTime + 2 * MINUTE)
    return this.#within(Math.min(open, low, close), Math.max(open, high, close), near, (a, b) => [a, b])
  }

  /** @param reach of the lowest and highest price passed on: the one to measure downward from, and the one for upward */
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
