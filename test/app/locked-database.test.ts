import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, type TestContext, test } from 'vitest'
import type { Desk } from '../../src/main/app/desk-life.ts'
import { auditDatabase } from '../../src/main/audit/audit.ts'
import { readStatus } from '../../src/main/control/status-file.ts'
import { SECOND } from '../../src/shared/domain/time.ts'
import { eager, TestHome, until } from '../support/desk.ts'
import { longForm } from '../support/long-form.ts'
import { scaled } from '../support/patience.ts'
import { value } from '../support/tape.ts'

/** Another program holds the database for writing, and lets it go after a while, or when it is killed. */
async function lockFor({ onTestFinished }: TestContext, path: string, ms: number): Promise<() => void> {
  const script = `
    import Database from 'better-sqlite3'
    const db = new Database(${JSON.stringify(path)})
    db.pragma('busy_timeout = 20000')
    db.exec('BEGIN EXCLUSIVE')
    console.log('held')
    setTimeout(() => db.exec('ROLLBACK'), ${ms})
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const kill = () => void child.kill('SIGKILL')
  onTestFinished(kill)
  await once(child.stdout, 'data')
  return kill
}

/** A desk with a position. These tests wait for real time most of the while: they run side by side. */
async function trading({ onTestFinished }: TestContext): Promise<{ home: TestHome; desk: Desk }> {
  const home = new TestHome({ slots: ['BTC-5m', 'ETH-5m', 'BTC-15m'], assign: { '*-5m': 'snipe', '*-15m': 'snipe' } })
  onTestFinished(() => home.remove())
  home.write('snipe.ts', eager('snipe'))
  const { desk } = await home.station()
  await until('a position', () => desk.engine.state.positions.size > 0)
  return { home, desk }
}

const said = (desk: Desk, text: string) =>
  Number(desk.journal.db.prepare('SELECT count(*) FROM events WHERE message LIKE ?').pluck().get(`%${text}%`))

/** A minute as well in the long form. */
const SECONDS = longForm([1, 5], [1, 5, 60])

describe.concurrent('A8: another program holds baton.db', () => {
  test.for(SECONDS)(
    'for %i s: cycles go on, entries are held, and everything is written in the end',
    async (seconds, context) => {
      const { home, desk } = await trading(context)
      const before = { ...desk.loop.figures }
      await lockFor(context, home.home.database, seconds * SECOND)
      // Something to be written: a lock that nobody meets is none.
      await desk.dispatcher.dispatch({ kind: 'freeze', reason: 'test' }, 'cli')
      await until('entries are held', () => desk.engine.state.holds.has('journal'), 30_000)
      expect(desk.hub.status()).toMatchObject({ trading: 'paused', tradingReason: expect.stringContaining('locked') })
      await until('the status file says so', () => readStatus(home.home.status)?.trading === 'paused')
      const held = { orders: desk.loop.figures.fills, cycles: desk.loop.figures.cycles }
      await until('entries go on', () => !desk.engine.state.holds.has('journal'), seconds * SECOND + 30_000)
      // Cycles went on while nothing could be written, and no order left.
      expect(desk.loop.figures.cycles).toBeGreaterThanOrEqual(held.cycles + Math.floor(seconds / 5) - 1)
      await until('it is written', () => said(desk, 'the journal cannot be written for the moment') > 0)
      await until('its end is written', () => said(desk, 'entries are no longer held') > 0)
      await until('two more cycles', () => desk.loop.figures.cycles > before.cycles + 2)
      expect(desk.life.panicked).toBeNull()
      expect(desk.loop.figures.missedCycles).toBe(before.missedCycles)
      await home.close()
      expect(value(auditDatabase(home.home.database, [70_000])).findings).toEqual([])
    },
  )

  test('I5: a kill is at once all the same, and is on disk once it can be', async (context) => {
    const { home, desk } = await trading(context)
    await lockFor(context, home.home.database, 4 * SECOND)
    await until('entries are held', () => desk.engine.state.holds.has('journal'), 30_000)
    const since = performance.now()
    const outcome = await desk.dispatcher.dispatch({ kind: 'kill' }, 'cli')
    expect(outcome.outcome).toBe('done')
    expect(performance.now() - since).toBeLessThan(scaled(1_000))
    expect(desk.gate.isShut).toBe(true)
    const killed = () => desk.journal.db.prepare('SELECT trading FROM desk').pluck().get() === 'killed'
    await until('it is journaled', killed)
    await home.close()
  })

  test('a stop meanwhile says what could not be written, everywhere', async (context) => {
    const { home, desk } = await trading(context)
    const unlock = await lockFor(context, home.home.database, 60 * SECOND)
    await until('entries are held', () => desk.engine.state.holds.has('journal'), 30_000)
    await home.close()
    expect(String(desk.life.panicked)).toContain('could not be written')
    expect(readStatus(home.home.status)).toMatchObject({ up: false })
    unlock()
    // The next start goes on from what is on disk.
    const again = await home.station()
    expect(again.lastEnd).toContain('went down')
    await until('it trades', () => again.desk.loop.figures.cycles > 1)
  })

  test('I5: a kill that the journal never came to hold is one for the next start all the same', async (context) => {
    const { home, desk } = await trading(context)
    const unlock = await lockFor(context, home.home.database, 60 * SECOND)
    await until('entries are held', () => desk.engine.state.holds.has('journal'), 30_000)
    const outcome = await desk.dispatcher.dispatch({ kind: 'kill', reason: 'the disk is gone' }, 'cli')
    expect(outcome).toMatchObject({ outcome: 'done', message: expect.stringContaining('not in the journal yet') })
    await home.close()
    unlock()
    const again = await home.station()
    expect(again.desk.gate.isShut).toBe(true)
    expect(again.desk.hub.status()).toMatchObject({ trading: 'killed' })
  })
})
