import { createHash } from 'node:crypto'
import { z } from 'zod'

const levelSchema = z.object({ price: z.string(), size: z.string() })
type Level = z.infer<typeof levelSchema>

const eventSchema = z.discriminatedUnion('event_type', [
  z.object({
    event_type: z.literal('book'),
    market: z.string(),
    asset_id: z.string(),
    timestamp: z.string(),
    hash: z.string(),
    bids: z.array(levelSchema),
    asks: z.array(levelSchema),
    tick_size: z.string().optional(),
    last_trade_price: z.string().optional(),
  }),
  z.object({
    event_type: z.literal('price_change'),
    market: z.string(),
    timestamp: z.string(),
    price_changes: z.array(
      z.object({ asset_id: z.string(), price: z.string(), size: z.string(), side: z.string(), hash: z.string() }),
    ),
  }),
  z.object({ event_type: z.literal('last_trade_price'), market: z.string(), price: z.string() }),
  z.object({ event_type: z.literal('tick_size_change'), market: z.string(), new_tick_size: z.string() }),
])

interface Rebuilt {
  readonly market: string
  readonly bids: Map<string, string>
  readonly asks: Map<string, string>
}

/** Books rebuilt from the frames of the market channel, with code of its own, and how many hashes were wrong. */
export class RebuiltBooks {
  readonly #books = new Map<string, Rebuilt>()
  /** By market: both tokens share them. */
  readonly #ticks = new Map<string, string>()
  readonly #lastPrices = new Map<string, string>()
  readonly counts = { books: 0, deltas: 0, wrongHashes: 0, wrongDeltaHashes: 0, crossed: 0 }

  apply(raw: unknown): void {
    const parsed = eventSchema.safeParse(raw)
    if (!parsed.success) return
    const event = parsed.data
    switch (event.event_type) {
      case 'last_trade_price':
        this.#lastPrices.set(event.market, Number(event.price).toFixed(3))
        break
      case 'tick_size_change':
        this.#ticks.set(event.market, event.new_tick_size)
        break
      case 'book': {
        const side = (levels: readonly Level[]) => new Map(levels.map(({ price, size }) => [price, size]))
        if (event.tick_size !== undefined) this.#ticks.set(event.market, event.tick_size)
        if (event.last_trade_price !== undefined) this.#lastPrices.set(event.market, event.last_trade_price)
        this.#books.set(event.asset_id, { market: event.market, bids: side(event.bids), asks: side(event.asks) })
        this.counts.books++
        this.#check(event.asset_id, event.timestamp, event.hash, false)
        break
      }
      case 'price_change':
        for (const { asset_id, price, size, side, hash } of event.price_changes) {
          const book = this.#books.get(asset_id)
          if (book === undefined) continue
          const levels = side === 'BUY' ? book.bids : book.asks
          if (size === '0') levels.delete(price)
          else levels.set(price, size)
          this.counts.deltas++
          this.#check(asset_id, event.timestamp, hash, true)
        }
    }
  }

  /** Levels in wire order. */
  levels(token: string): { readonly bids: readonly Level[]; readonly asks: readonly Level[] } {
    const book = this.#books.get(token)
    const list = (levels: ReadonlyMap<string, string> | undefined, sign: number) =>
      [...(levels ?? [])]
        .map(([price, size]) => ({ price, size }))
        .sort((a, b) => sign * (Number(a.price) - Number(b.price)))
    return { bids: list(book?.bids, 1), asks: list(book?.asks, -1) }
  }

  #check(token: string, timestamp: string, hash: string, isDelta: boolean): void {
    const market = this.#books.get(token)?.market ?? ''
    const { bids, asks } = this.levels(token)
    const text = JSON.stringify({
      market,
      asset_id: token,
      timestamp,
      hash: '',
      bids,
      asks,
      min_order_size: '5',
      tick_size: this.#ticks.get(market),
      neg_risk: false,
      last_trade_price: this.#lastPrices.get(market),
    })
    if (createHash('sha1').update(text).digest('hex') !== hash) {
      this.counts.wrongHashes++
      if (isDelta) this.counts.wrongDeltaHashes++
    }
    const [bid, ask] = [bids.at(-1), asks.at(-1)]
    if (bid !== undefined && ask !== undefined && Number(bid.price) >= Number(ask.price)) this.counts.crossed++
  }
}
