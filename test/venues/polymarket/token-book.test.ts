import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { bookHash, findHashContext, type WireLevel } from '../../../src/main/venues/polymarket/book-hash.ts'
import { microOf } from '../../../src/main/venues/polymarket/decimals.ts'
import { parseFrames } from '../../../src/main/venues/polymarket/frames.ts'
import { type BookFrame, TokenBook } from '../../../src/main/venues/polymarket/token-book.ts'
import { longForm } from '../../support/long-form.ts'

/** The checksum by plain JSON, independent of the product's. */
function plainHash(frame: Omit<BookFrame, 'hash'>, tick: string, lastTrade: string): string {
  const { market, assetId, timestamp, bids, asks } = frame
  const body = { market, asset_id: assetId, timestamp, hash: '', bids, asks }
  const text = JSON.stringify({
    ...body,
    min_order_size: '5',
    tick_size: tick,
    neg_risk: false,
    last_trade_price: lastTrade,
  })
  return createHash('sha1').update(text).digest('hex')
}

const MARKET = '0xaabbcc'

/** A frame with a right checksum. Prices in cents, sizes in whole shares. */
function frameOf(
  bids: readonly (readonly [number, number])[],
  asks: readonly (readonly [number, number])[],
  timestamp = '1000',
): BookFrame {
  const levels = (list: readonly (readonly [number, number])[]): WireLevel[] =>
    list.map(([cents, size]) => ({ price: (cents / 100).toFixed(2), size: String(size) }))
  const frame = {
    market: MARKET,
    assetId: '7',
    timestamp,
    bids: levels(bids),
    asks: levels(asks),
    tick: '0.01',
    lastTrade: '0.500',
  }
  return { ...frame, hash: plainHash(frame, '0.01', '0.500') }
}

describe('decimals of the venue', () => {
  test('are read exactly, and nothing else is read', () => {
    expect(['0.01', '1', '0.709999', '182528.55', '1.464786', '0.1000000'].map(microOf)).toEqual([
      10_000, 1_000_000, 709_999, 182_528_550_000, 1_464_786, 100_000,
    ])
    for (const text of ['', '-1', '1e3', '.5', '0.7099999', '1.', 'NaN', '1 ', '9999999999999999'])
      expect(microOf(text), text).toBeUndefined()
  })
})

describe('the checksum of a book', () => {
  test('is that of the vector of py-clob-client-v2 (MIT)', () => {
    const bids = [
      { price: '0.3', size: '100' },
      { price: '0.4', size: '100' },
    ]
    const asks = [
      { price: '0.6', size: '100' },
      { price: '0.7', size: '100' },
    ]
    const fields = { market: MARKET, assetId: '100', timestamp: '123456789', minOrderSize: '100' }
    const context = { tick: '0.01', lastTrade: '0.5' }
    expect(bookHash(fields, bids, asks, context)).toBe('0458ea5755c9f73d64a14636fa5c36ed460ec394')
  })

  test('is found without knowing tick and last trade price, and only for the right levels', () => {
    const frame = frameOf([[40, 10]], [[60, 5]])
    const fields = { market: MARKET, assetId: '7', timestamp: '1000', minOrderSize: '5' }
    const hash = plainHash(frame, '0.001', '0.123')
    expect(findHashContext(hash, fields, frame.bids, frame.asks, undefined)).toEqual({
      tick: '0.001',
      lastTrade: '0.123',
    })
    expect(findHashContext(hash, fields, frame.bids, [{ price: '0.60', size: '6' }], undefined)).toBeUndefined()
  })
})

