import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { damageText, readSegment } from '../../src/main/tape/segment-reader.ts'
import { repairSegment } from '../../src/main/tape/segment-repair.ts'
import { verifySegment } from '../../src/main/tape/segment-verify.ts'
import { type SegmentFile, SegmentWriter } from '../../src/main/tape/segment-writer.ts'
import { temporaryFolder } from '../support/cli.ts'
import { some } from '../support/some.ts'
import { chunkOf, header, linesOf, T0, value, writeTape } from '../support/tape.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())
const at = (name: string) => join(folder.path, name)

let bytes = Buffer.alloc(0)
let truth: string[] = []
let blocks: { readonly start: number; readonly end: number }[] = []
beforeAll(() => {
  writeTape(at('sound.tape'), 4)
  bytes = readFileSync(at('sound.tape'))
  const segment = value(readSegment(at('sound.tape')))
  truth = linesOf(segment)
  const starts = segment.blocks.map((block) => block.offset)
  blocks = starts.map((start, i) => ({ start, end: starts[i + 1] ?? bytes.length }))
})

/** Writes a tape that was tampered with and says what a reader makes of it. */
function outcomeOf(tampered: Buffer): { readonly told: boolean; readonly lines: readonly string[] } {
  writeFileSync(at('tampered.tape'), tampered)
  const verified = verifySegment(at('tampered.tape'))
  if (!verified.ok) {
    expect(damageText(verified.error)).toContain('tampered.tape: block ')
    return { told: true, lines: [] }
  }
  const { segment } = verified.value
  const { sealed, torn, holes } = segment.report
  return { told: !sealed || torn !== null || holes.length > 0, lines: linesOf(segment) }
}

/** Nothing that was tampered with passes as sound, and what can be read of it is what was written. */
function expectNoSilence(tampered: Buffer): void {
  const { told, lines } = outcomeOf(tampered)
  expect(told).toBe(true)
  expect(lines).toEqual(truth.slice(0, lines.length))
}

/** What a repair saves is what was written, and every record it lost lies in a hole it names. */
function expectHonestRepair(tampered: Buffer): void {
  writeFileSync(at('broken.tape'), tampered)
  const out = at(`repaired-${(repairs++).toString()}.tape`)
  const repaired = repairSegment(at('broken.tape'), out)
  if (!repaired.ok) {
    expect(repaired.error).toMatch(/header/)
    expect(existsSync(out)).toBe(false)
    return
  }
  const segment = value(verifySegment(out)).segment
  const lines = linesOf(segment)
  const kept = new Set(lines)
  expect(lines).toEqual(truth.filter((line) => kept.has(line)))
  const { holes, leftOut, moved, duplicates } = repaired.value
  if (lines.length < truth.length) expect(holes.length + leftOut.length).toBeGreaterThan(0)
  expect(segment.report.holes).toEqual(holes)
  expect(holes.length + leftOut.length + moved + duplicates).toBeGreaterThan(0)
  const end = Number(lines.at(-1)?.split(' ')[0] ?? 99)
  for (const line of some(truth)) {
    const seq = Number(line.split(' ')[0])
    if (kept.has(line) || seq > end) continue
    const first = Number(lines[0]?.split(' ')[0] ?? 100)
    expect(seq < first || holes.some((hole) => seq >= hole.fromSeq && seq < hole.toSeq)).toBe(true)
  }
}
let repairs = 0

