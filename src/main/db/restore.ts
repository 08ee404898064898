import { z } from 'zod'
import { REVERSIBLE_MS } from '../../engine/orders/fills.ts'
import type { SavedDesk } from '../../engine/restore.ts'
import type { Candle } from '../../shared/domain/feed.ts'
import type { Tenure } from '../../shared/domain/records.ts'
import { parseJsonText, unixMsSchema, usdSchema } from '../../shared/domain/schemas.ts'
import type { Asset, WindowId } from '../../shared/domain/slots.ts'
import { MINUTE } from '../../shared/domain/time.ts'
import { manifestSchema } from '../strategy-host/protocol.ts'
import type { ReadableDb } from './db.ts'
import { watchedDeployments } from './deployments.ts'
import { drainingVersions, findVersion, type LiveVersion, liveVersions } from './queries.ts'
import { all, count, readable, UnreadableRow, value } from './rows.ts'
import { readAssignments, readCanaries, readCaps } from './settings.ts'
import {
  candleRow,
  deskRow,
  fillRow,
  handoffRow,
  ledgerRow,
  orderRow,
  outcomeRow,
  pauseRow,
  positionRow,
  redemptionRow,
  retainedStateRow,
  strategyStateRow,
} from './tables.ts'

/** Reports something that cannot be read; the operator is told (I12). */
type Unreadable = (what: string) => void

/** The journaled trading state; paused if it cannot be read. */
function savedTrading(
  db: ReadableDb,
  unreadable: Unreadable,
): Pick<SavedDesk, 'trading' | 'tradingReason' | 'tradingUntil' | 'flatten' | 'freeze'> {
  const read = deskRow.safeParse(db.prepare('SELECT * FROM desk').get())
  if (!read.success) {
    unreadable('whether trading was paused or killed')
    const reason = 'whether trading was paused or killed cannot be read'
    return { trading: 'paused', tradingReason: reason, tradingUntil: null, flatten: false, freeze: null }
  }
  const { trading, trading_reason, trading_until, flatten, freeze_reason, freeze_until } = read.data
  return {
    trading,
    tradingReason: trading_reason,
    tradingUntil: trading_until,
    flatten,
    freeze: freeze_reason === null ? null : { reason: freeze_reason, until: freeze_until },
  }
}

/** Reads everything the engine needs to continue where the journal ends. */
export function readSavedDesk(db: ReadableDb): SavedDesk {
  const names = new Set<string>()
  const unreadable: Unreadable = (what) => names.add(what)
  // The deployer resumes those that it can read.
  watchedDeployments(db, () => unreadable('a deployment that is on probation or a canary'))
  const positions = all(db, positionRow, "SELECT * FROM positions WHERE state NOT IN ('redeemed', 'closed', 'voided')")
  const newest = count(db, 'SELECT max(settled_at) FROM positions')
  const over = all(
    db,
    positionRow,
    "SELECT * FROM positions WHERE state = 'closed' AND window_end > ? ORDER BY settled_at",
    newest - REVERSIBLE_MS,
  )
  const orders = all(
    db,
    orderRow,
    "SELECT * FROM orders WHERE state NOT IN ('filled', 'cancelled', 'expired', 'rejected')",
  )
  const fillsOf = 'SELECT * FROM fills WHERE position_id = ? ORDER BY rowid'
  const canaries = readCanaries(db, unreadable)
  return {
    ...savedTrading(db, unreadable),
    ledger: all(
      db,
      ledgerRow,
      'SELECT ts, kind, ref, cash, cost, locked, deposit, realised, fee, voided FROM ledger ORDER BY seq',
    ),
    positions,
    orders,
    fills: [...positions, ...over].flatMap(({ id }) => all(db, fillRow, fillsOf, id)),
    recentlyClosed: over,
    ...savedPayouts(db, new Set([...positions, ...over, ...orders].map(({ windowId }) => windowId))),
    versions: [
      ...drainingVersions(db),
      ...canaries.map(({ strategy, version, deployment }) => ({ strategy, version, deployment })),
      ...liveVersions(db),
    ].flatMap((live) => savedVersion(db, live, unreadable)),
    retained: readable(
      db,
      retainedStateRow,
      () => unreadable('states that versions keep for slots they no longer trade'),
      'SELECT version, slot, revision, json FROM kept_states',
    ),
    caps: readCaps(db, unreadable),
    assigned: readAssignments(db, unreadable),
    canaries,
    ...savedHandoffs(db, unreadable),
    states: readable(
      db,
      strategyStateRow,
      () => unreadable('states of strategies'),
      'SELECT slot, strategy, revision, json FROM strategy_states',
    ),
    ...savedPauses(db, unreadable),
    nextOrder: nextNumber(db, 'intents'),
    nextPosition: nextNumber(db, 'positions'),
    lastCycle: count(db, 'SELECT max(cycle) FROM intents'),
    unreadable: [...names],
  }
}

