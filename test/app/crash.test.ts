import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, expect, test } from 'vitest'
import { readStatus } from '../../src/main/control/status-file.ts'
import { engineBuild } from '../../src/main/platform/engine-build.ts'
import { packageRoot } from '../../src/main/platform/package-files.ts'
import { eager, TestHome, until } from '../support/desk.ts'
import { checkAll } from '../support/recorded.ts'
import { some } from '../support/some.ts'

const CLI = resolve(import.meta.dirname, '../../src/main/cli.ts')
const children: ChildProcess[] = []
const homes: TestHome[] = []

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const home of homes.splice(0)) await home.remove()
})

function newHome(config: object): TestHome {
  const home = new TestHome(config)
  homes.push(home)
  return home
}

function start(home: TestHome): ChildProcess {
  const child = spawn(
    process.execPath,
    [CLI, 'desk', '--home', home.folder, '--strategies', home.strategies, '--port', '0'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  children.push(child)
  return child
}

/** As a power cut would: no handler runs. */
async function crash(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

const status = (home: TestHome) => readStatus(home.home.status)
const running = (home: TestHome, child: ChildProcess) => status(home)?.pid === child.pid

function positions(
  home: TestHome,
): { id: string; owned_by: string; opened_by: string; slot: string; window_id: string; shares: number }[] {
  const db = new Database(home.home.database, { readonly: true })
  const rows = db
    .prepare(
      "SELECT id, owned_by, opened_by, slot, window_id, shares FROM positions WHERE state IN ('open', 'ended') ORDER BY id",
    )
    .all()
  db.close()
  return rows as ReturnType<typeof positions>
}

test('I1, I2: after a crash positions, owners, versions and state are as they were, and nothing is bet twice', async () => {
  // Prices that reach the desk at once let the first cycle see a book.
  const home = newHome({ slots: ['BTC-5m', 'ETH-5m', 'BTC-15m'], assign: { '*-5m': 'snipe', '*-15m': 'fade' } })
  home.write('snipe.ts', eager('snipe'))
  home.write('fade.ts', eager('fade'))
  const first = start(home)
  await until('positions are open', () => (running(home, first) ? positions(home).length >= 2 : false), 60_000)
  await crash(first)
  const crashedAt = Date.now()
  const before = positions(home)
  const versions = status(home)?.versions

  const second = start(home)
  await until('the desk is back', () => running(home, second) && (status(home)?.lastCycle.count ?? 0) > 0)
  const count = status(home)?.lastCycle.count ?? 0
  await until('it cycles', () => (status(home)?.lastCycle.count ?? 0) > count + 1)
  expect(status(home)?.versions).toEqual(versions)
  for (const position of some(before)) {
    const now = positions(home).find((p) => p.id === position.id)
    // A window may have ended meanwhile; what is open has the same owner.
    if (now !== undefined) expect(now).toEqual(position)
  }
  const db = new Database(home.home.database, { readonly: true })
  const entries = db
    .prepare(
      "SELECT window_id FROM orders WHERE kind = 'enter' AND filled_shares > 0 GROUP BY window_id HAVING count(*) > 1",
    )
    .all()
  expect(entries).toEqual([])
  expect(
    db
      .prepare(
        "SELECT count(*) FROM orders WHERE created_at < ? AND state NOT IN ('filled', 'cancelled', 'expired', 'rejected')",
      )
      .pluck()
      .get(crashedAt),
  ).toBe(0)
  const state = db.prepare('SELECT json FROM strategy_states WHERE slot = ?').pluck().get(before[0]?.slot)
  expect(JSON.parse(String(state)).entries).toBeGreaterThanOrEqual(1)
  db.close()
  // I7: what was on the tape of the desk that died, and what is on the new one's so far.
  const { differences, decisions } = checkAll(home.home.tape, engineBuild(packageRoot()))
  expect(differences).toEqual([])
  expect(decisions).toBeGreaterThan(0)
})

test('I5: a kill latches across a crash until it is re-armed by hand', async () => {
  const home = newHome({ slots: ['BTC-5m', 'BTC-15m'] })
  const first = start(home)
  await until('the desk runs', () => running(home, first))
  writeFileSync(home.home.kill, '')
  await until('it is killed', () => status(home)?.trading === 'killed')
  await crash(first)
  rmSync(home.home.kill)

  const second = start(home)
  await until('the desk is back', () => running(home, second))
  expect(status(home)?.trading).toBe('killed')
  // A re-arm that was written while no desk ran is not obeyed.
  const seq = (status(home)?.control.seq ?? 0) + 1
  const rearm = (n: number) =>
    writeFileSync(
      home.home.control,
      JSON.stringify({ seq: n, command: { kind: 'rearm', confirm: 'REARM', reason: 'test' } }),
    )
  await crash(second)
  rearm(seq)
  const third = start(home)
  await until('it answers', () => running(home, third) && status(home)?.control.seq === seq)
  expect(status(home)).toMatchObject({
    trading: 'killed',
    control: { outcome: 'refused', code: 'stale' },
  })
  rearm(seq + 1)
  await until('it is armed again', () => status(home)?.trading === 'running')
})
