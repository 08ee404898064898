import { type Cell, csvLine } from '../../shared/csv.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import { MICRO } from '../../shared/domain/money.ts'
import { parseSlot } from '../../shared/domain/slots.ts'
import { isoUtc } from '../../shared/domain/time.ts'
import { BLOCK } from './block.ts'
import { type BookLevels, decodeBook, emptyLevels } from './book-body.ts'
import { KIND } from './record-format.ts'
import { RecordReader } from './record-reader.ts'
import type { Segment, TapeDamage } from './segment-reader.ts'

export const EXPORT_KINDS = ['price', 'book', 'candle', 'event'] as const
export type ExportKind = (typeof EXPORT_KINDS)[number]

export interface ExportOptions {
  readonly format: 'jsonl' | 'csv'
  /** Null: all, which only JSON Lines can hold. */
  readonly kind: ExportKind | null
  /** ms; `from` inclusive, `to` exclusive. */
  readonly from: number
  readonly to: number
}

/** First line of a CSV export. A book has a line for each level, and one without level for an empty side. */
export const CSV_HEADERS: Readonly<Record<ExportKind, string>> = {
  price: 'time,seq,asset,price,volume,venue_time',
  book: 'time,seq,slot,window,tick,side,level,price,shares',
  candle: 'time,seq,asset,frame,open_time,open,high,low,close,volume',
  event: 'time,seq,event',
}

const KIND_NAMES: Readonly<Record<number, ExportKind>> = {
  [KIND.price]: 'price',
  [KIND.book]: 'book',
  [KIND.json]: 'event',
  [KIND.candle]: 'candle',
}

/** The text of a segment, a block at a time; ends with the damage where there is some. */
export function* exportSegment(segment: Segment, options: ExportOptions): Generator<Result<string, TapeDamage>> {
  for (const [index, block] of segment.blocks.entries()) {
    if (block.type !== BLOCK.records) continue
    const payload = segment.inflate(index)
    if (!payload.ok) {
      yield payload
      return
    }
    const writer = new TextOf(segment, payload.value, options)
    const text = writer.block(block.firstTs, block.firstSeq)
    if (!text.ok) {
      const { path } = segment
      yield err({ path, block: block.number, offset: block.offset, ts: block.firstTs, message: text.error })
      return
    }
    if (text.value !== '') yield text
  }
}

/** Turns the records of one block into lines. */
class TextOf {
  readonly #segment: Segment
  readonly #bytes: Uint8Array
  readonly #options: ExportOptions
  readonly #levels = emptyLevels()

  constructor(segment: Segment, bytes: Uint8Array, options: ExportOptions) {
    this.#segment = segment
    this.#bytes = bytes
    this.#options = options
  }

  block(firstTs: number, firstSeq: number): Result<string> {
    const { kind: wanted, from, to, format } = this.#options
    const reader = new RecordReader(this.#bytes, firstTs)
    const lines: string[] = []
    for (let seq = firstSeq; reader.next(); seq++) {
      const kind = KIND_NAMES[reader.kind]
      if (kind === undefined || (wanted !== null && kind !== wanted)) continue
      if (reader.ts < from || reader.ts >= to) continue
      const fields = this.#fields(reader, kind)
      if (fields === undefined) return err(reader.error?.message ?? `the book at byte ${reader.offset} is none`)
      const time = isoUtc(reader.ts)
      if (format === 'jsonl') lines.push(`${JSON.stringify({ time, seq, kind, ...fields })}\n`)
      else lines.push(...csvRows(kind, fields).map((cells) => csvLine([time, seq, ...cells])))
    }
    if (reader.error !== null) return err(reader.error.message)
    return ok(lines.join(''))
  }

  #fields(reader: RecordReader, kind: ExportKind): Fields | undefined {
    const asset = this.#segment.header.assets[reader.asset] ?? `asset ${reader.asset}`
    if (kind === 'price')
      return { asset, price: reader.price, volume: reader.volume, venueTime: isoUtc(reader.tsVenue) }
    if (kind === 'candle') {
      const { frame, openTime, open, high, low, close, volume } = reader
      return { asset, frame, openTime: isoUtc(openTime), open, high, low, close, volume, backfill: reader.backfill }
    }
    if (kind === 'event') {
      const event = reader.json()
      return event === undefined ? undefined : { event }
    }
    return this.#book(reader)
  }

  #book(reader: RecordReader): Fields | undefined {
    const { slot: index, windowStart, tick, bodyOffset, bodyEnd } = reader
    const levels = this.#levels
    if (decodeBook(this.#bytes, bodyOffset, tick, levels, bodyEnd) !== bodyEnd) return undefined
    const name = this.#segment.header.slots[index] ?? `slot ${index}`
    const slot = parseSlot(name)
    const window = slot === undefined ? '' : `${slot.asset.toLowerCase()}-updown-${slot.timeframe}-${windowStart}`
    return { slot: name, window, tick: tick / MICRO, bids: bidsOf(levels), asks: asksOf(levels) }
  }
}

/** Dollars a share, shares. */
type LevelText = readonly [price: number, shares: number]
type Fields =
  | { asset: string; price: number; volume: number; venueTime: string }
  | {
      asset: string
      frame: string
      openTime: string
      open: number
      high: number
      low: number
      close: number
      volume: number
      backfill: boolean
    }
  | { event: unknown }
  | { slot: string; window: string; tick: number; bids: readonly LevelText[]; asks: readonly LevelText[] }

function bidsOf({ bidCount, bidPrice, bidShares }: BookLevels): LevelText[] {
  return Array.from({ length: bidCount }, (_, i) => [(bidPrice[i] ?? 0) / MICRO, (bidShares[i] ?? 0) / MICRO])
}

function asksOf({ askCount, askPrice, askShares }: BookLevels): LevelText[] {
  return Array.from({ length: askCount }, (_, i) => [(askPrice[i] ?? 0) / MICRO, (askShares[i] ?? 0) / MICRO])
}

/** Cells after time and sequence number; a book has a line for each level. */
function csvRows(kind: ExportKind, fields: Fields): readonly (readonly Cell[])[] {
  if ('event' in fields) return [[JSON.stringify(fields.event)]]
  if ('frame' in fields) {
    const { asset, frame, openTime, open, high, low, close, volume } = fields
    return [[asset, frame, openTime, open, high, low, close, volume]]
  }
  if ('asset' in fields) return [[fields.asset, fields.price, fields.volume, fields.venueTime]]
  const head = [fields.slot, fields.window, fields.tick]
  const side = (name: string, levels: readonly LevelText[]) =>
    levels.length === 0
      ? [[...head, name, null, null, null]]
      : levels.map(([price, shares], i) => [...head, name, i, price, shares])
  return kind === 'book' ? [...side('bid', fields.bids), ...side('ask', fields.asks)] : []
}
