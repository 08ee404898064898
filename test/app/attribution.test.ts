import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Station } from '../../src/main/app/station.ts'
import { TradeBooks } from '../../src/main/attribution/trade-books.ts'
import { listVersions } from '../../src/main/db/queries.ts'
import { shares, usdOf } from '../../src/shared/domain/money.ts'
import type { ReplayTrade } from '../../src/shared/domain/replays.ts'
import { HOUR, unixMs } from '../../src/shared/domain/time.ts'
import { baton } from '../support/cli.ts'
import { eager, freePort, TestHome, until } from '../support/desk.ts'
import { slotId, windowId } from '../support/ids.ts'
import { some } from '../support/some.ts'

/** Five hours of trading with two versions of snipe, one after the other. */
const home = new TestHome({
  slots: ['BTC-5m', 'ETH-5m', 'SOL-5m'],
  assign: { '*-5m': 'snipe' },
  caps: { lossPerDayUsd: 10_000 },
  proof: { maxDrawdownUsd: 10_000 },
})
let station: Station

beforeAll(async () => {
  home.write('snipe.ts', eager('snipe', 1))
  station = await home.station({
    speed: 600,
    from: unixMs(Date.UTC(2026, 0, 5)),
    forMs: 5 * HOUR,
    port: await freePort(),
  })
  const { desk } = station
  await until('half of it is over', () => desk.now() > Date.UTC(2026, 0, 5) + 2 * HOUR)
  home.write('snipe.ts', eager('snipe', 2))
  const outcome = await desk.dispatcher.dispatch({ kind: 'reload', strategy: 'snipe', override: 'a test' }, 'cli')
  expect(outcome.outcome, outcome.message).toBe('done')
  await desk.life.done
}, 120_000)
afterAll(() => home.remove())

