import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/main/db/database.ts'
import { openCurrent } from '../../src/main/db/sound.ts'
import { readTrades } from '../../src/main/db/trades.ts'
import { baton, temporaryFolder } from '../support/cli.ts'
import { versionHash } from '../support/ids.ts'
import { writeTape } from '../support/tape.ts'
import { trade } from '../support/trades.ts'

const CLI = resolve(import.meta.dirname, '../../src/main/cli.ts')
const TRADES = 3_000
const VERSION = versionHash('a1')
const folder = temporaryFolder()
const database = join(folder.path, 'simulated', 'baton.db')
mkdirSync(dirname(database))
const sound = join(folder.path, 'sound.db')

const INSERT = `INSERT INTO trades VALUES (@position, @strategy, @slot, @windowId, @side, @openedAt, @settledAt, @shares,
  @cost, @fees, @pnl, @sold, @openedBy, @settledUnder, @deployment, @regime, @market, @why, @latencyMs, @quote, @parts)`

beforeAll(() => {
  const opened = openDatabase(sound, false)
  if (!opened.ok) throw new Error(opened.error)
  const db = opened.value
  const insert = db.prepare(INSERT)
  db.transaction(() => {
    for (let n = 0; n < TRADES; n++) {
      const { outcome, sold, ...row } = trade({
        position: `P-${n}`,
        settledAt: Date.UTC(2026, 2, 1) + n * 300_000,
        openedBy: VERSION,
        settledUnder: VERSION,
      })
      insert.run({ ...row, outcome, sold: sold ? 1 : 0 })
    }
  })()
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.pragma('journal_mode = DELETE')
  db.close()
})
afterAll(() => folder.remove())

/** Copies the intact database and overwrites 3,000 bytes with zeros. */
function damage(at: number): void {
  copyFileSync(sound, database)
  const bytes = readFileSync(database)
  bytes.fill(0, at, at + 3_000)
  writeFileSync(database, bytes)
}

const pnl = (path: string) => {
  const opened = openCurrent(path)
  if (!opened.ok) return opened.error
  const sum = [...readTrades(opened.value)].reduce((total, { trade: { pnl: profit } }) => total + profit, 0)
  opened.value.close()
  return sum
}

describe('a database that is damaged', () => {
  it('B12: is refused before figures are read from it, wherever the damage is', () => {
    const size = readFileSync(sound).length
    const expected = pnl(sound)
    expect(expected).toBe(TRADES * 5_000_000)
    let refused = 0
    for (let at = 0; at < size - 3_000; at += Math.floor(size / 40)) {
      damage(at)
      const found = pnl(database)
      // Zeros in unused space change nothing.
      if (found === expected) continue
      expect(found).toMatch(/baton\.db (is damaged: .*restore it from a backup|has schema \d+)/)
      expect(found).not.toContain('\n')
      refused++
    }
    expect(refused).toBeGreaterThan(20)
  })

  it.each([
    ['trades'],
    ['trades', '--json'],
    ['versions'],
    ['deployments'],
    ['attribution'],
    ['attribution', '--json'],
    ['attribution', '--export', join(folder.path, 'x.csv')],
    ['attribution', '--rebuild'],
    ['audit'],
  ])('B12: baton %s %s prints no figure', async (...args) => {
    const size = readFileSync(sound).length
    damage(Math.floor(size / 2))
    const { code, out, err } = await baton(...args, '--home', folder.path)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(
      /^baton: \S+baton\.db is damaged: .*: restore it from a backup beside it \(.*\), or move it away\n$/,
    )
  })

  it('B12: doctor reports it', async () => {
    damage(Math.floor(readFileSync(sound).length / 2))
    const { code, out } = await baton('doctor', '--home', folder.path, '--json')
    expect(code).toBe(1)
    const check = JSON.parse(out).find(({ name }: { name: string }) => name === 'baton.db')
    expect(check).toMatchObject({
      state: 'fail',
      found: expect.stringContaining('is damaged'),
      todo: expect.any(String),
    })
  })
})

