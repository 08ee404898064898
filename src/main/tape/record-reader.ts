import { messageOf } from '../../shared/domain/base.ts'
import type { CandleFrame } from '../../shared/domain/slots.ts'
import { BACKFILL, FRAMES, KIND } from './record-format.ts'
import { MAX_DELTA, MAX_VARINT, unzigzag, VarintReader } from './varint.ts'

/** Where bytes stop being records, and why. */
export interface RecordError {
  /** Offset of the record into the bytes. */
  readonly offset: number
  readonly message: string
}

// Read from the object, they would be what optimised code is thrown away for (V8 13.6), over and over.
const { price: PRICE, book: BOOK, json: EVENT, candle: CANDLE } = KIND

/** Longest price record: inside this distance from the end every byte is checked, before it none needs to be. */
const PRICE_ROOM = 2 + 2 * MAX_VARINT + 16

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Walks over the records of a chunk. After `next()` gave true the public fields hold the record; those of other kinds keep
 * older values. This is the inner loop of a replay: nothing is allocated a record, and a book's body is skipped, not decoded.
 */
export class RecordReader {
  /** One of `KIND`; 0 before the first record. */
  kind = 0
  /** When the desk received it, ms. */
  ts = 0
  /** Index into the header's assets: of a price, of a candle. */
  asset = 0
  tsVenue = 0
  price = 0
  volume = 0
  /** Index into the header's slots: of a book. */
  slot = 0
  /** Start of the book's window, seconds. */
  windowStart = 0
  /** Price grid of the book, micro-USD. */
  tick = 0
  /** What `decodeBook` takes. */
  bodyOffset = 0
  bodyEnd = 0
  /** Of a candle. */
  frame: CandleFrame = '1m'
  backfill = false
  openTime = 0
  open = 0
  high = 0
  low = 0
  close = 0
  /** Set when the bytes are no records; `next()` is false from then on. */
  error: RecordError | null = null
  /** Offset of the record. */
  offset = 0

  #bytes: Uint8Array = new Uint8Array(0)
  #view: DataView = new DataView(this.#bytes.buffer)
  #at = 0
  readonly #varints = new VarintReader()

  /** @param baseTs `firstTs` of the chunk, ms */
  constructor(bytes: Uint8Array, baseTs: number) {
    this.reset(bytes, baseTs)
  }

  /** Starts over with another chunk. */
  reset(bytes: Uint8Array, baseTs: number): void {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#at = 0
    this.offset = 0
    this.kind = 0
    this.ts = baseTs
    this.error = null
  }

  /** Goes to the next record; false at the end, and when `error` says why it cannot. */
  next(): boolean {
    const bytes = this.#bytes
    const at = this.#at
    if (at >= bytes.length || this.error !== null) return false
    this.offset = at
    const kind = bytes[at] ?? 0
    this.kind = kind
    if (kind === PRICE) return at + PRICE_ROOM <= bytes.length ? this.#fastPrice(bytes, at) : this.#lastPrice()
    if (kind === BOOK) return this.#book()
    if (kind === EVENT) return this.#json()
    if (kind === CANDLE) return this.#candle()
    return this.#fail(`no record begins with byte ${kind}`)
  }

