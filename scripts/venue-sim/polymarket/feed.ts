import { candleAt } from '../candles.ts'
import { type Market, MINUTE } from '../market.ts'
import { chance } from './identity.ts'

/** Seconds whose mean is a TWAP stamp, and how many seconds before its stamp they end. */
const TWAP_SECONDS = 60
const TWAP_LAG = 3
/** Largest difference between the settlement source's price and Binance's, as a share. */
const BASIS = 0.00015
const BASIS_SECONDS = 40
/** Seconds kept per asset. */
const KEPT = 7_200

/**
 * The settlement source: a spot price each second and the mean of 60 of them. The TWAP stamped T is the mean of the
 * seconds T−62 … T−3 (measured on one capture; the venue does not document it).
 */
export class SettlementFeed {
  readonly #candles: Market
  readonly #seed: number
  readonly #spots = new Map<string, Map<number, bigint>>()

  constructor(candles: Market, seed: number) {
    this.#candles = candles
    this.#seed = seed
  }

  /** Spot price in units of 1e-8 USD. @param second Unix seconds */
  spot(asset: string, second: number): bigint {
    const known = this.#spots.get(asset) ?? new Map<number, bigint>()
    this.#spots.set(asset, known)
    const cached = known.get(second)
    if (cached !== undefined) return cached
    const basis = 1 + BASIS * this.#drift(asset, second)
    const value = BigInt(Math.round(this.#candlePrice(asset, second * 1000) * basis * 1e8))
    if (known.size >= KEPT) {
      const oldest = known.keys().next()
      if (oldest.done !== true) known.delete(oldest.value)
    }
    known.set(second, value)
    return value
  }

  /** TWAP in units of 1e-18 USD. @param second Unix seconds of the stamp */
  twap(asset: string, second: number): bigint {
    let sum = 0n
    for (let i = 0; i < TWAP_SECONDS; i++) sum += this.spot(asset, second - TWAP_LAG - i)
    return (sum * 10n ** 10n) / BigInt(TWAP_SECONDS)
  }

  /** Sum of the spot prices, in USD, of those seconds of the closing mean that have passed, and their number. */
  fixedPart(asset: string, endSecond: number, second: number): { readonly sum: number; readonly seconds: number } {
    const last = endSecond - TWAP_LAG
    const first = last - TWAP_SECONDS + 1
    let sum = 0
    for (let s = first; s <= Math.min(last, second); s++) sum += Number(this.spot(asset, s)) / 1e8
    return { sum, seconds: Math.max(0, Math.min(last, second) - first + 1) }
  }

  /** Slowly changing number in [−1, 1]. */
  #drift(asset: string, second: number): number {
    const step = Math.floor(second / BASIS_SECONDS)
    const part = second / BASIS_SECONDS - step
    const at = (index: number) => 2 * chance(`${this.#seed}${asset}basis${index}`) - 1
    return at(step) * (1 - part) + at(step + 1) * part
  }

  /** The newest candle price at `time`; before the data its first price. */
  #candlePrice(asset: string, time: number): number {
    const symbol = `${asset}USDT`
    const [first, last] = this.#candles.span(symbol)
    const until = Math.min(time, last + MINUTE - 1)
    for (let minute = until - (until % MINUTE); minute >= first; minute -= MINUTE) {
      const row = candleAt(this.#candles, symbol, minute, MINUTE, until)
      if (row !== undefined) return row[4]
    }
    return this.#candles.candle(symbol, first)?.[1] ?? 1
  }
}

/** Decimal text of a value in units of 10^-places. */
export function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, '0')
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`
}
