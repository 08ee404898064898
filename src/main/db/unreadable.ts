import { z } from 'zod'
import { explain } from '../../shared/domain/commands.ts'
import { manifestSchema } from '../strategy-host/protocol.ts'
import type { ReadableDb } from './db.ts'
import { deploymentRows, differencesColumn } from './deployment-row.ts'
import { tenureSchema } from './restore.ts'
import { jsonColumn } from './rows.ts'
import { readAssignments, readCanaries, readCaps } from './settings.ts'
import {
  candleRow,
  deskRow,
  eventRow,
  fillRow,
  handoffRow,
  ledgerRow,
  liveRow,
  orderRow,
  outcomeRow,
  pauseRow,
  positionRow,
  redemptionRow,
  retainedStateRow,
  strategyStateRow,
  totalsRow,
  versionRow,
} from './tables.ts'
import { storedTrade } from './trade-row.ts'
import { STORED_SHADOW_TRADES, STORED_TRADES } from './trades.ts'

/** A row that a desk cannot read. */
export interface UnreadableRowRef {
  readonly table: string
  /** Key of the row; `all` where several may be meant. */
  readonly id: string
  readonly reason: string
}

interface Read {
  readonly table: string
  /** What the desk reads of each row. */
  readonly schema: z.ZodType<unknown>
  /** SQL of the row's key. */
  readonly key: string
  /** SQL of the columns and their source, if they are not all columns of the table. */
  readonly rows?: string
}

const versionJson = z.object({
  manifest: jsonColumn(manifestSchema),
  tenure: jsonColumn(tenureSchema.nullable()).nullable(),
})

function reads(db: ReadableDb): readonly Read[] {
  return [
    { table: 'desk', schema: deskRow, key: 'rowid' },
    { table: 'ledger', schema: ledgerRow, key: 'seq' },
    { table: 'positions', schema: positionRow, key: 'id' },
    { table: 'orders', schema: orderRow, key: 'id' },
    { table: 'fills', schema: fillRow, key: 'id' },
    { table: 'settlements', schema: outcomeRow, key: 'window_id' },
    { table: 'redemptions', schema: redemptionRow, key: 'window_id' },
    {
      table: 'handoffs',
      schema: handoffRow,
      key: 'seq',
      rows: 'h.*, v.strategy FROM handoffs h LEFT JOIN versions v ON v.hash = h.from_owner',
    },
    { table: 'versions', schema: versionRow, key: 'hash' },
    { table: 'versions', schema: versionJson, key: 'hash' },
    { table: 'live', schema: liveRow, key: 'strategy', rows: '* FROM live WHERE version IS NOT NULL' },
    { table: 'deployments', schema: deploymentRows(db), key: 'id' },
    {
      table: 'deployments',
      schema: z.object({ differences: differencesColumn.nullable() }),
      key: 'id',
      rows: 'differences FROM deployments',
    },
    { table: 'strategy_states', schema: strategyStateRow, key: 'slot' },
    { table: 'kept_states', schema: retainedStateRow, key: "slot || ' ' || version" },
    { table: 'pauses', schema: pauseRow, key: 'name' },
    { table: 'events', schema: eventRow, key: 'seq' },
    { table: 'candles', schema: candleRow, key: "asset || ' ' || frame || ' ' || open_time" },
    { table: 'trades', schema: storedTrade, key: 't.position', rows: STORED_TRADES },
    {
      table: 'shadow_trades',
      schema: storedTrade,
      key: "t.deployment || ' ' || t.window_id",
      rows: STORED_SHADOW_TRADES,
    },
    { table: 'version_totals', schema: totalsRow, key: 'version' },
  ]
}

/** Every row that a desk reads and cannot, so that "audit" and "doctor" name the rows over which a desk stops or holds entries. */
export function unreadableRows(db: ReadableDb): UnreadableRowRef[] {
  const found: UnreadableRowRef[] = []
  for (const { table, schema, key, rows = `* FROM ${table}` } of reads(db)) {
    const statement = db.prepare(`SELECT ${key} AS row_key, ${rows}`)
    for (const row of statement.iterate()) {
      const read = schema.safeParse(row)
      if (!read.success) found.push({ table, id: keyOf(row), reason: explain(read.error) })
    }
  }
  const setting = (reason: string) => found.push({ table: 'settings', id: 'all', reason: `it does not say ${reason}` })
  readCaps(db, setting)
  readAssignments(db, setting)
  readCanaries(db, setting)
  return found
}

const keyColumn = z.object({ row_key: z.union([z.string(), z.number()]) })

function keyOf(row: unknown): string {
  const read = keyColumn.safeParse(row)
  return read.success ? String(read.data.row_key) : 'all'
}
