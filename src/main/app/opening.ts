import { existsSync } from 'node:fs'
import type { Config } from '../../shared/config.ts'
import { err, type Result } from '../../shared/domain/base.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import { MINUTE, type UnixMs } from '../../shared/domain/time.ts'
import type { FeedKind } from '../../shared/ipc/contract.ts'
import { openDatabase } from '../db/database.ts'
import type { Db } from '../db/db.ts'
import { Journal } from '../db/journal.ts'
import type { OpenFeed } from '../market/feeds.ts'
import { newId } from '../platform/system.ts'
import { type Home, putAside } from './home.ts'

/** A database that is locked, or a disk that is full, for longer than this ends the desk; until then entries are held. */
const GIVE_UP_MS = 10 * MINUTE

/** Opens the journal of a home, if it is the home of such a desk; a virtual run puts aside what is there. */
export function openJournal(
  options: { readonly home: Home; readonly feed: FeedKind; readonly clock: Clock },
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
  prepare(db.value, { mode: virtual ? 'virtual' : 'real', market }, options.clock.now())
  db.value.close()
  return Journal.open({ path, durable: !virtual, clock: options.clock, giveUpMs: GIVE_UP_MS })
}

/** Writes whose home it is, and that attempts which an earlier process left unfinished ended with it. */
function prepare(db: Db, meta: Readonly<Record<string, string>>, now: UnixMs): void {
  const save = db.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)')
  for (const [key, value] of Object.entries(meta)) save.run(key, value)
  db.prepare("INSERT OR IGNORE INTO meta VALUES ('home', ?)").run(newId('').slice(-6))
  db.prepare(
    `UPDATE deployments SET state = 'superseded', ended_at = ?, reason = 'the desk stopped before it was live'
     WHERE ended_at IS NULL AND state NOT IN ('kept', 'failed', 'superseded', 'rolled-back', 'probation', 'canary')`,
  ).run(now)
}

/** Slots that hold something unsettled, or an order whose fate is not final. */
export function heldSlots(journal: Journal): string[] {
  return journal.db
    .prepare(
      `SELECT slot FROM positions WHERE state IN ('open', 'ended', 'resolved')
       UNION SELECT slot FROM orders WHERE state NOT IN ('filled', 'cancelled', 'expired', 'rejected')`,
    )
    .pluck()
    .all() as string[]
}

/** The configuration with these slots among its own. */
export function withSlots(config: Config, slots: readonly string[]): Config {
  return { ...config, slots: [...new Set([...config.slots, ...slots])] }
}

/** Slots that hold something and that this start would leave without prices and an owner's eyes. */
export function leftOut(journal: Journal, feed: OpenFeed): string[] {
  const traded = new Set<string>(feed.slots.filter((slot) => !feed.unlisted.has(slot.id)).map((slot) => slot.id))
  return heldSlots(journal)
    .filter((slot) => !traded.has(slot))
    .toSorted()
}
