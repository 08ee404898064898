import { bookHash, type HashedBook, priceText, tokenOf } from './book.ts'
import { best } from './clob.ts'
import type { Exchange, ExchangeEvent, MarketState } from './exchange.ts'
import type { Faults } from './faults.ts'
import type { Listing, MarketWindow } from './identity.ts'
import { bestPricesFrame, newMarketFrame, resolvedFrame, tickFrame, tradeFrame } from './market-frames.ts'
import type { Truth } from './truth.ts'
import { type Channel, type Conversation, type Outbox, type Peer, parseObject, textList } from './wire.ts'

/** Above this number of assets on a connection no snapshots are sent. */
const MOST_ASSETS = 500

export interface MarketChannelContext {
  readonly listing: Listing
  readonly exchange: Exchange
  readonly truth: Truth
  readonly faults: Faults
  readonly outbox: Outbox
  /** What price_change rows carry as their hash. */
  readonly deltaHashes: 'checksum' | 'other'
  now(): number
}

interface Subscriber {
  readonly peer: Peer
  readonly tokens: Set<string>
  /** Wants best_bid_ask, new_market and market_resolved. */
  hasCustom: boolean
}

type LevelEvent = Extract<ExchangeEvent, { kind: 'level' }>
type TradeEvent = Extract<ExchangeEvent, { kind: 'trade' }>

/** The market channel: snapshots on subscribing, then every change of the books. */
export class MarketChannel implements Channel {
  readonly #context: MarketChannelContext
  readonly #subscribers = new Set<Subscriber>()
  /** Best prices last told, by slug. */
  readonly #told = new Map<string, string>()

  constructor(context: MarketChannelContext) {
    this.#context = context
  }

  connect(peer: Peer): Conversation {
    const subscriber: Subscriber = { peer, tokens: new Set(), hasCustom: false }
    this.#subscribers.add(subscriber)
    return {
      message: (text) => this.#message(subscriber, text),
      closed: () => {
        this.#subscribers.delete(subscriber)
        this.#context.outbox.forget(peer)
      },
    }
  }

  /** Tokens that some connection is subscribed to. */
  get tokens(): ReadonlySet<string> {
    return new Set([...this.#subscribers].flatMap(({ tokens }) => [...tokens]))
  }

  publish(event: ExchangeEvent): void {
    if (this.#subscribers.size === 0) return
    switch (event.kind) {
      case 'level':
        this.#level(event)
        break
      case 'trade':
        this.#trade(event)
        break
      case 'book':
        this.#book(event.window, event.at)
        break
      case 'tick':
        this.#tick(event)
        break
      case 'listed':
        this.#toAll('new_market', newMarketFrame(event.window, this.#stamp(event.at)))
        break
      case 'resolved':
        this.#resolved(event)
    }
  }

  /** Sends one text to every connection as it is. */
  sendRaw(text: string): void {
    for (const { peer } of this.#subscribers) peer.send(text)
  }

  #message(subscriber: Subscriber, text: string): void {
    const { peer } = subscriber
    if (text === 'PING') return peer.send('PONG')
    const message = parseObject(text)
    if (message === undefined || !Array.isArray(message.assets_ids)) return peer.send('INVALID OPERATION')
    const ids = textList(message.assets_ids)
    if (message.operation === 'unsubscribe') {
      for (const id of ids) subscriber.tokens.delete(id)
      return
    }
    const isSubscribe = message.operation === 'subscribe' || message.type === 'market'
    if (!isSubscribe) return peer.send('INVALID OPERATION')
    // Belongs to the connection; each subscribe sets it anew.
    subscriber.hasCustom = message.custom_feature_enabled === true
    this.#subscribe(subscriber, ids)
  }

  #subscribe(subscriber: Subscriber, ids: readonly string[]): void {
    const { faults, listing, exchange, outbox } = this.#context
    const fresh = ids.filter((id) => !subscriber.tokens.has(id))
    if (ids.length > 0 && fresh.length === 0) return subscriber.peer.send('NO NEW ASSETS')
    const books: Readonly<Record<string, unknown>>[] = []
    for (const id of new Set(fresh)) {
      const window = listing.byId(id)
      const state = window && (id === window.up || id === window.down) ? exchange.state(window) : undefined
      // Unknown and finished tokens are left out without a word.
      if (window === undefined || state === undefined) continue
      subscriber.tokens.add(id)
      if (outbox.isSilent({ kind: 'book', ids: [id] })) continue
      books.push(this.#bookFrame(state, id === window.up, this.#context.now(), true))
    }
    if (subscriber.tokens.size > MOST_ASSETS || faults.take('snapshot')) return
    outbox.send(subscriber.peer, JSON.stringify(books), { kind: 'book', ids: fresh })
  }

  #stamp(at: number): string {
    return String(Math.floor(at) + this.#context.faults.offset('market'))
  }

  /** @param isFirst with tick and last price, which later frames leave out */
  #bookFrame(state: MarketState, isUp: boolean, at: number, isFirst: boolean): Readonly<Record<string, unknown>> {
    const book = this.#hashed(state, isUp, at)
    const { market, asset_id, timestamp, bids, asks, tick_size, last_trade_price } = book
    const hash = this.#hash(book, 'book-hash')
    return isFirst
      ? { market, asset_id, timestamp, hash, bids, asks, tick_size, event_type: 'book', last_trade_price }
      : { market, asset_id, bids, asks, hash, timestamp, event_type: 'book' }
  }

  #hashed(state: MarketState, isUp: boolean, at: number): HashedBook {
    const { exchange, faults } = this.#context
    return exchange.hashed(state, isUp, Math.floor(at) + faults.offset('market'))
  }

  #hash(book: HashedBook, fault: 'book-hash' | 'delta-hash'): string {
    return bookHash(this.#context.faults.take(fault) ? { ...book, tick_size: '0.5' } : book)
  }

  #level({ window, at, side, price, size }: LevelEvent): void {
    const state = this.#context.exchange.state(window)
    if (state === undefined || !this.#isWanted(window)) return
    const rows = [true, false].map((isUp) => {
      const { bid, ask } = best(state.book, isUp)
      const book = this.#hashed(state, isUp, at)
      const isOther = this.#context.deltaHashes === 'other'
      return {
        asset_id: tokenOf(window, isUp),
        price: priceText(isUp ? price : 1000 - price),
        size,
        side: isUp ? side : side === 'BUY' ? 'SELL' : 'BUY',
        hash: this.#hash(isOther ? { ...book, market: `${book.market}:${size}` } : book, 'delta-hash'),
        best_bid: priceText(bid),
        best_ask: priceText(ask),
      }
    })
    const { outbox } = this.#context
    const shown = rows.filter(({ asset_id }) => !outbox.isSilent({ kind: 'price_change', ids: [asset_id] }))
    if (shown.length > 0) {
      const frame = {
        market: window.conditionId,
        price_changes: shown,
        timestamp: this.#stamp(at),
        event_type: 'price_change',
      }
      const ids = shown.map(({ asset_id }) => asset_id)
      this.#toMarket(window, 'price_change', frame, ids)
    }
    this.#bestPrices(state, at)
  }

  #bestPrices(state: MarketState, at: number): void {
    const { window } = state
    const { bid, ask } = best(state.book, true)
    const now = `${bid}/${ask}`
    if (this.#told.get(window.slug) === now) return
    this.#told.set(window.slug, now)
    for (const isUp of [true, false]) {
      this.#toToken(tokenOf(window, isUp), true, bestPricesFrame(window, state.book, isUp, this.#stamp(at)))
    }
  }

  #trade(event: TradeEvent): void {
    const { window, at, isUp } = event
    this.#toMarket(window, 'last_trade_price', tradeFrame(event, this.#stamp(at)), [tokenOf(window, isUp)])
  }

