import { z } from 'zod'
import type { ReadableDb } from '../db/db.ts'

// Schemas of the audit's own: it shares no reading of the tables with the desk that wrote them.

/** What every trade carries (I6). */
const tagColumns = z.object({
  version: z.string(),
  deployment: z.string().nullable(),
  regime: z.string(),
  market: z.string(),
})
export type TagColumns = z.output<typeof tagColumns>

/** Terms that an intent and its order share. */
const termColumns = tagColumns.extend({
  id: z.string(),
  cycle: z.number(),
  slot: z.string(),
  window_id: z.string(),
  kind: z.string(),
  side: z.string(),
  limit_price: z.number(),
  stake: z.number(),
  quantity: z.number(),
  tif: z.string(),
  post_only: z.number(),
  why: z.string(),
})
export type TermColumns = z.output<typeof termColumns>

const intentRow = termColumns.extend({
  ts: z.number(),
})
export type IntentRow = z.output<typeof intentRow>

const orderRow = termColumns.extend({
  created_at: z.number(),
  window_end: z.number(),
  position_id: z.string().nullable(),
  state: z.string(),
  owner: z.string(),
  digest: z.string().nullable(),
  filled_shares: z.number(),
  filled_cost: z.number(),
  fee: z.number(),
  updated_at: z.number(),
})
export type OrderRow = z.output<typeof orderRow>

const fillRow = tagColumns.extend({
  id: z.string(),
  order_id: z.string(),
  position_id: z.string(),
  ts: z.number(),
  kind: z.string(),
  price: z.number(),
  shares: z.number(),
  cash: z.number(),
  fee: z.number(),
  state: z.string(),
  fate_at: z.number().nullable(),
})
export type FillRow = z.output<typeof fillRow>

const positionRow = tagColumns.extend({
  id: z.string(),
  slot: z.string(),
  window_id: z.string(),
  window_end: z.number(),
  side: z.string(),
  opened_at: z.number(),
  opened_by: z.string(),
  owned_by: z.string(),
  state: z.string(),
  shares: z.number(),
  cost: z.number(),
  bought_shares: z.number(),
  bought_cost: z.number(),
  fees: z.number(),
  realised: z.number(),
  payout: z.number().nullable(),
  settled_at: z.number().nullable(),
})
export type PositionRow = z.output<typeof positionRow>

const settlementRow = z.object({
  window_id: z.string(),
  slot: z.string(),
  ts: z.number(),
  strike: z.number(),
  close: z.number(),
  payout_up: z.number(),
  market: z.string(),
  source: z.string(),
})
export type SettlementRow = z.output<typeof settlementRow>

const handoffRow = z.object({
  seq: z.number(),
  ts: z.number(),
  deployment: z.string().nullable(),
  reason: z.string(),
  subject: z.string(),
  subject_id: z.string(),
  from_owner: z.string(),
  to_owner: z.string(),
  mark: z.number().nullable(),
  mark_source: z.string().nullable(),
})
export type HandoffRow = z.output<typeof handoffRow>

/** The columns of money a ledger row moves. */
const movement = z.object({
  cash: z.number(),
  cost: z.number(),
  locked: z.number(),
  deposit: z.number(),
  realised: z.number(),
  fee: z.number(),
  voided: z.number(),
})
export type Movement = z.output<typeof movement>

const ledgerRow = movement.extend({
  seq: z.number(),
  ts: z.number(),
  kind: z.string(),
  ref: z.string(),
})
export type LedgerRow = z.output<typeof ledgerRow>

const deploymentRow = z.object({
  id: z.string(),
  version: z.string().nullable(),
  handoffs: z.number(),
})
export type DeploymentRow = z.output<typeof deploymentRow>

const commandRow = z.object({
  ts: z.number(),
  kind: z.string(),
  body: z.string(),
  outcome: z.string(),
})
export type CommandRow = z.output<typeof commandRow>

/** Everything the audit looks at, as one moment of the database has it. */
export interface Books {
  readonly intents: ReadonlyMap<string, IntentRow>
  readonly orders: ReadonlyMap<string, OrderRow>
  /** In the order they were written. */
  readonly fills: readonly FillRow[]
  readonly fillsOfOrder: ReadonlyMap<string, readonly FillRow[]>
  readonly fillsOfPosition: ReadonlyMap<string, readonly FillRow[]>
  readonly positions: ReadonlyMap<string, PositionRow>
  readonly settlements: ReadonlyMap<string, SettlementRow>
  readonly handoffs: readonly HandoffRow[]
  /** By `position P-1` or `order O-1`. */
  readonly handoffsOf: ReadonlyMap<string, readonly HandoffRow[]>
  readonly ledger: readonly LedgerRow[]
  readonly deployments: ReadonlyMap<string, DeploymentRow>
  /** State of every stored version. */
  readonly versions: ReadonlyMap<string, string>
  /** Strategy of every stored version. */
  readonly strategies: ReadonlyMap<string, string>
  /** Versions that the table of live ones, or a canary's setting, names. */
  readonly live: ReadonlySet<string>
  readonly commands: readonly CommandRow[]
}

function byId<T extends { readonly id: string }>(rows: readonly T[]): Map<string, T> {
  return new Map(rows.map((row) => [row.id, row]))
}

/** Reads all rows; call it inside one read transaction, so that they belong together. */
export function readBooks(db: ReadableDb): Books {
  const all = <T>(row: z.ZodType<T>, sql: string): T[] => z.array(row).parse(db.prepare(sql).all())
  const fills = all(fillRow, 'SELECT * FROM fills ORDER BY rowid')
  const handoffs = all(handoffRow, 'SELECT * FROM handoffs ORDER BY seq')
  return {
    intents: byId(all(intentRow, 'SELECT * FROM intents ORDER BY rowid')),
    orders: byId(all(orderRow, 'SELECT * FROM orders ORDER BY rowid')),
    fills,
    fillsOfOrder: Map.groupBy(fills, (fill) => fill.order_id),
    fillsOfPosition: Map.groupBy(fills, (fill) => fill.position_id),
    positions: byId(all(positionRow, 'SELECT * FROM positions ORDER BY rowid')),
    settlements: new Map(
      all(settlementRow, 'SELECT * FROM settlements ORDER BY rowid').map((row) => [row.window_id, row]),
    ),
    handoffs,
    handoffsOf: Map.groupBy(handoffs, (row) => `${row.subject} ${row.subject_id}`),
    ledger: all(ledgerRow, 'SELECT * FROM ledger ORDER BY seq'),
    deployments: byId(all(deploymentRow, 'SELECT id, version, handoffs FROM deployments')),
    versions: new Map(
      all(z.object({ hash: z.string(), state: z.string() }), 'SELECT hash, state FROM versions').map((row) => [
        row.hash,
        row.state,
      ]),
    ),
    strategies: new Map(
      all(z.object({ hash: z.string(), strategy: z.string() }), 'SELECT hash, strategy FROM versions').map((row) => [
        row.hash,
        row.strategy,
      ]),
    ),
    live: new Set(
      all(
        z.object({ version: z.string() }),
        `SELECT version FROM live WHERE version IS NOT NULL
         UNION SELECT json_extract(json, '$.version') FROM settings WHERE name = 'canary' AND json <> 'null'`,
      ).map((row) => row.version),
    ),
    commands: all(commandRow, 'SELECT ts, kind, body, outcome FROM commands ORDER BY rowid'),
  }
}
