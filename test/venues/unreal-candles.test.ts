import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadCandles } from '../../src/main/venues/tape/candle-files.ts'
import { DAY, HOUR, MINUTE } from '../../src/shared/domain/time.ts'
import { refusalOf, reportLines, reportNotices } from '../../src/shared/file-report.ts'
import { type CandleRow, randomCandles, TAPE_DAY } from '../support/candle-tape.ts'

/** One day of candles that are all sound, and files made of them that are not. */
const day = randomCandles('BTC', 1, 3, 0)
const YEAR = 365 * DAY

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unreal-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function load(rows: readonly unknown[]) {
  const path = join(folder, 'BTCUSDT-1m.json')
  writeFileSync(path, JSON.stringify(rows))
  const tape = loadCandles([path])
  if (!tape.ok) throw new Error(tape.error)
  const { series, files } = tape.value
  const [one] = series
  const report = files[0]?.report
  if (one === undefined || report === undefined) throw new Error('no series')
  return { one, report, times: Array.from(one.openTime) }
}

const times = day.map(([ts]) => ts)

describe('rows in another order', () => {
  it('A3: a file newest first is sorted, and every candle is kept', () => {
    const { report, times: found } = load(day.toReversed())
    expect(found).toEqual(times)
    expect(report).toMatchObject({ rows: 1440, kept: 1440, leftOut: {}, backSteps: 1439 })
    expect(reportLines(report)).toContain('  time goes back in 1439 places: put in order of time')
  })

  it('A3: rows of another day among those of one are put in order', () => {
    const other = randomCandles('BTC', 3, 3, 0).slice(2 * 1440, 2 * 1440 + 60)
    const rows: CandleRow[] = day.flatMap((row, i) => (i % 24 === 7 ? [row, other[(i - 7) / 24] ?? row] : [row]))
    const { report, one } = load(rows)
    expect(report).toMatchObject({ rows: 1500, kept: 1500, leftOut: {}, backSteps: 60 })
    expect(one.length).toBe(1500)
    expect(report.gaps).toMatchObject({ count: 1, longestMs: DAY })
  })

  it('A3: a day whose halves are exchanged goes back in one place', () => {
    const { report, times: found } = load([...day.slice(720), ...day.slice(0, 720)])
    expect(found).toEqual(times)
    expect(report.backSteps).toBe(1)
  })

  it.each([
    ['later', YEAR, 1],
    ['earlier', -YEAR, 1],
  ])('A3: one row with its year wrong, %s, is left out alone', (_, by, backSteps) => {
    const rows = day.map(
      (row, i): CandleRow => (i === 700 ? [row[0] + by, row[1], row[2], row[3], row[4], row[5]] : row),
    )
    const { report, times: found } = load(rows)
    expect(found).toEqual(times.filter((_ts, i) => i !== 700))
    expect(report).toMatchObject({
      rows: 1441 - 1,
      kept: 1439,
      leftOut: { outlier: 1 },
      backSteps,
      firstTs: TAPE_DAY,
      lastTs: TAPE_DAY + DAY,
      gaps: { count: 1, totalMs: MINUTE },
    })
    expect(report.examples[0]).toBe('row 701: outlier: its time is more than 6 h from every other row')
  })

  it('A3: a real pause of the exchange is a gap, with rows kept on both of its sides', () => {
    const { report } = load([...day.slice(0, 100), ...day.slice(700, 705), ...day.slice(1300)])
    expect(report).toMatchObject({ kept: 245, leftOut: {}, gaps: { count: 2, longestMs: 600 * MINUTE } })
  })

  it('A3: a file of which most rows would be lost is refused, with the reasons and the first place', () => {
    const path = join(folder, 'BTCUSDT-1m.json')
    const rows = day.map((row, i) => (i % 3 === 0 ? row : [row[0], row[1], row[3], row[2], row[4], row[5]]))
    writeFileSync(path, JSON.stringify(rows))
    const tape = loadCandles([path])
    expect(tape.ok ? '' : tape.error).toMatch(
      /: 960 of 1440 rows would be lost \(960 nonsense; row 2: nonsense: column low/,
    )
  })
})

describe('prices that cannot be', () => {
  const times3 = (row: CandleRow, by: number): CandleRow => [
    row[0],
    row[1] * by,
    row[2] * by,
    row[3] * by,
    row[4] * by,
    row[5],
  ]

  it.each([
    ['three times its neighbours', 500, 3],
    ['a third of them', 500, 1 / 3.2],
    ['three times them, in the first row', 0, 3.2],
    ['three times them, in the last row', 1439, 3.2],
  ])('A3: one candle %s is left out and said', (_, at, by) => {
    const { report, times: found } = load(day.map((row, i) => (i === at ? times3(row, by) : row)))
    expect(found).toEqual(times.filter((_ts, i) => i !== at))
    expect(report.leftOut).toEqual({ outlier: 1 })
    expect(report.examples[0]).toMatch(new RegExp(`^row ${at + 1}: outlier: .* beside prices about`))
  })

  it('A3: a single high of ten times the price is left out: no fill is made at it', () => {
    const rows = day.map(
      (row, i): CandleRow => (i === 500 ? [row[0], row[1], row[2] * 10, row[3], row[4], row[5]] : row),
    )
    const { report } = load(rows)
    expect(report).toMatchObject({ kept: 1439, leftOut: { outlier: 1 } })
  })

  it('a price that moves for good is kept, and the place is said', () => {
    const { report } = load(day.map((row, i) => (i >= 500 ? times3(row, 1000) : row)))
    expect(report).toMatchObject({ kept: 1440, leftOut: {} })
    expect(report.examples[0]).toMatch(/^row 501: the price goes from .* and stays there/)
    expect(report.notes[0]).toMatch(/stays there/)
  })
})

describe('minutes without a trade', () => {
  const halted = day.map((row, i): CandleRow => {
    const close = day[719]?.[4] ?? 0
    return i >= 720 && i < 900 ? [row[0], close, close, close, close, 0] : row
  })

  it('A2: a flat stretch without volume, as an exchange stores a halt, is counted and said, and its candles are kept as they are', () => {
    const { report, one } = load(halted)
    expect(report).toMatchObject({
      kept: 1440,
      flat: { count: 1, totalMs: 3 * HOUR, longestMs: 3 * HOUR },
    })
    expect(report.examples).toEqual(['row 721: no trade for 10800 s from it on'])
    expect(reportNotices([report])).toEqual([
      'BTCUSDT-1m.json has 1 stretch of 5 min or more without a trade, 180 min together, the longest 180 min: the exchange may have halted trading.',
    ])
    expect(Array.from(one.volume)).toEqual(halted.map((row) => row[5]))
  })

  it('A2: single minutes without a trade are none, and a hole ends a stretch', () => {
    const single = day.map((row, i): CandleRow => (i % 5 === 0 ? [row[0], row[1], row[1], row[1], row[1], 0] : row))
    expect(load(single).report.flat).toMatchObject({ count: 0 })
    expect(load(halted.filter((_, i) => i !== 800)).report.flat).toMatchObject({ count: 2, longestMs: 99 * MINUTE })
  })
})

it('a file in which every row is another one of the same is not lost, and one without rows is refused', () => {
  const { report } = load([...day, ...day])
  expect(report).toMatchObject({ rows: 2880, kept: 1440, leftOut: { duplicate: 1440 } })
  expect(refusalOf(report)).toBeUndefined()
  expect(refusalOf({ ...report, rows: 0 })).toBe('no rows')
})
