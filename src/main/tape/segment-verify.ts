import { err, ok, type Result } from '../../shared/domain/base.ts'
import { BLOCK } from './block.ts'
import { decodeBook, emptyLevels } from './book-body.ts'
import { KIND } from './record-format.ts'
import { RecordReader } from './record-reader.ts'
import { readSegment, type Segment, type TapeDamage } from './segment-reader.ts'

/** Records of a segment by kind, all of them decoded. */
export interface VerifiedSegment {
  readonly segment: Segment
  readonly prices: number
  readonly books: number
  readonly events: number
  readonly candles: number
}

type Counts = Record<'prices' | 'books' | 'events' | 'candles', number>

/** Reads and decodes everything in a segment; an error names the first place that is not sound. */
export function verifySegment(path: string): Result<VerifiedSegment, TapeDamage> {
  const opened = readSegment(path)
  if (!opened.ok) return opened
  const segment = opened.value
  const counts = { prices: 0, books: 0, events: 0, candles: 0 }
  for (const [index, block] of segment.blocks.entries()) {
    const payload = segment.inflate(index)
    if (!payload.ok) return payload
    if (block.type !== BLOCK.records) continue
    const before = segment.blocks.slice(0, index).findLast((one) => one.type === BLOCK.records)
    const wrong = decodeAll(payload.value, block.firstTs, segment, counts, block)
    if (wrong === undefined) continue
    return err({ path, block: block.number, offset: block.offset, ts: before?.lastTs ?? null, message: wrong })
  }
  return ok({ segment, ...counts })
}

const levels = emptyLevels()

/** Why a block's records are not what the block says; undefined when they are. */
function decodeAll(
  bytes: Uint8Array,
  baseTs: number,
  segment: Segment,
  counts: Counts,
  said: { readonly count: number; readonly lastTs: number },
): string | undefined {
  const reader = new RecordReader(bytes, baseTs)
  let count = 0
  while (reader.next()) {
    if (count === 0 && reader.ts !== baseTs) return `its first record is of ${reader.ts}, not of ${baseTs}`
    const wrong = checkRecord(reader, bytes, segment, counts)
    if (wrong !== undefined) return `record ${count} at byte ${reader.offset} of the block: ${wrong}`
    count++
  }
  if (reader.error !== null)
    return `record ${count} at byte ${reader.error.offset} of the block: ${reader.error.message}`
  if (count !== said.count) return `it holds ${count} records and says ${said.count}`
  return reader.ts === said.lastTs ? undefined : `its last record is of ${reader.ts}, not of ${said.lastTs}`
}

function checkRecord(reader: RecordReader, bytes: Uint8Array, segment: Segment, counts: Counts): string | undefined {
  const { assets, slots } = segment.header
  const noAsset = () => (reader.asset < assets.length ? undefined : `the tape has no asset ${reader.asset}`)
  if (reader.kind === KIND.price) {
    counts.prices++
    return noAsset()
  }
  if (reader.kind === KIND.candle) {
    counts.candles++
    return noAsset()
  }
  if (reader.kind === KIND.json) {
    counts.events++
    reader.json()
    return reader.error?.message
  }
  counts.books++
  if (reader.slot >= slots.length) return `the tape has no slot ${reader.slot}`
  const end = decodeBook(bytes, reader.bodyOffset, reader.tick, levels, reader.bodyEnd)
  return end === reader.bodyEnd ? undefined : 'its levels are none'
}
