import type { Clock } from '../../../shared/domain/feed.ts'
import { SECOND } from '../../../shared/domain/time.ts'
import { type LinkTimings, StreamLink } from '../../net/link.ts'
import { Timers } from '../../net/timers.ts'
import { changeText, type MarketFrame, parseFrames, subscribeText } from './frames.ts'
import { TokenBook } from './token-book.ts'

export interface MarketChannelOptions {
  /** Full address, such as `wss://…/ws/market`. */
  readonly url: string
  readonly clock: Clock
  readonly random: () => number
  readonly timings: LinkTimings
  /** Every text as received. */
  readonly onFrame: (text: string) => void
  /** The book of a token changed, or became unusable. */
  readonly onBook: (assetId: string) => void
  readonly onTick: (assetId: string, tick: string) => void
  readonly onResolved: (conditionId: string, winner: string) => void
  readonly report: (level: 'info' | 'warn', detail: string) => void
}

/** Interval of the text ping that keeps the connection alive (venue facts B3). */
const PING = { text: 'PING', everyMs: 10 * SECOND }
/** Interval between reports of unreadable frames. */
const REPORT_MS = 10 * SECOND
/** Minimum interval at which one token is subscribed again, and the longest, while no replacement is sound. */
const RESYNC_MS = 2 * SECOND
const LONGEST_RESYNC_MS = 30 * SECOND

interface Token {
  readonly book: TokenBook
  /** Monotonic time of its last frame. */
  heardAt: number
  /** Monotonic time of the last request for a replacement. */
  resyncAt: number
  /** Minimum time until the next request, ms; doubles until a replacement is sound. */
  waitMs: number
  /** True while a request is scheduled. */
  isDue: boolean
}

/**
 * Books of tokens from the market channel. A book is usable only between a verified replacement and the next disconnection,
 * unreadable frame or wrong checksum; each of these asks for a new replacement.
 */
export class MarketChannel {
  readonly #options: MarketChannelOptions
  readonly #timers: Timers
  readonly #link: StreamLink
  readonly #tokens = new Map<string, Token>()
  /** Number of the newest connection that delivered; frames of older ones are ignored. */
  #current = 0
  #unreadable = 0
  #unreadableReason = ''
  readonly #unknown = new Map<string, number>()

