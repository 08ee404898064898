import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, afterEach, expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../../src/main/db/database.ts'
import { Journal } from '../../src/main/db/journal.ts'
import { systemClock } from '../../src/main/platform/system.ts'
import type { JournalRecord } from '../../src/shared/domain/records.ts'
import { until } from '../support/desk.ts'
import { SmallDisk } from '../support/small-disk.ts'
import { value } from '../support/tape.ts'

const folder = mkdtempSync(join(tmpdir(), 'baton-journal-'))
const open: Journal[] = []
afterEach(async () => {
  for (const journal of open.splice(0)) await journal.close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

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
    journal.failed.on(resolve)
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

test('on a full disk the write-ahead log is emptied into the room that the database has, once nobody reads it any more', async () => {
  const disk = new SmallDisk(join(folder, 'disk'), '24m')
  onTestFinished(() => disk.remove())
  const path = join(disk.path, 'baton.db')
  value(openDatabase(path, true)).close()
  const journal = value(Journal.open({ path, durable: true, clock: systemClock, giveUpMs: 120_000 }))
  onTestFinished(async () => void (await journal.close()))
  const blocks: (string | null)[] = []
  journal.blockedChanged.on((reason) => blocks.push(reason))
  // As long as that of a desk which has run for days: free pages within, and a write-ahead log of the usual length.
  const other = new Database(path)
  other.exec('CREATE TABLE room (bytes); INSERT INTO room VALUES (zeroblob(6000000)); DROP TABLE room')
  other.pragma('wal_checkpoint(RESTART)')
  disk.fill()
  // Whoever reads holds back the log: it can only grow, and has no room to.
  const reader = new Database(path, { readonly: true })
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM ledger').get()
  let written = 0
  for (let n = 1; journal.blocked === null; n++) {
    journal.append(deposit(`${n} ${'x'.repeat(100_000)}`))
    void journal.flush().then(() => written++)
    await journal.caughtUp()
    if (n > 2_000) throw new Error('the disk is not full')
  }
  expect(blocks).toEqual(['database or disk is full'])
  reader.exec('ROLLBACK')
  await until('it is written again', () => journal.blocked === null)
  await journal.flush()
  expect(blocks).toEqual(['database or disk is full', null])
  expect(other.prepare('SELECT count(*) FROM ledger').pluck().get()).toBe(written)
  reader.close()
  other.close()
})