describe('a book', () => {
  test('is empty and unusable after a wrong checksum, unreadable or disordered levels', () => {
    const sound = frameOf(
      [
        [40, 10],
        [41, 3],
      ],
      [
        [60, 5],
        [59, 2],
      ],
    )
    const broken: BookFrame[] = [
      { ...sound, hash: sound.hash.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) },
      { ...sound, bids: [{ price: '0.40', size: 'x' }] },
      { ...sound, bids: [...sound.bids].reverse() },
      { ...sound, asks: [{ price: '1.01', size: '1' }] },
    ]
    for (const frame of broken) {
      const book = new TokenBook('7', '5')
      expect(book.replace(sound).ok).toBe(true)
      expect(book.replace(frame).ok).toBe(false)
      expect([book.isVerified, book.bids, book.asks]).toEqual([false, [], []])
    }
  })

  test('with changes of levels equals a map of levels, whatever their order; their checksums are acted on once they agreed', () => {
    const change = fc.record({
      cents: fc.integer({ min: 1, max: 99 }),
      size: fc.integer({ min: 0, max: 50 }),
      buy: fc.boolean(),
    })
    let applied = 0
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), fc.boolean(), (changes, hashed) => {
        const book = new TokenBook('7', '5')
        expect(book.replace(frameOf([[40, 10]], [[60, 5]])).ok).toBe(true)
        const bids = new Map([[40, 10]])
        const asks = new Map([[60, 5]])
        for (const { cents, size, buy } of changes) {
          applied++
          const side = buy ? bids : asks
          if (size === 0) side.delete(cents)
          else side.set(cents, size)
          const wire = (map: Map<number, number>, order: 1 | -1) => [...map].toSorted(([a], [b]) => (a - b) * order)
          const after = frameOf(wire(bids, 1), wire(asks, -1), '1001')
          const text = { price: (cents / 100).toFixed(2), size: String(size) }
          const result = book.change(
            [{ ...text, side: buy ? 'BUY' : 'SELL', hash: hashed ? after.hash : 'other' }],
            '1001',
          )
          expect(result.ok).toBe(true)
          expect(book.bids.map(({ price, size: shares }) => ({ price, size: shares }))).toEqual(after.bids)
          expect(book.asks.map(({ price, size: shares }) => ({ price, size: shares }))).toEqual(after.asks)
        }
        if (changes.length > 0) expect(book.deltaHashes).toBe(hashed ? 'agree' : 'differ')
        if (hashed && changes.length > 0) {
          // A lost change shows in the next one's checksum.
          expect(book.change([{ price: '0.01', size: '1', side: 'BUY', hash: 'wrong' }], '1002').ok).toBe(false)
          expect(book.isVerified).toBe(false)
        }
      }),
    )
    expect(applied).toBeGreaterThan(100)
  })
})

const TAPE = join(process.env.BATON_TAPES ?? '', 'polymarket', 'cronos_btc5m_book_raw_2026-04-13_1510-1715.jsonl.gz')
const recorded = process.env.BATON_TAPES !== undefined && existsSync(TAPE)
if (!recorded) process.stdout.write('not run: checksums of recorded books (set BATON_TAPES)\n')

describe.runIf(recorded)('recorded books', () => {
  const frames = Number(longForm('20000', '114882'))

  test(`each of ${frames} frames has the right checksum, and none is crossed`, async () => {
    const line = z.object({ msg: z.unknown() })
    const books = new Map<string, TokenBook>()
    const count = { frames: 0, verified: 0, crossed: 0 }
    for await (const text of createInterface(createReadStream(TAPE).pipe(createGunzip()))) {
      if (count.frames === frames) break
      const parsed = parseFrames(JSON.stringify(line.parse(JSON.parse(text)).msg))
      if (!parsed.ok) throw new Error(parsed.error)
      for (const read of parsed.value) {
        if (!read.ok) throw new Error(read.reason)
        if (read.frame.kind !== 'book') continue
        const book = books.get(read.frame.assetId) ?? new TokenBook(read.frame.assetId, '5')
        books.set(read.frame.assetId, book)
        count.frames++
        if (book.replace(read.frame).ok) count.verified++
        if (book.isCrossed) count.crossed++
      }
    }
    expect(count).toEqual({ frames, verified: frames, crossed: 0 })
  })
})
