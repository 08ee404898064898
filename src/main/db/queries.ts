import { z } from 'zod'
import type { Usd } from '../../shared/domain/money.ts'
import type { Side } from '../../shared/domain/slots.ts'
import type {
  DecisionDifference,
  DeploymentRow,
  EventRow,
  OrderRow,
  TradeRow,
  VersionRef,
  VersionRow,
} from '../../shared/ipc/contract.ts'
import type { Db } from './db.ts'
import { toDeployment, versionRef } from './deployment-row.ts'
import { keptVersions, overridesByVersion, versionBefore } from './deployments.ts'
import { type HandedSum, handedSums } from './handed.ts'

/** Reading side of the journal, shared by the desk's lists and the command line. Times and money as stored. */

type Row = Record<string, unknown>

interface VersionDbRow {
  hash: string
  strategy: string
  number: number
  label: string
  state: VersionRow['state']
  first_live_at: number | null
  decisions: number
  faults: number
}

const REF = 'v.hash AS v_hash, v.strategy AS v_strategy, v.label AS v_label, v.number AS v_number'

/** `desk`, or the label of the version. */
export function ownerLabel(db: Db, owner: string): string {
  return owner === 'desk' ? 'desk' : (versionRef(db, owner)?.label ?? owner.slice(0, 6))
}

interface Totals {
  version: string
  trades: number
  wins: number
  pnl: number
  fees: number
  evens: number
}

/** Every version with its results, newest first. */
export function listVersions(db: Db): VersionRow[] {
  const totals = new Map(
    (db.prepare('SELECT * FROM version_totals').all() as Totals[]).map((row) => [row.version, row]),
  )
  const open = new Map(
    db.prepare('SELECT opened_by, count(*) FROM positions WHERE settled_at IS NULL GROUP BY opened_by').raw().all() as [
      string,
      number,
    ][],
  )
  const rows = db
    .prepare('SELECT * FROM versions ORDER BY coalesce(first_live_at, created_at) DESC, number DESC')
    .all() as VersionDbRow[]
  const overrides = overridesByVersion(db)
  const kept = keptVersions(db)
  const sums = handedSums(db)
  const before = new Set(liveVersions(db).map(({ strategy, version }) => versionBefore(db, strategy, version)))
  return rows.map((row) => {
    const t = totals.get(row.hash)
    return {
      hash: row.hash,
      strategy: row.strategy,
      label: row.label,
      number: row.number,
      state: row.state,
      kept: kept.has(row.hash),
      isBefore: before.has(row.hash),
      firstLiveAt: row.first_live_at,
      own: ownOf(t, sums.opened.get(row.hash)),
      handed: (sums.parts.get(row.hash) ?? { trades: 0, pnl: 0 }) as VersionRow['handed'],
      trades: t?.trades ?? 0,
      wins: t?.wins ?? 0,
      pnl: (t?.pnl ?? 0) as Usd,
      fees: (t?.fees ?? 0) as Usd,
      openPositions: open.get(row.hash) ?? 0,
      decisions: row.decisions,
      faults: row.faults,
      overrides: overrides.get(row.hash) ?? [],
    }
  })
}

/** What is left of a version's sums without the trades that changed their owner. */
function ownOf(all: Totals | undefined, handed: HandedSum | undefined): VersionRow['own'] {
  const less = (key: 'trades' | 'wins' | 'pnl' | 'evens') => (all?.[key] ?? 0) - (handed?.[key] ?? 0)
  const trades = less('trades')
  return {
    trades,
    wins: less('wins'),
    winRate: trades === 0 ? null : less('wins') / trades,
    breakEven: trades === 0 ? null : less('evens') / trades,
    pnl: less('pnl') as Usd,
  }
}

export function listDeployments(db: Db, limit: number): DeploymentRow[] {
  const rows = db.prepare('SELECT * FROM deployments ORDER BY started_at DESC, rowid DESC LIMIT ?').all(limit) as Row[]
  return rows.map((row) => toDeployment(db, row))
}

/** Where a deployment's candidate and the version then live acted differently. */
export function decisionDifferences(db: Db, deployment: string): DecisionDifference[] {
  const json = db.prepare('SELECT differences FROM deployments WHERE id = ?').pluck().get(deployment)
  return typeof json === 'string' ? (JSON.parse(json) as DecisionDifference[]) : []
}

export function listEvents(db: Db, limit: number): EventRow[] {
  return db
    .prepare('SELECT seq, ts, level, kind, slot, message FROM events ORDER BY seq DESC LIMIT ?')
    .all(limit) as EventRow[]
}

export interface TradeFilter {
  readonly limit: number
  readonly slot?: string | undefined
  readonly version?: string | undefined
}

