import { chmodSync, copyFileSync, existsSync, statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { err, messageOf, ok, type Result } from '../../shared/domain/base.ts'
import type { ReadableDb, WritableDb } from './db.ts'
import { MIGRATIONS } from './migrations.ts'
import { TradeBook } from './trades.ts'

/** The schema that has a table of trades. */
const TRADES_SINCE = 4

/**
 * Opens baton.db and brings it to the newest schema. A file that is there is copied before it is migrated; one that a
 * newer Baton wrote is refused.
 * @param durable fsync at every commit; off only in virtual time, where a crash loses nothing that happened
 */
export function openDatabase(path: string, durable: boolean): Result<WritableDb> {
  let db: WritableDb | undefined
  try {
    db = new Database(path)
    db.pragma('journal_mode = WAL')
    db.pragma(`synchronous = ${durable ? 'FULL' : 'NORMAL'}`)
    db.pragma('foreign_keys = ON')
    db.pragma('busy_timeout = 2000')
    const version = Number(db.pragma('user_version', { simple: true }))
    if (version > MIGRATIONS.length) {
      db.close()
      return err(
        `${path} was written by a newer Baton (schema ${version}, this one knows ${MIGRATIONS.length}); update Baton to use it`,
      )
    }
    if (version > 0 && version < MIGRATIONS.length) {
      db.pragma('wal_checkpoint(TRUNCATE)')
      const backup = `${path}.before-${MIGRATIONS.length}`
      if (!existsSync(backup)) copyFileSync(path, backup)
    }
    migrate(db, version)
    if (path !== ':memory:') ownerOnly(path)
    // Trades of before there was a table for them.
    if (version > 0 && version < TRADES_SINCE) new TradeBook(db).rebuild()
    return ok(db)
  } catch (error) {
    db?.close()
    return err(`${path} cannot be opened: ${messageOf(error)}`)
  }
}

/** Writes everything in a database's write-ahead log into its file, for a file to be moved; an error if anything is left there. */
export function mergeWal(path: string): Result<void> {
  let db: WritableDb | undefined
  try {
    db = new Database(path)
    db.pragma('wal_checkpoint(TRUNCATE)')
  } catch (error) {
    return err(`${path} cannot be opened: ${messageOf(error)}`)
  } finally {
    db?.close()
  }
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false })
  return (log?.size ?? 0) === 0
    ? ok(undefined)
    : err(`${path}-wal cannot be merged: another program has the database open`)
}

/** Makes the database readable by its owner alone; SQLite gives its later files the same mode. */
function ownerOnly(path: string): void {
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    try {
      if (existsSync(file) && (statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600)
    } catch {
      // Somebody else's file, or a file system without modes: the doctor says so.
    }
  }
}

function migrate(db: WritableDb, from: number): void {
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < from) continue
    db.transaction(() => {
      db.exec(sql)
      db.pragma(`user_version = ${index + 1}`)
    })()
  }
}

/** Opens a database for reading alone: the desk that owns it may be running. */
export function openReadOnly(path: string): Result<ReadableDb> {
  if (!existsSync(path)) return err(`${path} is not there: no desk has run in this home folder`)
  try {
    return ok(new Database(path, { readonly: true, fileMustExist: true }))
  } catch (error) {
    return err(`${path} cannot be read: ${messageOf(error)}`)
  }
}

/** Version of the SQLite library; throws where it does not load. */
export function sqliteVersion(): string {
  const db = new Database(':memory:')
  try {
    return String(db.prepare('SELECT sqlite_version()').pluck().get())
  } finally {
    db.close()
  }
}
