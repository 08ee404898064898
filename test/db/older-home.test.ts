import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { auditDatabase } from '../../src/main/audit/audit.ts'
import { MIGRATIONS } from '../../src/main/db/migrations.ts'
import { readTrades, TradeBook } from '../../src/main/db/trades.ts'
import { DeskClock } from '../../src/main/platform/desk-clock.ts'
import { baton } from '../support/cli.ts'
import { deploy, eager, TestHome, until } from '../support/desk.ts'
import { fastTime } from '../support/fast-time.ts'

/**
 * A desk of schema 6 (2026-11-28) that was killed right after it had bought: 71 orders, 11 of them reversed by the chain, one
 * not confirmed yet, four positions open, two versions of a strategy, and the recording of all of it.
 */
const SCHEMA_6 = new URL('../fixtures/home-schema-6.tar.gz', import.meta.url).pathname

/** A desk of schema 7 (2026-11-28) that was killed with four positions open: 35 orders, 5 of them reversed by the chain. */
const SCHEMA_7 = new URL('../fixtures/home-schema-7.tar.gz', import.meta.url).pathname

function olderHome(archive = SCHEMA_6): TestHome {
  const home = new TestHome()
  onTestFinished(() => home.remove())
  // Its recording was made by another build.
  home.checksTape = false
  const { status, stderr } = spawnSync('tar', ['xzf', archive, '-C', home.folder, '--strip-components=1'])
  expect(status, String(stderr)).toBe(0)
  cpSync(join(home.folder, 'config.json'), home.home.config)
  return home
}

/** All rows of a query, with the columns' values alone. */
function rows(path: string, sql: string): unknown[] {
  const db = new Database(path, { readonly: true })
  try {
    return db.prepare(sql).raw().all()
  } finally {
    db.close()
  }
}

test('a home of schema 6 opens: its trades, owners and money are what they were, and each fill has the fate that its order had', async () => {
  const home = olderHome()
  const { database } = home.home
  expect(await baton('trades', '--home', home.folder)).toMatchObject({
    code: 1,
    err: expect.stringContaining(`has schema 6, this Baton reads ${MIGRATIONS.length}: start its desk once`),
  })
  const kept = [
    'SELECT position, pnl, fees, cost, parts FROM trades ORDER BY rowid',
    'SELECT * FROM version_totals ORDER BY version',
    'SELECT id, owned_by, shares, cost, realised, fees FROM positions ORDER BY rowid',
    'SELECT * FROM ledger ORDER BY seq',
    'SELECT id, filled_shares, filled_cost, fee FROM orders ORDER BY rowid',
  ]
  const before = kept.map((sql) => rows(join(home.folder, 'baton.db'), sql))
  expect(before.map((found) => found.length)).toEqual([29, 2, 36, 91, 71])
  const desk = await home.desk()
  await desk.journal.caughtUp()
  expect(auditDatabase(database, [70_000])).toMatchObject({ ok: true, value: { findings: [] } })
  // The one sale that waited for the chain is confirmed, which ends its position; nothing else is another.
  const after = kept.map((sql) => rows(database, sql))
  const [listed = [], ...rest] = after
  expect(listed).toHaveLength(30)
  expect(listed.slice(0, 29)).toEqual(before[0])
  expect(rest.slice(1)).toEqual(before.slice(2))
  expect(rows(database, 'SELECT state, count(*) FROM fills GROUP BY state ORDER BY state')).toEqual([
    ['confirmed', 62],
    ['failed', 11],
  ])
  expect(rows(database, 'SELECT state, count(*) FROM orders GROUP BY state')).toEqual([['filled', 71]])
  expect([...desk.engine.state.positions.values()].map(({ state }) => state)).toEqual(['open', 'open', 'open'])
  await home.close()
  const db = new Database(database)
  const trades = [...readTrades(db)].map(({ trade }) => trade)
  expect(new TradeBook(db).rebuild()).toBe(trades.length)
  expect([...readTrades(db)].map(({ trade }) => trade)).toEqual(trades)
  db.close()
})

test('a home of schema 7 opens with everything in it', async () => {
  const home = olderHome(SCHEMA_7)
  const { database } = home.home
  const kept = [
    'SELECT position, pnl, fees, cost, parts FROM trades ORDER BY rowid',
    'SELECT * FROM positions ORDER BY rowid',
    'SELECT * FROM fills ORDER BY rowid',
    'SELECT * FROM ledger ORDER BY seq',
    'SELECT * FROM orders ORDER BY rowid',
  ]
  const before = kept.map((sql) => rows(join(home.folder, 'baton.db'), sql))
  expect(before.map((found) => found.length)).toEqual([26, 35, 37, 95, 35])
  const desk = await home.desk()
  await desk.journal.caughtUp()
  expect(kept.map((sql) => rows(database, sql))).toEqual(before)
  expect(rows(database, 'SELECT * FROM redemptions')).toEqual([])
  expect([...desk.engine.state.positions.values()].map(({ state }) => state)).toEqual(['open', 'open', 'open', 'open'])
  expect([...desk.engine.state.live.keys()]).toEqual(['snipe'])
  await home.close()
  expect(auditDatabase(database, [70_000])).toMatchObject({ ok: true, value: { findings: [] } })
})

test('a desk trades on in a home of schema 6', async () => {
  const home = olderHome()
  // Every slot holds something at first: an order can come with the next windows only.
  const desk = await home.desk({ clock: new DeskClock(fastTime(8)) })
  await desk.life.start()
  expect([...desk.engine.state.live.keys()]).toEqual(['snipe'])
  home.write('snipe.ts', eager('snipe'))
  expect(await deploy(desk, 'snipe')).toMatchObject({ state: 'kept' })
  const { orders } = desk.loop.figures
  await until('an order', () => desk.loop.figures.orders > orders, 260_000)
  // Its number goes on; before it stands the home's own name.
  const newest = () => rows(home.home.database, 'SELECT id FROM orders ORDER BY rowid DESC LIMIT 1')[0]
  await until('the order is written down', () => String(newest()) !== 'O-71')
  expect(String(newest())).toMatch(/^O-[0-9a-f]{6}-[7-9]\d$/)
  await home.close()
  expect(auditDatabase(home.home.database, [70_000])).toMatchObject({ ok: true, value: { findings: [] } })
})

test('a recording of an older build replays to the same trades', async () => {
  const home = olderHome()
  home.write('eager.ts', eager('eager'))
  const folder = join(home.folder, 'tape')
  const tape = join(folder, readdirSync(folder)[0] ?? '')
  const replayed = await baton(
    ...['replay', '--strategy', join(home.strategies, 'eager.ts'), '--tape', tape, '--json', '--home', home.folder],
  )
  expect(JSON.parse(replayed.out.trim().split('\n').at(-1) ?? '{}')).toMatchObject({
    decisions: 320,
    orders: 10,
    fills: 12,
    trades: 4,
    wins: 1,
    pnlUsd: -12.330378,
    feesUsd: 0.80496,
    ledgerBalanced: true,
  })
  // Which build could compare its decisions is said; none is made again by this one.
  const verified = await baton('tape', 'verify', tape)
  expect(verified.out).toMatch(/1206 prices, 1608 books, 687 events/)
})
