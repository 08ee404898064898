import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BookLevel, decodeBook, emptyLevels } from '../../src/main/tape/book-body.ts'
import { FRAMES, KIND } from '../../src/main/tape/record-format.ts'
import { RecordReader } from '../../src/main/tape/record-reader.ts'
import { RecordWriter } from '../../src/main/tape/record-writer.ts'
import type { CandleFrame } from '../../src/shared/domain/slots.ts'

type Told =
  | { kind: 'price'; ts: number; asset: number; tsVenue: number; price: number; volume: number }
  | {
      kind: 'book'
      ts: number
      slot: number
      windowStart: number
      tick: number
      bids: readonly BookLevel[]
      asks: readonly BookLevel[]
    }
  | { kind: 'json'; ts: number; value: unknown }
  | {
      kind: 'candle'
      ts: number
      asset: number
      frame: CandleFrame
      backfill: boolean
      openTime: number
      close: number
    }

const time = fc.oneof(fc.integer({ min: 1.7e12, max: 1.7e12 + 5000 }), fc.integer({ min: 0, max: 2 ** 52 - 1 }))
const index = fc.integer({ min: 0, max: 255 })
const level = fc.record({
  price: fc.oneof(
    fc.integer({ min: 0, max: 100 }).map((n) => n * 10_000),
    fc.integer({ min: 0, max: 1_000_000 }),
  ),
  shares: fc.oneof(
    fc.integer({ min: 0, max: 1e6 }).map((n) => n * 10_000),
    fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  ),
})
const levels = fc.array(level, { maxLength: 12 })
const record: fc.Arbitrary<Told> = fc.oneof(
  fc.record({
    kind: fc.constant('price' as const),
    ts: time,
    asset: index,
    tsVenue: time,
    price: fc.double(),
    volume: fc.double(),
  }),
  fc.record({
    kind: fc.constant('book' as const),
    ts: time,
    slot: fc.integer({ min: 0, max: 65_535 }),
    windowStart: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    tick: fc.constantFrom(0, 1_000, 10_000, 2_500),
    bids: levels,
    asks: levels,
  }),
  fc.record({ kind: fc.constant('json' as const), ts: time, value: fc.jsonValue() }),
  fc.record({
    kind: fc.constant('candle' as const),
    ts: time,
    asset: index,
    frame: fc.constantFrom(...FRAMES),
    backfill: fc.boolean(),
    openTime: time,
    close: fc.double(),
  }),
)

function write(writer: RecordWriter, told: Told): void {
  if (told.kind === 'price') writer.price(told.ts, told.asset, told.tsVenue, told.price, told.volume)
  else if (told.kind === 'book') writer.book(told.ts, told.slot, told.windowStart, told.tick, told.bids, told.asks)
  else if (told.kind === 'json') writer.json(told.ts, told.value)
  else
    writer.candle(told.ts, told.asset, told.frame, told.backfill, {
      openTime: told.openTime,
      open: 1,
      high: 2,
      low: 0.5,
      close: told.close,
      volume: 9,
    })
}

const book = emptyLevels()
function readOne(reader: RecordReader, bytes: Uint8Array): Told {
  const { ts, asset, slot, windowStart, tick } = reader
  if (reader.kind === KIND.price)
    return { kind: 'price', ts, asset, tsVenue: reader.tsVenue, price: reader.price, volume: reader.volume }
  if (reader.kind === KIND.json) return { kind: 'json', ts, value: reader.json() }
  if (reader.kind === KIND.candle) {
    expect([reader.open, reader.high, reader.low, reader.volume]).toEqual([1, 2, 0.5, 9])
    const { frame, backfill, openTime, close } = reader
    return { kind: 'candle', ts, asset, frame, backfill, openTime, close }
  }
  expect(decodeBook(bytes, reader.bodyOffset, tick, book, reader.bodyEnd)).toBe(reader.bodyEnd)
  const side = (count: number, prices: Float64Array, shares: Float64Array) =>
    Array.from({ length: count }, (_, i) => ({ price: prices[i] ?? 0, shares: shares[i] ?? 0 }))
  const bids = side(book.bidCount, book.bidPrice, book.bidShares)
  const asks = side(book.askCount, book.askPrice, book.askShares)
  return { kind: 'book', ts, slot, windowStart, tick, bids, asks }
}

function readAll(bytes: Uint8Array, baseTs: number): Told[] {
  const reader = new RecordReader(bytes, baseTs)
  const all: Told[] = []
  while (reader.next()) all.push(readOne(reader, bytes))
  expect(reader.error).toBeNull()
  return all
}