  constructor(options: MarketChannelOptions) {
    const { url, clock, random, timings } = options
    this.#options = options
    this.#timers = new Timers(clock)
    this.#link = new StreamLink(
      { url, clock, random, timings, ping: PING },
      {
        opened: (connection) => this.#onOpened(connection),
        text: (text, connection) => this.#onText(text, connection),
        up: () => options.report('info', 'order books: connected'),
        down: (reason) => this.#onDown(reason),
      },
    )
    this.#timers.every(REPORT_MS, () => this.#reportUnreadable())
  }

  start(): void {
    this.#link.open()
  }

  stop(): void {
    this.#timers.stop()
    this.#link.stop()
  }

  get isUp(): boolean {
    return this.#link.isUp
  }

  /** Number of connections that have delivered. */
  get connections(): number {
    return this.#link.connected
  }

  /** Kinds of events that are not known, with their numbers. */
  get unknownKinds(): ReadonlyMap<string, number> {
    return this.#unknown
  }

  book(assetId: string): TokenBook | undefined {
    return this.#tokens.get(assetId)?.book
  }

  /** Time since a token's last frame, ms; infinite before the first. */
  ageMs(assetId: string): number {
    const token = this.#tokens.get(assetId)
    return token === undefined ? Number.POSITIVE_INFINITY : this.#options.clock.monotonic() - token.heardAt
  }

  subscribe(assetId: string, minOrderSize: string): void {
    if (this.#tokens.has(assetId)) return
    const book = new TokenBook(assetId, minOrderSize)
    this.#tokens.set(assetId, {
      book,
      heardAt: Number.NEGATIVE_INFINITY,
      resyncAt: Number.NEGATIVE_INFINITY,
      waitMs: RESYNC_MS,
      isDue: false,
    })
    this.#link.send(changeText('subscribe', [assetId]))
  }

  unsubscribe(assetId: string): void {
    if (this.#tokens.delete(assetId)) this.#link.send(changeText('unsubscribe', [assetId]))
  }

  /** Makes a token's book unusable and requests a replacement, ever less often while none is sound. */
  resync(assetId: string, reason: string): void {
    const token = this.#tokens.get(assetId)
    if (token === undefined) return
    token.book.invalidate()
    this.#options.onBook(assetId)
    const { clock, report } = this.#options
    const waitMs = token.resyncAt + token.waitMs - clock.monotonic()
    if (waitMs <= 0) {
      report('warn', `order book of ${short(assetId)}: ${reason}; requesting it again`)
      return this.#request(assetId, token)
    }
    if (token.isDue) return
    // Requested a moment ago; repeated in case that request was lost.
    token.isDue = true
    this.#timers.after(waitMs, () => {
      token.isDue = false
      if (this.#tokens.get(assetId) === token && !token.book.isVerified) this.#request(assetId, token)
    })
  }

  #request(assetId: string, token: Token): void {
    token.resyncAt = this.#options.clock.monotonic()
    token.waitMs = Math.min(LONGEST_RESYNC_MS, 2 * token.waitMs)
    this.#link.send(changeText('unsubscribe', [assetId]))
    this.#link.send(changeText('subscribe', [assetId]))
  }

  #onOpened(connection: number): void {
    // Books of the old connection stay usable until the new one delivers.
    this.#link.send(subscribeText([...this.#tokens.keys()]), connection)
  }

  #onDown(reason: string): void {
    this.#options.report('warn', `order books: link lost: ${reason}`)
    this.#invalidateAll()
  }

  #invalidateAll(): void {
    for (const [assetId, { book }] of this.#tokens) {
      book.invalidate()
      this.#options.onBook(assetId)
    }
  }

  #onText(text: string, connection: number): void {
    this.#options.onFrame(text)
    if (connection < this.#current) return
    if (connection > this.#current) {
      this.#current = connection
      this.#invalidateAll()
    }
    const events = parseFrames(text)
    if (!events.ok) {
      // Which token it was about is not known.
      this.#countUnreadable(events.error)
      this.#link.reset(events.error)
      return
    }
    for (const event of events.value) {
      if (event.ok) this.#onFrame(event.frame)
      else if (event.unknown) this.#unknown.set(event.reason, (this.#unknown.get(event.reason) ?? 0) + 1)
      else {
        this.#countUnreadable(event.reason)
        for (const assetId of event.books) this.resync(assetId, event.reason)
      }
    }
  }

  #onFrame(frame: MarketFrame): void {
    switch (frame.kind) {
      case 'book': {
        const token = this.#touch(frame.assetId)
        if (token === undefined) return
        const replaced = token.book.replace(frame)
        if (replaced.ok) {
          token.waitMs = RESYNC_MS
          this.#options.onBook(frame.assetId)
        }
        if (!replaced.ok) this.resync(frame.assetId, replaced.error)
        return
      }
      case 'changes': {
        const byToken = Map.groupBy(frame.changes, ({ assetId }) => assetId)
        for (const [assetId, changes] of byToken) {
          const token = this.#touch(assetId)
          if (token === undefined) continue
          const changed = token.book.change(changes, frame.timestamp)
          if (changed.ok) this.#options.onBook(assetId)
          else this.resync(assetId, changed.error)
        }
        return
      }
      case 'trade':
        this.#touch(frame.assetId)?.book.onTrade(frame.price)
        return
      case 'tick':
        this.#touch(frame.assetId)?.book.onTick(frame.tick)
        this.#options.onTick(frame.assetId, frame.tick)
        return
      case 'resolved':
        this.#options.onResolved(frame.market, frame.winner)
        return
      case 'new-market':
      case 'best-prices':
        return
    }
  }

  #touch(assetId: string): Token | undefined {
    const token = this.#tokens.get(assetId)
    if (token !== undefined) token.heardAt = this.#options.clock.monotonic()
    return token
  }

  #countUnreadable(reason: string): void {
    this.#unreadable++
    this.#unreadableReason = reason
  }

  #reportUnreadable(): void {
    if (this.#unreadable === 0) return
    const { report } = this.#options
    report('warn', `order books: ${this.#unreadable} unreadable frames: ${this.#unreadableReason}`)
    this.#unreadable = 0
  }
}

/** The first digits of a token id, as people see it. */
export function short(assetId: string): string {
  return `${assetId.slice(0, 8)}…`
}
