import { type Book, bookHash, type HashedBook, priceText } from './book.ts'
import { type Exchange, LISTED_BEFORE_MS, type MarketState } from './exchange.ts'
import type { Faults } from './faults.ts'
import type { Listing, MarketWindow } from './identity.ts'
import type { Truth } from './truth.ts'
import { refusal, reply, type SimReply, type SimRequest } from './wire.ts'

export interface ClobContext {
  readonly listing: Listing
  readonly exchange: Exchange
  readonly truth: Truth
  readonly faults: Faults
  /** Market time. */
  now(): number
}

const NO_BOOK = 'No orderbook exists for the requested token id'
/** What REST has once been seen to show instead of a book. */
const GHOST = { bids: [{ price: '0.01', size: '1000' }], asks: [{ price: '0.99', size: '1000' }] }

/** A token with its market. */
interface Quoted {
  readonly state: MarketState
  readonly isUp: boolean
  readonly token: string
}

/** The read side of the order book's REST API. Trading endpoints answer 501. */
export class Clob {
  readonly #context: ClobContext

  constructor(context: ClobContext) {
    this.#context = context
  }

  handle(request: SimRequest): SimReply {
    const { method, path, query } = request
    const [, first = '', second] = path.split('/')
    const many = MANY[path]
    if (method === 'POST' && many !== undefined) return this.#many(request.body, many)
    if (method === 'POST' && path === '/books') return this.#books(request.body)
    if (method !== 'GET') return refusal(501, 'trading is not simulated')
    const quote = QUOTES[path]
    if (quote !== undefined) return this.#quote(query, quote)
    switch (first) {
      case '':
        return reply('OK')
      case 'time':
        return reply(Math.floor(this.#clock() / 1000))
      case 'version':
        return reply({ version: 2 })
      case 'book':
        return this.#book(query.get('token_id') ?? '')
      case 'ok':
        return reply('OK')
      case 'books':
      case 'midpoints':
      case 'prices':
      case 'spreads':
        // The plural forms exist for POST only.
        return refusal(400, 'Invalid payload')
      case 'fee-rate':
        return this.#terms(query.get('token_id') ?? second ?? '', { base_fee: 1000 })
      case 'neg-risk':
        return this.#terms(query.get('token_id') ?? second ?? '', { neg_risk: false })
      case 'tick-size':
        return this.#tick(query.get('token_id') ?? second ?? '')
      case 'markets':
        return this.#ofCondition(second, (window) => this.#market(window))
      case 'clob-markets':
        return this.#ofCondition(second, (window) => this.#clobMarket(window))
      case 'markets-by-token':
        return this.#byToken(second ?? '')
      default:
        return refusal(404, 'not found')
    }
  }

  #clock(): number {
    return this.#context.now() + this.#context.faults.offset('clob')
  }

  #quoted(token: string): Quoted | undefined {
    const { listing, exchange } = this.#context
    const window = listing.byId(token)
    if (window === undefined || (token !== window.up && token !== window.down)) return undefined
    const state = exchange.state(window)
    return state && { state, isUp: token === window.up, token }
  }

  #book(token: string): SimReply {
    const quoted = this.#quoted(token)
    return quoted === undefined ? refusal(404, NO_BOOK) : reply(this.#summary(quoted))
  }

  #summary({ state, isUp, token }: Quoted): Readonly<Record<string, unknown>> {
    const { exchange, faults, now } = this.#context
    const right = exchange.hashed(state, isUp, Math.floor(this.#clock()))
    const shown: HashedBook = faults.isGhost(token, now()) ? { ...right, ...GHOST } : right
    return {
      market: shown.market,
      asset_id: shown.asset_id,
      timestamp: shown.timestamp,
      hash: bookHash(shown),
      bids: shown.bids,
      asks: shown.asks,
      min_order_size: '5',
      tick_size: shown.tick_size,
      neg_risk: false,
      last_trade_price: shown.last_trade_price,
    }
  }

  #books(body: string): SimReply {
    const list = parseList(body)
    if (list === undefined) return refusal(400, 'Invalid payload')
    const quoted = list.map((item) => this.#quoted(tokenIn(item)))
    return reply(quoted.filter((item) => item !== undefined).map((item) => this.#summary(item)))
  }

  #many(body: string, show: (rows: readonly Row[]) => unknown): SimReply {
    const list = parseList(body)
    if (list === undefined) return refusal(400, 'Invalid payload')
    const rows = list.flatMap((item) => {
      const quoted = this.#quoted(tokenIn(item))
      if (quoted === undefined) return []
      const { state, isUp, token } = quoted
      const side = typeof item === 'object' && item !== null && 'side' in item ? String(item.side) : ''
      return [{ token, wanted: side, ...best(state.book, isUp), last: state.lastTrade, side: state.lastSide }]
    })
    return reply(show(rows))
  }

  #quote(query: URLSearchParams, show: (book: View, query: URLSearchParams) => unknown): SimReply {
    const quoted = this.#quoted(query.get('token_id') ?? '')
    if (quoted === undefined) return refusal(404, NO_BOOK)
    const { state, isUp } = quoted
    return reply(show({ ...best(state.book, isUp), last: state.lastTrade, side: state.lastSide }, query))
  }

  #terms(token: string, body: unknown): SimReply {
    return this.#quoted(token) === undefined ? refusal(404, 'market not found') : reply(body)
  }

