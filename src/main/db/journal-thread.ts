import { parentPort, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { z } from 'zod'
import { messageOf } from '../../shared/domain/base.ts'
import { systemClock } from '../platform/system.ts'
import { openDatabase } from './database.ts'
import type { WritableDb } from './db.ts'
import type { FromJournalThread, JournalThreadData, ToJournalThread } from './journal-protocol.ts'
import type { JournalWrite } from './journal-write.ts'
import { JournalWriter } from './journal-writer.ts'

/** The journal's thread: commits batches one after another, and tries one again that cannot be written for the moment. */

const RETRY_MS = 50
/** Conditions that pass by themselves: another program holds the database, or the disk is full or does not answer. */
const PASSING = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN)/

const threadData: z.ZodType<JournalThreadData> = z.object({
  path: z.string(),
  durable: z.boolean(),
  giveUpMs: z.number(),
})
const { path, durable, giveUpMs } = threadData.parse(workerData)
const tell = (message: FromJournalThread) => parentPort?.postMessage(message)
/** Once a batch has failed nothing that follows from it may be written. */
let hasFailed = false
const napping = new Int32Array(new SharedArrayBuffer(4))

const opened = openDatabase(path, durable)
if (opened.ok) {
  const db = opened.value
  db.pragma('busy_timeout = 100')
  const writer = new JournalWriter(db)
  parentPort?.on('message', (message: ToJournalThread) => {
    if (message.kind === 'batch') return write(db, writer, message.seq, message.writes)
    emptyLog(db, 'TRUNCATE')
    db.close()
    tell({ kind: 'closed' })
    parentPort?.close()
  })
} else tell({ kind: 'failed', reason: opened.error })

/** Copies the write-ahead log into the database, as far as it can be: what stays in it is found by the next attempt or start. */
function emptyLog(db: WritableDb, mode: 'PASSIVE' | 'TRUNCATE'): void {
  try {
    db.pragma(`wal_checkpoint(${mode})`)
  } catch {
    // Somebody else reads or holds it, or the disk takes nothing.
  }
}

function write(db: WritableDb, writer: JournalWriter, seq: number, writes: readonly JournalWrite[]): void {
  if (hasFailed) return
  const since = systemClock.monotonic()
  let blocked = false
  for (;;) {
    try {
      return tell({ kind: 'done', seq, report: writer.commit(writes) })
    } catch (error) {
      const message = messageOf(error)
      const code = error instanceof Database.SqliteError ? error.code : ''
      const passes = PASSING.test(code)
      if (!passes || systemClock.monotonic() - since > giveUpMs) {
        hasFailed = true
        const tried = passes ? `, tried for ${Math.round(giveUpMs / 1_000)} s` : ''
        return tell({ kind: 'failed', reason: `${message}${tried}` })
      }
      if (!blocked) tell({ kind: 'blocked', reason: message })
      blocked = true
      // SQLite empties the log only after a commit: a full disk would never see one, whatever room the database itself has.
      if (code === 'SQLITE_FULL') emptyLog(db, 'PASSIVE')
      Atomics.wait(napping, 0, 0, RETRY_MS)
    }
  }
}