  #book(window: MarketWindow, at: number): void {
    const state = this.#context.exchange.state(window)
    if (state === undefined) return
    for (const isUp of [true, false]) {
      const id = tokenOf(window, isUp)
      if (this.#isWanted(window, id)) this.#toToken(id, false, this.#bookFrame(state, isUp, at, false))
    }
  }

  #tick(event: Extract<ExchangeEvent, { kind: 'tick' }>): void {
    for (const isUp of [true, false]) {
      this.#toToken(tokenOf(event.window, isUp), false, tickFrame(event, isUp, this.#stamp(event.at)))
    }
  }

  #resolved({ window, at, winner }: Extract<ExchangeEvent, { kind: 'resolved' }>): void {
    const outcome = this.#context.truth.announced(window, winner)
    this.#told.delete(window.slug)
    if (outcome !== undefined) this.#toAll('market_resolved', resolvedFrame(window, outcome, this.#stamp(at)))
    for (const { tokens } of this.#subscribers) {
      tokens.delete(window.up)
      tokens.delete(window.down)
    }
  }

  #isWanted(window: MarketWindow, id?: string): boolean {
    return [...this.#subscribers].some(({ tokens }) =>
      id === undefined ? tokens.has(window.up) || tokens.has(window.down) : tokens.has(id),
    )
  }

  /** To those who are subscribed to either token. @param ids the tokens it is about */
  #toMarket(window: MarketWindow, kind: string, frame: object, ids: readonly string[]): void {
    const text = JSON.stringify(frame)
    for (const { peer, tokens } of this.#subscribers) {
      if (tokens.has(window.up) || tokens.has(window.down)) this.#context.outbox.send(peer, text, { kind, ids })
    }
  }

  #toToken(id: string, isCustom: boolean, frame: Readonly<Record<string, unknown>>): void {
    const text = JSON.stringify(frame)
    for (const { peer, tokens, hasCustom } of this.#subscribers) {
      if (!tokens.has(id) || (isCustom && !hasCustom)) continue
      this.#context.outbox.send(peer, text, { kind: String(frame.event_type), ids: [id] })
    }
  }

  #toAll(kind: string, frame: object): void {
    const text = JSON.stringify(frame)
    for (const { peer, hasCustom } of this.#subscribers) {
      if (hasCustom) this.#context.outbox.send(peer, text, { kind, ids: [] })
    }
  }
}