describe('the desk judges its versions', () => {
  test('on a thread of its own: records, what they say, and how each came about', async () => {
    const { desk } = station
    const rows = await desk.books.ask('attribution.records', { by: ['version', 'market'], filter: {} })
    const versions = listVersions(desk.journal.db)
    for (const { hash, trades, own, handed } of some(versions)) {
      const row = rows.find(({ of }) => of.version === hash)
      if (row === undefined) throw new Error(`nothing of ${hash}`)
      // W3: one definition of each figure, whoever shows it.
      const { figures, handedOver, takenOver } = row
      expect([figures.trades, figures.wins, figures.pnl]).toEqual([own.trades, own.wins, own.pnl])
      expect(figures.winRate).toBeCloseTo(own.winRate ?? 0, 12)
      expect(figures.breakEven).toBeCloseTo(own.breakEven ?? 0, 12)
      expect(figures.trades + handedOver.trades).toBe(trades)
      expect(handed).toEqual({
        trades: handedOver.trades + takenOver.trades,
        pnl: handedOver.pnl + takenOver.pnl,
      })
      expect(row.of.market).toBe('simulated')
      expect(row.sentence).toMatch(/^(It|So far it) (earns|loses)/)
      expect(row.life).toMatchObject({ faults: 0, decisions: expect.any(Number), entries: expect.any(Number) })
      expect(row.life?.liveMs).toBeGreaterThan(HOUR)
      expect(row.life?.fillRate).toBeGreaterThan(0.5)
      expect(row.figures.latencyMs).toBeGreaterThan(0)
    }
    const handed = rows.reduce((sum, row) => sum + row.handedOver.trades, 0)
    expect(handed).toBe(rows.reduce((sum, row) => sum + row.takenOver.trades, 0))
    const profit = await desk.books.ask('attribution.profit', {})
    expect(profit.series.map(({ points }) => points.length > 20)).toEqual([true, true])
    expect(profit.deployments.map(({ version }) => version.number)).toEqual([2, 1])
    const ends = profit.series.map(({ version, points }) => [version.hash, points.at(-1)?.pnl])
    expect(Object.fromEntries(ends)).toEqual(Object.fromEntries(versions.map(({ hash, own }) => [hash, own.pnl])))
  })

  test('T1: time live counts to the last moment of the record, not to today', () => {
    const { db } = station.desk.journal
    const lives = [...new TradeBooks(db).lives().values()].map(({ liveMs }) => liveMs)
    // The run was of five hours, months ago by the clock of this computer.
    expect(Math.max(...lives)).toBeLessThanOrEqual(5 * HOUR)
    const total = lives.reduce((sum, ms) => sum + ms, 0)
    expect(total).toBeGreaterThan(4.9 * HOUR)
    expect(total).toBeLessThanOrEqual(5 * HOUR)
  })

  test('what came after a deployment is held against what came before, and the gauge says how often one tried', async () => {
    const { desk } = station
    const [second, first] = listVersions(desk.journal.db)
    const found = await desk.books.ask('attribution.compare', {
      before: first?.hash ?? '',
      after: second?.hash ?? '',
      at: null,
      by: 'trades',
    })
    expect(found.before.figures.trades).toBe(found.after.figures.trades)
    expect(found.verdict).toBe('undecided')
    expect(found.sentence).toMatch(/^It cannot be told yet which is better: the difference is/)
    const gauge = await desk.books.ask('attribution.gauge', { strategy: 'snipe' })
    expect(gauge).toMatchObject({ versionsTried: 2, afterLoss: expect.any(Number) })
    expect(gauge.sentence).toMatch(/^2 versions tried/)
  })

  test('what a shadow would have traded is a line of its own, and in no other figure', async () => {
    const { desk } = station
    const ask = () => desk.books.ask('attribution.records', { by: ['version', 'market'], filter: {} })
    const before = await ask()
    const [second, first] = listVersions(desk.journal.db)
    const start = Date.UTC(2026, 0, 5) / 1000
    const shadowed: readonly ReplayTrade[] = [
      {
        slot: slotId('BTC-5m'),
        windowId: windowId(`btc-updown-5m-${start}`),
        side: 'up',
        openedAt: start * 1000 + 60_000,
        settledAt: start * 1000 + 320_000,
        shares: shares(10_000_000),
        cost: usdOf(9.3),
        fees: usdOf(0.05),
        pnl: usdOf(0.65),
        outcome: 'up',
        regime: 'quiet-range',
        why: 'shadow',
      },
    ]
    desk.journal.write({ w: 'shadow', deployment: 'D-shadow', version: second?.hash ?? '', trades: shadowed })
    await desk.journal.flush()
    const after = await ask()
    const shadow = after.find(({ of }) => of.market === 'shadow')
    expect(shadow).toMatchObject({ of: { version: second?.hash }, figures: { trades: 1, wins: 1, pnl: 650_000 } })
    expect(after.filter(({ of }) => of.market !== 'shadow')).toEqual(before)
    const pair = { before: first?.hash ?? '', after: second?.hash ?? '', at: null, by: 'time' as const }
    const { trades } = (await desk.books.ask('attribution.compare', pair)).after.figures
    expect(trades).toBeLessThanOrEqual(before.find(({ of }) => of.version === second?.hash)?.figures.trades ?? 0)
  })

  test('over HTTP, with a clear word on a bad question', async () => {
    const token = readFileSync(home.home.tokenFile, 'utf8').trim()
    const get = (query: string) =>
      fetch(`${new URL(station.api?.address ?? '').origin}/api/attribution${query}`, {
        headers: { authorization: `Bearer ${token}` },
      })
    const rows = (await (await get('?by=version,regime&market=simulated')).json()) as { of: object }[]
    expect(rows.length).toBeGreaterThan(2)
    expect(Object.keys(rows[0]?.of ?? {})).toEqual(['version', 'regime'])
    const none = (await (await get('?from=2026-01-05T00:00:00Z&to=2026-01-05%2000:00:01')).json()) as object[]
    expect(none).toEqual([])
    const vague = await get('?from=05/01/2026')
    expect([vague.status, await vague.text()]).toEqual([400, expect.stringContaining('is no time: write ISO 8601')])
    const bad = await get('?by=colour')
    expect([bad.status, await bad.text()]).toEqual([400, expect.stringContaining('by')])
  })
})

