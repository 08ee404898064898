import type { Engine } from '../../engine/engine.ts'
import type { BookUpdate } from '../../engine/events.ts'
import { Schedule } from '../../engine/market/schedule.ts'
import type { AssetState } from '../../engine/prices/asset-state.ts'
import { TICK_CELLS, TICK_PRICE, TICK_TS, TICK_VENUE, TICK_VOLUME } from '../../engine/prices/tick-cells.ts'
import type { BookSource, SlotState } from '../../engine/slot-state.ts'
import type { SlotListing } from '../../engine/venue/listing.ts'
import type { Config } from '../../shared/config.ts'
import type { OrderId } from '../../shared/domain/ids.ts'
import { price } from '../../shared/domain/money.ts'
import type { Order } from '../../shared/domain/records.ts'
import { asset, type SlotId, type WindowId } from '../../shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../../shared/domain/time.ts'
import { decodeBook, emptyLevels } from '../tape/book-body.ts'
import { KIND } from '../tape/record-format.ts'
import type { Playback, Told } from './playback.ts'
import { levelsOf, marketRecord } from './recorded-events.ts'
import { type RecordedMatcher, recordedMatcher } from './recorded-matcher.ts'
import type { TapeCursor } from './tape-cursor.ts'
import type { History } from './tape-history.ts'

// Read from the object, they would be what optimised code is thrown away for (V8 13.6), over and over.
const { price: PRICE, book: BOOK, json: EVENT } = KIND

/** Position of a slot's newest book on the tape; decoded only when it is read. */
interface BookPlace {
  bytes: Uint8Array
  offset: number
  end: number
  ts: number
  windowStart: number
  tick: number
}

/** Kinds of JSON records that concern the market; the others concern only the desk that recorded them. */
const KINDS = new Set<unknown>(marketRecord.options.map((option) => option.shape.kind.value))
/** Offset of the value in `{"kind":"…`, and the first two letters of the relevant kinds: most records are skipped by these two bytes. */
const KIND_AT = 9
const BEGINNINGS = new Set([...KINDS].map((kind) => (String(kind).charCodeAt(0) << 8) | String(kind).charCodeAt(1)))

function isKnown(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'kind' in json && KINDS.has(json.kind)
}

/**
 * A desk's own recording: prices, books and outcomes as they were received, with paper fills against the recorded books as
 * they are when the taker delay has passed.
 */
export class RecordedPlayback implements Playback, BookSource {
  readonly officialStrikes: boolean
  private readonly cursor: TapeCursor
  private readonly history: History
  private readonly venue: RecordedMatcher
  private readonly schedule = new Schedule()
  private readonly slots: SlotState[] = []
  private readonly byName = new Map<string, SlotState>()
  private readonly books: BookPlace[] = []
  private readonly levels = emptyLevels()
  private readonly cells = new Float64Array(TICK_CELLS)
  private engine: Engine | undefined
  private desk: Told | undefined
  private assetsHere: (AssetState<SlotState> | undefined)[] = []
  private slotsHere: (SlotState | undefined)[] = []
  private over = false

  constructor(cursor: TapeCursor, history: History, config: Config, seed: number) {
    this.cursor = cursor
    this.history = history
    const { header } = cursor
    this.officialStrikes = header.listings !== undefined
    const bookOf = (windowId: WindowId) => this.ofWindow(windowId)
    this.venue = recordedMatcher({ header, config, seed, schedule: this.schedule, bookOf })
  }

  begin(engine: Engine, desk: Told): void {
    this.engine = engine
    this.desk = desk
    for (const [name, minutes] of this.history) if (engine.state.assets.has(name)) engine.seedHistory(name, minutes)
    for (const slot of engine.state.slots.values()) {
      this.slots.push(slot)
      this.byName.set(slot.id, slot)
      this.books.push({ bytes: new Uint8Array(0), offset: 0, end: 0, ts: -1, windowStart: 0, tick: 0 })
    }
    engine.readBooksFrom(this)
    const names = ({ assets, slots }: TapeCursor['header']): void => {
      this.assetsHere = assets.map((name) => engine.state.assets.get(asset(name)))
      this.slotsHere = slots.map((name) => this.byName.get(name))
    }
    names(this.cursor.header)
    this.cursor.onSegment = names
    this.over = !this.cursor.next()
  }

  advance(until: number): void {
    for (;;) {
      const dueAt = this.schedule.peek() ?? Number.POSITIVE_INFINITY
      const limit = dueAt < until ? dueAt : until
      // An event's consequences may be due before the next record.
      if (this.playUntilEvent(limit)) continue
      if (dueAt > until) return
      this.runDue()
    }
  }

  /** Delivers records up to and including `limit`. True if it stopped early, after a record that may have consequences. */
  private playUntilEvent(limit: number): boolean {
    const { cursor } = this
    const { reader } = cursor
    while (!this.over) {
      if (reader.ts > limit) return false
      const follows = this.tell(reader.kind)
      this.over = !cursor.next()
      if (follows) return true
    }
    return false
  }