describe('records', () => {
  test('come back as they were written, chunk after chunk', () => {
    let written = 0
    fc.assert(
      fc.property(fc.array(fc.array(record, { maxLength: 30 }), { maxLength: 3 }), (chunks) => {
        const writer = new RecordWriter()
        for (const chunk of chunks) {
          for (const told of chunk) write(writer, told)
          expect(writer.count).toBe(chunk.length)
          written += chunk.length
          const taken = writer.take()
          expect(taken.count).toBe(chunk.length)
          expect(taken.firstTs).toBe(chunk[0]?.ts ?? 0)
          expect(taken.lastTs).toBe(chunk.at(-1)?.ts ?? 0)
          // JSON has no −0; the numbers of the other kinds are kept to the bit.
          expect(readAll(taken.bytes, taken.firstTs)).toEqual(
            chunk.map((told) =>
              told.kind === 'json' ? { ...told, value: JSON.parse(JSON.stringify(told.value)) } : told,
            ),
          )
        }
      }),
      { numRuns: 300 },
    )
    expect(written).toBeGreaterThan(500)
  })

  test('bytes that are anything end in records, an error or both, never beyond the end', () => {
    // Bytes at random hardly ever begin a record: most are sound ones of which some bytes are others.
    const writer = new RecordWriter()
    for (const ts of [1.7e12, 1.7e12 + 9]) {
      writer.price(ts, 0, ts - 500, 65_000.5, 0.25)
      writer.book(ts + 3, 1, 1_700_000_000, 10_000, [{ price: 520_000, shares: 10_000 }], [])
      writer.candle(ts + 5, 0, '5m', true, { openTime: 1.7e12, open: 1, high: 2, low: 0.5, close: 1, volume: 9 })
    }
    const sound = writer.take().bytes
    const changes = fc.array(fc.record({ at: fc.nat(sound.length - 1), to: fc.nat(255) }), { maxLength: 4 })
    const changed = changes.map((list) => {
      const bytes = sound.slice()
      for (const { at, to } of list) bytes[at] = to
      return bytes
    })
    let read = 0
    fc.assert(
      fc.property(fc.oneof({ weight: 3, arbitrary: changed }, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        const reader = new RecordReader(bytes, 1.7e12)
        const out = emptyLevels()
        while (reader.next()) {
          read++
          if (reader.kind === KIND.book) {
            const end = decodeBook(bytes, reader.bodyOffset, reader.tick, out, reader.bodyEnd)
            expect(end).toBeLessThanOrEqual(reader.bodyEnd)
          }
          if (reader.kind === KIND.json) reader.json()
        }
        expect(reader.error?.offset ?? 0).toBeLessThanOrEqual(bytes.length)
      }),
      { numRuns: 2000 },
    )
    expect(read).toBeGreaterThan(2_000)
  })

  test('every cut through sound records is an error with its offset', () => {
    const writer = new RecordWriter()
    writer.price(1.7e12, 0, 1.7e12 - 500, 65_000.5, 0.25)
    writer.book(1.7e12 + 3, 1, 1_700_000_000, 10_000, [{ price: 520_000, shares: 10_000 }], [])
    writer.json(1.7e12 + 4, { kind: 'redeemed', ts: 1.7e12 + 4 })
    writer.candle(1.7e12 + 5, 0, '5m', true, { openTime: 1.7e12, open: 1, high: 2, low: 0.5, close: 1, volume: 9 })
    const { bytes } = writer.take()
    const ends = new Set<number>()
    const whole = new RecordReader(bytes, 1.7e12)
    while (whole.next()) ends.add(whole.offset)
    for (let length = 1; length < bytes.length; length++) {
      const reader = new RecordReader(bytes.subarray(0, length), 1.7e12)
      while (reader.next()) expect(reader.offset).toBeLessThan(length)
      if (ends.has(length)) expect(reader.error).toBeNull()
      else expect(reader.error).toMatchObject({ offset: [...ends].filter((at) => at < length).at(-1) })
    }
  })

  test('an index or a time that is none is refused when it is written', () => {
    const writer = new RecordWriter()
    expect(() => writer.price(1.5, 0, 1, 1, 1)).toThrow('time')
    expect(() => writer.price(1, 256, 1, 1, 1)).toThrow('asset index')
    expect(() => writer.book(1, 70_000, 1, 1, [], [])).toThrow('slot index')
    expect(() => writer.book(1, 0, 1, 1, [{ price: Number.NaN, shares: 1 }], [])).toThrow('level')
    expect(() => writer.book(1, 0, 1, 1, [], [{ price: 1, shares: -1 }])).toThrow('level')
    expect(() => writer.json(1, undefined)).toThrow('JSON')
  })
})
