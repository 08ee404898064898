import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, expect, test } from 'vitest'
import { openDatabase } from '../../src/main/db/database.ts'
import { readMeta } from '../../src/main/db/meta.ts'
import { MIGRATIONS } from '../../src/main/db/migrations.ts'
import { listVersions } from '../../src/main/db/queries.ts'
import { readTrades } from '../../src/main/db/trades.ts'
import { baton } from '../support/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'baton-migration-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const [V1, V2] = ['1'.repeat(64), '2'.repeat(64)]

/** A journal as it was before there was a table of trades: one trade kept to its end, one handed over at 0.70, one reversed. */
function older(path: string): void {
  const db = new Database(path)
  for (const sql of MIGRATIONS.slice(0, 3)) db.exec(sql)
  db.pragma('user_version = 3')
  for (const [n, hash] of [V1, V2].entries())
    db.prepare("INSERT INTO versions VALUES (?, 'snipe', ?, ?, 1, '{}', '', '', 'live', 0, 0, 9, 0, NULL)").run(
      hash,
      n + 1,
      `snipe v${n + 1}`,
    )
  for (const [n, won, owner, state] of [
    [1, 1, V1, 'resolved'],
    [2, 0, V2, 'resolved'],
    [3, 0, V1, 'closed'],
  ] as const) {
    const window = `btc-updown-5m-${n * 300}`
    const reversed = state === 'closed'
    db.prepare(
      "INSERT INTO intents VALUES (?, 1000, 1, 'BTC-5m', ?, 'enter', 'up', 600000, 6000000, 0, 'FAK', 0, 'edge', ?, 'D-1', 'quiet-range', 'paper')",
    ).run(`O-${n}`, window, V1)
    db.prepare(
      `INSERT INTO orders VALUES (?, 1000, 1, 'BTC-5m', ?, 600000, 'enter', 'up', 'FAK', 0, NULL, 600000, 6000000, 0, 6100000, NULL, 'edge', ?,
         ?, NULL, 10000000, 6000000, 0, 100000, NULL, 1200, ?, 'D-1', 'quiet-range', 'paper')`,
    ).run(`O-${n}`, window, reversed ? 'failed' : 'confirmed', V1, V1)
    db.prepare(
      "INSERT INTO fills VALUES (?, ?, ?, 1200, 'enter', 600000, 10000000, 6000000, 100000, ?, 'D-1', 'quiet-range', 'paper')",
    ).run(`F-${n}`, `O-${n}`, `P-${n}`, V1)
    const realised = reversed ? 0 : won * 10_000_000 - 6_000_000
    db.prepare(
      `INSERT INTO positions VALUES (?, 'BTC-5m', ?, 600000, 'up', 1200, ?, ?, ?, ?, 0, 10000000, 6000000, ?, ?, ?, 700000, ?, 'D-1',
         'quiet-range', 'paper')`,
    ).run(
      `P-${n}`,
      window,
      V1,
      owner,
      state,
      reversed ? 0 : 10_000_000,
      reversed ? 0 : 100_000,
      realised,
      reversed ? null : won * 10_000_000,
      V1,
    )
    if (!reversed)
      db.prepare("INSERT INTO settlements VALUES (?, 'BTC-5m', 700000, 1, 2, ?, 'paper', 'paper', NULL)").run(
        window,
        won * 1_000_000,
      )
  }
  db.prepare("INSERT INTO meta VALUES ('market', 'paper')").run()
  db.prepare(
    "INSERT INTO handoffs VALUES (NULL, 5000, 'D-2', 'deployment', 'position', 'P-2', ?, ?, 700000, 'bid')",
  ).run(V1, V2)
  db.close()
}

test('until its desk has brought it up to date, whoever reads it is told how', async () => {
  older(join(folder, 'baton.db'))
  for (const command of ['versions', 'trades', 'attribution'])
    expect(await baton(command, '--home', folder)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`has schema 3, this Baton reads ${MIGRATIONS.length}: start its desk once`),
    })
  rmSync(join(folder, 'baton.db'))
})

test('a journal of before has its trades made, profits split at the marks, and is copied first', () => {
  const path = join(folder, 'baton.db')
  older(path)
  const opened = openDatabase(path, true)
  if (!opened.ok) throw new Error(opened.error)
  const db = opened.value
  expect(existsSync(`${path}.before-${MIGRATIONS.length}`)).toBe(true)
  // I6: its books were made by Baton, on Binance's prices.
  expect([readMeta(db, 'market'), readMeta(db, 'feed')]).toEqual(['simulated', 'binance'])
  for (const table of ['intents', 'orders', 'fills', 'positions', 'settlements', 'trades'])
    expect(db.prepare(`SELECT DISTINCT market FROM ${table}`).pluck().all(), table).toEqual(['simulated'])
  const trades = [...readTrades(db)].map(({ trade }) => trade)
  expect(
    trades.map(({ position, pnl, outcome, why, latencyMs, quote }) => [position, pnl, outcome, why, latencyMs, quote]),
  ).toEqual([
    ['P-1', 3_900_000, 'up', 'edge', 200, null],
    ['P-2', -6_100_000, 'down', 'edge', 200, null],
  ])
  // Ten shares bought for 6.10 were worth 7.00 when they were handed over, and nothing at the end.
  expect(trades.map(({ parts }) => parts)).toEqual([
    null,
    [
      { owner: V1, pnl: 900_000 },
      { owner: V2, pnl: -7_000_000 },
    ],
  ])
  const totals = listVersions(db).map(({ number, trades: count, wins, pnl }) => [number, count, wins, pnl])
  expect(totals.sort()).toEqual([
    [1, 2, 1, -2_200_000],
    [2, 0, 0, 0],
  ])
  // W3: what changed its owner is in nobody's own figures, and each owner's part is told apart from them.
  expect(listVersions(db).map(({ number, own, handed }) => [number, own.trades, own.pnl, handed])).toEqual(
    expect.arrayContaining([
      [1, 1, 3_900_000, { trades: 1, pnl: 900_000 }],
      [2, 0, 0, { trades: 1, pnl: -7_000_000 }],
    ]),
  )
  db.close()
})
