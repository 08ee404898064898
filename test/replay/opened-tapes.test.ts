import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTapes } from '../../src/main/replay/open-tapes.ts'
import { stretchesOf } from '../../src/main/replay/plan.ts'
import { importTape } from '../../src/main/tape/import/import-tape.ts'
import { DAY, HOUR, unixMs } from '../../src/shared/domain/time.ts'
import { type CandleRow, randomCandles, TAPE_DAY } from '../support/candle-tape.ts'
import { temporaryFolder } from '../support/cli.ts'
import { value } from '../support/tape.ts'

let folder = temporaryFolder()
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

/** A day with a halt of three hours as an exchange stores it, an hour missing, and one row that cannot be. */
const day: readonly CandleRow[] = randomCandles('BTC', 1, 3, 0).flatMap((row, i, all): CandleRow[] => {
  const close = all[719]?.[4] ?? 0
  if (i >= 720 && i < 900) return [[row[0], close, close, close, close, 0]]
  if (i >= 1000 && i < 1060) return []
  return [i === 300 ? [row[0], row[1] * 4, row[2] * 4, row[3] * 4, row[4] * 4, row[5]] : row]
})
const sound = day.filter(([ts]) => ts !== TAPE_DAY + 300 * 60_000)

const NOTICES = [
  'BTCUSDT-1m.json has 2 gaps, 61 min together, the longest 60 min.',
  'Rows of BTCUSDT-1m.json were left out: 1 outlier.',
  'BTCUSDT-1m.json has 1 stretch of 5 min or more without a trade, 180 min together, the longest 180 min: the exchange may have halted trading.',
]

describe('a replay of candles that have holes and a halt', () => {
  it('A2: says so, and plays every volume as it was recorded, from the file and from its import alike', async () => {
    const path = join(folder.path, 'BTCUSDT-1m.json')
    writeFileSync(path, JSON.stringify(day))
    const out = join(folder.path, 'x.tape')
    value(await importTape([path], { out, now: unixMs(0), engineBuild: 'test', side: null }))
    for (const named of [path, out]) {
      const tape = value(openTapes([named]))
      expect(tape.notices.slice(-3), named).toEqual(NOTICES)
      expect([tape.from, tape.to]).toEqual([TAPE_DAY + 2 * HOUR, TAPE_DAY + DAY])
      const [{ source } = { source: undefined }] = tape.sources
      if (source?.kind !== 'candles') throw new Error('not candles')
      const [series] = source.series
      expect(Array.from(series?.openTime ?? [])).toEqual(sound.map((row) => row[0]))
      expect(Array.from(series?.volume ?? [])).toEqual(sound.map((row) => row[5]))
    }
  })

  it('a sound tape has nothing of the kind to say', () => {
    const path = join(folder.path, 'BTCUSDT-1m.json')
    writeFileSync(path, JSON.stringify(randomCandles('BTC', 1, 3, 0)))
    expect(value(openTapes([path])).notices).toHaveLength(2)
  })

  it('each file that is not there, and a tape too short for anything, are said as what they are', () => {
    const path = join(folder.path, 'BTCUSDT-1m.json')
    writeFileSync(path, JSON.stringify(randomCandles('BTC', 1, 3, 0).slice(0, 90)))
    const errorOf = (result: { ok: true } | { ok: false; error: string }) => (result.ok ? '' : result.error)
    expect(errorOf(openTapes([path, join(folder.path, 'none.tape')]))).toMatch(/none\.tape: there is no such file$/)
    const short = value(openTapes([path]))
    expect(errorOf(stretchesOf(short, { from: undefined, to: undefined }))).toMatch(
      /its first 2 h are .* nothing is left/,
    )
  })

  it('A3: a tape of which most rows would be lost is refused', () => {
    const path = join(folder.path, 'BTCUSDT-1m.json')
    writeFileSync(path, JSON.stringify(day.map(([ts, open, high, low, close]) => [ts, open, low, high, close, 1])))
    const opened = openTapes([path])
    expect(opened.ok ? '' : opened.error).toMatch(/rows would be lost|no usable row/)
  })
})
