import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'

/** An operating-system lock on a file, which ends with the process that holds it, however that ends. */
export class FileLock {
  private readonly db: Database.Database

  private constructor(db: Database.Database) {
    this.db = db
  }

  /** Takes the lock; null while another process holds it. Throws where the folder cannot be written. */
  static take(path: string): FileLock | null {
    const db = new Database(path, { timeout: 0 })
    try {
      db.pragma('locking_mode = EXCLUSIVE')
      db.exec('BEGIN EXCLUSIVE')
      return new FileLock(db)
    } catch (error) {
      db.close()
      if (isBusy(error)) return null
      throw error
    }
  }

  release(): void {
    this.db.close()
  }
}

/**
 * True while a desk holds the lock of a home folder. Process numbers are not asked: one may have been given to
 * another program. The lock is only read, so a desk that starts meanwhile is not hindered for longer than the look.
 */
export function deskRuns(folder: string): boolean {
  const path = join(folder, 'desk.lock')
  if (!existsSync(path)) return false
  const db = new Database(path, { readonly: true, timeout: 0 })
  try {
    db.prepare('SELECT count(*) FROM sqlite_master').get()
    return false
  } catch (error) {
    if (isBusy(error)) return true
    throw error
  } finally {
    db.close()
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')
}
