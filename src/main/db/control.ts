import { z } from 'zod'
import type { ReadableDb } from './db.ts'
import { count, value } from './rows.ts'

/** Number of the newest command of control.json that the desk has dealt with; 0 before the first. */
export function acknowledgedSeq(db: ReadableDb): number {
  return count(db, 'SELECT control_seq FROM desk')
}

/** What the desk said of the newest command of a kind that came by control.json. */
export function newestFileOutcome(db: ReadableDb, kind: string): string | undefined {
  const sql = "SELECT message FROM commands WHERE source = 'file' AND kind = ? ORDER BY rowid DESC LIMIT 1"
  return value(db, z.string(), sql, kind)
}
