import Database from 'better-sqlite3'
import { afterEach, expect, test } from 'vitest'
import { openDesk } from '../../src/main/app/start/assemble.ts'
import { Station } from '../../src/main/app/station.ts'
import { Supervisor } from '../../src/main/app/supervise.ts'
import { MINUTE } from '../../src/shared/domain/time.ts'
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
  change(home, "UPDATE versions SET state = 'odd'")
  const desk = await home.desk()
  expect(desk.engine.state.holds.get('settings')).toContain('of snipe')
})

test('a desk that cannot start is ended, and its home is free', async () => {
  const home = await usedHome()
  const first = 'WHERE rowid = (SELECT min(rowid) FROM deployments)'
  change(home, `UPDATE deployments SET state = 'probation', policy = '{"probation":{"verdict":"running"}}' ${first}`)
  const opened = await Station.open({ ...home.options(), port: 0 })
  if (!opened.ok) throw new Error(opened.error)
  const supervisor = new Supervisor(opened.value)
  await supervisor.start()
  expect(await supervisor.ended).toMatchObject({ clean: false, reason: expect.stringMatching(/^it could not start: /) })
  change(home, `UPDATE deployments SET state = 'kept', policy = NULL ${first}`)
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
