import type { Db } from './database.ts'

/** What a browser may do that signed in; see the tokens of the API. */
export type BrowserRole = 'window' | 'remote'

interface BrowserSession {
  /** sha256 of its token. */
  readonly hash: string
  readonly role: BrowserRole
  /** ms UTC. */
  readonly createdAt: number
}

export function addBrowserSession(db: Db, session: BrowserSession): void {
  db.prepare('INSERT INTO browser_sessions VALUES (@hash, @role, @createdAt, NULL)').run(session)
}

/** Role of a session that was not revoked. */
export function browserSessionRole(db: Db, hash: string): BrowserRole | undefined {
  const sql = 'SELECT role FROM browser_sessions WHERE hash = ? AND revoked_at IS NULL'
  return db.prepare(sql).pluck().get(hash) as BrowserRole | undefined
}

/** @param hash null = of every session. @returns how many were revoked */
export function revokeBrowserSessions(db: Db, hash: string | null, now: number): number {
  const sql =
    'UPDATE browser_sessions SET revoked_at = @now WHERE revoked_at IS NULL AND (@hash IS NULL OR hash = @hash)'
  return db.prepare(sql).run({ hash, now }).changes
}