describe('a segment', () => {
  test('gives back what was written', () => {
    const { segment, prices, books, events, candles } = value(verifySegment(at('sound.tape')))
    expect({ prices, books, events, candles }).toEqual({ prices: 4, books: 4, events: 4, candles: 4 })
    expect(segment.header).toEqual(header())
    expect(segment).toMatchObject({ records: 16, firstSeq: 100, nextSeq: 116, firstTs: T0, lastTs: T0 + 30_003 })
    expect(segment.report).toEqual({ sealed: true, torn: null, holes: [] })
    expect(new TextDecoder().decode(value(segment.inflate(1)))).toBe('state')
    expect(truth).toHaveLength(16)
  })

  test('0 silent differences: every byte changed in three ways', () => {
    for (let i = 0; i < bytes.length; i++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const tampered = Buffer.from(bytes)
        tampered[i] = (tampered[i] ?? 0) ^ flip
        expectNoSilence(tampered)
      }
    }
  })

  test('0 silent differences: cut at every byte, and cut and filled up with zeros', () => {
    for (let length = 0; length < bytes.length; length++) {
      expectNoSilence(bytes.subarray(0, length))
      if (length % 5 === 0) expectNoSilence(Buffer.concat([bytes.subarray(0, length), Buffer.alloc(100)]))
    }
  })

  test('0 silent differences: every two blocks swapped, every block removed, doubled, put elsewhere, bytes added', () => {
    const parts = blocks.map(({ start, end }) => bytes.subarray(start, end))
    for (let i = 0; i < parts.length; i++) {
      expectNoSilence(Buffer.concat(parts.toSpliced(i, 1)))
      for (let k = 0; k <= parts.length; k++) expectNoSilence(Buffer.concat(parts.toSpliced(k, 0, parts[i] ?? bytes)))
      for (let k = i + 1; k < parts.length; k++)
        expectNoSilence(Buffer.concat(parts.with(i, parts[k] ?? bytes).with(k, parts[i] ?? bytes)))
    }
    expectNoSilence(Buffer.concat([bytes, Buffer.from([0])]))
    expectNoSilence(Buffer.concat([bytes, bytes]))
  })

  test('a block of another recording, of the same number, is refused', () => {
    writeTape(at('other.tape'), 4, { session: 's2' })
    const other = readFileSync(at('other.tape'))
    const starts = value(readSegment(at('other.tape'))).blocks.map((block) => block.offset)
    for (const [i, { start, end }] of blocks.entries()) {
      const foreign = other.subarray(starts[i] ?? 0, starts[i + 1] ?? other.length)
      const tampered = Buffer.concat([bytes.subarray(0, start), foreign, bytes.subarray(end)])
      expectNoSilence(tampered)
      if (i > 0) expectHonestRepair(tampered)
    }
  })

  test('a cut tail is left out and named; what comes before stays usable', () => {
    const last = blocks.at(-2)
    writeFileSync(at('cut.tape'), bytes.subarray(0, (last?.end ?? 0) - 3))
    const segment = value(readSegment(at('cut.tape')))
    expect(segment.report).toMatchObject({ sealed: false, torn: { offset: last?.start, fromTs: T0 + 20_003 } })
    expect(linesOf(segment)).toEqual(truth.slice(0, 12))
  })

  test('damage names file, block, byte and time', () => {
    const tampered = Buffer.from(bytes)
    const start = blocks[3]?.start ?? 0
    tampered[start + 70] = (tampered[start + 70] ?? 0) ^ 4
    writeFileSync(at('bad.tape'), tampered)
    const verified = verifySegment(at('bad.tape'))
    expect(verified.ok ? '' : damageText(verified.error)).toBe(
      `${at('bad.tape')}: block 3 at byte ${start}, after 2026-06-08T00:00:00.003Z: the block's content does not match its checksum`,
    )
  })
})

