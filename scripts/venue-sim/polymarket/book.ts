import { createHash } from 'node:crypto'
import type { MarketWindow } from './identity.ts'

/** Sizes in shares, as the wire writes them, by price in thousandths of a dollar. */
export type Levels = Map<number, string>

export interface WireLevel {
  readonly price: string
  readonly size: string
}

export interface WireBook {
  readonly bids: readonly WireLevel[]
  readonly asks: readonly WireLevel[]
}

interface Level {
  readonly price: number
  readonly size: string
  /** As it stands in the book of Up, and mirrored in that of Down. */
  readonly up: WireLevel
  readonly down: WireLevel
}

/** One side of the book of Up, the best price last: the order of the wire, of Up's levels and of Down's. */
export class Side {
  readonly #sign: 1 | -1
  readonly #levels: Level[] = []

  /** @param sign 1 for prices that ascend, −1 for prices that descend */
  constructor(sign: 1 | -1) {
    this.#sign = sign
  }

  /** In thousandths; undefined for an empty side. */
  get best(): number | undefined {
    return this.#levels.at(-1)?.price
  }

  get prices(): number[] {
    return this.#levels.map(({ price }) => price)
  }

  /** `0` where there is no level. */
  size(price: number): string {
    const level = this.#levels[this.#index(price)]
    return level?.price === price ? level.size : '0'
  }

  /** @param size `0` removes the level */
  set(price: number, size: string): void {
    const index = this.#index(price)
    const count = this.#levels[index]?.price === price ? 1 : 0
    if (size === '0') this.#levels.splice(index, count)
    else {
      const up = { price: priceText(price), size }
      const down = { price: priceText(1000 - price), size }
      this.#levels.splice(index, count, { price, size, up, down })
    }
  }

  replace(levels: Levels): void {
    this.#levels.length = 0
    for (const [price, size] of levels) this.set(price, size)
  }

  wire(isUp: boolean): WireLevel[] {
    return this.#levels.map((level) => (isUp ? level.up : level.down))
  }

  /** Where a price stands or belongs. */
  #index(price: number): number {
    let [low, high] = [0, this.#levels.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#sign * ((this.#levels[middle]?.price ?? 0) - price) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The book of the Up token; that of the Down token is its mirror: bid p = ask 1 − p. */
export class Book {
  readonly bids = new Side(1)
  readonly asks = new Side(-1)

  /** Levels in wire order: bids ascending, asks descending, the best last. */
  wire(isUp: boolean): WireBook {
    return isUp
      ? { bids: this.bids.wire(true), asks: this.asks.wire(true) }
      : { bids: this.asks.wire(false), asks: this.bids.wire(false) }
  }
}

/** `0.1`, `0.385`: no trailing zeros, as the wire writes prices of levels. */
export function priceText(thousandths: number): string {
  return String(thousandths / 1000)
}

export interface HashedBook extends WireBook {
  readonly market: string
  readonly asset_id: string
  /** Unix ms as text. */
  readonly timestamp: string
  readonly tick_size: string
  /** Three decimals, or empty before the first trade. */
  readonly last_trade_price: string
  readonly min_order_size?: string
}

/**
 * SHA-1 of the compact JSON of the book with an empty hash, in this key order. Source: `generate_orderbook_summary_hash`
 * of Polymarket's py-clob-client-v2.
 */
export function bookHash(book: HashedBook): string {
  return createHash('sha1')
    .update(bookHead(book))
    .update(bookTail(book.tick_size, book.last_trade_price, book.min_order_size))
    .digest('hex')
}

type BookHead = Pick<HashedBook, 'market' | 'asset_id' | 'timestamp' | 'bids' | 'asks'>

/** The two parts of the hashed text: the second is what frames after the first leave out. */
export function bookHead({ market, asset_id, timestamp, bids, asks }: BookHead): string {
  const head = JSON.stringify({ market, asset_id, timestamp, hash: '' }).slice(0, -1)
  return `${head},"bids":[${bids.map(levelText).join(',')}],"asks":[${asks.map(levelText).join(',')}]`
}

/** Texts of levels that are hashed again and again. */
const levelTexts = new WeakMap<WireLevel, string>()

function levelText(level: WireLevel): string {
  const known = levelTexts.get(level)
  if (known !== undefined) return known
  const text = JSON.stringify({ price: level.price, size: level.size })
  levelTexts.set(level, text)
  return text
}

export function bookTail(tickSize: string, lastTradePrice: string, minOrderSize = '5'): string {
  return `,"min_order_size":"${minOrderSize}","tick_size":"${tickSize}","neg_risk":false,"last_trade_price":"${lastTradePrice}"}`
}

export const tokenOf = (window: MarketWindow, isUp: boolean): string => (isUp ? window.up : window.down)
