import { invariant } from '../../shared/domain/base.ts'
import type { CandleFrame } from '../../shared/domain/slots.ts'
import { type BookLevel, bodyRoom, checkLevels, putBody } from './book-body.ts'
import { BACKFILL, FRAMES, KIND } from './record-format.ts'
import { MAX_DELTA, MAX_VARINT, putVarint, zigzag } from './varint.ts'

const FIRST_CAPACITY = 64 * 1024
/** Room for the longest record of fixed shape: a candle. */
const FIXED_ROOM = 3 + MAX_VARINT + 6 * 8
const BOOK_HEAD = 3 + MAX_VARINT + 12

/** Records of a stretch of time, decodable on their own. */
export interface Chunk {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly count: number
  /** Time of the first record, ms: the base of all others; 0 in an empty chunk. */
  readonly firstTs: number
  readonly lastTs: number
}

/** Open, high, low, close and base volume of a candle; `openTime` in ms. */
export interface CandleFields {
  readonly openTime: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

const encoder = new TextEncoder()

/**
 * Appends records to a buffer. Runs on the trading loop: prices and books allocate nothing once the buffer has grown.
 * Times are whole milliseconds; a wrong index or time is a broken invariant.
 */
export class RecordWriter {
  #bytes = new Uint8Array(FIRST_CAPACITY)
  #view = new DataView(this.#bytes.buffer)
  #at = 0
  #count = 0
  #firstTs = 0
  #lastTs = 0

  /** Bytes waiting for `take`. */
  get bytes(): number {
    return this.#at
  }

  /** Records waiting for `take`. */
  get count(): number {
    return this.#count
  }

  /** @param asset index into the header's assets; `tsVenue` in ms; `volume` in base units */
  price(ts: number, asset: number, tsVenue: number, price: number, volume: number): void {
    this.#reserve(FIXED_ROOM)
    const lag = zigzag(delta(ts, tsVenue))
    const bytes = this.#bytes
    bytes[this.#at] = KIND.price
    bytes[this.#at + 1] = byteIndex(asset)
    const at = putVarint(bytes, this.#time(this.#at + 2, ts), lag)
    this.#view.setFloat64(at, price, true)
    this.#view.setFloat64(at + 8, volume, true)
    this.#at = at + 16
  }

  /**
   * @param slot index into the header's slots
   * @param windowStart start of the window, seconds
   * @param tick price grid, micro-USD
   */
  book(
    ts: number,
    slot: number,
    windowStart: number,
    tick: number,
    bids: readonly BookLevel[],
    asks: readonly BookLevel[],
  ): void {
    this.#reserve(BOOK_HEAD + bodyRoom(bids.length + asks.length))
    checkLevels(bids)
    checkLevels(asks)
    invariant(slot >= 0 && slot <= 0xffff, `slot index not in 0…65535: ${slot}`)
    invariant(windowStart >= 0 && windowStart <= 0xffff_ffff, `window start not in u32 seconds: ${windowStart}`)
    const view = this.#view
    this.#bytes[this.#at] = KIND.book
    view.setUint16(this.#at + 1, slot, true)
    const at = this.#time(this.#at + 3, ts)
    view.setUint32(at, windowStart, true)
    view.setUint32(at + 4, tick, true)
    const end = putBody(this.#bytes, at + 12, tick, bids, asks)
    view.setUint32(at + 8, end - at - 12, true)
    this.#at = end
  }

  /** Any value that JSON can hold: an engine event that is neither price, book nor candle, or one of the tape's own. */
  json(ts: number, value: unknown): void {
    const text = JSON.stringify(value)
    invariant(text !== undefined, 'a tape record must be something JSON can hold')
    // A UTF-16 unit becomes at most three bytes.
    this.#reserve(1 + MAX_VARINT + 4 + text.length * 3)
    this.#bytes[this.#at] = KIND.json
    const at = this.#time(this.#at + 1, ts)
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(at + 4))
    this.#view.setUint32(at, written, true)
    this.#at = at + 4 + written
  }

  /** @param backfill the feed's history rather than its stream */
  candle(ts: number, asset: number, frame: CandleFrame, backfill: boolean, candle: CandleFields): void {
    this.#reserve(FIXED_ROOM)
    this.#bytes[this.#at] = KIND.candle
    this.#bytes[this.#at + 1] = byteIndex(asset)
    this.#bytes[this.#at + 2] = FRAMES.indexOf(frame) | (backfill ? BACKFILL : 0)
    const at = this.#time(this.#at + 3, ts)
    const view = this.#view
    view.setFloat64(at, candle.openTime, true)
    view.setFloat64(at + 8, candle.open, true)
    view.setFloat64(at + 16, candle.high, true)
    view.setFloat64(at + 24, candle.low, true)
    view.setFloat64(at + 32, candle.close, true)
    view.setFloat64(at + 40, candle.volume, true)
    this.#at = at + 48
  }

  /** Hands over what has been written, in memory of its own, and starts anew. */
  take(): Chunk {
    const chunk = {
      bytes: this.#bytes.slice(0, this.#at),
      count: this.#count,
      firstTs: this.#firstTs,
      lastTs: this.#lastTs,
    }
    this.#at = 0
    this.#count = 0
    this.#firstTs = 0
    this.#lastTs = 0
    return chunk
  }

  /** Writes the difference to the record before and makes `ts` the new base. */
  #time(offset: number, ts: number): number {
    if (this.#count === 0) {
      invariant(Number.isSafeInteger(ts) && ts >= 0, `time not whole milliseconds ≥ 0: ${ts}`)
      this.#firstTs = ts
      this.#lastTs = ts
    }
    const after = putVarint(this.#bytes, offset, zigzag(delta(ts, this.#lastTs)))
    this.#lastTs = ts
    this.#count++
    return after
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}

/** An asset's index takes one byte. */
export const MAX_ASSETS = 256

function byteIndex(index: number): number {
  invariant(index >= 0 && index < MAX_ASSETS, `asset index not in 0…255: ${index}`)
  return index
}

function delta(a: number, b: number): number {
  const difference = a - b
  invariant(Number.isInteger(difference) && Math.abs(difference) < MAX_DELTA, `times out of range: ${a}, ${b}`)
  return difference
}
