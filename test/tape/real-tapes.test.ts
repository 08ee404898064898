import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { importTape } from '../../src/main/tape/import/import-tape.ts'
import { verifySegment } from '../../src/main/tape/segment-verify.ts'
import { settleWindows } from '../../src/main/tape/settle.ts'
import { unixMs } from '../../src/shared/domain/time.ts'
import { temporaryFolder } from '../support/cli.ts'
import { value } from '../support/tape.ts'

const tapes = process.env.BATON_TAPES

let folder = temporaryFolder()
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

/** Runs where the recorded markets are; says in one line that it did not where they are not. */
function onTapes(name: string, work: (tapes: string) => Promise<void>): void {
  test(name, async () => {
    if (tapes === undefined) {
      console.log(`not run, BATON_TAPES is not set: ${name}`)
      return
    }
    await work(tapes)
  })
}

async function imported(...paths: readonly string[]) {
  const options = { out: join(folder.path, 'out.tape'), now: unixMs(0), engineBuild: 'test', side: null }
  const { path, report } = value(await importTape(paths, options))
  const { segment, ...counts } = value(verifySegment(path))
  expect(segment.records).toBe(report.records)
  return { report, source: report.sources[0], counts }
}

describe('recorded markets', () => {
  onTapes('best bid and ask with 112 back-steps', async (at) => {
    const { source } = await imported(join(at, 'polymarket/borisz42_btc15m_bbo_2025-12-26.csv.gz'))
    expect(source).toMatchObject({
      rows: 28_494,
      kept: 28_485,
      backSteps: 112,
      leftOut: { duplicate: 9 },
    })
  })

  onTapes('a day of the settlement feed and its windows', async (at) => {
    const { report, counts } = await imported(
      join(at, 'chainlink/ligengxin_BTCUSD-prices-2026-06-08.csv.gz'),
      join(at, 'polymarket/ligengxin_BTC-5m-markets-2026-06-08.jsonl.gz'),
    )
    expect(counts).toEqual({ prices: 84_543, books: 0, events: 872, candles: 0 })
    expect(report.sources[0]).toMatchObject({ rows: 84_558, gaps: { count: 1_051 }, leftOut: { late: 15 } })
    expect(report.sources[1]).toMatchObject({ rows: 292, kept: 292, leftOut: {} })
  })

  onTapes('three months of outcomes', async (at) => {
    const { source } = await imported(join(at, 'polymarket/felixdoteth_btc_5m_outcomes_2025-12-18_2026-03-16.csv.gz'))
    expect(source).toMatchObject({ rows: 20_928, kept: 20_928, records: 41_856, gaps: { count: 9 } })
  })

  onTapes('a month of candles', async (at) => {
    const { counts, report } = await imported(join(at, 'binance-1m/2025-03'))
    expect(counts.candles).toBe(178_560)
    expect(report.sources.map((source) => source.gaps.count)).toEqual([0, 0, 0, 0])
  })

  onTapes('B1: minutes of trades, as a table and as frames', async (at) => {
    const { source, counts } = await imported(join(at, 'binance-ticks/binance_ticks_btc_20260303_07.csv.gz'))
    expect(source?.kept).toBe(source?.rows)
    expect(counts.prices).toBe(source?.rows)
    // The recorder's clock was 2.7 s behind the exchange's.
    expect(source?.notes[0]).toMatch(/clock was behind/)
  })

  onTapes('two hours of raw books, 400 MB of JSON', async (at) => {
    const { source, report } = await imported(
      join(at, 'polymarket/cronos_btc5m_book_raw_2026-04-13_1510-1715.jsonl.gz'),
    )
    expect(report.unlabelledBooks).toBe(true)
    expect(source).toMatchObject({ rows: 114_882, kept: 112_782, leftOut: { other: 2_100 } })
  })

  onTapes('every decidable window of a day settles as the venue said', async (at) => {
    const settled = await settleWindows(
      join(at, 'polymarket/ligengxin_BTC-5m-markets-2026-06-08.jsonl.gz'),
      join(at, 'chainlink/ligengxin_BTCUSD-prices-2026-06-08.csv.gz'),
    )
    const { files, ...found } = value(settled)
    expect(files.map(({ rows, kept }) => [rows, kept])).toEqual([
      [292, 292],
      [84_558, 84_558],
    ])
    expect(found).toEqual({
      windows: 292,
      decidable: 279,
      agree: 279,
      disagree: [],
      undecidable: { noOpening: 5, noClosing: 5, neither: 3 },
      unresolved: 0,
      ties: 0,
      strikesCompared: 284,
      strikeDiffers: [],
    })
  })
})