describe('a repair', () => {
  test('of every damaged byte keeps what is sound and names what is missing', () => {
    for (let i = 0; i < bytes.length; i += 3) {
      const tampered = Buffer.from(bytes)
      tampered[i] = (tampered[i] ?? 0) ^ 0x10
      expectHonestRepair(tampered)
    }
  })

  test('puts blocks back in order and drops duplicates', () => {
    const parts = blocks.map(({ start, end }) => bytes.subarray(start, end))
    const shuffled = [0, 3, 2, 2, 5, 4, 1, 6].map((i) => parts[i] ?? bytes)
    writeFileSync(at('shuffled.tape'), Buffer.concat(shuffled))
    const report = value(repairSegment(at('shuffled.tape'), at('ordered.tape')))
    expect(report).toMatchObject({ moved: 3, duplicates: 1, leftOut: [], holes: [], records: 16 })
    expect(linesOf(value(readSegment(at('ordered.tape'))))).toEqual(truth)
  })

  test('names the hole where blocks are lost', () => {
    const cut = Buffer.concat([bytes.subarray(0, blocks[3]?.start), bytes.subarray(blocks[5]?.start)])
    writeFileSync(at('hole.tape'), cut)
    const report = value(repairSegment(at('hole.tape'), at('filled.tape')))
    expect(report.holes).toEqual([{ fromSeq: 104, toSeq: 112, fromTs: T0 + 3, toTs: T0 + 30_000 }])
    const { header: repaired, report: said } = value(readSegment(at('filled.tape')))
    expect(said.holes).toEqual(report.holes)
    expect(repaired.notices.join(' ')).toContain('Records 104 to 111 are missing')
    expectHonestRepair(cut)
  })
})

describe('a segment writer', () => {
  test('refuses an existing file', () => {
    const again = SegmentWriter.create(at('sound.tape'), header())
    expect(again.ok ? '' : again.error).toContain('cannot be made')
    expect(statSync(at('sound.tape')).size).toBe(bytes.length)
  })

  test('a full disk comes back as an error, half a block is cut off, and it goes on when there is room', () => {
    let room = 100_000
    const file: SegmentFile = {
      open: (path) => openSync(path, 'wx'),
      write: (fd, part, position) => {
        const count = Math.min(part.length, room)
        if (count === 0) throw new Error('ENOSPC: no space left on device, write')
        room -= count
        return writeSync(fd, part, 0, count, position)
      },
      truncate: ftruncateSync,
      sync: () => undefined,
      close: closeSync,
    }
    const writer = value(SegmentWriter.create(at('full.tape'), header(), file))
    value(writer.records(chunkOf(0), 0))
    const before = writer.bytesWritten
    for (const left of [0, 30, 60, 61, 100]) {
      room = left
      const failed = writer.records(chunkOf(1), 4)
      expect(failed.ok ? '' : failed.error).toContain('ENOSPC')
      expect(statSync(at('full.tape')).size).toBe(before)
      expect(writer.bytesWritten).toBe(before)
    }
    room = 100_000
    value(writer.records(chunkOf(2), 8))
    value(writer.seal())
    const segment = value(verifySegment(at('full.tape'))).segment
    // What was lost meanwhile is a hole that the file names.
    expect(segment.report.holes).toEqual([{ fromSeq: 4, toSeq: 8, fromTs: T0 + 3, toTs: T0 + 20_000 }])
  })

  test('sequence numbers that go back are a broken invariant', () => {
    const writer = value(SegmentWriter.create(at('back.tape'), header()))
    value(writer.records(chunkOf(0), 10))
    expect(() => writer.records(chunkOf(1), 12)).toThrow('sequence numbers go back')
    writer.close()
    expect(writer.records(chunkOf(1), 14).ok).toBe(false)
  })

  test('a clock that was set back is kept, and seen in the file', () => {
    const writer = value(SegmentWriter.create(at('clock.tape'), header()))
    value(writer.records(chunkOf(5), 0))
    value(writer.records(chunkOf(1), 4))
    value(writer.seal())
    const { segment } = value(verifySegment(at('clock.tape')))
    expect(segment.blocks.map((block) => block.flags)).toEqual([0, 0, 1, 0])
  })

  test('without its end a segment is readable and says so', () => {
    const writer = value(SegmentWriter.create(at('open.tape'), header()))
    value(writer.records(chunkOf(0), 0))
    value(writer.sync())
    expect(value(readSegment(at('open.tape'))).report.sealed).toBe(false)
    writer.close()
  })
})
