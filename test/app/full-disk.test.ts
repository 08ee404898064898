import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { expect, type TestContext, test } from 'vitest'
import type { Desk } from '../../src/main/app/desk-life.ts'
import { auditDatabase } from '../../src/main/audit/audit.ts'
import { readStatus } from '../../src/main/control/status-file.ts'
import { engineBuild } from '../../src/main/platform/engine-build.ts'
import { packageRoot } from '../../src/main/platform/package-files.ts'
import { listTapes } from '../../src/main/tape/library.ts'
import { readSegment } from '../../src/main/tape/segment-reader.ts'
import { baton, temporaryFolder } from '../support/cli.ts'
import { eager, TestHome, until } from '../support/desk.ts'
import { checkAll } from '../support/recorded.ts'
import { SmallDisk } from '../support/small-disk.ts'
import { value } from '../support/tape.ts'

const CLI = resolve(import.meta.dirname, '../../src/main/cli.ts')

/** A home that is, with everything in it, on a small file system; what is made last is removed first. */
function newHome({ onTestFinished }: TestContext): { home: TestHome; disk: SmallDisk } {
  const folder = temporaryFolder()
  onTestFinished(() => folder.remove())
  const disk = new SmallDisk(join(folder.path, 'disk'), '48m')
  onTestFinished(() => disk.remove())
  const config = { slots: ['BTC-5m', 'ETH-5m', 'BTC-15m'], assign: { '*-5m': 'snipe', '*-15m': 'fade' } }
  const home = new TestHome(config, disk.path)
  onTestFinished(() => home.remove())
  home.write('snipe.ts', eager('snipe'))
  home.write('fade.ts', eager('fade'))
  return { home, disk }
}

const said = (desk: Desk, text: string) =>
  Number(desk.journal.db.prepare('SELECT count(*) FROM events WHERE message LIKE ?').pluck().get(`%${text}%`))

/** Makes the journal as long as one that has run for days: its records find room inside it. */
function grow(home: TestHome): void {
  const db = new Database(home.home.database, { timeout: 10_000 })
  db.exec('CREATE TABLE room (bytes)')
  for (let i = 0; i < 16; i++) db.prepare('INSERT INTO room VALUES (zeroblob(500000))').run()
  db.exec('DROP TABLE room')
  // All of it in the database itself: on a full disk the log could not be copied there any more. 0 = nobody was in the way.
  expect(db.pragma('wal_checkpoint(FULL)', { simple: true })).toBe(0)
  db.close()
}

const findings = (home: TestHome) => value(auditDatabase(home.home.database, [70_000])).findings

test.concurrent('a home on a full disk: entries pause with the reason, nothing is lost in silence, and the desk goes on when a person resumes', async (context) => {
  const { home, disk } = newHome(context)
  const { desk } = await home.station({ speed: 60 })
  await until('positions', () => desk.engine.state.positions.size > 0)
  await desk.recorder?.flush()
  grow(home)
  disk.fill()
  await until('entries are paused', () => desk.engine.state.trading === 'paused')
  const reason = desk.engine.state.pause?.reason
  expect(reason).toMatch(/^the tape cannot be written: .*ENOSPC/)
  // The journal has it.
  expect(desk.journal.db.prepare('SELECT trading_reason FROM desk').pluck().get()).toBe(reason)
  expect(said(desk, 'entries are paused: make room, then resume')).toBe(1)
  const orders = () => desk.loop.figures.orders
  const [before, cycles] = [orders(), desk.loop.figures.cycles]
  await until('cycles go on', () => desk.loop.figures.cycles > cycles + 150)
  expect(orders()).toBe(before)
  expect(desk.life.panicked).toBeNull()
  expect(existsSync(home.home.kill)).toBe(false)
  // What was open is settled all the same.
  await until('nothing is open', () => ![...desk.engine.state.positions.values()].some((p) => p.state === 'open'))
  disk.makeRoom()
  await until('the tape is written again', () => said(desk, 'the tape is written again') === 1)
  expect(desk.engine.state.trading).toBe('paused')
  expect((await desk.dispatcher.dispatch({ kind: 'resume' }, 'desk')).outcome).toBe('done')
  await until('an order', () => orders() > before)
  await until('the status file is of now', () => readStatus(home.home.status)?.trading === 'running')
  await home.close()
  expect(desk.life.panicked).toBeNull()
  // The hole is named with its size, and what there is decides the same again.
  const [loop] = listTapes(home.home.tape).recordings
  const holes = loop?.files.flatMap((file) => value(readSegment(file.path)).header.lost ?? []) ?? []
  expect(holes).toHaveLength(1)
  expect(holes[0]?.records).toBeGreaterThan(500)
  expect(loop?.gaps.map((gap) => gap.text).join()).toContain(`${holes[0]?.records} records from `)
  const { segments, decisions, differences } = checkAll(home.home.tape, engineBuild(packageRoot()))
  expect(differences).toEqual([])
  expect(segments).toBeGreaterThan(1)
  expect(decisions).toBeGreaterThan(0)
  expect(findings(home)).toEqual([])
  // The log has its lines, too.
  expect(readFileSync(join(home.home.logs, 'baton.log'), 'utf8')).toContain('the tape is written again')
})

