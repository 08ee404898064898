import type { ReadableDb } from './db.ts'
import { count } from './rows.ts'

/** Figures of a run that only its database has; `duplicateEntries` and `orphanPositions` must be 0 (I1, I2). */
export interface RunCounts {
  readonly settled: number
  readonly reloads: number
  /** Longest time that a swap held the loop, milliseconds. */
  readonly swapMsMax: number
  readonly duplicateEntries: number
  readonly orphanPositions: number
}

export function countRun(db: ReadableDb): RunCounts {
  return {
    settled: count(db, "SELECT count(*) FROM positions WHERE state IN ('resolved', 'redeemed')"),
    reloads: count(db, "SELECT count(*) FROM deployments WHERE swapped_at IS NOT NULL AND trigger <> 'start'"),
    swapMsMax: Math.round(count(db, 'SELECT max(swap_ms) FROM deployments') * 1000) / 1000,
    duplicateEntries: count(db, DUPLICATES),
    orphanPositions: count(db, ORPHANS),
  }
}

/** Entries of a window that began while an earlier one of it was held or could still fill. */
const DUPLICATES = `
  SELECT count(*) FROM orders a JOIN orders b ON a.window_id = b.window_id AND a.kind = 'enter' AND b.kind = 'enter' AND a.rowid < b.rowid
  WHERE CASE WHEN a.filled_shares = 0 THEN a.updated_at > b.created_at
    ELSE EXISTS (SELECT 1 FROM fills f JOIN positions p ON p.id = f.position_id
      WHERE f.order_id = a.id AND (p.settled_at IS NULL OR p.settled_at > b.created_at)) END`

/** Open positions whose owner is neither the desk nor a version that is live or draining. */
const ORPHANS = `
  SELECT count(*) FROM positions p WHERE p.state IN ('open', 'ended') AND p.owned_by <> 'desk'
  AND p.owned_by NOT IN (SELECT version FROM live WHERE version IS NOT NULL)
  AND p.owned_by NOT IN (SELECT hash FROM versions WHERE state = 'draining')`
