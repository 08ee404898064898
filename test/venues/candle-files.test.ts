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
  return tape.value
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
    expect(report.every((file) => file.kept === 2 && file.gaps === 0 && file.examples.length === 0)).toBe(true)
  })

  test('every planted fault is left out, counted and placed', () => {
    const rows = [
      row(0),
      [T + MINUTE, 100, 102, 99, 103, 1], // close above high
      [T + MINUTE, 100, 102, 99, -101, 1],
      [T + MINUTE, 100, 102, 99, 101, -1],
      [T + MINUTE, 100, 102, 0, 101, 1],
      [T + MINUTE, 100, 102, 99, 101],
      [T + MINUTE, '100', 102, 99, 101, 1],
      'nothing',
      [T + MINUTE + 1, 100, 102, 99, 101, 1],
      [9e15, 100, 102, 99, 101, 1],
      row(1),
      row(1, 100),
      row(0),
      row(4),
    ]
    const { series, report } = load(put('BTCUSDT-1m.json', JSON.stringify(rows)))
    expect(report[0]).toMatchObject({
      rows: 14,
      kept: 3,
      faults: { malformed: 3, nonsense: 5, offGrid: 1, duplicate: 1, backStep: 1 },
      gaps: 1,
      missingMinutes: 2,
    })
    expect(report[0]?.examples[0]).toBe('row 2: nonsense')
    expect(Array.from(series[0]?.openTime ?? [])).toEqual([T, T + MINUTE, T + 4 * MINUTE])
    expect(series[0]?.close[1]).toBe(101)
  })

  test('faults of CSV lines name the line', () => {
    const csv = `timestamp,open,high,low,close,volume
2023-04-01 21:00:00,100,102,99,101,1.5
2023-02-30 21:01:00,100,102,99,101,1.5
2023-04-01 21:01:00,100,102,99,0x65,1.5
2023-04-01 21:01:00,100,102,99,101,

2023-04-01 21:01:00,100,102,99,101,1`
    const { report } = load(put('BTCUSDT-1m.csv', csv))
    expect(report[0]).toMatchObject({ rows: 6, kept: 2, faults: { malformed: 4 } })
    expect(report[0]?.examples).toEqual([3, 4, 5, 6].map((line) => `line ${line}: malformed`))
  })

  test('several files of an asset are joined in time order, the overlap counted', () => {
    mkdirSync(join(folder, 'b'))
    put('BTCUSDT-1m.json', JSON.stringify([row(2), row(3)]))
    put('b/BTCUSDT-1m.json', JSON.stringify([row(0), row(1), row(2)]))
    const { series, report } = load(folder)
    expect(series.map((one) => one.length)).toEqual([4])
    expect(report.map((file) => file.faults.duplicate)).toEqual([0, 1])
  })

  test.each([
    ['BTCUSDT-1m.json', '[[1,2', /row 1: not JSON/],
    ['BTCUSDT-1m.json', `[${JSON.stringify(row(0))},\n[${T}, x]]`, /row 2: not JSON/],
    ['BTCUSDT-1m.json', '{"a":1}', /row 1: not a list/],
    ['BTCUSDT-1m.json', '[]', /no usable candle/],
    ['BTCUSDT-1m.json', '[[1,2,3,4,5,6]]', /no usable candle \(row 1: nonsense\)/],
    ['BTCUSDT-1m.csv', 'time,price\n1,2\n', /line 1: header/],
    ['BTCUSDT-1m.csv', '', /line 1: header/],
    ['BTCUSDT-1m.json.gz', 'not zipped', /cannot be read/],
    ['BTCUSDT-5m.json', '[]', /not named like/],
    ['btc.parquet', '', /not named like/],
  ])('%s with %j is one error that names the file', (name, content, reason) => {
    const path = put(name, content)
    expect(errorOf(path)).toMatch(reason)
    expect(errorOf(path).startsWith(`${path}: `)).toBe(true)
  })

  test('a truncated archive, a missing file and an empty folder are errors', () => {
    const whole = gzipSync(JSON.stringify(Array.from({ length: 500 }, (_, i) => row(i))))
    expect(errorOf(put('BTCUSDT-1m.json.gz', whole.subarray(0, whole.length - 40)))).toMatch(/cannot be read/)
    expect(errorOf(join(folder, 'ETHUSDT-1m.json'))).toMatch(/ETHUSDT-1m\.json: .*ENOENT/)
    mkdirSync(join(folder, 'empty'))
    expect(errorOf(join(folder, 'empty'))).toMatch(/no candle file in this folder/)
    expect(errorOf()).toBe('no candle file was named')
  })
})