describe('baton attribution', () => {
  const run = (...args: string[]) => baton('attribution', '--home', home.folder, ...args)

  test('prints every version with what it says, and the same as JSON', async () => {
    const text = await run()
    expect(text.code).toBe(0)
    expect(text.out).toMatch(/snipe v1 · \w+ · simulated .*%/)
    expect(text.out).toMatch(/must win \d+\.\d % to earn nothing/)
    const json = JSON.parse((await run('--json', '--by', 'version,regime')).out)
    expect(json.by).toEqual(['version', 'regime'])
    expect(json.records.length).toBeGreaterThan(2)
    expect(json.gauges[0]).toMatchObject({ strategy: 'snipe', versionsTried: 2 })
    const none = await run('--by', 'colour')
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('not "colour"')])
  })

  test('compares two versions, and names a version it does not know', async () => {
    const { desk } = station
    const [second, first] = listVersions(desk.journal.db)
    const pair = `${first?.hash.slice(0, 8)},${second?.hash.slice(0, 8)}`
    expect((await run('--compare', pair)).out).toMatch(
      /snipe v1 · \w+ → snipe v2 · \w+\nPeriod: all data\nIt cannot be told yet/,
    )
    const unknown = await run('--compare', `${first?.hash},ffff`)
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('no version begins with "ffff"')])
  })

  test('exports the same trades as CSV, JSON Lines and Parquet', async () => {
    const file = (name: string) => join(home.folder, name)
    for (const name of ['t.csv', 't.jsonl', 't.parquet']) expect((await run('--export', file(name))).code).toBe(0)
    const lines = readFileSync(file('t.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const csv = readFileSync(file('t.csv'), 'utf8').trim().split('\n')
    const bytes = readFileSync(file('t.parquet'))
    const rows = await parquetReadObjects({
      file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    })
    const { count } = station.desk.journal.db.prepare('SELECT count(*) AS count FROM trades').get() as { count: number }
    expect([lines.length, csv.length - 1, rows.length]).toEqual([count, count, count])
    expect(rows).toEqual(lines)
    expect(csv[0]?.split(',')).toEqual(Object.keys(lines[0]))
    expect((await run('--export', file('records.csv'))).out).toMatch(/3 records written/)
    expect((await run('--export', file('t.xlsx'))).code).toBe(2)
  })

  test('makes the trades anew from the rest of the journal, once no desk runs, and finds them the same', async () => {
    expect(await run('--rebuild')).toMatchObject({ code: 1, err: expect.stringContaining('a desk runs') })
    await home.close()
    expect((await run('--rebuild')).out).toMatch(/trades rebuilt .*: the same as before/)
    home.write(
      'outside.csv',
      'time,version,slot,side,shares,price,fee,outcome\n2026-01-05T00:03:00Z,a,BTC-5m,up,10,0.93,0.05,up\n2026-01-05T00:08:00Z,a,BTC-5m,up,10,0.93,0.05,down\n',
    )
    const outside = await run('--trades', join(home.strategies, 'outside.csv'))
    expect(outside.out).toMatch(/So far it loses \$8\.70: it wins 50\.0 % of 2 trades, but .* 93\.5 % to earn nothing/)
    home.write(
      'bad.csv',
      'time,version,slot,side,shares,price,fee,outcome\n2026-01-05T00:03:00Z,a,BTC-5m,up,10,1.93,0.05,up\n',
    )
    const bad = await run('--trades', join(home.strategies, 'bad.csv'))
    expect([bad.code, bad.err]).toEqual([
      2,
      expect.stringContaining('bad.csv line 2: price: it is a price between 0 and 1'),
    ])
  })
})
