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

/** The book of the Up token; that of the Down token is its mirror: bid p = ask 1 − p. */
export class Book {
  readonly bids: Levels = new Map()
  readonly asks: Levels = new Map()

  /** Best prices in thousandths; undefined for an empty side. */
  get bestBid(): number | undefined {
    return this.bids.size === 0 ? undefined : Math.max(...this.bids.keys())
  }

  get bestAsk(): number | undefined {
    return this.asks.size === 0 ? undefined : Math.min(...this.asks.keys())
  }

  /** Levels in wire order: bids ascending, asks descending, the best last. */
  wire(isUp: boolean): WireBook {
    const [bids, asks] = isUp ? [this.bids, this.asks] : [mirrored(this.asks), mirrored(this.bids)]
    const list = (levels: Levels, sign: number) =>
      [...levels].sort((a, b) => sign * (a[0] - b[0])).map(([price, size]) => ({ price: priceText(price), size }))
    return { bids: list(bids, 1), asks: list(asks, -1) }
  }
}

function mirrored(levels: Levels): Levels {
  return new Map([...levels].map(([price, size]) => [1000 - price, size]))
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
  const levels = (list: readonly WireLevel[]) => list.map(({ price, size }) => ({ price, size }))
  return JSON.stringify({ market, asset_id, timestamp, hash: '', bids: levels(bids), asks: levels(asks) }).slice(0, -1)
}

export function bookTail(tickSize: string, lastTradePrice: string, minOrderSize = '5'): string {
  return `,"min_order_size":"${minOrderSize}","tick_size":"${tickSize}","neg_risk":false,"last_trade_price":"${lastTradePrice}"}`
}

export const tokenOf = (window: MarketWindow, isUp: boolean): string => (isUp ? window.up : window.down)