/** Positions, newest first, with what became of them. */
export function listTrades(db: Db, filter: TradeFilter): TradeRow[] {
  const rows = db
    .prepare(
      `SELECT p.*, s.payout_up, ${REF} FROM positions p
       LEFT JOIN settlements s ON s.window_id = p.window_id LEFT JOIN versions v ON v.hash = p.opened_by
       WHERE (@slot IS NULL OR p.slot = @slot) AND (@version IS NULL OR p.opened_by LIKE @version || '%')
       ORDER BY p.opened_at DESC, p.rowid DESC LIMIT @limit`,
    )
    .all({ slot: filter.slot ?? null, version: filter.version ?? null, limit: filter.limit }) as Row[]
  return rows.map((row) => ({
    positionId: row.id as string,
    slot: row.slot as string,
    windowId: row.window_id as string,
    side: row.side as Side,
    shares: row.bought_shares as TradeRow['shares'],
    cost: row.bought_cost as Usd,
    fees: row.fees as Usd,
    payout: row.payout as Usd | null,
    pnl: row.settled_at === null ? null : (((row.realised as number) - (row.fees as number)) as Usd),
    state: row.state as TradeRow['state'],
    outcome: row.payout_up === null ? null : (row.payout_up as number) >= 500_000 ? 'up' : 'down',
    openedAt: row.opened_at as number,
    settledAt: row.settled_at as number | null,
    openedBy: refOf(row),
    ownedBy: row.owned_by as string,
    ownerLabel: ownerLabel(db, row.owned_by as string),
    regime: row.regime as string,
  }))
}

function refOf(row: Row): VersionRef {
  return {
    hash: (row.v_hash ?? 'desk') as string,
    strategy: (row.v_strategy ?? 'desk') as string,
    label: (row.v_label ?? 'desk') as string,
    number: (row.v_number ?? 0) as number,
  }
}

export function listOrders(db: Db, limit: number): OrderRow[] {
  const rows = db
    .prepare(
      `SELECT o.*, ${REF},
         (SELECT coalesce(sum(f.shares), 0) FROM fills f WHERE f.order_id = o.id AND f.state = 'failed') AS failed_shares
       FROM orders o LEFT JOIN versions v ON v.hash = o.version ORDER BY o.created_at DESC, o.rowid DESC LIMIT ?`,
    )
    .all(limit) as Row[]
  return rows.map((row) => ({
    id: row.id as string,
    slot: row.slot as string,
    windowId: row.window_id as string,
    kind: row.kind as OrderRow['kind'],
    side: row.side as Side,
    state: row.state as OrderRow['state'],
    limit: row.limit_price as OrderRow['limit'],
    stake: row.stake as Usd,
    filledShares: row.filled_shares as OrderRow['filledShares'],
    failedShares: row.failed_shares as OrderRow['failedShares'],
    filledCost: row.filled_cost as Usd,
    fee: row.fee as Usd,
    version: row.v_hash === null ? null : refOf(row),
    owner: row.owner as string,
    why: row.why as string,
    createdAt: row.created_at as number,
  }))
}

export function versionSources(db: Db, hash: string): { path: string; text: string }[] {
  return db.prepare('SELECT path, text FROM version_sources WHERE hash = ? ORDER BY rowid').all(hash) as {
    path: string
    text: string
  }[]
}

const storedVersionSchema = z.object({
  hash: z.string(),
  strategy: z.string(),
  number: z.number(),
  label: z.string(),
  manifest: z.string(),
  bundle: z.string(),
  source_map: z.string(),
  state: z.string(),
  first_live_at: z.number().nullable(),
  decisions: z.number(),
  faults: z.number(),
  stint: z.string().nullable(),
})
export type StoredVersionRow = z.infer<typeof storedVersionSchema>

/** A stored version by the first digits of its hash; undefined when none or more than one has them. */
export function findVersion(db: Db, strategy: string, hash: string): StoredVersionRow | undefined {
  const rows = db
    .prepare("SELECT * FROM versions WHERE strategy = ? AND hash LIKE ? || '%' LIMIT 2")
    .all(strategy, hash)
  return rows.length === 1 ? storedVersionSchema.parse(rows[0]) : undefined
}

/** States that a version had when it was last swapped out, as JSON of `[{slot, json}]`. */
export function statesAtSwap(db: Db, strategy: string, version: string): string | undefined {
  return db
    .prepare(
      `SELECT outgoing_states FROM deployments WHERE strategy = ? AND from_version = ? AND outgoing_states IS NOT NULL
       ORDER BY swapped_at DESC, rowid DESC LIMIT 1`,
    )
    .pluck()
    .get(strategy, version) as string | undefined
}

export function nextVersionNumber(db: Db, strategy: string): number {
  return Number(
    db.prepare('SELECT coalesce(max(number), 0) + 1 FROM versions WHERE strategy = ?').pluck().get(strategy),
  )
}

/** Versions that only manage what they have open, with the deployment that last made each live, or a canary. */
export function drainingVersions(db: Db): { strategy: string; version: string; deployment: string }[] {
  return db
    .prepare(
      `SELECT v.strategy, v.hash AS version, (SELECT id FROM deployments WHERE version = v.hash
         AND (swapped_at IS NOT NULL OR json_extract(policy, '$.canary') IS NOT NULL)
         ORDER BY rowid DESC LIMIT 1) AS deployment
       FROM versions v WHERE v.state = 'draining'`,
    )
    .all() as { strategy: string; version: string; deployment: string }[]
}

/** What is live now: strategy, version, deployment. */
export function liveVersions(db: Db): { strategy: string; version: string; deployment: string }[] {
  return db.prepare('SELECT strategy, version, deployment FROM live WHERE version IS NOT NULL').all() as {
    strategy: string
    version: string
    deployment: string
  }[]
}
