import type { JournalRecord } from '../../shared/domain/records.ts'
import type { Side } from '../../shared/domain/slots.ts'
import type { DeploymentLine, TradeMark, VersionRef } from '../../shared/ipc/contract.ts'
import type { Db } from './db.ts'

type Row = Record<string, unknown>

const cents = (micro: number) => `${micro < 0 ? '−' : '+'}$${(Math.abs(micro) / 1e6).toFixed(2)}`
const at = (price: number) => `${(price / 1e6).toFixed(3).replace(/0$/, '')}`

function refOf(row: Row): VersionRef {
  return {
    hash: row.hash as string,
    strategy: row.strategy as string,
    label: row.label as string,
    number: row.number as number,
  }
}

/** Fills and outcomes of a slot since a moment, for its chart. */
export function chartMarks(db: Db, slot: string, since: number): TradeMark[] {
  const fills = db
    .prepare(
      `SELECT f.ts, f.kind, f.price, p.side, v.hash, v.strategy, v.label, v.number FROM fills f JOIN positions p ON p.id = f.position_id
       JOIN versions v ON v.hash = f.version WHERE p.slot = ? AND f.ts >= ? ORDER BY f.ts`,
    )
    .all(slot, since) as Row[]
  const outcomes = db
    .prepare(
      `SELECT p.settled_at AS ts, p.window_end, p.side, p.realised - p.fees AS pnl, v.hash, v.strategy, v.label, v.number FROM positions p
       JOIN versions v ON v.hash = p.opened_by WHERE p.slot = ? AND p.payout IS NOT NULL AND p.window_end >= ? ORDER BY p.settled_at`,
    )
    .all(slot, since) as Row[]
  const marks: TradeMark[] = fills.map((row) => ({
    ts: row.ts as number,
    side: row.side as Side,
    kind: row.kind as 'enter' | 'exit',
    version: refOf(row),
    text: `${row.side} ${at(row.price as number)}`,
  }))
  for (const row of outcomes) {
    const pnl = row.pnl as number
    marks.push({
      ts: row.window_end as number,
      side: row.side as Side,
      kind: pnl > 0 ? 'win' : 'loss',
      version: refOf(row),
      text: cents(pnl),
    })
  }
  return marks.toSorted((a, b) => a.ts - b.ts)
}

/** Swaps of a strategy since a moment. */
export function deploymentLines(db: Db, strategy: string, since: number): DeploymentLine[] {
  const rows = db
    .prepare(
      `SELECT d.swapped_at AS ts, v.hash, v.strategy, v.label, v.number FROM deployments d JOIN versions v ON v.hash = d.version
       WHERE d.strategy = ? AND d.swapped_at >= ? ORDER BY d.swapped_at`,
    )
    .all(strategy, since) as Row[]
  return rows.map((row) => ({ ts: row.ts as number, version: refOf(row) }))
}

/** The chart mark that a record makes, if it makes one. */
export function markOfRecord(
  record: JournalRecord,
  versionRef: (hash: string) => VersionRef | null,
): { slot: string; mark: TradeMark } | null {
  if (record.t !== 'position') return null
  const { position } = record
  const version = versionRef(position.openedBy)
  if (version === null) return null
  const settled = position.settledAt !== null && position.state === 'resolved'
  const fresh = position.state === 'open' && position.shares > 0 && position.realised === 0
  if (!settled && !fresh) return null
  const pnl = position.realised - position.fees
  const mark: TradeMark = settled
    ? { ts: position.windowEnd, side: position.side, kind: pnl > 0 ? 'win' : 'loss', version, text: cents(pnl) }
    : {
        ts: position.openedAt,
        side: position.side,
        kind: 'enter',
        version,
        text: `${position.side} ${at((position.boughtCost / position.boughtShares) * 1e6)}`,
      }
  return { slot: position.slot, mark }
}
