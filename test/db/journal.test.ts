import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, expect, test } from 'vitest'
import { openDatabase } from '../../src/main/db/database.ts'
import { Journal } from '../../src/main/db/journal.ts'
import { systemClock } from '../../src/main/platform/system.ts'
import type { JournalRecord } from '../../src/shared/domain/records.ts'
import { value } from '../support/tape.ts'

const folder = mkdtempSync(join(tmpdir(), 'baton-journal-'))
const open: Journal[] = []
afterEach(async () => {
  for (const journal of open.splice(0)) await journal.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A deposit as a record; its name tells one batch from another. */
const deposit = (ref: string) =>
  ({
    t: 'ledger',
    entry: { ts: 1, kind: 'deposit', ref, cash: 1, cost: 0, locked: 0, deposit: 1, realised: 0, fee: 0, voided: 0 },
  }) as unknown as JournalRecord

test('I3: once a batch has failed for good, none that follows it is written', async () => {
  const path = join(folder, 'baton.db')
  value(openDatabase(path, true)).close()
  const journal = value(Journal.open({ path, durable: true, clock: systemClock, giveUpMs: 300 }))
  open.push(journal)
  const failed = new Promise<Error>((resolve) => {
    journal.onFailure = resolve
  })
  journal.append(deposit('first'))
  await journal.flush()
  const other = new Database(path)
  other.exec('BEGIN IMMEDIATE')
  const batches = [2, 3, 4].map((n) => {
    journal.append(deposit(`batch ${n}`))
    return journal.flush().then(
      () => 'written',
      () => 'refused',
    )
  })
  expect((await failed).message).toMatch(/cannot be written: database is locked, tried for/)
  other.exec('ROLLBACK')
  expect(await Promise.all(batches)).toEqual(['refused', 'refused', 'refused'])
  await journal.close()
  open.pop()
  expect(other.prepare('SELECT ref FROM ledger').pluck().all()).toEqual(['first'])
  other.close()
})
