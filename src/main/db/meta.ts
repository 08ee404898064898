import { z } from 'zod'
import type { ReadableDb, WritableDb } from './db.ts'
import { value } from './rows.ts'

/**
 * Facts about a database: the name of its home (6 hex digits, part of every order's id), the market, the feed and the mode
 * (`real` or `virtual` time) it was written in, and how often trades were rewritten.
 */
type MetaKey = 'home' | 'market' | 'feed' | 'mode' | 'trades rewritten'

export function readMeta(db: ReadableDb, key: MetaKey): string | undefined {
  return value(db, z.string(), 'SELECT value FROM meta WHERE key = ?', key)
}

/** Writes market, feed and mode, and the home's name if it has none yet. */
export function writeMeta(
  db: WritableDb,
  meta: { home: string; market: string; feed: string; mode: 'real' | 'virtual' },
): void {
  db.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)').run('market', meta.market)
  db.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)').run('feed', meta.feed)
  db.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)').run('mode', meta.mode)
  db.prepare('INSERT OR IGNORE INTO meta VALUES (?, ?)').run('home', meta.home)
}