test.concurrent('B7: a disk without room for the journal: entries are held, a stop says so everywhere, and with room it goes on', async (context) => {
  const { home, disk } = newHome(context)
  const args = ['desk', '--home', home.folder, '--strategies', home.strategies, '--port', '0']
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  context.onTestFinished(() => void child.kill('SIGKILL'))
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      out += chunk.toString()
    })
  const code = new Promise((done) => child.once('close', done))
  await until(
    'a position',
    () => readStatus(home.home.status)?.slots.some((slot) => slot.positions.length > 0) === true,
  )
  disk.fill()
  // The doctor does not call this folder fine.
  const checked = await baton('doctor', '--home', home.folder, '--json')
  expect(checked.code).toBe(1)
  expect(JSON.parse(checked.out)).toContainEqual(expect.objectContaining({ name: 'home folder', state: 'fail' }))
  child.kill('SIGTERM')
  expect(await code, out).toBe(1)
  expect(out.trim().split('\n').at(-1)).toMatch(
    /^baton: the desk is down: stopped by SIGTERM; .*(could not be written|full)/,
  )
  expect(out).not.toContain('    at ')
  expect(readStatus(home.home.status)).toMatchObject({
    up: false,
    ended: { reason: expect.stringContaining('SIGTERM') },
  })
  disk.makeRoom()
  expect(findings(home)).toEqual([])
  // The next start says how it ended, and trades.
  const { desk, lastEnd } = await home.station()
  expect(lastEnd).toMatch(/went down at .*: stopped by SIGTERM; /)
  const { cycles } = desk.loop.figures
  await until('it goes on', () => desk.loop.figures.cycles > cycles + 1)
  await home.close()
  expect(findings(home)).toEqual([])
})

test.concurrent('B7: a full disk under a running desk holds entries, and room ends the hold', async (context) => {
  const { home, disk } = newHome(context)
  home.configure({
    slots: ['BTC-5m', 'ETH-5m', 'BTC-15m'],
    assign: { '*-5m': 'snipe', '*-15m': 'fade' },
    tape: { record: false },
  })
  const { desk } = await home.station()
  await until('positions', () => desk.engine.state.positions.size > 0)
  disk.fill()
  await until('entries are held', () => desk.engine.state.holds.has('journal'))
  const { cycles } = desk.loop.figures
  await until('cycles go on', () => desk.loop.figures.cycles > cycles + 1)
  expect(desk.life.panicked).toBeNull()
  disk.makeRoom()
  await until('entries go on', () => !desk.engine.state.holds.has('journal'))
  await home.close()
  expect(desk.life.panicked).toBeNull()
  expect(findings(home)).toEqual([])
})

test.concurrent('B7: virtual time waits for a journal that has no room, and a stop does not wait for ever', async (context) => {
  const { home, disk } = newHome(context)
  home.configure({ slots: ['BTC-5m'], assign: { '*-5m': 'snipe' }, tape: { record: false } })
  const { desk } = await home.station({ speed: 60 })
  await until('positions', () => desk.engine.state.positions.size > 0)
  disk.fill()
  await until('nothing can be written', () => desk.journal.blocked !== null)
  await home.close()
  expect(String(desk.life.panicked)).toMatch(/what happened last could not be written: .*full/)
  disk.makeRoom()
  expect(findings(home)).toEqual([])
})
