import { z } from 'zod'
import type { DeploymentRow } from '../../shared/domain/deployments.ts'
import type { VersionHash } from '../../shared/domain/ids.ts'
import { MICRO, NO_USD, subUsd, usd } from '../../shared/domain/money.ts'
import type { DecisionDifference } from '../../shared/domain/proofs.ts'
import { priceSchema, sharesSchema, slotIdSchema, stateSchema, versionHashSchema } from '../../shared/domain/schemas.ts'
import type { OwnerRef, VersionRef } from '../../shared/domain/versions.ts'
import type { EventRow, OrderRow, TradeRow, VersionRow } from '../../shared/ipc/desk-view.ts'
import type { ReadableDb } from './db.ts'
import { deploymentRows, differencesColumn, versionRef } from './deployment-row.ts'
import { keptVersions, overridesByVersion, versionBefore } from './deployments.ts'
import { type HandedSum, handedSums } from './handed.ts'
import { all, column, count, jsonColumn, type OnUnreadable, readable, value } from './rows.ts'
import {
  eventRow,
  liveRow,
  orderColumns,
  positionColumns,
  type StoredVersionRow,
  totalsRow,
  versionRefColumns,
  versionRow,
} from './tables.ts'

/**
 * Queries of the journal, shared by the desk's lists and the command line. Lists that a desk shows all the time take
 * `onUnreadable`, so that one row that cannot be read does not hide the others; without it such a row is an error.
 */

const listedVersion = z.object({
  ...versionRefColumns,
  state: stateSchema('version'),
  first_live_at: z.number().nullable(),
  decisions: z.number(),
  faults: z.number(),
})

const REF = 'v.hash AS v_hash, v.strategy AS v_strategy, v.label AS v_label, v.number AS v_number'

/** `desk`, or the label of the version. */
export function ownerLabel(db: ReadableDb, owner: string): string {
  return owner === 'desk' ? 'desk' : (versionRef(db, owner)?.label ?? owner.slice(0, 6))
}

type Totals = z.output<typeof totalsRow>

/** Every version with its results, newest first. */
export function listVersions(db: ReadableDb, onUnreadable?: OnUnreadable): VersionRow[] {
  const totals = new Map(
    readable(db, totalsRow, onUnreadable, 'SELECT * FROM version_totals').map((row) => [row.version, row]),
  )
  const open = new Map(
    all(
      db,
      z.object({ version: z.string(), open: z.number() }),
      'SELECT opened_by AS version, count(*) AS open FROM positions WHERE settled_at IS NULL GROUP BY opened_by',
    ).map((row) => [row.version, row.open]),
  )
  const rows = readable(
    db,
    listedVersion,
    onUnreadable,
    `SELECT hash, strategy, label, number, state, first_live_at, decisions, faults FROM versions
     ORDER BY coalesce(first_live_at, created_at) DESC, number DESC`,
  )
  const overrides = overridesByVersion(db, onUnreadable)
  const kept = keptVersions(db)
  const sums = handedSums(db, onUnreadable)
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
      handed: handedOf(sums.parts.get(row.hash)),
      trades: t?.trades ?? 0,
      wins: t?.wins ?? 0,
      pnl: t?.pnl ?? NO_USD,
      fees: t?.fees ?? NO_USD,
      openPositions: open.get(row.hash) ?? 0,
      decisions: row.decisions,
      faults: row.faults,
      overrides: overrides.get(row.hash) ?? [],
    }
  })
}

/** A version's totals without the trades that were handed over. */
function ownOf(all: Totals | undefined, handed: HandedSum | undefined): VersionRow['own'] {
  const less = (key: 'trades' | 'wins' | 'pnl' | 'evens') => (all?.[key] ?? 0) - (handed?.[key] ?? 0)
  const trades = less('trades')
  return {
    trades,
    wins: less('wins'),
    winRate: trades === 0 ? null : less('wins') / trades,
    breakEven: trades === 0 ? null : less('evens') / trades,
    pnl: usd(less('pnl')),
  }
}

function handedOf(part: { trades: number; pnl: number } | undefined): VersionRow['handed'] {
  return { trades: part?.trades ?? 0, pnl: usd(part?.pnl ?? 0) }
}

export function listDeployments(db: ReadableDb, limit: number, onUnreadable?: OnUnreadable): DeploymentRow[] {
  const sql = 'SELECT * FROM deployments ORDER BY started_at DESC, rowid DESC LIMIT ?'
  return readable(db, deploymentRows(db), onUnreadable, sql, limit)
}

/** Where a deployment's candidate and the version then live acted differently. */
export function decisionDifferences(db: ReadableDb, deployment: string): readonly DecisionDifference[] {
  const sql = 'SELECT differences FROM deployments WHERE id = ?'
  return value(db, differencesColumn.nullable(), sql, deployment) ?? []
}

export function listEvents(db: ReadableDb, limit: number, onUnreadable?: OnUnreadable): EventRow[] {
  const sql = 'SELECT seq, ts, level, kind, slot, message FROM events ORDER BY seq DESC LIMIT ?'
  return readable(db, eventRow, onUnreadable, sql, limit)
}

export interface TradeFilter {
  readonly limit: number
  readonly slot?: string | undefined
  readonly version?: string | undefined
}

