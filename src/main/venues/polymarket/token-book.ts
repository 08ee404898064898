import { err, ok, type Result } from '../../../shared/domain/base.ts'
import { MICRO, type Price, price, type Shares, shares } from '../../../shared/domain/money.ts'
import { bookHash, findHashContext, type HashContext, type HashedFields, type WireLevel } from './book-hash.ts'
import { microOf } from './decimals.ts'

/** One level, with the texts it was sent as. */
interface StoredLevel extends WireLevel {
  readonly at: Price
  readonly shares: Shares
}

/** A frame that replaces a book. `tick` and `lastTrade` are absent but in the first frame of a subscription. */
export interface BookFrame {
  readonly market: string
  readonly assetId: string
  readonly timestamp: string
  readonly hash: string
  readonly bids: readonly WireLevel[]
  readonly asks: readonly WireLevel[]
  readonly tick: string | undefined
  readonly lastTrade: string | undefined
}

/** A new total at one price of one side; size 0 removes the level. */
export interface LevelChange extends WireLevel {
  readonly side: 'BUY' | 'SELL'
  readonly hash: string
}

/** Searches after which the checksums of changed levels are taken to be something else. */
const SEARCHES = 3

/** What the hashes of changed levels have shown so far on this connection. */
export type DeltaHashes = 'unverified' | 'agree' | 'differ'

/**
 * The book of one token as the venue sends it, with its levels in wire order (bids ascending, asks descending; the best is
 * last). Replacements are verified by their checksum; changes of levels are too, once their checksums have been seen to agree.
 */
export class TokenBook {
  readonly #assetId: string
  readonly #minOrderSize: string
  #market = ''
  #bids: StoredLevel[] = []
  #asks: StoredLevel[] = []
  #context: HashContext | undefined
  /** Searches for the last trade price while no checksum of a change has agreed; each takes some milliseconds. */
  #searches = 0
  /** Venue's time of the newest frame, ms UTC; 0 before the first. */
  timestamp = 0
  /** False before the first verified frame, and after a frame that does not fit. */
  isVerified = false
  deltaHashes: DeltaHashes = 'unverified'

  constructor(assetId: string, minOrderSize: string) {
    this.#assetId = assetId
    this.#minOrderSize = minOrderSize
  }

  /** Bids ascending: the best is last. */
  get bids(): readonly StoredLevel[] {
    return this.#bids
  }

  /** Asks descending: the best is last. */
  get asks(): readonly StoredLevel[] {
    return this.#asks
  }

  /** Price step by the newest frame, as text; undefined before the first. */
  get tick(): string | undefined {
    return this.#context?.tick
  }

  /** True when the best bid is at or above the best ask, as a burst of changes can look for a moment. */
  get isCrossed(): boolean {
    const bid = this.#bids.at(-1)
    const ask = this.#asks.at(-1)
    return bid !== undefined && ask !== undefined && bid.at >= ask.at
  }

  /** Empties the book until the next replacement. */
  invalidate(): void {
    this.isVerified = false
    this.deltaHashes = 'unverified'
    this.#bids = []
    this.#asks = []
  }

