import { z } from 'zod'
import type { Engine } from '../../engine/engine.ts'
import type { BookUpdate, EngineEvent, Level, OrderReport } from '../../engine/events.ts'
import { PaperVenue } from '../../engine/market/paper-venue.ts'
import { Schedule } from '../../engine/market/schedule.ts'
import { paperSettingsOf } from '../../engine/settings.ts'
import type { AssetState, BookSource, SlotState } from '../../engine/state.ts'
import { TICK_CELLS, TICK_PRICE, TICK_TS, TICK_VENUE, TICK_VOLUME } from '../../engine/tick-cells.ts'
import type { Config } from '../../shared/config.ts'
import { MICRO, price, shares } from '../../shared/domain/money.ts'
import type { Order, OrderId } from '../../shared/domain/records.ts'
import { asset, type SlotId, type WindowId } from '../../shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../../shared/domain/time.ts'
import { decodeBook, emptyLevels, KIND } from '../tape/records.ts'
import type { Playback, Told } from './playback.ts'
import type { History } from './tape-history.ts'
import type { TapeCursor } from './tape-cursor.ts'

/** Where the newest book of a slot lies on the tape; it is decoded when somebody looks. */
interface BookPlace {
  bytes: Uint8Array
  offset: number
  end: number
  ts: number
  windowStart: number
  tick: number
}

/** Events of the market among a tape's JSON records; what concerned the desk that recorded it is passed over. */
const marketEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('strike'), slot: z.string(), windowId: z.string(), strike: z.number() }),
  z.object({
    kind: z.literal('settled'),
    slot: z.string(),
    windowId: z.string(),
    strike: z.number(),
    close: z.number(),
    payoutUp: z.number(),
    source: z.string(),
  }),
  z.object({ kind: z.literal('redeemed'), windowId: z.string() }),
  z.object({
    kind: z.literal('feed'),
    connected: z.boolean(),
    stale: z.array(z.string()),
    detail: z.string(),
  }),
])
const KINDS = new Set(['strike', 'settled', 'redeemed', 'feed'])
const decoder = new TextDecoder()

/**
 * A desk's own recording: prices, books and outcomes as they were received, with paper fills against the recorded books as
 * they are when the taker delay has passed.
 */
export class RecordedPlayback implements Playback, BookSource {
  private readonly cursor: TapeCursor
  private readonly history: History
  private readonly venue: PaperVenue
  private readonly schedule = new Schedule()
  private readonly slots: SlotState[] = []
  private readonly byName = new Map<string, SlotState>()
  private readonly books: BookPlace[] = []
  private readonly levels = emptyLevels()
  private readonly cells = new Float64Array(TICK_CELLS)
  private engine: Engine | undefined
  private header: TapeCursor['header'] | undefined
  private assetsHere: (AssetState | undefined)[] = []
  private slotsHere: (SlotState | undefined)[] = []
  private pending = false
  private over = false

  constructor(cursor: TapeCursor, history: History, config: Config, seed: number) {
    this.cursor = cursor
    this.history = history
    this.venue = new PaperVenue(paperSettingsOf(config).venue, seed, {
      bookOf: (windowId) => this.ofWindow(windowId),
      send: (ts, orderId, report: OrderReport) => this.schedule.add(ts, { kind: 'order', ts, orderId, report }),
      later: (ts, run) => this.schedule.add(unixMs(ts), run),
      onSwept: () => {},
    })
  }

  begin(engine: Engine): void {
    this.engine = engine
    for (const [name, minutes] of this.history) if (engine.state.assets.has(name)) engine.seedHistory(name, minutes)
    for (const slot of engine.state.slots.values()) {
      this.slots.push(slot)
      this.byName.set(slot.slot.id, slot)
      this.books.push({ bytes: new Uint8Array(0), offset: 0, end: 0, ts: -1, windowStart: 0, tick: 0 })
    }
    engine.readBooksFrom(this)
  }