/** Positions with their results, newest first. */
export function listTrades(db: ReadableDb, filter: TradeFilter): TradeRow[] {
  const rows = all(
    db,
    listedTrade,
    `SELECT p.*, s.payout_up, ${REF} FROM positions p
     LEFT JOIN settlements s ON s.window_id = p.window_id LEFT JOIN versions v ON v.hash = p.opened_by
     WHERE (@slot IS NULL OR p.slot = @slot) AND (@version IS NULL OR p.opened_by LIKE @version || '%')
     ORDER BY p.opened_at DESC, p.rowid DESC LIMIT @limit`,
    { slot: filter.slot ?? null, version: filter.version ?? null, limit: filter.limit },
  )
  return rows.map((row) => ({
    positionId: row.id,
    slot: row.slot,
    windowId: row.window_id,
    side: row.side,
    shares: row.bought_shares,
    cost: row.bought_cost,
    fees: row.fees,
    payout: row.payout,
    pnl: row.settled_at === null ? null : subUsd(row.realised, row.fees),
    state: row.state,
    outcome: row.payout_up === null ? null : row.payout_up >= MICRO / 2 ? 'up' : 'down',
    openedAt: row.opened_at,
    settledAt: row.settled_at,
    openedBy: refOf(row) ?? DESK,
    ownedBy: row.owned_by,
    ownerLabel: ownerLabel(db, row.owned_by),
    regime: row.regime,
  }))
}

/** Columns of a version that a row of something else may refer to. */
const joinedVersion = {
  v_hash: versionHashSchema.nullable(),
  v_strategy: z.string().nullable(),
  v_label: z.string().nullable(),
  v_number: z.number().nullable(),
}
const listedTrade = positionColumns.extend({ payout_up: priceSchema.nullable(), ...joinedVersion })
const listedOrder = orderColumns.extend({ failed_shares: sharesSchema, ...joinedVersion })

/** Stands for the desk where no version opened something. */
const DESK: OwnerRef = { hash: 'desk', strategy: 'desk', label: 'desk', number: 0 }

function refOf(row: Pick<z.output<typeof listedOrder>, keyof typeof joinedVersion>): VersionRef | null {
  const { v_hash: hash, v_strategy: strategy, v_label: label, v_number: number } = row
  return hash === null || strategy === null || label === null || number === null
    ? null
    : { hash, strategy, label, number }
}

export function listOrders(db: ReadableDb, limit: number): OrderRow[] {
  const rows = all(
    db,
    listedOrder,
    `SELECT o.*, ${REF},
       (SELECT coalesce(sum(f.shares), 0) FROM fills f WHERE f.order_id = o.id AND f.state = 'failed') AS failed_shares
     FROM orders o LEFT JOIN versions v ON v.hash = o.version ORDER BY o.created_at DESC, o.rowid DESC LIMIT ?`,
    limit,
  )
  return rows.map((row) => ({
    id: row.id,
    slot: row.slot,
    windowId: row.window_id,
    kind: row.kind,
    side: row.side,
    state: row.state,
    limit: row.limit_price,
    stake: row.stake,
    filledShares: row.filled_shares,
    failedShares: row.failed_shares,
    filledCost: row.filled_cost,
    fee: row.fee,
    version: refOf(row),
    owner: row.owner,
    why: row.why,
    createdAt: row.created_at,
  }))
}

const sourceRow = z.object({ path: z.string(), text: z.string() })

export function versionSources(db: ReadableDb, hash: string): { path: string; text: string }[] {
  return all(db, sourceRow, 'SELECT path, text FROM version_sources WHERE hash = ? ORDER BY rowid', hash)
}

/** A stored version by the first digits of its hash; undefined when none or more than one has them. */
export function findVersion(db: ReadableDb, strategy: string, hash: string): StoredVersionRow | undefined {
  const sql = "SELECT * FROM versions WHERE strategy = ? AND hash LIKE ? || '%' LIMIT 2"
  const rows = all(db, versionRow, sql, strategy, hash)
  return rows.length === 1 ? rows[0] : undefined
}

/** Up to two versions whose hash begins so, of whatever strategy. */
export function versionsByPrefix(db: ReadableDb, prefix: string): VersionHash[] {
  return column(db, versionHashSchema, "SELECT hash FROM versions WHERE hash LIKE ? || '%' LIMIT 2", prefix)
}

const stateAtSwap = z.array(z.object({ slot: slotIdSchema, json: z.string() }))

/** A version's states at the moment it was last replaced; undefined if it never was. */
export function statesAtSwap(
  db: ReadableDb,
  strategy: string,
  version: string,
): z.output<typeof stateAtSwap> | undefined {
  return value(
    db,
    jsonColumn(stateAtSwap),
    `SELECT outgoing_states FROM deployments WHERE strategy = ? AND from_version = ? AND outgoing_states IS NOT NULL
     ORDER BY swapped_at DESC, rowid DESC LIMIT 1`,
    strategy,
    version,
  )
}

export function nextVersionNumber(db: ReadableDb, strategy: string): number {
  return count(db, 'SELECT max(number) FROM versions WHERE strategy = ?', strategy) + 1
}

export type LiveVersion = z.output<typeof liveRow>

/** Draining versions, each with the deployment that last made it live or a canary. */
export function drainingVersions(db: ReadableDb): LiveVersion[] {
  return all(
    db,
    liveRow,
    `SELECT v.strategy, v.hash AS version, (SELECT id FROM deployments WHERE version = v.hash
       AND (swapped_at IS NOT NULL OR json_extract(policy, '$.canary') IS NOT NULL)
       ORDER BY rowid DESC LIMIT 1) AS deployment
     FROM versions v WHERE v.state = 'draining'`,
  )
}

/** Live versions with their deployments. */
export function liveVersions(db: ReadableDb): LiveVersion[] {
  return all(db, liveRow, 'SELECT strategy, version, deployment FROM live WHERE version IS NOT NULL')
}

/** The newest full snapshot of the desk; undefined before the first. */
export function readBotState(db: ReadableDb): string | undefined {
  return value(db, z.string(), 'SELECT json FROM bot_state ORDER BY seq DESC LIMIT 1')
}
