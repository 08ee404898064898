import type { Db } from '../db/db.ts'

/** What every trade carries (I6). */
export interface TagColumns {
  readonly version: string
  readonly deployment: string | null
  readonly regime: string
  readonly market: string
}

/** Terms that an intent and its order share. */
export interface TermColumns extends TagColumns {
  readonly id: string
  readonly cycle: number
  readonly slot: string
  readonly window_id: string
  readonly kind: string
  readonly side: string
  readonly limit_price: number
  readonly stake: number
  readonly quantity: number
  readonly tif: string
  readonly post_only: number
  readonly why: string
}

export interface IntentRow extends TermColumns {
  readonly ts: number
}

export interface OrderRow extends TermColumns {
  readonly created_at: number
  readonly window_end: number
  readonly position_id: string | null
  readonly state: string
  readonly owner: string
  readonly digest: string | null
  readonly filled_shares: number
  readonly filled_cost: number
  readonly fee: number
  readonly updated_at: number
}

export interface FillRow extends TagColumns {
  readonly id: string
  readonly order_id: string
  readonly position_id: string
  readonly ts: number
  readonly kind: string
  readonly price: number
  readonly shares: number
  readonly cash: number
  readonly fee: number
  readonly state: string
  readonly fate_at: number | null
}

export interface PositionRow extends TagColumns {
  readonly id: string
  readonly slot: string
  readonly window_id: string
  readonly window_end: number
  readonly side: string
  readonly opened_at: number
  readonly opened_by: string
  readonly owned_by: string
  readonly state: string
  readonly shares: number
  readonly cost: number
  readonly bought_shares: number
  readonly bought_cost: number
  readonly fees: number
  readonly realised: number
  readonly payout: number | null
  readonly settled_at: number | null
}

export interface SettlementRow {
  readonly window_id: string
  readonly slot: string
  readonly ts: number
  readonly strike: number
  readonly close: number
  readonly payout_up: number
  readonly source: string
}

export interface HandoffRow {
  readonly seq: number
  readonly ts: number
  readonly deployment: string | null
  readonly reason: string
  readonly subject: string
  readonly subject_id: string
  readonly from_owner: string
  readonly to_owner: string
  readonly mark: number | null
  readonly mark_source: string | null
}

/** The columns of money a ledger row moves. */
export interface Movement {
  readonly cash: number
  readonly cost: number
  readonly locked: number
  readonly deposit: number
  readonly realised: number
  readonly fee: number
  readonly voided: number
}

export interface LedgerRow extends Movement {
  readonly seq: number
  readonly ts: number
  readonly kind: string
  readonly ref: string
}

export interface DeploymentRow {
  readonly id: string
  readonly version: string | null
  readonly handoffs: number
}

export interface CommandRow {
  readonly ts: number
  readonly kind: string
  readonly body: string
  readonly outcome: string
}

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
export function readBooks(db: Db): Books {
  const all = <T>(sql: string): T[] => db.prepare(sql).all() as T[]
  const fills = all<FillRow>('SELECT * FROM fills ORDER BY rowid')
  const handoffs = all<HandoffRow>('SELECT * FROM handoffs ORDER BY seq')
  return {
    intents: byId(all<IntentRow>('SELECT * FROM intents ORDER BY rowid')),
    orders: byId(all<OrderRow>('SELECT * FROM orders ORDER BY rowid')),
    fills,
    fillsOfOrder: Map.groupBy(fills, (fill) => fill.order_id),
    fillsOfPosition: Map.groupBy(fills, (fill) => fill.position_id),
    positions: byId(all<PositionRow>('SELECT * FROM positions ORDER BY rowid')),
    settlements: new Map(
      all<SettlementRow>('SELECT * FROM settlements ORDER BY rowid').map((row) => [row.window_id, row]),
    ),
    handoffs,
    handoffsOf: Map.groupBy(handoffs, (row) => `${row.subject} ${row.subject_id}`),
    ledger: all<LedgerRow>('SELECT * FROM ledger ORDER BY seq'),
    deployments: byId(all<DeploymentRow>('SELECT id, version, handoffs FROM deployments')),
    versions: new Map(
      all<{ hash: string; state: string }>('SELECT hash, state FROM versions').map((row) => [row.hash, row.state]),
    ),
    strategies: new Map(
      all<{ hash: string; strategy: string }>('SELECT hash, strategy FROM versions').map((row) => [
        row.hash,
        row.strategy,
      ]),
    ),
    live: new Set(
      all<{ version: string }>(
        `SELECT version FROM live WHERE version IS NOT NULL
         UNION SELECT json_extract(json, '$.version') FROM settings WHERE key LIKE 'canary %' AND json <> 'null'`,
      ).map((row) => row.version),
    ),
    commands: all<CommandRow>('SELECT ts, kind, body, outcome FROM commands ORDER BY rowid'),
  }
}
