import { z } from 'zod'
import type { ReadableDb } from './db.ts'
import { all } from './rows.ts'

/** What a browser may do that signed in; see the tokens of the API. */
export type BrowserRole = 'window' | 'remote'

const sessionRow = z.object({ hash: z.string(), role: z.enum(['window', 'remote']) })

/** Roles of the sessions that were not revoked, by the sha256 of their tokens. */
export function readBrowserSessions(db: ReadableDb): Map<string, BrowserRole> {
  const rows = all(db, sessionRow, 'SELECT hash, role FROM browser_sessions WHERE revoked_at IS NULL')
  return new Map(rows.map(({ hash, role }) => [hash, role]))
}