  /** The value of a JSON record; undefined, with `error` set, where the bytes are none. */
  json(): unknown {
    try {
      return JSON.parse(decoder.decode(this.#bytes.subarray(this.bodyOffset, this.bodyEnd)))
    } catch (error) {
      this.#fail(`not JSON: ${messageOf(error)}`)
      return undefined
    }
  }

  /** A price far enough from the end: times of up to three bytes are read in line. */
  #fastPrice(bytes: Uint8Array, start: number): boolean {
    let at = start + 3
    let time = bytes[start + 2] ?? 0
    if (time > 127) {
      const second = bytes[at++] ?? 0
      time = (time & 127) | ((second & 127) << 7)
      if (second > 127) return this.#lastPrice()
    }
    let lag = bytes[at++] ?? 0
    if (lag > 127) {
      const second = bytes[at++] ?? 0
      lag = (lag & 127) | ((second & 127) << 7)
      if (second > 127) return this.#lastPrice()
    }
    const ts = this.ts + ((time >>> 1) ^ -(time & 1))
    this.ts = ts
    this.tsVenue = ts - ((lag >>> 1) ^ -(lag & 1))
    this.asset = bytes[start + 1] ?? 0
    this.price = this.#view.getFloat64(at, true)
    this.volume = this.#view.getFloat64(at + 8, true)
    this.#at = at + 16
    return true
  }

  /** Any price, every byte checked. */
  #lastPrice(): boolean {
    const varints = this.#from(this.offset + 2)
    const ts = this.ts + unzigzag(varints.read())
    const tsVenue = ts - unzigzag(varints.read())
    const at = varints.offset
    if (!this.#timeIs(ts) || !this.#fits(at, 16)) return false
    this.tsVenue = tsVenue
    this.asset = this.#bytes[this.offset + 1] ?? 0
    this.price = this.#view.getFloat64(at, true)
    this.volume = this.#view.getFloat64(at + 8, true)
    this.#at = at + 16
    return true
  }

  #book(): boolean {
    const varints = this.#from(this.offset + 3)
    const ts = this.ts + unzigzag(varints.read())
    const at = varints.offset
    if (!this.#timeIs(ts) || !this.#fits(at, 12)) return false
    const view = this.#view
    const end = at + 12 + view.getUint32(at + 8, true)
    if (!this.#fits(end, 0)) return false
    this.slot = view.getUint16(this.offset + 1, true)
    this.windowStart = view.getUint32(at, true)
    this.tick = view.getUint32(at + 4, true)
    this.bodyOffset = at + 12
    this.bodyEnd = end
    this.#at = end
    return true
  }

  #json(): boolean {
    const varints = this.#from(this.offset + 1)
    const ts = this.ts + unzigzag(varints.read())
    const at = varints.offset
    if (!this.#timeIs(ts) || !this.#fits(at, 4)) return false
    const end = at + 4 + this.#view.getUint32(at, true)
    if (!this.#fits(end, 0)) return false
    this.bodyOffset = at + 4
    this.bodyEnd = end
    this.#at = end
    return true
  }

  #candle(): boolean {
    const code = this.#bytes[this.offset + 2] ?? 0xff
    const frame = FRAMES[code & ~BACKFILL]
    if (frame === undefined) return this.#fail(`no candle frame has number ${code}`)
    const varints = this.#from(this.offset + 3)
    const ts = this.ts + unzigzag(varints.read())
    const at = varints.offset
    if (!this.#timeIs(ts) || !this.#fits(at, 48)) return false
    const view = this.#view
    this.asset = this.#bytes[this.offset + 1] ?? 0
    this.frame = frame
    this.backfill = (code & BACKFILL) !== 0
    this.openTime = view.getFloat64(at, true)
    this.open = view.getFloat64(at + 8, true)
    this.high = view.getFloat64(at + 16, true)
    this.low = view.getFloat64(at + 24, true)
    this.close = view.getFloat64(at + 32, true)
    this.volume = view.getFloat64(at + 40, true)
    this.#at = at + 48
    return true
  }

  #from(offset: number): VarintReader {
    this.#varints.reset(this.#bytes, offset, this.#bytes.length)
    return this.#varints
  }

  /** Takes over the record's time where the varints before it were sound. */
  #timeIs(ts: number): boolean {
    if (this.#varints.failed) return this.#fail('a number that does not end')
    if (!(ts >= 0 && ts < MAX_DELTA * 2)) return this.#fail('a time that is none')
    this.ts = ts
    return true
  }

  #fits(offset: number, length: number): boolean {
    return offset + length <= this.#bytes.length || this.#fail('the record goes on beyond the end')
  }

  #fail(message: string): false {
    this.error = { offset: this.offset, message }
    return false
  }
}