  advance(until: number, desk: Told): void {
    for (;;) {
      if (!this.pending && !this.over) this.pending = this.step()
      const recordAt = this.pending ? this.cursor.reader.ts : Number.POSITIVE_INFINITY
      const dueAt = this.schedule.peek() ?? Number.POSITIVE_INFINITY
      if (recordAt > until && dueAt > until) return
      if (recordAt <= dueAt) {
        this.pending = false
        this.tell(desk)
      } else this.runDue(desk)
    }
  }

  /** To the next record. */
  private step(): boolean {
    if (!this.cursor.next()) {
      this.over = true
      return false
    }
    const { header } = this.cursor
    if (header !== this.header) {
      this.header = header
      this.assetsHere = header.assets.map((name) => this.engine?.state.assets.get(asset(name)))
      this.slotsHere = header.slots.map((name) => this.byName.get(name))
    }
    return true
  }

  private tell(desk: Told): void {
    const { reader } = this.cursor
    if (reader.kind === KIND.price) return this.tellPrice()
    if (reader.kind === KIND.book) return this.keepBook()
    if (reader.kind === KIND.json) return this.tellEvent(desk)
    const of = this.assetsHere[reader.asset]
    if (of === undefined) return
    const { openTime, open, high, low, close, volume, frame } = reader
    const candle = { openTime: unixMs(openTime), open, high, low, close, volume }
    const origin = reader.backfill ? 'backfill' : 'stream'
    desk.event({ kind: 'candle', ts: unixMs(reader.ts), asset: of.asset, frame, candle, origin })
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

  private keepBook(): void {
    const { reader, bytes } = this.cursor
    const slot = this.slotsHere[reader.slot]
    const place = slot === undefined ? undefined : this.books[slot.index]
    if (slot === undefined || place === undefined) return
    place.bytes = bytes
    place.offset = reader.bodyOffset
    place.end = reader.bodyEnd
    place.ts = reader.ts
    place.windowStart = reader.windowStart
    place.tick = reader.tick
    const book = this.venue.rests ? this.read(slot, place) : null
    if (book !== null) this.venue.onBook(book)
  }

  private tellEvent(desk: Told): void {
    const { reader, bytes } = this.cursor
    const head = decoder.decode(bytes.subarray(reader.bodyOffset, Math.min(reader.bodyEnd, reader.bodyOffset + 40)))
    if (!KINDS.has(/^\{"kind":"(\w+)"/.exec(head)?.[1] ?? '')) return
    const parsed = marketEvent.safeParse(reader.json())
    if (!parsed.success)
      throw new Error(`the tape holds an event that is none: ${parsed.error.issues[0]?.message ?? ''}`)
    const event = parsed.data
    // A slot that is not replayed has no business here.
    if ('slot' in event && !this.byName.has(event.slot)) return
    if (event.kind === 'settled') this.venue.onWindowEnd(event.windowId as WindowId, unixMs(reader.ts))
    desk.event({ ...event, ts: unixMs(reader.ts) } as EngineEvent)
  }

  private runDue(desk: Told): void {
    const next = this.schedule.pop()
    if (next === undefined) return
    if (typeof next.what === 'function') next.what(next.ts)
    else desk.event(next.what)
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

  /** The venue's own word: the newest book of a window, whenever the desk turned to that window. */
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
    const { levels } = this
    decodeBook(place.bytes, place.offset, place.tick, levels, place.end)
    const side = (prices: Float64Array, sizes: Float64Array, count: number): Level[] =>
      Array.from({ length: count }, (_, i) => ({ price: price(prices[i] ?? MICRO), shares: shares(sizes[i] ?? 0) }))
    return {
      kind: 'book',
      ts: unixMs(place.ts),
      slot: slot.id as SlotId,
      windowId: window.id,
      bids: side(levels.bidPrice, levels.bidShares, levels.bidCount),
      asks: side(levels.askPrice, levels.askShares, levels.askCount),
      tick: price(place.tick),
    }
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
