import { isUnsettled } from '../../engine/state.ts'
import { toDollars } from '../../shared/domain/money.ts'
import { listVersions } from '../db/queries.ts'
import type { Desk } from './desk.ts'

/** The closing line of `run --json` (design, "Command line"). */
export function summarise(desk: Desk) {
  const { db } = desk.journal
  const { figures } = desk.session
  const { state } = desk.engine
  const count = (sql: string) => Number(db.prepare(sql).pluck().get() ?? 0)
  return {
    cycles: figures.cycles,
    missedCycles: figures.missedCycles,
    decisions: figures.decisions,
    decisionsHash: desk.session.decisionsHash(),
    orders: figures.orders,
    fills: figures.fills,
    settled: count("SELECT count(*) FROM positions WHERE state IN ('resolved', 'redeemed')"),
    openPositions: [...state.positions.values()].filter(isUnsettled).length,
    pnlUsd: toDollars(state.ledger.profit),
    feesUsd: toDollars(state.ledger.fees),
    reloads: count("SELECT count(*) FROM deployments WHERE swapped_at IS NOT NULL AND trigger <> 'start'"),
    swapMsMax: Math.round(count('SELECT max(swap_ms) FROM deployments') * 1000) / 1000,
    duplicateEntries: count(DUPLICATES),
    orphanPositions: count(ORPHANS),
    ledgerBalanced: state.ledger.balanced(),
    versions: listVersions(db)
      .toSorted((a, b) => (a.label < b.label ? -1 : 1))
      .map((v) => ({
        strategy: v.strategy,
        version: v.hash,
        label: v.label,
        trades: v.trades,
        wins: v.wins,
        pnlUsd: toDollars(v.pnl),
      })),
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
