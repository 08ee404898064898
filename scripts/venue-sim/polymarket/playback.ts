import type { Levels } from './book.ts'
import type { Exchange, MarketState } from './exchange.ts'
import type { Listing, MarketWindow, Outcome } from './identity.ts'
import type { RecordedFrame, RecordedWindow } from './recorded.ts'

/** Market time after the end of a window at which a recorded book is emptied. */
const EMPTIED_AFTER_MS = 6_000

export interface RecordedBooks {
  readonly windows: readonly RecordedWindow[]
  /** Multiple of 15 minutes by which all times move. */
  readonly shiftMs: number
  /** As they were recorded, or turned into deltas after the first. */
  readonly as: 'snapshots' | 'deltas'
}

interface Playing {
  readonly recorded: RecordedWindow
  readonly window: MarketWindow
  readonly levels: { readonly bids: Levels; readonly asks: Levels }
  next: number
}

/** Plays recorded books through the exchange. The recorded token is taken to be Up; Down is its mirror. */
export class Playback {
  readonly #books: RecordedBooks
  readonly #playing: readonly Playing[]
  readonly #slugs: ReadonlySet<string>

  /** Lists the recorded windows under their shifted slugs and recorded ids. */
  constructor(books: RecordedBooks, listing: Listing) {
    this.#books = books
    this.#playing = books.windows.flatMap((recorded) => {
      const seconds = (recorded.startMs + books.shiftMs) / 1000
      const generated = listing.bySlug(recorded.slug.replace(/\d+$/, String(seconds)))
      if (generated === undefined) return []
      const window = listing.add({ ...generated, conditionId: recorded.market, up: recorded.token })
      return [{ recorded, window, levels: { bids: new Map(), asks: new Map() }, next: 0 }]
    })
    this.#slugs = new Set(this.#playing.map(({ window }) => window.slug))
  }

  has(window: MarketWindow): boolean {
    return this.#slugs.has(window.slug)
  }

  /** Windows whose last recorded book tells the outcome. */
  outcomes(): readonly (readonly [string, Outcome])[] {
    return this.#playing.map(({ window, recorded }) => {
      const bids: Levels = new Map()
      const asks: Levels = new Map()
      for (const frame of recorded.frames) apply(frame, bids, asks)
      const middle = (Math.max(0, ...bids.keys()) + Math.min(1000, ...asks.keys())) / 2
      return [window.slug, middle >= 500 ? 'Up' : 'Down']
    })
  }

  /** Skips what was recorded before `time` and shows the books as they were then. */
  seek(exchange: Exchange, time: number): void {
    for (const playing of this.#playing) {
      const state = exchange.state(playing.window)
      for (; this.#at(playing) <= time; playing.next++) this.#show(playing, state, exchange, true)
    }
  }

  /** Market time of the next frame. */
  get nextAt(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#playing.map((playing) => this.#at(playing)))
  }

  /** Plays what is due. */
  play(exchange: Exchange, time: number): void {
    for (const playing of this.#playing) {
      for (; this.#at(playing) <= time; playing.next++) {
        this.#show(playing, exchange.state(playing.window), exchange, false)
      }
    }
  }

  #at({ recorded, window, next }: Playing): number {
    const frame = recorded.frames[next]
    if (frame !== undefined) return frame.at + this.#books.shiftMs
    return next === recorded.frames.length ? window.endMs + EMPTIED_AFTER_MS : Number.POSITIVE_INFINITY
  }

  #show(playing: Playing, state: MarketState | undefined, exchange: Exchange, isSilent: boolean): void {
    const frame = playing.recorded.frames[playing.next]
    const { levels, next, window } = playing
    const at = this.#at(playing)
    const changes = frame?.changes ?? emptied(levels.bids, levels.asks)
    apply({ changes }, levels.bids, levels.asks)
    if (state === undefined) return
    if (!isSilent && frame !== undefined) this.#terms(frame, state, exchange, at)
    if (isSilent || next === 0 || this.#books.as === 'snapshots') {
      exchange.replace(state, levels.bids, levels.asks)
      if (isSilent && frame?.tick !== undefined) state.tick = Number(frame.tick) * 1000
      if (isSilent && frame?.lastTrade !== undefined) state.lastTrade = frame.lastTrade
      if (!isSilent) exchange.show(window, at)
      return
    }
    for (const { side, price, size } of changes) exchange.setLevel(state, side, price, size, at)
  }

  /** The tick and the last trade that the frame's hash was made with. */
  #terms({ tick, lastTrade }: RecordedFrame, state: MarketState, exchange: Exchange, at: number): void {
    if (tick !== undefined) exchange.setTick(state.window, Math.round(Number(tick) * 1000), at)
    if (lastTrade === undefined || lastTrade === state.lastTrade) return
    const price = Math.round(Number(lastTrade) * 1000)
    const middle = ((state.book.bids.best ?? 0) + (state.book.asks.best ?? 1000)) / 2
    const isUp = Math.abs(price - middle) <= Math.abs(1000 - price - middle)
    // Size and side were not recorded.
    exchange.recordTrade(state, { isUp, price, size: '5', side: 'BUY' }, at)
  }
}

function apply({ changes }: Pick<RecordedFrame, 'changes'>, bids: Levels, asks: Levels): void {
  for (const { side, price, size } of changes) {
    const levels = side === 'BUY' ? bids : asks
    if (size === '0') levels.delete(price)
    else levels.set(price, size)
  }
}

function emptied(bids: Levels, asks: Levels): RecordedFrame['changes'] {
  const gone = (side: 'BUY' | 'SELL', levels: Levels) => [...levels.keys()].map((price) => ({ side, price, size: '0' }))
  return [...gone('BUY', bids), ...gone('SELL', asks)]
}
