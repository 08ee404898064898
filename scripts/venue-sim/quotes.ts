import { candleAt } from './candles.ts'
import { hash, type Market, MINUTE } from './market.ts'
import type { Shocks } from './shocks.ts'

const LEAST_QUOTE_MS = 250

/** Market time between two looks at the price; a stream sends only what has changed. At high speeds at most fifty a real second. */
export function quoteInterval(speed: number): number {
  return LEAST_QUOTE_MS * Math.max(1, Math.ceil((speed * 20) / LEAST_QUOTE_MS))
}

/** Half of the spread, as a share of the price. */
const HALF_SPREAD = 0.000_005

const KINDS = ['bookTicker', 'aggTrade', 'trade']

/** True for `<symbol>@bookTicker`, `@aggTrade` and `@trade`. */
export function isQuoteStream(stream: string): boolean {
  return KINDS.includes(stream.split('@')[1] ?? '')
}

export interface QuoteContext {
  readonly market: Market
  readonly shocks: Shocks
  /** Difference of the venue's clock. */
  offset(): number
}

/** The event of a quote stream at `time`; undefined without a price. */
export function quoteEvent(stream: string, time: number, context: QuoteContext): object | undefined {
  const [name = '', kind] = stream.split('@')
  const symbol = name.toUpperCase()
  const row = candleAt(context.market, symbol, time - (time % MINUTE), MINUTE, time, context.shocks)
  if (row === undefined || row[5] === 0) return undefined
  const price = row[4]
  const id = Math.floor(time / LEAST_QUOTE_MS)
  const quantity = (Math.abs(hash(`${stream}${id}`)) % 10_000) / 10_000 + 0.0001
  const half = price * HALF_SPREAD
  const at = time + context.offset()
  const amount = quantity.toFixed(8)
  const head = { E: at, s: symbol }
  const isSellerMaker = id % 2 === 0
  switch (kind) {
    case 'bookTicker':
      return { u: id, s: symbol, b: (price - half).toFixed(8), B: amount, a: (price + half).toFixed(8), A: amount }
    case 'aggTrade':
      return {
        e: kind,
        ...head,
        a: id,
        p: price.toFixed(8),
        q: amount,
        f: id,
        l: id,
        T: at,
        m: isSellerMaker,
        M: true,
      }
    default:
      return { e: 'trade', ...head, t: id, p: price.toFixed(8), q: amount, T: at, m: isSellerMaker, M: true }
  }
}
