import { Book, type HashedBook, type Levels, priceText } from './book.ts'
import type { SettlementFeed } from './feed.ts'
import { chance, type Listing, type MarketWindow, type Outcome } from './identity.ts'
import { quotesAt, sharesText } from './maker.ts'

/** How long before its start a window is listed: about 23.9 hours. */
export const LISTED_BEFORE_MS = 86_040_000

export type Resolution = Outcome | 'split'

/** Something that changed, told after the change. `at` is Unix ms of market time. */
export type ExchangeEvent =
  | {
      readonly kind: 'level'
      readonly window: MarketWindow
      readonly at: number
      /** Side and price, in thousandths, of the Up token. */
      readonly side: 'BUY' | 'SELL'
      readonly price: number
      readonly size: string
    }
  | {
      readonly kind: 'trade'
      readonly window: MarketWindow
      readonly at: number
      readonly isUp: boolean
      readonly price: number
      readonly size: string
      /** The taker's. */
      readonly side: 'BUY' | 'SELL'
    }
  | { readonly kind: 'book' | 'listed'; readonly window: MarketWindow; readonly at: number }
  | {
      readonly kind: 'tick'
      readonly window: MarketWindow
      readonly at: number
      readonly from: number
      readonly to: number
    }
  | { readonly kind: 'resolved'; readonly window: MarketWindow; readonly at: number; readonly winner: Resolution }

export interface ExchangeOptions {
  readonly listing: Listing
  readonly feed: SettlementFeed
  readonly startAt: number
  /** Market time between two quotes, by asset. */
  quoteMs(asset: string): number
  /** Market time from the end of a window to its resolution. */
  resolveAfterMs(window: MarketWindow): number
  resolution(window: MarketWindow): Resolution
  /** The book after a trade is sent before the trade itself. */
  readonly isBookFirst: boolean
  /** Windows whose books come from a recording. */
  isRecorded(window: MarketWindow): boolean
  readonly emit: (event: ExchangeEvent) => void
}

/** The state of one market that has a book. */
export interface MarketState {
  readonly window: MarketWindow
  readonly book: Book
  /** In thousandths of a dollar. */
  tick: number
  /** Price of the last trade of either token, as the venue keeps it: three decimals, empty before the first. */
  lastTrade: string
  lastSide: 'BUY' | 'SELL' | ''
}

/** The venue's books: quotes, trades, tick changes and resolutions, as a function of the market time. */
export class Exchange {
  readonly #options: ExchangeOptions
  readonly #states = new Map<string, MarketState>()
  readonly #announced = new Map<string, number>()
  /** Market time between two steps: the shortest of all assets. */
  readonly #stepMs: number
  #time: number

