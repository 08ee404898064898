import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditDatabase } from '../../src/main/audit/audit.ts'
import { baton, temporaryFolder } from '../support/cli.ts'
import { CORRUPTIONS, OPEN_POSITION, SOUND_HANDOFF, SOUND_LATE_FILL } from './corruptions.ts'
import { MONEY_CORRUPTIONS } from './money-corruptions.ts'

const RATES = [70_000]
/** Ends in the last second of windows in which this seed still holds positions. */
const LENGTH = '2h59m59s'
const folder = temporaryFolder()
const clean = join(folder.path, 'simulated', 'baton.db')

beforeAll(async () => {
  const run = await baton('run', '--seed', '1', '--speed', 'max', '--for', LENGTH, '--json', '--home', folder.path)
  expect(run.err).toBe('')
  expect(run.code).toBe(0)
})
afterAll(() => folder.remove())

function findings(path: string) {
  const audited = auditDatabase(path, RATES)
  if (!audited.ok) throw new Error(audited.error)
  return audited.value.findings
}

/** A copy of the run's database with the damage done; returns its path and the row that was hit. */
function damaged(rowQuery: string, damage: string): { path: string; row: string } {
  const path = join(folder.path, 'damaged.db')
  copyFileSync(clean, path)
  const db = new Database(path)
  db.pragma('journal_mode = DELETE')
  db.pragma('foreign_keys = OFF')
  const found: unknown = db.prepare(rowQuery).pluck().get()
  if (found === undefined) throw new Error(`the run has no such row: ${rowQuery}`)
  const row = String(found)
  db.exec(damage.replaceAll('$row', row))
  db.close()
  return { path, row }
}

describe('the books of a run', () => {
  it('break nothing', () => {
    const audited = auditDatabase(clean, RATES)
    if (!audited.ok) throw new Error(audited.error)
    expect(audited.value.findings).toEqual([])
    expect(audited.value.checked.fills).toBeGreaterThan(20)
    expect(audited.value.checked.ledger).toBeGreaterThan(audited.value.checked.fills)
  })

  it('break nothing after a handoff that is in the ledger of handoffs', () => {
    expect(findings(damaged(OPEN_POSITION, SOUND_HANDOFF).path)).toEqual([])
  })

  it('break nothing when a fill comes after the kill that gave its order to the desk', () => {
    expect(findings(damaged(OPEN_POSITION, SOUND_LATE_FILL).path)).toEqual([])
  })

  it('break nothing with the fee rate of another time, once several fills agree on it', () => {
    const audited = auditDatabase(clean, [20_000])
    if (!audited.ok) throw new Error(audited.error)
    expect(audited.value.findings).toEqual([])
  })
})

describe('the audit names', () => {
  for (const { name, invariant, table, row, damage } of [...CORRUPTIONS, ...MONEY_CORRUPTIONS]) {
    it(`${name}: ${invariant}`, () => {
      const spoilt = damaged(row, damage)
      const found = findings(spoilt.path).map((finding) => `${finding.invariant} ${finding.table} ${finding.id}`)
      expect(found).toContain(`${invariant} ${table} ${spoilt.row}`)
    })
  }
})

describe('baton audit', () => {
  it('says that it finds nothing and ends with 0', async () => {
    const { code, out } = await baton('audit', '--home', folder.path)
    expect(out).toMatch(/^audit finds nothing: \d+ intents, \d+ orders/)
    expect(code).toBe(0)
  })

  it('ends with 1 where no desk ever ran', async () => {
    const { code, err } = await baton('audit', '--home', join(folder.path, 'nowhere'))
    expect(err).toMatch(/^baton: .*no desk has run in this home folder\n$/)
    expect(code).toBe(1)
  })

  it.runIf(process.env.BATON_TAPES !== undefined)('finds nothing after a run on recorded candles', async () => {
    const home = join(folder.path, 'tape')
    const tape = process.env.BATON_TAPES ?? ''
    await baton('run', '--feed', 'tape', '--tape', tape, '--speed', 'max', '--for', '2h', '--json', '--home', home)
    expect(findings(join(home, 'simulated', 'baton.db'))).toEqual([])
  })
})