  onTrade(lastTrade: string): void {
    if (this.#context !== undefined) this.#context = { ...this.#context, lastTrade: threeDecimals(lastTrade) }
  }

  onTick(tick: string): void {
    if (this.#context !== undefined) this.#context = { ...this.#context, tick }
  }

  /** Replaces the book. @returns an error, with the book emptied, if the frame is unreadable or its checksum wrong */
  replace(frame: BookFrame): Result<void> {
    const bids = readLevels(frame.bids, 1)
    const asks = readLevels(frame.asks, -1)
    this.isVerified = false
    if (!bids.ok || !asks.ok) {
      this.invalidate()
      return err(bids.ok ? (asks.ok ? '' : asks.error) : bids.error)
    }
    this.#market = frame.market
    const expected = frame.tick === undefined ? this.#context : { tick: frame.tick, lastTrade: frame.lastTrade ?? '' }
    const context = findHashContext(frame.hash, this.#fields(frame.timestamp), frame.bids, frame.asks, expected)
    if (context === undefined) {
      this.invalidate()
      return err(`the checksum of a book does not fit its levels`)
    }
    this.#context = context
    this.#bids = bids.value
    this.#asks = asks.value
    this.timestamp = Number(frame.timestamp)
    this.isVerified = true
    return ok(undefined)
  }

  /**
   * Applies changed levels of one message. Does nothing before the first replacement.
   * @returns an error, with the book emptied, if a change is unreadable, or its checksum stopped agreeing
   */
  change(changes: readonly LevelChange[], timestamp: string): Result<void> {
    if (!this.isVerified) return ok(undefined)
    for (const change of changes) {
      const at = microOf(change.price)
      const size = microOf(change.size)
      if (at === undefined || at > MICRO || size === undefined) {
        this.invalidate()
        return err(`a changed level is unreadable: ${change.price} × ${change.size}`)
      }
      const level = { price: change.price, size: change.size, at: price(at), shares: shares(size) }
      if (change.side === 'BUY') setLevel(this.#bids, level, 1)
      else setLevel(this.#asks, level, -1)
    }
    this.timestamp = Number(timestamp)
    const last = changes.at(-1)
    return last === undefined ? ok(undefined) : this.#compare(last.hash, timestamp)
  }

  #compare(hash: string, timestamp: string): Result<void> {
    if (this.#context === undefined || hash === '') return ok(undefined)
    const fields = this.#fields(timestamp)
    // A trade of the other token changes the last trade price without an event of this one.
    const mayHaveMoved = this.deltaHashes === 'agree' || this.#searches < SEARCHES
    if (bookHash(fields, this.#bids, this.#asks, this.#context) === hash) this.deltaHashes = 'agree'
    else if (mayHaveMoved) return this.#search(hash, fields)
    return ok(undefined)
  }

  #search(hash: string, fields: HashedFields): Result<void> {
    this.#searches++
    const context = findHashContext(hash, fields, this.#bids, this.#asks, this.#context)
    if (context !== undefined) {
      this.#context = context
      this.deltaHashes = 'agree'
      return ok(undefined)
    }
    if (this.deltaHashes !== 'agree') {
      this.deltaHashes = 'differ'
      return ok(undefined)
    }
    this.invalidate()
    return err('the checksum of a changed level does not fit the book')
  }

  #fields(timestamp: string): HashedFields {
    return { market: this.#market, assetId: this.#assetId, timestamp, minOrderSize: this.#minOrderSize }
  }
}

/** @param order 1 for ascending prices, -1 for descending ones */
function readLevels(levels: readonly WireLevel[], order: 1 | -1): Result<StoredLevel[]> {
  const read: StoredLevel[] = []
  let before = order === 1 ? -1 : MICRO + 1
  for (const { price: text, size } of levels) {
    const at = microOf(text)
    const amount = microOf(size)
    if (at === undefined || at > MICRO || amount === undefined) return err(`a level is unreadable: ${text} × ${size}`)
    if ((at - before) * order <= 0) return err(`levels are out of order at ${text}`)
    before = at
    read.push({ price: text, size, at: price(at), shares: shares(amount) })
  }
  return ok(read)
}

function setLevel(levels: StoredLevel[], level: StoredLevel, order: 1 | -1): void {
  let low = 0
  let high = levels.length
  while (low < high) {
    const middle = (low + high) >> 1
    const found = levels[middle]
    if (found !== undefined && (found.at - level.at) * order < 0) low = middle + 1
    else high = middle
  }
  const isThere = levels[low]?.at === level.at
  if (level.shares === 0) {
    if (isThere) levels.splice(low, 1)
  } else levels.splice(low, isThere ? 1 : 0, level)
}

/** Checksums have the last trade price with three decimals, whatever the event that reports it. */
function threeDecimals(text: string): string {
  return text === '' ? '' : Number(text).toFixed(3)
}