describe('output', () => {
  /** Runs a command and closes its output after the first chunk. */
  function readOnce(...args: readonly string[]): Promise<{ code: number | null; err: string }> {
    return new Promise((done) => {
      const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
      let err = ''
      child.stderr.on('data', (chunk: Buffer) => {
        err += chunk.toString()
      })
      child.stdout.once('data', () => child.stdout.destroy())
      child.once('close', (code) => done({ code, err }))
    })
  }

  it.each([
    ['attribution', '--json'],
    ['attribution', '--by', 'deployment'],
  ])('A14: baton %s ends without an error when its output is closed', async (...args) => {
    copyFileSync(sound, database)
    expect(await readOnce(...args, '--home', folder.path)).toEqual({ code: 0, err: '' })
  })

  it('A14: so does an export of a tape', async () => {
    const path = join(folder.path, 's1-0.tape')
    writeTape(path, 4_000)
    const { code, err } = await readOnce('tape', 'export', path, '--format', 'jsonl')
    expect({ code, err }).toEqual({ code: 0, err: 'Period: all data\n' })
  })
})

describe('attribution over a period', () => {
  const run = (...args: string[]) => {
    copyFileSync(sound, database)
    return baton('attribution', '--home', folder.path, ...args)
  }

  it('A6: the parsed period is printed, the same in every time zone', async () => {
    const args = ['--from', '2026-03-01 00:00', '--to', '2026-03-01T05:30:00+05:30', '--json']
    expect((await run(...args)).err).toMatch(/--from is not before --to/)
    const day = ['--from', '2026-03-01', '--to', '1772409600']
    const { out } = await run(...day)
    expect(out).toMatch(/^Period: 2026-03-01T00:00:00\.000Z to 2026-03-02T00:00:00\.000Z\n/)
    const period = { from: '2026-03-01T00:00:00.000Z', to: '2026-03-02T00:00:00.000Z' }
    const { TZ } = process.env
    for (const zone of ['America/New_York', 'Asia/Kolkata', 'UTC']) {
      process.env.TZ = zone
      const output = JSON.parse((await run('--from', '2026-03-01 00:00', '--to', '2026-03-02', '--json')).out)
      expect(output).toMatchObject({ period, records: [{ figures: { trades: 288 } }] })
    }
    if (TZ === undefined) delete process.env.TZ
    else process.env.TZ = TZ
  })

  it('an export contains only the trades of the requested period', async () => {
    const file = join(folder.path, 'day.csv')
    const { out } = await run('--from', '2026-03-02', '--to', '2026-03-03', '--export', file)
    expect(out).toBe(`Period: 2026-03-02T00:00:00.000Z to 2026-03-03T00:00:00.000Z\n288 trades written to ${file}\n`)
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(289)
  })

  it.each([
    ['03/04/2026', /is no time: write ISO 8601/],
    ['2026-02-30', /is no time of any calendar day/],
    ['1999-01-01', /outside 2009–2099/],
  ])('A6: --from %s is refused in one line', async (text, message) => {
    const { code, out, err } = await run('--from', text)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(message)
    expect(err.trim().split('\n')).toHaveLength(1)
  })
})

describe('unreadable configuration (I12)', () => {
  it.each([['audit'], ['replay', '--strategy', 'snipe']])('%s exits with code 2 and one line', async (...args) => {
    const home = join(folder.path, 'configured')
    mkdirSync(home, { recursive: true })
    copyFileSync(sound, join(home, 'baton.db'))
    writeFileSync(join(home, 'config.json'), '{ "caps": { "lossPerDayUsd": "many" } }')
    const { code, out, err } = await baton(...args, '--home', home)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/config\.json.*caps\.lossPerDayUsd/)
    expect(err.trim().split('\n')).toHaveLength(1)
  })
})
