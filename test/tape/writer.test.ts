import { randomBytes } from 'node:crypto'
import { readdirSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { joinChunks } from '../../src/main/tape/join-chunks.ts'
import { RawFiles } from '../../src/main/tape/raw-files.ts'
import { RecordReader } from '../../src/main/tape/record-reader.ts'
import { type Chunk, RecordWriter } from '../../src/main/tape/record-writer.ts'
import { temporaryFolder } from '../support/cli.ts'
import { T0 } from '../support/tape.ts'

/** What a chunk says, record by record. */
function told({ bytes, firstTs }: Chunk): unknown[] {
  const reader = new RecordReader(bytes, firstTs)
  const records: unknown[] = []
  while (reader.next()) {
    const { kind, ts, asset, price, slot, openTime } = reader
    records.push(
      kind === 3 ? [ts, reader.json()] : kind === 1 ? [ts, asset, price] : kind === 2 ? [ts, slot] : [ts, openTime],
    )
  }
  if (reader.error !== null) throw new Error(reader.error.message)
  return records
}

test('chunks put together say what they said, whatever the first record of each is and however time goes', () => {
  const record = fc.record({ kind: fc.integer({ min: 1, max: 4 }), step: fc.integer({ min: -5_000, max: 90_000_000 }) })
  fc.assert(
    fc.property(fc.array(fc.array(record, { maxLength: 5 }), { maxLength: 6 }), (parts) => {
      let ts = T0
      const chunks = parts.map((records) => {
        const writer = new RecordWriter()
        for (const { kind, step } of records) {
          ts += step
          if (kind === 1) writer.price(ts, 3, ts - 40, 1.5, 2)
          else if (kind === 2) writer.book(ts, 7, 1_780_876_800, 10_000, [{ price: 500_000, shares: 1_000_000 }], [])
          else if (kind === 3) writer.json(ts, { kind: 'x', ts })
          else
            writer.candle(ts, 1, '5m', true, { openTime: ts - 60_000, open: 1, high: 2, low: 1, close: 2, volume: 3 })
        }
        return writer.take()
      })
      const joined = joinChunks(chunks)
      expect(told(joined)).toEqual(chunks.flatMap(told))
      expect(joined.count).toBe(chunks.reduce((sum, chunk) => sum + chunk.count, 0))
    }),
  )
})

test('raw files keep within their cap, the oldest go first', () => {
  const folder = temporaryFolder()
  try {
    const files = new RawFiles(folder.path, 's', 400_000)
    for (let i = 0; i < 30; i++) {
      expect(files.append(randomBytes(40_000))).toEqual({ ok: true, value: undefined })
      // Files of the same millisecond have no age to go by.
      for (const [n, name] of readdirSync(folder.path).sort().entries()) utimesSync(join(folder.path, name), n, n)
    }
    const left = readdirSync(folder.path).sort()
    const bytes = left.reduce((sum, name) => sum + statSync(join(folder.path, name)).size, 0)
    expect(bytes).toBeLessThanOrEqual(450_000)
    expect(bytes).toBeGreaterThan(200_000)
    expect(left.at(-1)).toBe('s-00010.jsonl.gz')
  } finally {
    folder.remove()
  }
})
