import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openDesk } from '../../src/main/app/start/assemble.ts'
import { Station } from '../../src/main/app/station.ts'
import { Supervisor } from '../../src/main/app/supervise.ts'
import { MINUTE } from '../../src/shared/domain/time.ts'
import { baton } from '../support/cli.ts'
import { deploy, eager, TestHome } from '../support/desk.ts'

const homes: TestHome[] = []
afterEach(async () => {
  for (const home of homes.splice(0)) await home.remove()
})

/** A home whose desk has traded and stopped. */
async function usedHome(): Promise<TestHome> {
  const home = new TestHome({ slots: ['BTC-5m'], assign: { '*-5m': 'snipe' } })
  homes.push(home)
  home.write('snipe.ts', eager('snipe'))
  const desk = await home.desk()
  await desk.life.start()
  expect([...desk.engine.state.live.keys()]).toEqual(['snipe'])
  home.write('snipe.ts', eager('snipe', 2))
  await deploy(desk, 'snipe')
  await home.close()
  return home
}

function change(home: TestHome, sql: string): void {
  const db = new Database(home.home.database)
  expect(db.prepare(sql).run().changes).toBeGreaterThan(0)
  db.close()
}

test('a desk that cannot read its money does not open, says why, and lets go of its home', async () => {
  const home = await usedHome()
  change(home, "UPDATE ledger SET kind = 'odd'")
  for (let tries = 0; tries < 2; tries++) {
    const opened = await openDesk(home.options())
    expect(opened).toMatchObject({ ok: false, error: expect.stringMatching(/^\S+baton\.db: a row of ledger/) })
  }
})

test('I12: a live version whose row cannot be read holds entries, and the desk runs', async () => {
  const home = await usedHome()
  change(home, "UPDATE versions SET state = 'odd' WHERE state = 'live'")
  const desk = await home.desk()
  expect(desk.engine.state.holds.get('settings')).toContain('of snipe')
  const { versions } = desk.hub.snapshot()
  expect(versions.map(({ number }) => number)).toEqual([1])
  await desk.journal.caughtUp()
  const alarms = desk.hub.snapshot().events.filter(({ kind }) => kind === 'alarm')
  expect(alarms).toHaveLength(1)
})

/** A change that makes one row of a table unreadable. */
const ODD: readonly (readonly [table: string, sql: string])[] = [
  ['desk', "UPDATE desk SET trading = 'odd'"],
  ['ledger', "UPDATE ledger SET kind = 'odd' WHERE seq = (SELECT min(seq) FROM ledger)"],
  ['positions', "UPDATE positions SET side = 'odd' WHERE rowid = (SELECT min(rowid) FROM positions)"],
  ['orders', "UPDATE orders SET tif = 'odd' WHERE rowid = (SELECT min(rowid) FROM orders)"],
  ['fills', "UPDATE fills SET state = 'odd' WHERE rowid = (SELECT min(rowid) FROM fills)"],
  ['settlements', "UPDATE settlements SET slot = 'odd' WHERE rowid = (SELECT min(rowid) FROM settlements)"],
  ['redemptions', "INSERT INTO redemptions VALUES ('w', 9007199254740992, 1, NULL)"],
  [
    'handoffs',
    "INSERT INTO handoffs (ts, reason, subject, subject_id, from_owner, to_owner) VALUES (0, 'odd', 'order', 'O-1', 'desk', 'desk')",
  ],
  ['versions', "UPDATE versions SET state = 'odd' WHERE number = 1"],
  ['versions', "UPDATE versions SET manifest = '{}' WHERE number = 1"],
  ['versions', "UPDATE versions SET tenure = '{}' WHERE number = 1"],
  ['live', "UPDATE live SET version = 'odd'"],
  ['deployments', "UPDATE deployments SET steps = '{}' WHERE rowid = (SELECT min(rowid) FROM deployments)"],
  ['deployments', "UPDATE deployments SET differences = '{}' WHERE rowid = (SELECT min(rowid) FROM deployments)"],
  ['strategy_states', "UPDATE strategy_states SET slot = 'odd'"],
  ['kept_states', "INSERT INTO kept_states VALUES ('odd', 'BTC-5m', 1, '{}')"],
  ['pauses', "INSERT INTO pauses VALUES ('odd', 'BTC-5m', 'a test')"],
  ['events', "UPDATE events SET level = 'odd' WHERE seq = (SELECT min(seq) FROM events)"],
  ['candles', 'UPDATE candles SET open_time = 9007199254740992 WHERE open_time = (SELECT min(open_time) FROM candles)'],
  ['settings', "INSERT INTO settings VALUES ('assignment', 'BTC-5m', '{}')"],
  ['trades', "UPDATE trades SET parts = '{}' WHERE rowid = (SELECT min(rowid) FROM trades)"],
  ['version_totals', 'UPDATE version_totals SET pnl = 9007199254740992'],
]

