import { z } from 'zod'
import { REVERSIBLE_MS } from '../../engine/orders/fills.ts'
import type { SavedDesk } from '../../engine/restore.ts'
import type { Candle } from '../../shared/domain/feed.ts'
import type { PositionId } from '../../shared/domain/ids.ts'
import type { Tenure } from '../../shared/domain/records.ts'
import {
  parseJsonText,
  positionIdSchema,
  priceSchema,
  slotIdSchema,
  unixMsSchema,
  usdSchema,
  versionHashSchema,
  windowIdSchema,
} from '../../shared/domain/schemas.ts'
import type { Asset, WindowId } from '../../shared/domain/slots.ts'
import { MINUTE } from '../../shared/domain/time.ts'
import { manifestSchema } from '../strategy-host/protocol.ts'
import type { ReadableDb } from './db.ts'
import { drainingVersions, findVersion, type LiveVersion, liveVersions } from './queries.ts'
import { all, column, count, UnreadableRow, value } from './rows.ts'
import { readAssignments, readCanaries, readCaps } from './settings.ts'
import { candleRow, fillRow, ledgerRow, orderRow, positionRow } from './tables.ts'

/** Reports something that cannot be read; the operator is told (I12). */
type Unreadable = (what: string) => void

const deskSchema = z.object({
  trading: z.enum(['running', 'paused', 'killed']),
  trading_reason: z.string().nullable(),
  trading_until: unixMsSchema.nullable(),
  flatten: z.union([z.literal(0), z.literal(1)]),
  freeze_reason: z.string().nullable(),
  freeze_until: unixMsSchema.nullable(),
})

/** The journaled trading state; paused if it cannot be read. */
function savedTrading(
  db: ReadableDb,
  unreadable: Unreadable,
): Pick<SavedDesk, 'trading' | 'tradingReason' | 'tradingUntil' | 'flatten' | 'freeze'> {
  const read = deskSchema.safeParse(db.prepare('SELECT * FROM desk').get())
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
    flatten: flatten === 1,
    freeze: freeze_reason === null ? null : { reason: freeze_reason, until: freeze_until },
  }
}

/** Reads everything the engine needs to continue where the journal ends. */
export function readSavedDesk(db: ReadableDb): SavedDesk {
  const names: string[] = []
  const unreadable: Unreadable = (what) => names.push(what)
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
    retained: all(
      db,
      z.object({ version: versionHashSchema, slot: slotIdSchema, revision: z.number(), json: z.string() }),
      'SELECT version, slot, revision, json FROM kept_states',
    ),
    caps: readCaps(db, unreadable),
    assigned: readAssignments(db, unreadable),
    canaries,
    closing: newestHandoffs(db, 'close'),
    states: all(
      db,
      z.object({ slot: slotIdSchema, strategy: z.string(), revision: z.number(), json: z.string() }),
      'SELECT slot, strategy, revision, json FROM strategy_states',
    ),
    faultHandoffs: all(
      db,
      z.object({ id: z.string(), strategy: z.string() }),
      `SELECT h.subject_id AS id, v.strategy FROM handoffs h JOIN versions v ON v.hash = h.from_owner
       WHERE h.reason IN ('fault', 'unloadable')
       AND h.seq = (SELECT max(seq) FROM handoffs WHERE subject = h.subject AND subject_id = h.subject_id)`,
    ),
    slotPauses: all(
      db,
      z.object({ slot: slotIdSchema, reason: z.string() }),
      "SELECT name AS slot, reason FROM pauses WHERE subject = 'slot'",
    ),
    strategyPauses: all(
      db,
      z.object({ strategy: z.string(), reason: z.string() }),
      "SELECT name AS strategy, reason FROM pauses WHERE subject = 'strategy'",
    ),
    nextOrder: nextNumber(db, 'intents'),
    nextPosition: nextNumber(db, 'positions'),
    lastCycle: count(db, 'SELECT max(cycle) FROM intents'),
    unreadable: names,
  }
}

const outcomeRow = z.object({ slot: slotIdSchema, windowId: windowIdSchema, payoutUp: priceSchema })
const redemptionRow = z.object({
  windowId: windowIdSchema,
  askedAt: unixMsSchema.nullable(),
  times: z.number(),
  paidAt: unixMsSchema.nullable(),
})

/** Known outcomes and payouts of some windows. */
function savedPayouts(db: ReadableDb, windows: ReadonlySet<WindowId>): Pick<SavedDesk, 'outcomes' | 'redemptions'> {
  const outcome = 'SELECT slot, window_id AS windowId, payout_up AS payoutUp FROM settlements WHERE window_id = ?'
  const redemption =
    'SELECT window_id AS windowId, asked_at AS askedAt, times, paid_at AS paidAt FROM redemptions WHERE window_id = ?'
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

const tenureSchema: z.ZodType<Tenure> = z.strictObject({
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

/** Positions whose newest handoff had this reason. */
function newestHandoffs(db: ReadableDb, reason: string): PositionId[] {
  return column(
    db,
    positionIdSchema,
    `SELECT subject_id FROM handoffs h WHERE reason = ? AND subject = 'position'
     AND seq = (SELECT max(seq) FROM handoffs WHERE subject = h.subject AND subject_id = h.subject_id)`,
    reason,
  )
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
