import { BLOCK } from '../../src/main/tape/block.ts'
import { decodeBook, emptyLevels } from '../../src/main/tape/book-body.ts'
import { KIND } from '../../src/main/tape/record-format.ts'
import { RecordReader } from '../../src/main/tape/record-reader.ts'
import { RecordWriter } from '../../src/main/tape/record-writer.ts'
import type { SegmentHeader } from '../../src/main/tape/segment-header.ts'
import type { Segment } from '../../src/main/tape/segment-reader.ts'
import { SegmentWriter } from '../../src/main/tape/segment-writer.ts'
import type { Result } from '../../src/shared/domain/base.ts'

export const T0 = 1_780_876_800_000

export function value<T, E>(result: Result<T, E>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

export function header(over: Partial<SegmentHeader> = {}): SegmentHeader {
  return {
    format: 1,
    origin: 'desk',
    session: 's1',
    segment: 0,
    createdAt: T0,
    engineBuild: 'test',
    market: 'simulated',
    feed: 'simulated',
    settlement: 'simulated',
    notices: [],
    assets: ['BTC', 'ETH'],
    slots: ['BTC-5m', 'ETH-5m'],
    config: {},
    ...over,
  }
}

/** A few records of every kind, the `n`-th of their sort, all different. */
export function chunkOf(n: number) {
  const writer = new RecordWriter()
  const ts = T0 + n * 10_000
  writer.price(ts, n % 2, ts - 500, 65_000 + n, 0.25)
  writer.book(ts + 1, 0, T0 / 1000, 10_000, [{ price: 520_000, shares: 10_000 * (n + 1) }], [])
  writer.json(ts + 2, { kind: 'redeemed', ts: ts + 2, windowId: `w${n}` })
  writer.candle(ts + 3, 1, '1m', false, { openTime: ts, open: 1, high: 2, low: 0.5, close: 1 + n, volume: 9 })
  return writer.take()
}

/** A segment with a snapshot and `blocks` blocks of four records. */
export function writeTape(path: string, blocks: number, over: Partial<SegmentHeader> = {}, firstSeq = 100): void {
  const writer = value(SegmentWriter.create(path, header(over)))
  value(writer.snapshot(new TextEncoder().encode('state'), { seq: firstSeq, ts: T0 }))
  for (let n = 0; n < blocks; n++) value(writer.records(chunkOf(n), firstSeq + n * 4))
  value(writer.seal())
}

const book = emptyLevels()

/** Every record as one line, with its sequence number; throws at the first place that is damaged. */
export function linesOf(segment: Segment): string[] {
  const lines: string[] = []
  for (const [index, block] of segment.blocks.entries()) {
    if (block.type !== BLOCK.records) continue
    const bytes = value(segment.inflate(index))
    const reader = new RecordReader(bytes, block.firstTs)
    let seq = block.firstSeq
    while (reader.next()) lines.push(`${seq++} ${lineOf(reader, bytes)}`)
    if (reader.error !== null) throw new Error(reader.error.message)
  }
  return lines
}

function lineOf(reader: RecordReader, bytes: Uint8Array): string {
  const { kind, ts, asset } = reader
  if (kind === KIND.price) return JSON.stringify([ts, asset, reader.tsVenue, reader.price, reader.volume])
  if (kind === KIND.json) return JSON.stringify([ts, reader.json()])
  if (kind === KIND.candle) return JSON.stringify([ts, asset, reader.frame, reader.openTime, reader.close])
  if (decodeBook(bytes, reader.bodyOffset, reader.tick, book, reader.bodyEnd) < 0) throw new Error('no book')
  const side = (count: number, prices: Float64Array, shares: Float64Array) =>
    Array.from({ length: count }, (_, i) => [prices[i], shares[i]])
  const bids = side(book.bidCount, book.bidPrice, book.bidShares)
  const asks = side(book.askCount, book.askPrice, book.askShares)
  return JSON.stringify([ts, reader.slot, reader.windowStart, reader.tick, bids, asks])
}