/** Pauses of single slots and strategies. */
function savedPauses(db: ReadableDb, unreadable: Unreadable): Pick<SavedDesk, 'slotPauses' | 'strategyPauses'> {
  const sql = 'SELECT subject, name, reason FROM pauses'
  const pauses = readable(db, pauseRow, () => unreadable('which slots and strategies are paused'), sql)
  return {
    slotPauses: pauses.flatMap((row) => (row.subject === 'slot' ? [{ slot: row.name, reason: row.reason }] : [])),
    strategyPauses: pauses.flatMap((row) =>
      row.subject === 'strategy' ? [{ strategy: row.name, reason: row.reason }] : [],
    ),
  }
}

/** Known outcomes and payouts of some windows. */
function savedPayouts(db: ReadableDb, windows: ReadonlySet<WindowId>): Pick<SavedDesk, 'outcomes' | 'redemptions'> {
  const outcome = 'SELECT slot, window_id, payout_up FROM settlements WHERE window_id = ?'
  const redemption = 'SELECT window_id, asked_at, times, paid_at FROM redemptions WHERE window_id = ?'
  return {
    outcomes: [...windows].flatMap((id) => all(db, outcomeRow, outcome, id)),
    redemptions: [...windows].flatMap((id) => all(db, redemptionRow, redemption, id)),
  }
}

type SavedVersion = SavedDesk['versions'][number]

/** Empty if the stored version cannot be read: the desk then takes over what it owns. */
function savedVersion(db: ReadableDb, live: LiveVersion, unreadable: Unreadable): SavedVersion[] {
  const stored = ifReadable(() => findVersion(db, live.strategy, live.version))
  const manifest = stored === undefined ? undefined : parseJsonText(manifestSchema, stored.manifest)
  if (stored === undefined || manifest === undefined) {
    unreadable(`what is stored of the live version ${live.version.slice(0, 6)} of ${live.strategy}`)
    return []
  }
  return [
    {
      hash: stored.hash,
      strategy: live.strategy,
      label: stored.label,
      manifest,
      state: stored.state,
      firstLiveAt: stored.firstLiveAt,
      decisions: stored.decisions,
      faults: stored.faults,
      deployment: live.deployment,
      tenure: savedTenure(stored, unreadable),
    },
  ]
}

/** What `read` returns; undefined if a row of it cannot be read. */
function ifReadable<T>(read: () => T | undefined): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof UnreadableRow) return undefined
    throw error
  }
}

/** A version's tenure, by which probation and cooldown are judged. */
function savedTenure(
  { tenure, label }: { tenure: string | null; label: string },
  unreadable: Unreadable,
): Tenure | null {
  if (tenure === null || tenure === 'null') return null
  const read = parseJsonText(tenureSchema, tenure)
  if (read === undefined) unreadable(`the record of ${label} since it went live`)
  return read ?? null
}

export const tenureSchema: z.ZodType<Tenure> = z.strictObject({
  since: unixMsSchema,
  windows: z.number(),
  trades: z.number(),
  wins: z.number(),
  pnl: usdSchema,
  peak: usdSchema,
  drawdown: usdSchema,
  faults: z.number(),
  late: z.number(),
  rejected: z.number(),
  lossesInRow: z.number(),
  lastLossAt: unixMsSchema.nullable(),
  // Not in records of schema 7 and before.
  lastWinAt: unixMsSchema.nullable().default(null),
})

/** Ids end in a number that grows from row to row; homes up to schema 6 have nothing else in them. */
function nextNumber(db: ReadableDb, table: 'intents' | 'positions'): number {
  const newest = value(db, z.string(), `SELECT id FROM ${table} ORDER BY rowid DESC LIMIT 1`)
  return newest === undefined ? 1 : Number(newest.slice(newest.lastIndexOf('-') + 1)) + 1
}

/** Positions that the desk sells on command, and what it holds for the next version of a strategy. */
function savedHandoffs(db: ReadableDb, unreadable: Unreadable): Pick<SavedDesk, 'closing' | 'faultHandoffs'> {
  const newest = readable(
    db,
    handoffRow,
    () => unreadable('why positions or orders have the owners they have'),
    `SELECT h.reason, h.subject, h.subject_id, v.strategy FROM handoffs h LEFT JOIN versions v ON v.hash = h.from_owner
     WHERE h.seq IN (SELECT max(seq) FROM handoffs GROUP BY subject, subject_id) ORDER BY h.seq`,
  )
  return {
    closing: newest.flatMap((row) => (row.subject === 'position' && row.reason === 'close' ? [row.subject_id] : [])),
    faultHandoffs: newest.flatMap(({ subject_id: id, reason, strategy }) =>
      strategy !== null && (reason === 'fault' || reason === 'unloadable') ? [{ id, strategy }] : [],
    ),
  }
}

/** The newest contiguous one-minute candles of an asset, oldest first. */
export function readMinutes(db: ReadableDb, asset: Asset, count: number): Candle[] {
  const newest = all(
    db,
    candleRow,
    "SELECT open_time, open, high, low, close, volume FROM candles WHERE asset = ? AND frame = '1m' ORDER BY open_time DESC LIMIT ?",
    asset,
    count,
  )
  const hole = newest.findIndex((minute, i) => i > 0 && (newest[i - 1]?.openTime ?? 0) - minute.openTime !== MINUTE)
  return (hole === -1 ? newest : newest.slice(0, hole)).reverse()
}
