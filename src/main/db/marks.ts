import { z } from 'zod'
import type { JournalRecord } from '../../shared/domain/records.ts'
import { orderKindSchema, sideSchema } from '../../shared/domain/schemas.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import type { VersionRef } from '../../shared/domain/versions.ts'
import type { DeploymentLine, TradeMark } from '../../shared/ipc/chart-view.ts'
import type { ReadableDb } from './db.ts'
import { all } from './rows.ts'
import { versionRefColumns } from './tables.ts'

const cents = (micro: number) => `${micro < 0 ? '−' : '+'}$${(Math.abs(micro) / 1e6).toFixed(2)}`
const at = (price: number) => `${(price / 1e6).toFixed(3).replace(/0$/, '')}`

const fillMark = z.object({
  ...versionRefColumns,
  ts: z.number(),
  kind: orderKindSchema,
  price: z.number(),
  side: sideSchema,
})
const outcomeMark = z.object({ ...versionRefColumns, window_end: z.number(), side: sideSchema, pnl: z.number() })

/** Fills and outcomes of a slot since a moment, for its chart. */
export function chartMarks(db: ReadableDb, slot: string, since: number): TradeMark[] {
  const fills = all(
    db,
    fillMark,
    `SELECT f.ts, f.kind, f.price, p.side, v.hash, v.strategy, v.label, v.number FROM fills f JOIN positions p ON p.id = f.position_id
     JOIN versions v ON v.hash = f.version WHERE p.slot = ? AND f.ts >= ? ORDER BY f.ts`,
    slot,
    since,
  )
  const outcomes = all(
    db,
    outcomeMark,
    `SELECT p.window_end, p.side, p.realised - p.fees AS pnl, v.hash, v.strategy, v.label, v.number FROM positions p
     JOIN versions v ON v.hash = p.opened_by WHERE p.slot = ? AND p.payout IS NOT NULL AND p.window_end >= ? ORDER BY p.settled_at`,
    slot,
    since,
  )
  const marks: TradeMark[] = fills.map(({ ts, side, kind, price, ...version }) => ({
    ts,
    side,
    kind,
    version,
    text: `${side} ${at(price)}`,
  }))
  for (const { window_end: ts, side, pnl, ...version } of outcomes)
    marks.push({ ts, side, kind: pnl > 0 ? 'win' : 'loss', version, text: cents(pnl) })
  return marks.toSorted((a, b) => a.ts - b.ts)
}

/** Swaps of a strategy since a moment. */
export function deploymentLines(db: ReadableDb, strategy: string, since: number): DeploymentLine[] {
  const rows = all(
    db,
    z.object({ ts: z.number(), ...versionRefColumns }),
    `SELECT d.swapped_at AS ts, v.hash, v.strategy, v.label, v.number FROM deployments d JOIN versions v ON v.hash = d.version
     WHERE d.strategy = ? AND d.swapped_at >= ? ORDER BY d.swapped_at`,
    strategy,
    since,
  )
  return rows.map(({ ts, ...version }) => ({ ts, version }))
}

/** The chart mark that a record makes, if it makes one. */
export function markOfRecord(
  record: JournalRecord,
  versionRef: (hash: string) => VersionRef | null,
): { slot: SlotId; mark: TradeMark } | null {
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
