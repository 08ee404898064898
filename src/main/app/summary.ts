import { isUnsettled } from '../../engine/state.ts'
import { toDollars } from '../../shared/domain/money.ts'
import { listVersions } from '../db/queries.ts'
import { countRun } from '../db/run-counts.ts'
import type { Desk } from './desk-life.ts'

/** The closing line of `run --json` (design, "Command line"). */
export function summarise(desk: Desk) {
  const { db } = desk.journal
  const { figures } = desk.loop
  const { state } = desk.engine
  const counts = countRun(db)
  return {
    cycles: figures.cycles,
    missedCycles: figures.missedCycles,
    decisions: figures.decisions,
    decisionsHash: desk.loop.decisionsHash(),
    orders: figures.orders,
    fills: figures.fills,
    settled: counts.settled,
    openPositions: [...state.positions.values()].filter(isUnsettled).length,
    pnlUsd: toDollars(state.ledger.profit),
    feesUsd: toDollars(state.ledger.fees),
    reloads: counts.reloads,
    swapMsMax: counts.swapMsMax,
    duplicateEntries: counts.duplicateEntries,
    orphanPositions: counts.orphanPositions,
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