  /** Delivers the cursor's record. True if consequences may be due before the next record. */
  private tell(kind: number): boolean {
    if (kind === BOOK) return this.keepBook()
    if (kind === PRICE) this.tellPrice()
    else if (kind === EVENT) return this.tellEvent()
    else this.tellCandle()
    return false
  }

  private tellCandle(): void {
    const { reader } = this.cursor
    const of = this.assetsHere[reader.asset]
    if (of === undefined) return
    const { openTime, open, high, low, close, volume, frame } = reader
    const candle = { openTime: unixMs(openTime), open, high, low, close, volume }
    const origin = reader.backfill ? 'backfill' : 'stream'
    this.desk?.event({ kind: 'candle', ts: unixMs(reader.ts), asset: of.asset, frame, candle, origin })
  }

  private tellPrice(): void {
    const { reader } = this.cursor
    const of = this.assetsHere[reader.asset]
    if (of === undefined) return
    const { cells } = this
    cells[TICK_TS] = reader.ts
    cells[TICK_VENUE] = reader.tsVenue
    cells[TICK_PRICE] = reader.price
    cells[TICK_VOLUME] = reader.volume
    this.engine?.tick(of, cells, 0)
  }

  /** True if a resting order might be filled. */
  private keepBook(): boolean {
    const { reader, bytes } = this.cursor
    const slot = this.slotsHere[reader.slot]
    const place = slot === undefined ? undefined : this.books[slot.index]
    if (slot === undefined || place === undefined) return false
    place.bytes = bytes
    place.offset = reader.bodyOffset
    place.end = reader.bodyEnd
    place.ts = reader.ts
    place.windowStart = reader.windowStart
    place.tick = reader.tick
    if (!this.venue.needsBooks) return false
    const book = this.read(slot, place)
    if (book !== null) this.venue.onBook(book)
    return true
  }

  /** True if an event was delivered; most recorded events concern only the desk that recorded them. */
  private tellEvent(): boolean {
    const { reader, bytes } = this.cursor
    const at = reader.bodyOffset + KIND_AT
    if (!BEGINNINGS.has(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0))) return false
    const json = reader.json()
    if (!isKnown(json)) return false
    const parsed = marketRecord.safeParse(json)
    if (!parsed.success)
      throw new Error(`the tape holds an event that is none: ${parsed.error.issues[0]?.message ?? ''}`)
    const event = parsed.data
    // Ignores slots that are not replayed.
    if ('slot' in event && !this.byName.has(event.slot)) return false
    if (event.kind === 'settled') this.venue.onWindowEnd(event.windowId, unixMs(reader.ts))
    this.desk?.event({ ...event, ts: unixMs(reader.ts) })
    return true
  }

  private runDue(): void {
    const next = this.schedule.pop()
    if (next === undefined) return
    if (typeof next.step === 'function') next.step(next.ts)
    else this.desk?.event(next.step)
  }

  bookOf(index: number, since: number): BookUpdate | null {
    const slot = this.slots[index]
    const place = this.books[index]
    if (slot === undefined || place === undefined || !isCurrent(slot, place, since)) return null
    return this.read(slot, place)
  }

  bestOf(index: number, since: number, out: Float64Array): boolean {
    const slot = this.slots[index]
    const place = this.books[index]
    if (slot === undefined || place === undefined || !isCurrent(slot, place, since)) return false
    const { levels } = this
    decodeBook(place.bytes, place.offset, place.tick, levels, place.end)
    out[0] = levels.bidCount > 0 ? (levels.bidPrice[0] ?? Number.NaN) : Number.NaN
    out[1] = levels.bidCount > 0 ? (levels.bidShares[0] ?? 0) : 0
    out[2] = levels.askCount > 0 ? (levels.askPrice[0] ?? Number.NaN) : Number.NaN
    out[3] = levels.askCount > 0 ? (levels.askShares[0] ?? 0) : 0
    out[4] = place.tick
    return true
  }

  /** The newest recorded book of a window. */
  private ofWindow(windowId: WindowId): BookUpdate | null {
    const start = Number(windowId.slice(windowId.lastIndexOf('-') + 1))
    for (const slot of this.slots) {
      const place = this.books[slot.index]
      if (place?.windowStart === start && place.ts >= 0 && windowId === slot.window?.id) return this.read(slot, place)
    }
    return null
  }

  private read({ slot, window }: SlotState, place: BookPlace): BookUpdate | null {
    if (window === null || window.start !== place.windowStart * 1000) return null
    decodeBook(place.bytes, place.offset, place.tick, this.levels, place.end)
    return {
      kind: 'book',
      ts: unixMs(place.ts),
      slot: slot.id,
      windowId: window.id,
      ...levelsOf(this.levels),
      tick: price(place.tick),
    }
  }

  listing(slot: SlotId): SlotListing {
    return this.venue.listing(slot)
  }

  submit(order: Order, ts: UnixMs): void {
    this.venue.submit(order, ts)
  }

  cancel(orderId: OrderId, ts: UnixMs): void {
    this.venue.cancel(orderId, ts)
  }
}

function isCurrent(slot: SlotState, place: BookPlace, since: number): boolean {
  return slot.window !== null && place.ts >= since && place.windowStart * 1000 === slot.window.start
}
