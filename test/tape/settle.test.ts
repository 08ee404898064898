import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { outcomeOf, settleWindows } from '../../src/main/tape/settle.ts'
import { temporaryFolder } from '../support/cli.ts'
import { value } from '../support/tape.ts'

/** 2026-06-08T00:00:00Z */
const T = 1_780_876_800
const FEED = 'feed_ts_ms,value,full_accuracy_value,server_ts_ms,recv_ms'

let folder = temporaryFolder()
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

function put(name: string, lines: readonly string[]): string {
  const path = join(folder.path, name)
  writeFileSync(path, lines.join('\n'))
  return path
}

const market = (n: number, up: boolean | null, strike: string | null) =>
  JSON.stringify({
    slug: `btc-updown-5m-${T + 300 * n}`,
    start_sec: T + 300 * n,
    end_sec: T + 300 * (n + 1),
    resolved: up !== null,
    outcome_prices: up === null ? null : up ? ['1', '0'] : ['0', '1'],
    strike_value: strike,
  })
const report = (n: number, e18: string) =>
  `${(T + 300 * n) * 1000},${Number(`${e18}e-18`)},${e18},${(T + 300 * n) * 1000},${(T + 300 * n) * 1000 + 900}`

test('windows are settled by exact integers: a tie is Up, the last digit decides', async () => {
  const low = '63000500000000000000000'
  // One part in 10^22 below: the same number as a float.
  const justBelow = '63000499999999999999999'
  expect(Number(low)).toBe(Number(justBelow))
  const markets = put('markets.jsonl', [
    market(0, true, low), // tie
    market(1, false, low), // down by the last digit
    market(2, false, low), // disagrees, and has another strike
    market(3, null, null), // not resolved
    market(4, true, null), // no closing report
    market(5, true, null), // no opening report
    market(7, true, null), // neither
    'nonsense',
  ])
  const reports = [report(0, low), report(1, low), report(2, justBelow), report(3, low), report(4, low), report(6, low)]
  const prices = put('BTCUSD.csv', [FEED, ...reports, 'x'])
  const { files, ...found } = value(await settleWindows(markets, prices))
  expect(found).toEqual({
    windows: 7,
    decidable: 4,
    agree: 2,
    disagree: [`btc-updown-5m-${T + 600}`],
    undecidable: { noOpening: 1, noClosing: 1, neither: 1 },
    unresolved: 1,
    ties: 2,
    strikesCompared: 3,
    strikeDiffers: [`btc-updown-5m-${T + 600}`],
  })
  expect(files).toMatchObject([
    { file: 'markets.jsonl', rows: 8, kept: 7, leftOut: { malformed: 1 } },
    { file: 'BTCUSD.csv', rows: 7, kept: 6, leftOut: { malformed: 1 }, gaps: { count: 5, longestMs: 600_000 } },
  ])
})

test('files that are something else are refused in one line', async () => {
  const markets = put('markets.jsonl', [market(0, true, null)])
  const prices = put('prices.csv', [FEED, report(0, '63000500000000000000000')])
  const swapped = await settleWindows(prices, markets)
  expect(swapped.ok ? '' : swapped.error).toContain('no settlement feed')
  const none = await settleWindows(prices, prices)
  expect(none.ok ? '' : none.error).toContain('no window in it')
  const gone = await settleWindows(markets, join(folder.path, 'gone.csv'))
  expect(gone.ok ? '' : gone.error).toContain('gone.csv cannot be read')
})

test('the rule: Up when the close is at least the strike', () => {
  expect([outcomeOf(5n, 5n), outcomeOf(5n, 4n), outcomeOf(5n, 6n)]).toEqual(['up', 'down', 'up'])
})
