import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { moveOldHome } from '../../src/main/app/start/old-home.ts'
import { FileLock } from '../../src/main/db/file-lock.ts'
import { baton } from '../support/cli.ts'
import { TestHome } from '../support/desk.ts'

/** A desk of schema 6 that was killed: 71 orders and four open positions, in the root itself. */
const OLD = new URL('../fixtures/home-schema-6.tar.gz', import.meta.url).pathname

function oldHome(): TestHome {
  const home = new TestHome()
  onTestFinished(() => home.remove())
  home.checksTape = false
  const { status } = spawnSync('tar', ['xzf', OLD, '-C', home.folder, '--strip-components=1'])
  expect(status).toBe(0)
  // Settings, token and a person's own files are everybody's.
  writeFileSync(join(home.folder, 'api-token'), 'secret')
  mkdirSync(join(home.folder, 'candles'))
  return home
}

const orders = (path: string) => {
  const db = new Database(path, { readonly: true })
  try {
    return db.prepare('SELECT count(*) FROM orders').pluck().get()
  } finally {
    db.close()
  }
}

test('a home of an earlier build moves into simulated/ whole, once; strategies, token and settings stay', async () => {
  const home = oldHome()
  const tapes = readdirSync(join(home.folder, 'tape'))
  expect(await baton('versions', '--home', home.folder)).toMatchObject({
    code: 1,
    err: expect.stringContaining('has schema 6'),
  })
  expect(moveOldHome(home.home)).toEqual({ ok: true, value: undefined })
  expect(orders(home.home.database)).toBe(71)
  expect(readdirSync(home.home.tape)).toEqual(tapes)
  for (const name of ['api-token', 'candles', 'strategies', 'config.json'])
    expect(existsSync(join(home.folder, name)), name).toBe(true)
  for (const name of ['baton.db', 'baton.db-wal', 'tape', 'status.json'])
    expect(existsSync(join(home.folder, name)), name).toBe(false)
  expect(moveOldHome(home.home)).toEqual({ ok: true, value: undefined })
  const desk = await home.desk()
  expect(desk.engine.state.orders.size).toBe(0)
  expect(desk.engine.state.positions.size).toBeGreaterThan(2)
})

test('a move that broke off after any step is completed by the next start', () => {
  const whole = oldHome()
  moveOldHome(whole.home)
  const moved = readdirSync(whole.home.folder).filter((name) => name !== 'config.json')
  expect(moved).toContain('baton.db')
  // The database goes last.
  const steps = moved.filter((name) => name !== 'baton.db')
  for (let done = 1; done <= steps.length; done++) {
    const home = oldHome()
    for (const name of steps.slice(0, done)) renameSync(join(home.folder, name), join(home.home.folder, name))
    expect(moveOldHome(home.home)).toEqual({ ok: true, value: undefined })
    expect(readdirSync(home.home.folder).filter((name) => name !== 'config.json')).toEqual(moved)
    expect(orders(home.home.database)).toBe(71)
  }
  // Also one whose database came before the rest, as an unclean power cut can leave it.
  const home = oldHome()
  moveOldHome({ ...home.home })
  mkdirSync(join(home.folder, 'tape'))
  writeFileSync(join(home.folder, 'tape', 'late.tape'), '')
  moveOldHome(home.home)
  expect(readdirSync(home.home.tape)).toContain('late.tape')
})

test('rows that are only in the write-ahead log move with the database', () => {
  const home = oldHome()
  const crashed = oldHome()
  const db = new Database(join(home.folder, 'baton.db'))
  db.pragma('journal_mode = WAL')
  db.prepare("UPDATE orders SET why = 'in the log'").run()
  for (const name of ['baton.db', 'baton.db-wal']) cpSync(join(home.folder, name), join(crashed.folder, name))
  db.close()
  expect(moveOldHome(crashed.home)).toMatchObject({ ok: true })
  const moved = new Database(crashed.home.database, { readonly: true })
  expect(moved.prepare('SELECT DISTINCT why FROM orders').pluck().all()).toEqual(['in the log'])
  moved.close()
})

test('nothing moves while a desk runs there, or where two databases are', async () => {
  const home = oldHome()
  const lock = FileLock.take(join(home.folder, 'desk.lock'))
  await expect(home.desk()).rejects.toThrow(`another desk runs in ${home.folder}`)
  expect(existsSync(join(home.folder, 'baton.db'))).toBe(true)
  lock?.release()
  writeFileSync(home.home.database, '')
  await expect(home.desk()).rejects.toThrow('both')
  expect(orders(join(home.folder, 'baton.db'))).toBe(71)
})

test('each market has a home of its own; a KILL file in the root kills every one, and settings there are for all', async () => {
  const home = new TestHome()
  onTestFinished(() => home.remove())
  home.checksTape = false
  const { code } = await baton('run', '--for', '5m', '--speed', 'max', '--slots', 'BTC-5m', '--home', home.folder)
  expect(code).toBe(0)
  expect(existsSync(join(home.folder, 'simulated', 'baton.db'))).toBe(true)
  expect(await baton('trades', '--home', home.folder, '--market', 'paper')).toMatchObject({
    code: 1,
    err: expect.stringContaining(join(home.folder, 'paper', 'baton.db')),
  })
  writeFileSync(join(home.folder, 'KILL'), '')
  const killed = new TestHome({}, home.folder)
  killed.checksTape = false
  writeFileSync(join(killed.folder, 'KILL'), '')
  const { desk } = await killed.station()
  expect(desk.engine.state.trading).toBe('killed')
  await killed.remove()
})
