import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { candleOf } from '../../src/engine/market/candle-columns.ts'
import { loadCandles } from '../../src/main/venues/tape/candle-files.ts'
import { MINUTE } from '../../src/shared/domain/time.ts'

const T = 1_680_382_800_000
const row = (minute: number, close = 101): number[] => [T + minute * MINUTE, 100, 102, 99, close, 1.5]

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'candles-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function put(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

function load(...paths: string[]) {
  const tape = loadCandles(paths)
  if (!tape.ok) throw new Error(tape.error)
  const { series, files } = tape.value
  return { series, report: files.map((file) => file.report) }
}

function errorOf(...paths: string[]): string {
  const tape = loadCandles(paths)
  return tape.ok ? '' : tape.error
}

describe('candle files', () => {
  test('JSON and CSV, plain and zipped, give the same series', () => {
    const json = JSON.stringify([row(0), row(1)])
    const csv = `timestamp,open,high,low,close,volume\n2023-04-01 21:00:00,100,102,99,101,1.5\n2023-04-01 21:01:00,100,102,99,101,1.5\n`
    put('BTCUSDT-1m.json', json)
    put('ETHUSDT-1m.json.gz', gzipSync(json))
    put('SOLUSDT-1m.csv', csv)
    put('XRPUSDT-1m.csv.gz', gzipSync(csv.replaceAll('\n', '\r\n')))
    const { series, report } = load(folder)
    expect(series.map((one) => one.asset)).toEqual(['BTC', 'ETH', 'SOL', 'XRP'])
    for (const one of series) {
      expect(one.length).toBe(2)
      expect(candleOf(one, 1)).toEqual({ openTime: T + MINUTE, open: 100, high: 102, low: 99, close: 101, volume: 1.5 })
    }
    expect(report.every((file) => file.kept === 2 && file.gaps.count === 0 && file.examples.length === 0)).toBe(true)
  })

  test('every planted fault is left out, counted and placed', () => {
    const rows = [
      row(0),
      [T + MINUTE, 100, 102, 99, 103, 1], // close above high
      [T + MINUTE, 100, 102, 99, -101, 1],
      [T + MINUTE, 100, 102, 99, 101, -1],
      [T + MINUTE, 100, 102, 0, 101, 1],
      [T + MINUTE, 100, 102, 99, 101],
      [T + MINUTE, 'x', 102, 99, 101, 1],
      'nothing',
      [T + MINUTE + 1, 100, 102, 99, 101, 1],
      [9e15, 100, 102, 99, 101, 1],
      row(1),
      row(1, 100),
      row(0),
      row(4),
      ...Array.from({ length: 12 }, (_, i) => row(5 + i)),
    ]
    const { series, report } = load(put('BTCUSDT-1m.json', JSON.stringify(rows)))
    expect(report[0]).toMatchObject({
      rows: 26,
      kept: 15,
      leftOut: { malformed: 3, nonsense: 4, 'off-grid': 1, 'impossible time': 1, duplicate: 1, conflict: 1 },
      backSteps: 1,
      gaps: { count: 1, totalMs: 2 * MINUTE, longestMs: 2 * MINUTE },
      firstTs: T,
      lastTs: T + 17 * MINUTE,
    })
    expect(report[0]?.examples[0]).toBe('row 2: nonsense: column close: 103 is not between low and high, 99 and 102')
    expect(report[0]?.examples).toContain('row 7: malformed: column open: "x" is not a number')
    expect(Array.from(series[0]?.openTime ?? []).slice(0, 3)).toEqual([T, T + MINUTE, T + 4 * MINUTE])
    expect(series[0]?.close[1]).toBe(101)
  })

  test('A15: faults of CSV lines name the line, the column and why; blank lines are no rows and shift nothing', () => {
    const csv = `timestamp,open,high,low,close,volume
2023-04-01 21:00:00,100,102,99,101,1.5
2023-02-30 21:01:00,100,102,99,101,1.5
2023-04-01 21:01:00,100,102,99,0x65,1.5

2023-04-01 21:01:00,100,102,99,101,
2023-04-01 21:01:00,100,102,99,101,1

2023-04-01 21:02:00,100,102,99,101,1
2023-04-01 21:03:00,100,102,99,101,1
`
    const { report } = load(put('BTCUSDT-1m.csv', csv))
    expect(report[0]).toMatchObject({ rows: 7, kept: 4, leftOut: { malformed: 3 } })
    expect(report[0]?.examples).toEqual([
      expect.stringMatching(
        /^line 3: malformed: column open time: "2023-02-30 21:01:00" is no time of any calendar day/,
      ),
      'line 4: malformed: column close: "0x65" is not a number',
      'line 6: malformed: column volume: nothing is not a number',
    ])
  })

  test('B2: several files of an asset are joined in time order; one that is contained in another is no error', () => {
    mkdirSync(join(folder, 'b'))
    put('BTCUSDT-1m.json', JSON.stringify([row(2), row(3)]))
    put('b/BTCUSDT-1m.json', JSON.stringify([row(0), row(1), row(2), row(3)]))
    const { series, report } = load(folder)
    expect(series.map((one) => one.length)).toEqual([4])
    expect(report.map(({ kept, leftOut }) => [kept, leftOut])).toEqual([
      [0, { duplicate: 2 }],
      [4, {}],
    ])
  })

  test('B2: where two files differ the one that begins first is kept, and each place is a named conflict', () => {
    mkdirSync(join(folder, 'b'))
    put('BTCUSDT-1m.json', JSON.stringify([row(0), row(1), row(2)]))
    put('b/BTCUSDT-1m.json', JSON.stringify([row(2, 100), row(3), row(4)]))
    const { series, report } = load(folder)
    expect(Array.from(series[0]?.close ?? [])).toEqual([101, 101, 101, 101, 101])
    expect(report[1]).toMatchObject({
      leftOut: { conflict: 1 },
      examples: ['row 1: conflict: the same minute again, but its close is 100, not 101'],
    })
  })

  test('B2: NaN, as Python writes it, is a bad field of its own row; any other break names the true row', () => {
    const nan = `[${[row(0), row(1), row(2), row(3)].map((one) => JSON.stringify(one)).join(', ')}]`
    const { report } = load(put('BTCUSDT-1m.json', nan.replace('99,101,1.5], [', 'NaN,101,1.5], [')))
    expect(report[0]).toMatchObject({
      kept: 3,
      leftOut: { malformed: 1 },
      examples: ['row 1: malformed: column low: "NaN" is not a number'],
    })
  })

  test.each([
    ['BTCUSDT-1m.json', '[[1,2', /row 1: not JSON: the file ends in the middle/],
    ['BTCUSDT-1m.json', `[${JSON.stringify(row(0))},\n[${T}, x]]`, /row 2: not JSON: "\[1680382800000, x\]"/],
    ['BTCUSDT-1m.json', `[${JSON.stringify(row(0))},${JSON.stringify(row(1))},[17`, /row 3: not JSON: the file ends/],
    ['BTCUSDT-1m.json', '{"code":-1121,"msg":"Invalid symbol."}', /row 1: not a list of candles but .*Invalid symbol/],
    ['BTCUSDT-1m.json', '[]', /: no rows$/],
    ['BTCUSDT-1m.json', '[[1,2,3,4,5,6]]', /no usable row of 1 \(1 impossible time; row 1/],
    [
      'BTCUSDT-1m.csv',
      'time,price\n1,2\n',
      /line 1: no column for open, high, low, close, volume; its columns are time/,
    ],
    ['BTCUSDT-1m.csv', 'close_time,open,high,low,close,volume\n', /line 1: no column for open time/],
    ['BTCUSDT-1m.csv', 'date,time,open,high,low,close,volume\n', /line 1: date and time are in separate columns/],
    ['BTCUSDT-1m.csv', 'timestamp,open,high,low,close,volume\n', /: no rows$/],
    ['BTCUSDT-1m.csv', '', /the file is empty/],
    ['BTCUSDT-1m.csv', '1,2,3,4,5\n', /line 1: 5 fields and no header/],
    ['BTCUSDT-1m.json.gz', 'not zipped', /line 1: no column for/],
    ['BTCUSDT-5m.json', '[]', /candles of "5m" by its name: one-minute candles are needed/],
    ['BTC_USDT_USDT-1m-futures.json', '[]', /prices of "futures" by its name/],
    ['BTC_USDT-1m.feather', 'ARROW1', /Feather file .* "freqtrade convert-data --format-from feather/],
    ['prices-1m.csv', '', /does not contain the asset/],
    ['btc.parquet', '', /a Parquet file, which is not read/],
    ['BTCUSDT-1m.zip', 'PK\u0003\u0004 and nothing more', /cannot be read/],
  ])('%s with %j is one error that names the file', (name, content, reason) => {
    const path = put(name, content)
    expect(errorOf(path)).toMatch(reason)
    expect(errorOf(path).startsWith(`${path}: `)).toBe(true)
    expect(errorOf(path)).not.toContain('\n')
  })

  test('candles of another length are refused, whatever the file is called', () => {
    const rows = Array.from({ length: 30 }, (_, i) => row(5 * i))
    expect(errorOf(put('BTCUSDT-1m.json', JSON.stringify(rows)))).toMatch(/its rows are 5 minutes apart/)
  })

  test('a truncated archive, a missing file and an empty folder are errors', () => {
    const whole = gzipSync(JSON.stringify(Array.from({ length: 500 }, (_, i) => row(i))))
    expect(errorOf(put('BTCUSDT-1m.json.gz', whole.subarray(0, whole.length - 40)))).toMatch(/cannot be read/)
    expect(errorOf(join(folder, 'ETHUSDT-1m.json'))).toMatch(/ETHUSDT-1m\.json: .*ENOENT/)
    mkdirSync(join(folder, 'empty'))
    expect(errorOf(join(folder, 'empty'))).toMatch(/no candle file in this folder/)
    expect(errorOf()).toBe('no candle file was given')
  })
})
