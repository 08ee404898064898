import { z } from 'zod'
import { err, ok, type Result } from '../../../shared/domain/base.ts'
import { parseJson } from '../../net/http.ts'

/** Frames of the market channel. Numbers and times are texts on the wire; unknown keys and kinds are allowed. */

const level = z.object({ price: z.string(), size: z.string() })
const text = z.string()

const book = z
  .object({
    market: text,
    asset_id: text,
    timestamp: text,
    hash: text,
    bids: z.array(level),
    asks: z.array(level),
    tick_size: text.optional(),
    last_trade_price: text.optional(),
  })
  .transform((frame) => ({
    kind: 'book' as const,
    market: frame.market,
    assetId: frame.asset_id,
    timestamp: frame.timestamp,
    hash: frame.hash,
    bids: frame.bids,
    asks: frame.asks,
    tick: frame.tick_size,
    lastTrade: frame.last_trade_price,
  }))

const change = z.object({
  asset_id: text,
  price: text,
  size: text,
  side: z.enum(['BUY', 'SELL']),
  hash: text.default(''),
})

const priceChange = z
  .object({ market: text, price_changes: z.array(change).min(1), timestamp: text })
  .transform(({ market, price_changes, timestamp }) => ({
    kind: 'changes' as const,
    market,
    timestamp,
    changes: price_changes.map(({ asset_id, ...rest }) => ({ assetId: asset_id, ...rest })),
  }))

const trade = z
  .object({ asset_id: text, price: text, timestamp: text })
  .transform(({ asset_id, price }) => ({ kind: 'trade' as const, assetId: asset_id, price }))

const tickChange = z
  .object({ asset_id: text, new_tick_size: text })
  .transform(({ asset_id, new_tick_size }) => ({ kind: 'tick' as const, assetId: asset_id, tick: new_tick_size }))

const resolved = z
  .object({
    market: text,
    assets_ids: z.array(text).optional(),
    winning_asset_id: text,
    winning_outcome: text.optional(),
  })
  .transform(({ market, winning_asset_id, winning_outcome }) => ({
    kind: 'resolved' as const,
    market,
    winner: winning_asset_id,
    outcome: winning_outcome,
  }))

const newMarket = z
  .object({ market: text, slug: text.optional() })
  .transform(({ market, slug }) => ({ kind: 'new-market' as const, market, slug }))

/** Read but not used: books give the best prices. */
const bestPrices = z.object({ asset_id: text }).transform(() => ({ kind: 'best-prices' as const }))

const READERS = {
  book,
  price_change: priceChange,
  last_trade_price: trade,
  tick_size_change: tickChange,
  market_resolved: resolved,
  new_market: newMarket,
  best_bid_ask: bestPrices,
} as const

type Readers = typeof READERS
export type MarketFrame = { [K in keyof Readers]: z.output<Readers[K]> }[keyof Readers]

/** One event of a frame: readable, of a kind that is not known, or unreadable. */
export type ReadFrame =
  | { readonly ok: true; readonly frame: MarketFrame }
  | {
      readonly ok: false
      readonly unknown: boolean
      /** Tokens whose books it may have changed; events about whole markets change none. */
      readonly books: readonly string[]
      readonly reason: string
    }

const kindOf = z.object({ event_type: z.string() })
/** Tokens of an event that is otherwise unreadable. */
const booksOf = z
  .object({ asset_id: z.string().optional(), price_changes: z.array(z.object({ asset_id: z.string() })).optional() })
  .transform(({ asset_id: id, price_changes: changes = [] }) => [
    ...new Set([...(id === undefined ? [] : [id]), ...changes.map(({ asset_id }) => asset_id)]),
  ])
/** Kinds that change books. */
const BOOK_KINDS: ReadonlySet<string> = new Set(['book', 'price_change', 'tick_size_change'])

function isKnown(kind: string): kind is keyof Readers {
  return Object.hasOwn(READERS, kind)
}

/**
 * Parses one text of the market channel: an object, or an array of objects. Control texts such as PONG and NO NEW ASSETS give an
 * empty list.
 */
export function parseFrames(body: string): Result<readonly ReadFrame[]> {
  if (/^[A-Z ]{1,40}$/.test(body)) return ok([])
  const json = parseJson(body)
  if (!json.ok) return err(`a frame is not JSON: ${body.slice(0, 60)}`)
  const items: readonly unknown[] = Array.isArray(json.value) ? json.value : [json.value]
  return ok(items.map(readEvent))
}

function readEvent(item: unknown): ReadFrame {
  const kind = kindOf.safeParse(item)
  if (!kind.success) return { ok: false, unknown: false, books: [], reason: 'an event without event_type' }
  const { event_type: name } = kind.data
  if (!isKnown(name)) return { ok: false, unknown: true, books: [], reason: `events of kind ${name}` }
  const read = READERS[name].safeParse(item)
  if (read.success) return { ok: true, frame: read.data }
  const [issue] = read.error.issues
  const books = BOOK_KINDS.has(name) ? (booksOf.safeParse(item).data ?? []) : []
  return {
    ok: false,
    unknown: false,
    books,
    reason: `${name}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
  }
}

/** First message on a new connection. `custom_feature_enabled` is needed for new-market and resolved events. */
export function subscribeText(assetIds: readonly string[]): string {
  return JSON.stringify({ assets_ids: assetIds, type: 'market', custom_feature_enabled: true })
}

/** Adds or removes tokens on an open connection. A later subscription without the flag would switch the extra events off. */
export function changeText(operation: 'subscribe' | 'unsubscribe', assetIds: readonly string[]): string {
  return JSON.stringify({ assets_ids: assetIds, operation, custom_feature_enabled: true })
}
