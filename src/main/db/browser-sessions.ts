import { z } from 'zod'
import type { Db } from './db.ts'

/** What a browser may do that signed in; see the tokens of the API. */
export type BrowserRole = 'window' | 'remote'

const rowsSchema = z.array(z.object({ hash: z.string(), role: z.enum(['window', 'remote']) }))

/** Roles of the sessions that were not revoked, by the sha256 of their tokens. */
export function readBrowserSessions(db: Db): Map<string, BrowserRole> {
  const rows = db.prepare('SELECT hash, role FROM browser_sessions WHERE revoked_at IS NULL').all()
  return new Map(rowsSchema.parse(rows).map(({ hash, role }) => [hash, role]))
}
