import { existsSync } from 'node:fs'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import type { FeedKind } from '../../shared/ipc/contract.ts'
import { openDatabase } from '../db/database.ts'
import { Journal } from '../db/journal.ts'
import type { OpenFeed } from './feeds.ts'
import { type Home, putAside } from './home.ts'

/** Opens the journal of a home, if it is the home of such a desk; a virtual run puts aside what is there. */
export function openJournal(
  options: { readonly home: Home; readonly feed: FeedKind },
  virtual: boolean,
): Result<Journal> {
  const path = options.home.database
  if (virtual && existsSync(path)) {
    const before = openDatabase(path, false)
    if (!before.ok) return before
    const mode = before.value.prepare("SELECT value FROM meta WHERE key = 'mode'").pluck().get()
    before.value.close()
    if (mode === 'real')
      return err(
        `${options.home.folder} is the home of a desk that trades in real time; give a virtual run its own with --home`,
      )
    putAside(path)
  }
  const db = openDatabase(path, !virtual)
  if (!db.ok) return db
  const market = options.feed === 'simulated' ? 'simulated' : 'paper'
  const before = db.value.prepare("SELECT value FROM meta WHERE key = 'market'").pluck().get() ?? market
  if (before !== market) {
    db.value.close()
    return err(
      `${options.home.folder} keeps the books of the ${before} market; give the ${market} market a home of its own with --home`,
    )
  }
  const journal = new Journal(db.value)
  journal.setMeta('mode', virtual ? 'virtual' : 'real')
  journal.setMeta('market', market)
  return ok(journal)
}

/** Slots that hold something unsettled and that this start would leave without prices and an owner's eyes. */
export function leftOut(journal: Journal, feed: OpenFeed): string[] {
  const held = journal.db
    .prepare(
      `SELECT slot FROM positions WHERE state IN ('open', 'ended', 'resolved')
       UNION SELECT slot FROM orders WHERE state NOT IN ('confirmed', 'failed', 'cancelled', 'rejected')`,
    )
    .pluck()
    .all() as string[]
  const traded = new Set<string>(feed.slots.filter((slot) => !feed.unlisted.has(slot.id)).map((slot) => slot.id))
  return held.filter((slot) => !traded.has(slot)).toSorted()
}
