import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { importTape } from '../../src/main/tape/import/import-tape.ts'
import { verifySegment } from '../../src/main/tape/segment-verify.ts'
import { isoUtc, unixMs } from '../../src/shared/domain/time.ts'
import { temporaryFolder } from '../support/cli.ts'
import { value } from '../support/tape.ts'

/** 2026-06-08T00:00:00Z */
const T = 1_780_876_800_000
const BBO =
  'Timestamp,TargetTime,Expiration,UpBid,UpAsk,UpMid,UpSpread,UpBidLiquidity,UpAskLiquidity,DownBid,DownAsk,DownMid,DownSpread,DownBidLiquidity,DownAskLiquidity'
const SLUG = `btc-updown-5m-${T / 1000}`
const space = (ms: number) => isoUtc(ms).slice(0, 19).replace('T', ' ')
const many = (line: (i: number) => string) => Array.from({ length: 12 }, (_, i) => line(i))

const FILES: Readonly<Record<string, readonly string[]>> = {
  'BTCUSD-prices.csv': [
    'feed_ts_ms,value,full_accuracy_value,server_ts_ms,recv_ms',
    ...many((i) => `${T + i * 1000},63000.5,63000500000000000000000,${T},${T + i * 1000 + 900}`),
  ],
  'x_btc5m_bbo.csv': [
    BBO,
    ...many((i) => `${space(T + i * 1000)},${space(T)},${space(T + 300_000)},0.4,0.5,0,0,10,20,0,0,0,0,1,1`),
  ],
  'markets.jsonl': many((i) => {
    const start = T / 1000 + 300 * i
    const window = { slug: `btc-updown-5m-${start}`, start_sec: start, end_sec: start + 300, resolved: true }
    return JSON.stringify({ ...window, outcome_prices: ['0', '1'], strike_value: '63123544863797618000000' })
  }),
  'raw.jsonl': many((i) => {
    const book = { bids: [{ price: '0.4', size: '5' }], asks: [{ price: '0.5', size: '2' }], tick_size: '0.01' }
    return JSON.stringify({ recv_s: (T + i) / 1000, slug: SLUG, msg: { asset_id: 'A', event_type: 'book', ...book } })
  }),
  'ticks.csv': [
    'recv_ns,trade_us,event_us,symbol,price,qty,is_sell',
    ...many((i) => `${T + i}000000,${T + i}000,${T + i}000,BTCUSDT,63000.1,0.5,1`),
  ],
}

const folder = temporaryFolder()
afterAll(() => folder.remove())

const change = fc.record({
  at: fc.nat(100_000),
  remove: fc.integer({ min: 0, max: 30 }),
  put: fc.constantFrom(
    '',
    '\n',
    '\r\n\n',
    ',',
    '"',
    '{',
    '}',
    '\u0000',
    '-',
    'e9',
    '0',
    '9999',
    'null',
    '{"price":"x"}',
  ),
})

test.each(Object.keys(FILES))('%s, changed anywhere, makes a sound tape or is refused in one line', async (name) => {
  const sound = (FILES[name] ?? []).join('\n')
  const path = join(folder.path, name)
  const out = join(folder.path, `${name}.tape`)
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      let text = sound
      for (const { at, remove, put } of changes) {
        const from = at % (text.length + 1)
        text = text.slice(0, from) + put + text.slice(from + remove)
      }
      writeFileSync(path, text)
      rmSync(out, { force: true })
      const made = await importTape([path], { out, now: unixMs(T), engineBuild: 'test', side: null })
      if (!made.ok) {
        expect(made.error).toMatch(/^[^\n]+$/)
        expect(made.error).not.toContain('the import failed')
        return
      }
      const { segment } = value(verifySegment(out))
      expect(segment.records).toBe(made.value.report.records)
      const [report] = made.value.report.sources
      const left = Object.values(report?.leftOut ?? {}).reduce((sum, n) => sum + n, 0)
      expect((report?.kept ?? 0) + left).toBe(report?.rows)
    }),
    { numRuns: 60 },
  )
})