  #tick(token: string): SimReply {
    const quoted = this.#quoted(token)
    if (quoted === undefined) return refusal(404, 'market not found')
    return reply({ minimum_tick_size: quoted.state.tick / 1000 })
  }

  #ofCondition(id: string | undefined, show: (window: MarketWindow) => unknown): SimReply {
    const { listing, now } = this.#context
    const window = listing.byId(id ?? '')
    const isKnown = window !== undefined && id === window.conditionId && now() >= window.startMs - LISTED_BEFORE_MS
    return isKnown ? reply(show(window)) : refusal(404, 'market not found')
  }

  #byToken(token: string): SimReply {
    const window = this.#context.listing.byId(token)
    if (window === undefined) return refusal(404, 'market not found')
    return reply({
      condition_id: window.conditionId,
      primary_token_id: window.up,
      secondary_token_id: window.down,
    })
  }

  #market(window: MarketWindow): unknown {
    const { exchange, truth, now } = this.#context
    const state = exchange.state(window)
    const closed = exchange.resolvedAt(window, now()) !== undefined
    const winner = closed ? truth.resolution(window) : undefined
    const token = (isUp: boolean) => {
      const outcome = isUp ? 'Up' : 'Down'
      const { bid, ask } = state === undefined ? { bid: 500, ask: 500 } : best(state.book, isUp)
      const middle = (bid + ask) / 2000
      const paid = winner === 'split' ? 0.5 : winner === outcome ? 1 : 0
      return {
        token_id: isUp ? window.up : window.down,
        outcome,
        price: closed ? paid : middle,
        winner: winner === outcome,
      }
    }
    return {
      enable_order_book: true,
      active: true,
      closed,
      archived: false,
      accepting_orders: now() < window.endMs,
      accepting_order_timestamp: new Date(window.startMs - LISTED_BEFORE_MS).toISOString(),
      minimum_order_size: 5,
      minimum_tick_size: (state?.tick ?? 1) / 1000,
      condition_id: window.conditionId,
      question_id: window.questionId,
      question: `${window.name} Up or Down`,
      description: '',
      market_slug: window.slug,
      end_date_iso: new Date(window.endMs).toISOString(),
      game_start_time: new Date(window.startMs).toISOString(),
      seconds_delay: 0,
      fpmm: '',
      maker_base_fee: 1000,
      taker_base_fee: 1000,
      notifications_enabled: true,
      neg_risk: false,
      neg_risk_market_id: '',
      neg_risk_request_id: '',
      icon: '',
      image: '',
      rewards: { rates: null, min_size: 50, max_spread: 4.5 },
      is_50_50_outcome: winner === 'split',
      tokens: [token(true), token(false)],
      tags: ['Crypto', 'Up or Down'],
    }
  }

  #clobMarket(window: MarketWindow): unknown {
    const { exchange, now } = this.#context
    const tokens = [
      { t: window.up, o: 'Up' },
      { t: window.down, o: 'Down' },
    ]
    return {
      c: window.conditionId,
      t: tokens,
      mts: (exchange.state(window)?.tick ?? 1) / 1000,
      mos: 5,
      mbf: 1000,
      tbf: 1000,
      fd: { r: 0.07, e: 1, to: true },
      nr: false,
      ao: now() < window.endMs,
      aot: new Date(window.startMs - LISTED_BEFORE_MS).toISOString(),
      sd: 0,
      itode: true,
      ibce: false,
      rfqe: false,
      v: 'v1',
    }
  }
}

/** Best prices of a token in thousandths; 0 and 1000 stand for an empty side. */
export function best(book: Book, isUp: boolean): { readonly bid: number; readonly ask: number } {
  const bid = book.bids.best ?? 0
  const ask = book.asks.best ?? 1000
  return isUp ? { bid, ask } : { bid: 1000 - ask, ask: 1000 - bid }
}

interface View {
  readonly bid: number
  readonly ask: number
  readonly last: string
  readonly side: string
}

const QUOTES: Readonly<Record<string, (view: View, query: URLSearchParams) => unknown>> = {
  '/midpoint': ({ bid, ask }) => ({ mid: priceText((bid + ask) / 2) }),
  '/price': ({ bid, ask }, query) => ({ price: priceText(query.get('side') === 'SELL' ? ask : bid) }),
  '/spread': ({ bid, ask }) => ({ spread: priceText(ask - bid) }),
  '/last-trade-price': ({ last, side }) => ({ price: last === '' ? '0.5' : last, side }),
}

interface Row extends View {
  readonly token: string
  /** The side that a price is asked for. */
  readonly wanted: string
}

/** Quotes of many tokens at once, by POST. */
const MANY: Readonly<Record<string, (rows: readonly Row[]) => unknown>> = {
  '/midpoints': (rows) => Object.fromEntries(rows.map(({ token, bid, ask }) => [token, priceText((bid + ask) / 2)])),
  '/spreads': (rows) => Object.fromEntries(rows.map(({ token, bid, ask }) => [token, priceText(ask - bid)])),
  '/prices': (rows) =>
    Object.fromEntries(
      rows.map(({ token, wanted, bid, ask }) => [token, { [wanted]: priceText(wanted === 'SELL' ? ask : bid) }]),
    ),
  '/last-trades-prices': (rows) =>
    rows.filter(({ side }) => side !== '').map(({ token, last, side }) => ({ token_id: token, price: last, side })),
}

function parseList(body: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

function tokenIn(item: unknown): string {
  return typeof item === 'object' && item !== null && 'token_id' in item ? String(item.token_id) : ''
}
