import { invariant } from '../../shared/domain/base.ts'
import { KIND } from './record-format.ts'
import type { Chunk } from './record-writer.ts'
import { MAX_VARINT, putVarint, zigzag } from './varint.ts'

/** Where a record's time stands, from its first byte, by kind. */
const TIME_AT = new Map<number, number>([
  [KIND.price, 2],
  [KIND.book, 3],
  [KIND.json, 1],
  [KIND.candle, 3],
])

/** Several chunks as one: the first record of each counts its time from the last of the chunk before. */
export function joinChunks(chunks: readonly Chunk[]): Chunk {
  const parts = chunks.filter((chunk) => chunk.count > 0)
  const [first] = parts
  const last = parts.at(-1)
  if (first === undefined || last === undefined) return { bytes: new Uint8Array(0), count: 0, firstTs: 0, lastTs: 0 }
  const bytes = new Uint8Array(parts.reduce((sum, chunk) => sum + chunk.bytes.length + MAX_VARINT, 0))
  let at = 0
  let before = first.firstTs
  let count = 0
  for (const chunk of parts) {
    const time = TIME_AT.get(chunk.bytes[0] ?? 0)
    invariant(time !== undefined && chunk.bytes[time] === 0, "a chunk's first record has the chunk's own time")
    bytes.set(chunk.bytes.subarray(0, time), at)
    const rest = putVarint(bytes, at + time, zigzag(chunk.firstTs - before))
    bytes.set(chunk.bytes.subarray(time + 1), rest)
    at = rest + chunk.bytes.length - time - 1
    before = chunk.lastTs
    count += chunk.count
  }
  return { bytes: bytes.subarray(0, at), count, firstTs: first.firstTs, lastTs: last.lastTs }
}
