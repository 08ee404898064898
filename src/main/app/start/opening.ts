import { existsSync } from 'node:fs'
import type { Config } from '../../../shared/config.ts'
import { err, type Result } from '../../../shared/domain/base.ts'
import type { Clock } from '../../../shared/domain/feed.ts'
import { type FeedKind, type Market, marketLabel } from '../../../shared/domain/market.ts'
import { MINUTE } from '../../../shared/domain/time.ts'
import { openDatabase } from '../../db/database.ts'
import { Journal } from '../../db/journal.ts'
import { readMeta, writeMeta } from '../../db/meta.ts'
import { endUnfinishedDeployments, heldSlots } from '../../db/start.ts'
import type { OpenFeed } from '../../market/feeds.ts'
import { newId } from '../../platform/system.ts'
import { type Home, putAside } from './home.ts'

/** How long a locked database or a full disk is retried before the desk ends; entries are held meanwhile. */
const GIVE_UP_MS = 10 * MINUTE

/** Opens the journal of a home, checking that it belongs to this market; a virtual run moves an earlier one aside. */
export function openJournal(
  options: { readonly home: Home; readonly market: Market; readonly feed: FeedKind; readonly clock: Clock },
  virtual: boolean,
): Result<Journal> {
  const path = options.home.database
  if (virtual && existsSync(path)) {
    const before = openDatabase(path, false)
    if (!before.ok) return before
    const mode = readMeta(before.value, 'mode')
    before.value.close()
    if (mode === 'real')
      return err(
        `${options.home.folder} is the home of a desk that trades in real time; give a virtual run its own with --home`,
      )
    putAside(path)
  }
  const db = openDatabase(path, !virtual)
  if (!db.ok) return db
  const { market, feed } = options
  const before = { market: readMeta(db.value, 'market') ?? market, feed: readMeta(db.value, 'feed') ?? feed }
  // Prices of another source are another market, although both are simulated (I6).
  if (before.market !== market || before.feed !== feed) {
    db.value.close()
    const kept = before.market === market ? `${market} market on ${before.feed} prices` : `${before.market} market`
    return err(
      `${options.home.folder} keeps the books of the ${kept}; give ${marketLabel(options)} a home of its own with --home`,
    )
  }
  writeMeta(db.value, { home: newId('').slice(-6), market, feed, mode: virtual ? 'virtual' : 'real' })
  endUnfinishedDeployments(db.value, options.clock.now())
  db.value.close()
  return Journal.open({ path, durable: !virtual, clock: options.clock, giveUpMs: GIVE_UP_MS })
}

/** The configuration with these slots among its own. */
export function withSlots(config: Config, slots: readonly string[]): Config {
  return { ...config, slots: [...new Set([...config.slots, ...slots])] }
}

/** Slots with open positions or orders for which this start would have no prices. */
export function leftOut(journal: Journal, feed: OpenFeed): string[] {
  const traded = new Set<string>(feed.slots.filter((slot) => !feed.unlisted.has(slot.id)).map((slot) => slot.id))
  return heldSlots(journal.db)
    .filter((slot) => !traded.has(slot))
    .toSorted()
}