  constructor(options: ExchangeOptions) {
    this.#options = options
    this.#stepMs = Math.min(...options.listing.assets.map((asset) => options.quoteMs(asset)))
    this.#time = options.startAt - (options.startAt % this.#stepMs)
    for (const window of this.#activeWindows(this.#time)) this.#requote(this.#open(window), this.#time)
    this.#announce(this.#time, false)
  }

  /** Market time of the next change. */
  get nextAt(): number {
    return this.#time + this.#stepMs
  }

  /** Plays everything up to and including `nextAt`. */
  advance(): void {
    const time = this.nextAt
    this.#time = time
    for (const window of this.#activeWindows(time)) {
      const state = this.#open(window)
      const isDue = time % this.#options.quoteMs(window.asset) < this.#stepMs
      if (!isDue || this.#options.isRecorded(window)) continue
      this.#requote(state, time)
      this.#trade(state, time)
    }
    this.#announce(time, true)
    this.#resolve(time)
  }

  /** The book of a window; undefined when it is not listed yet or already resolved. */
  state(window: MarketWindow): MarketState | undefined {
    const known = this.#states.get(window.slug)
    if (known !== undefined) return known
    if (this.#time < window.startMs - LISTED_BEFORE_MS || this.#time >= window.endMs) return undefined
    const state = this.#open(window)
    if (!this.#options.isRecorded(window)) this.#requote(state, this.#time)
    return state
  }

  /** Time of the resolution if it has happened by `time`. */
  resolvedAt(window: MarketWindow, time: number): number | undefined {
    const at = window.endMs + this.#options.resolveAfterMs(window)
    return at <= time ? at : undefined
  }

  /** What the venue hashes for one token. */
  hashed(state: MarketState, isUp: boolean, at: number): HashedBook {
    const { window, book } = state
    return {
      market: window.conditionId,
      asset_id: isUp ? window.up : window.down,
      timestamp: String(at),
      ...book.wire(isUp),
      tick_size: priceText(state.tick),
      last_trade_price: state.lastTrade,
    }
  }

  /** @param tick in thousandths of a dollar */
  setTick(window: MarketWindow, tick: number, at = this.#time): void {
    const state = this.state(window)
    if (state === undefined || state.tick === tick) return
    const from = state.tick
    state.tick = tick
    this.#options.emit({ kind: 'tick', window, at, from, to: tick })
    if (!this.#options.isRecorded(window)) this.#requote(state, this.#time)
  }

  /** Replaces the book of a recorded window. */
  replace(state: MarketState, bids: Levels, asks: Levels): void {
    state.book.bids.replace(bids)
    state.book.asks.replace(asks)
  }

  /** Sends the whole books of both tokens. */
  show(window: MarketWindow, at: number): void {
    this.#options.emit({ kind: 'book', window, at })
  }

  /** Changes one level, as an order or a cancellation would. @param price in thousandths, of the Up token */
  setLevel(state: MarketState, side: 'BUY' | 'SELL', price: number, size: string, at: number): void {
    const levels = side === 'BUY' ? state.book.bids : state.book.asks
    if (levels.size(price) === size) return
    levels.set(price, size)
    this.#options.emit({ kind: 'level', window: state.window, at, side, price, size })
  }

  /** @param price in thousandths, of the traded token */
  recordTrade(state: MarketState, trade: Pick<MarketTrade, 'isUp' | 'price' | 'size' | 'side'>, at: number): void {
    state.lastTrade = lastTradeText(trade.price)
    state.lastSide = trade.side
    this.#options.emit({ kind: 'trade', window: state.window, at, ...trade })
  }

  /** The current and the next window of every slot. */
  openWindows(time: number): MarketWindow[] {
    const { listing } = this.#options
    return listing.minutes.flatMap((minutes) => {
      const length = minutes * 60_000
      const current = time - (time % length)
      return listing.assets.flatMap((asset) => [
        listing.at(asset, minutes, current),
        listing.at(asset, minutes, current + length),
      ])
    })
  }

  /** Also those that have ended without a resolution. */
  #activeWindows(time: number): MarketWindow[] {
    const ended = [...this.#states.values()].filter(({ window }) => window.endMs <= time)
    return [...this.openWindows(time), ...ended.map(({ window }) => window)]
  }

  #open(window: MarketWindow): MarketState {
    const known = this.#states.get(window.slug)
    if (known !== undefined) return known
    const state: MarketState = { window, book: new Book(), tick: 10, lastTrade: '', lastSide: '' }
    this.#states.set(window.slug, state)
    return state
  }

  #requote(state: MarketState, time: number): void {
    const { window, book } = state
    const { feed, quoteMs } = this.#options
    const quotes = quotesAt(window, feed, time, { tick: state.tick, quoteMs: quoteMs(window.asset) })
    const isExtreme = quotes.fair > 960 || quotes.fair < 40
    if (isExtreme && state.tick === 10) return this.setTick(window, 1)
    const sides = [['BUY', book.bids, quotes.bids] as const, ['SELL', book.asks, quotes.asks] as const]
    const highestBid = Math.max(0, ...quotes.bids.keys())
    const lowestAsk = Math.min(1000, ...quotes.asks.keys())
    const isCrossing = (side: string, price: number) => (side === 'BUY' ? price >= lowestAsk : price <= highestBid)
    const remove = (isDue: (side: string, price: number) => boolean) => {
      for (const [side, now, wanted] of sides) {
        for (const price of now.prices) {
          if (!wanted.has(price) && isDue(side, price)) this.setLevel(state, side, price, '0', time)
        }
      }
    }
    // What the new quotes would cross goes first, so that the book is never crossed on the way.
    remove(isCrossing)
    for (const [side, , wanted] of sides) {
      for (const [price, size] of wanted) this.setLevel(state, side, price, size, time)
    }
    remove(() => true)
  }

  #trade(state: MarketState, time: number): void {
    const { window, book } = state
    const key = `${window.slug}trade${time}`
    const isOpen = time >= window.startMs && time < window.endMs
    if (!isOpen || chance(key) > 0.2) return
    const isUp = chance(`${key}token`) < 0.5
    const side: MarketTrade['side'] = chance(`${key}side`) < 0.7 ? 'BUY' : 'SELL'
    // A buyer of Down takes a bid for Up, and a seller of Down an offer of Up.
    const isLifting = isUp === (side === 'BUY')
    const upPrice = isLifting ? book.asks.best : book.bids.best
    if (upPrice === undefined) return
    const size = sharesText(500 + Math.floor(20_000 * chance(`${key}size`) ** 3))
    const trade = { isUp, price: isUp ? upPrice : 1000 - upPrice, size, side }
    if (this.#options.isBookFirst) {
      state.lastTrade = lastTradeText(trade.price)
      this.show(window, time)
      return this.recordTrade(state, trade, time)
    }
    this.recordTrade(state, trade, time)
    this.show(window, time)
  }

  #announce(time: number, isNews: boolean): void {
    const { listing, emit } = this.#options
    for (const minutes of listing.minutes) {
      const length = minutes * 60_000
      const newest = time + LISTED_BEFORE_MS - ((time + LISTED_BEFORE_MS) % length)
      for (const asset of listing.assets) {
        const slot = `${asset}${minutes}`
        if ((this.#announced.get(slot) ?? 0) >= newest) continue
        this.#announced.set(slot, newest)
        if (isNews) emit({ kind: 'listed', window: listing.at(asset, minutes, newest), at: time })
      }
    }
  }

  #resolve(time: number): void {
    for (const { window } of [...this.#states.values()]) {
      if (window.endMs > time || this.resolvedAt(window, time) === undefined) continue
      this.#options.emit({ kind: 'resolved', window, at: time, winner: this.#options.resolution(window) })
      this.#states.delete(window.slug)
    }
  }
}

const lastTradeText = (price: number) => (price / 1000).toFixed(3)

type MarketTrade = Extract<ExchangeEvent, { kind: 'trade' }>