describe('"audit" and "doctor" name a row that a desk cannot read', () => {
  let folder: TestHome
  beforeAll(async () => {
    folder = new TestHome({ slots: ['BTC-5m'], assign: { '*-5m': 'snipe' } })
    folder.checksTape = false
    folder.write('snipe.ts', eager('snipe'))
    const desk = await folder.desk({ speed: null, forMs: 30 * MINUTE })
    await desk.life.start()
    await desk.life.done
    await folder.close()
    const { out, code } = await baton('audit', '--home', folder.folder, '--json')
    expect([JSON.parse(out).findings, code]).toEqual([[], 0])
  })
  afterAll(() => folder.remove())

  test.each(ODD)('of %s: %s', async (table, sql) => {
    const path = `${folder.folder}-copy`
    mkdirSync(path)
    cpSync(folder.home.database, join(path, 'baton.db'))
    onTestFinished(() => rmSync(path, { recursive: true }))
    const db = new Database(join(path, 'baton.db'))
    db.pragma('foreign_keys = OFF')
    expect(db.prepare(sql).run().changes).toBeGreaterThan(0)
    db.close()
    const { out, code } = await baton('audit', '--home', path, '--json')
    expect(code).toBe(1)
    expect(JSON.parse(out).findings).toContainEqual(expect.objectContaining({ invariant: 'file', table }))
    if (table === 'desk') {
      const doctor = await baton('doctor', '--home', path, '--json')
      expect(JSON.parse(doctor.out)).toContainEqual(expect.objectContaining({ name: 'baton.db', state: 'fail' }))
    }
  })
})

test('a desk that cannot start is ended, and its home is free', async () => {
  const home = await usedHome()
  const aside = `${home.strategies}.aside`
  renameSync(home.strategies, aside)
  writeFileSync(home.strategies, 'not a folder')
  const opened = await Station.open({ ...home.options(), port: 0 })
  if (!opened.ok) throw new Error(opened.error)
  const supervisor = new Supervisor(opened.value)
  await supervisor.start()
  expect(await supervisor.ended).toMatchObject({ clean: false, reason: expect.stringMatching(/^it could not start: /) })
  rmSync(home.strategies)
  renameSync(aside, home.strategies)
  const desk = await home.desk()
  await desk.life.start()
  expect([...desk.engine.state.live.keys()]).toEqual(['snipe'])
})

test('a position settles though the rows of its trade cannot be read, and the missing trade is named', async () => {
  const home = new TestHome({ slots: ['BTC-5m'], assign: { '*-5m': 'snipe' } })
  homes.push(home)
  home.write('snipe.ts', eager('snipe'))
  const desk = await home.desk({ speed: null, forMs: 30 * MINUTE })
  const db = new Database(home.home.database)
  for (const change of ['INSERT', 'UPDATE'])
    db.exec(
      `CREATE TRIGGER odd_${change} AFTER ${change} ON positions BEGIN UPDATE positions SET side = 'odd' WHERE id = new.id; END`,
    )
  db.close()
  await desk.life.start()
  await desk.life.done
  await desk.journal.caughtUp()
  expect(desk.life.panicked).toBeNull()
  const count = (sql: string) => Number(desk.journal.db.prepare(sql).pluck().get())
  const settled = count('SELECT count(*) FROM positions WHERE settled_at IS NOT NULL')
  expect(settled).toBeGreaterThan(0)
  expect(count("SELECT count(*) FROM events WHERE kind = 'alarm' AND message LIKE 'the trade of %'")).toBe(settled)
})
