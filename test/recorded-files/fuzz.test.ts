import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { readOutsideTrades } from '../../src/main/attribution/outside-trades.ts'
import { loadCandles } from '../../src/main/venues/tape/candle-files.ts'
import { parseTime } from '../../src/shared/domain/dates.ts'
import { MINUTE } from '../../src/shared/domain/time.ts'
import { randomCandles } from '../support/candle-tape.ts'

const folder = mkdtempSync(join(tmpdir(), 'fuzz-'))
afterAll(() => rmSync(folder, { recursive: true }))

const rows = randomCandles('BTC', 1, 3, 0).slice(0, 40)
const HEADER = 'timestamp,open,high,low,close,volume'
const SOUND: Readonly<Record<'json' | 'csv' | 'gzip', Buffer>> = {
  json: Buffer.from(JSON.stringify(rows)),
  csv: Buffer.from(`${HEADER}\n${rows.map((row) => row.join(',')).join('\n')}\n`),
  gzip: gzipSync(JSON.stringify(rows)),
}

/** Rows that were looked at. */
let looked = 0

/** What must hold of whatever was read: the engine takes it as it is. */
function expectSound(result: ReturnType<typeof loadCandles>): void {
  if (!result.ok) {
    expect(result.error).toMatch(/^\S/)
    expect(result.error).not.toContain('\n')
    return
  }
  for (const { length, openTime, open, high, low, close, volume } of result.value.series)
    for (let i = 0; i < length; i++) {
      looked++
      const [o = 0, h = 0, l = 0, c = 0, v = -1] = [open[i], high[i], low[i], close[i], volume[i]]
      expect(l > 0 && l <= o && o <= h && l <= c && c <= h && v >= 0 && Number.isFinite(h + v)).toBe(true)
      expect((openTime[i] ?? 1) % MINUTE).toBe(0)
      expect(i === 0 || (openTime[i] ?? 0) > (openTime[i - 1] ?? 0)).toBe(true)
    }
}

it('a candle file with any bytes changed, cut or put in is read soundly or refused in one line', () => {
  const path = join(folder, 'BTCUSDT-1m.csv')
  const change = fc.record({
    at: fc.nat(1_000_000),
    remove: fc.integer({ min: 0, max: 40 }),
    put: fc.oneof(
      fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom('\n', '\r\n', ',', '"', '[', ']', 'NaN', '-', 'e9', '0').map((text) => Buffer.from(text)),
    ),
  })
  fc.assert(
    fc.property(
      fc.constantFrom('json', 'csv', 'gzip'),
      fc.array(change, { minLength: 1, maxLength: 5 }),
      (kind, changes) => {
        let bytes = SOUND[kind]
        for (const { at, remove, put } of changes) {
          const from = at % (bytes.length + 1)
          bytes = Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + remove)])
        }
        writeFileSync(path, bytes)
        expectSound(loadCandles([path]))
      },
    ),
    { numRuns: 300 },
  )
  expect(looked).toBeGreaterThan(500)
})

it('any text is a time or an error in one line, and never one outside 2009–2099', () => {
  const nearly = fc
    .array(
      fc.constantFrom(
        '2025',
        '-',
        '03',
        '3',
        'T',
        ' ',
        ':',
        '14',
        '.',
        '999',
        'Z',
        '+',
        '00',
        'UTC',
        '1741010407',
        'e',
      ),
      {
        maxLength: 14,
      },
    )
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.oneof(fc.string(), nearly), (text) => {
      const parsed = parseTime(text)
      if (parsed.ok)
        expect(new Date(parsed.value.ms).getUTCFullYear()).toSatisfy((year: number) => year >= 2009 && year < 2100)
      else expect(parsed.error).toMatch(/2009–2099|is no time/)
    }),
    { numRuns: 2_000 },
  )
})

it('any text is trades from elsewhere or an error', () => {
  const cell = fc.constantFrom(
    '2025-07-28 23:58:10',
    'a',
    'BTC-5m',
    'up',
    '10',
    '0.5',
    '',
    ' ',
    '"',
    '-1',
    '1e400',
    'NaN',
  )
  const line = fc.array(cell, { minLength: 7, maxLength: 9 }).map((cells) => cells.join(','))
  // Nearly all right, so that some are accepted.
  const right = ['2025-07-28 23:58:10', 'a', 'BTC-5m', 'up', '10', '0.5', '0.1', 'up']
  const column = (text: string) => fc.oneof({ weight: 20, arbitrary: fc.constant(text) }, cell)
  const near = fc.tuple(...right.map(column)).map((cells) => cells.join(','))
  let accepted = 0
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 8, arbitrary: near }, line, fc.string()), { maxLength: 6 }), (lines) => {
      const text = ['time,version,slot,side,shares,price,fee,outcome', ...lines].join('\n')
      const read = readOutsideTrades(text, 'x.csv')
      if (!read.ok) {
        expect(read.error).toMatch(/^x\.csv [^\n]+$/)
        return
      }
      accepted++
      for (const { shares, cost, fees, pnl } of read.value.trades)
        expect([shares, cost, fees, pnl].every(Number.isSafeInteger)).toBe(true)
    }),
  )
  expect(accepted).toBeGreaterThan(3)
})
