import { z } from 'zod'
import type { Caps } from '../../engine/config.ts'
import { REVERSIBLE_MS } from '../../engine/orders/fills.ts'
import type { SavedDesk } from '../../engine/restore.ts'
import type { Candle } from '../../shared/domain/feed.ts'
import type { Fill, LedgerEntry, Order, Position, PositionId, Stint } from '../../shared/domain/records.ts'
import type { Asset, SlotId } from '../../shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../../shared/domain/time.ts'
import { manifestSchema } from '../strategy-host/protocol.ts'
import type { Db } from './db.ts'
import { drainingVersions, findVersion, liveVersions } from './queries.ts'

type Row = Record<string, unknown>

const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

/** A row with its column names in the domain's spelling. */
function domain(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [camel(key), value]))
}

/** Names what cannot be read; the names go to the operator (I12). */
type Complain = (what: string) => void

const deskSchema = z.object({
  trading: z.enum(['running', 'paused', 'killed']),
  trading_reason: z.string().nullable(),
  trading_until: z.int().nonnegative().nullable(),
  flatten: z.union([z.literal(0), z.literal(1)]),
  freeze_reason: z.string().nullable(),
  freeze_until: z.int().nonnegative().nullable(),
})

/** Whether trading is on, as last journaled; unreadable it is paused. */
function savedTrading(
  db: Db,
  complain: Complain,
): Pick<SavedDesk, 'trading' | 'tradingReason' | 'tradingUntil' | 'flatten' | 'freeze'> {
  const read = deskSchema.safeParse(db.prepare('SELECT * FROM desk').get())
  if (!read.success) {
    complain('whether trading was paused or killed')
    const reason = 'whether trading was paused or killed cannot be read'
    return { trading: 'paused', tradingReason: reason, tradingUntil: null, flatten: false, freeze: null }
  }
  const { trading, trading_reason, trading_until, flatten, freeze_reason, freeze_until } = read.data
  return {
    trading,
    tradingReason: trading_reason,
    tradingUntil: trading_until as UnixMs | null,
    flatten: flatten === 1,
    freeze: freeze_reason === null ? null : { reason: freeze_reason, until: freeze_until as UnixMs | null },
  }
}

/** Reads what the engine needs to go on where the journal ends. Rows were written by the engine itself. */
export function readSavedDesk(db: Db): SavedDesk {
  const unreadable: string[] = []
  const complain: Complain = (what) => unreadable.push(what)
  const positions = db
    .prepare("SELECT * FROM positions WHERE state NOT IN ('redeemed', 'closed', 'voided')")
    .all() as Row[]
  const orders = db
    .prepare("SELECT * FROM orders WHERE state NOT IN ('filled', 'cancelled', 'expired', 'rejected')")
    .all() as Row[]
  const now = Number(db.prepare('SELECT coalesce(max(settled_at), 0) FROM positions').pluck().get())
  const over = db
    .prepare("SELECT * FROM positions WHERE state = 'closed' AND window_end > ? ORDER BY settled_at")
    .all(now - REVERSIBLE_MS) as Row[]
  const fillsOf = db.prepare('SELECT * FROM fills WHERE position_id = ? ORDER BY rowid')
  const fills = [...positions, ...over].flatMap(({ id }) => fillsOf.all(id) as Row[])
  const ledger = db
    .prepare('SELECT ts, kind, ref, cash, cost, locked, deposit, realised, fee, voided FROM ledger ORDER BY seq')
    .all()
  const canaries = savedCanaries(db, complain)
  const count = (sql: string) => Number(db.prepare(sql).pluck().get())
  return {
    ...savedTrading(db, complain),
    ledger: ledger as LedgerEntry[],
    positions: positions.map((row) => domain(row) as unknown as Position),
    orders: orders.map((row) => {
      const { limitPrice, postOnly, ...rest } = domain(row)
      return { ...rest, limit: limitPrice, postOnly: postOnly === 1 } as unknown as Order
    }),
    fills: fills.map((row) => domain(row) as unknown as Fill),
    over: over.map((row) => domain(row) as unknown as Position),
    ...savedPayouts(db, new Set([...positions, ...over, ...orders].map((row) => String(row.window_id)))),
    versions: [
      ...drainingVersions(db),
      ...canaries.map(({ strategy, version, deployment }) => ({ strategy, version, deployment })),
      ...liveVersions(db),
    ].flatMap((live) => savedVersion(db, live, complain)),
    kept: db.prepare('SELECT version, slot, revision, json FROM kept_states').all() as SavedDesk['kept'][number][],
    caps: savedCaps(db, complain),
    assigned: savedAssignments(db, complain),
    canaries,
    closing: newestHandoffs(db, 'close') as PositionId[],
    states: db
      .prepare('SELECT slot, strategy, revision, json FROM strategy_states')
      .all() as SavedDesk['states'][number][],
    faultHandoffs: db
      .prepare(
        `SELECT h.subject_id AS id, v.strategy FROM handoffs h JOIN versions v ON v.hash = h.from_owner
         WHERE h.reason IN ('fault', 'unloadable')
         AND h.seq = (SELECT max(seq) FROM handoffs WHERE subject = h.subject AND subject_id = h.subject_id)`,
      )
      .all() as SavedDesk['faultHandoffs'][number][],
    pauses: db.prepare('SELECT scope, reason FROM pauses').all() as SavedDesk['pauses'][number][],
    nextOrder: nextNumber(db, 'intents'),
    nextPosition: nextNumber(db, 'positions'),
    lastCycle: count('SELECT coalesce(max(cycle), 0) FROM intents'),
    unreadable,
  }
}

/** What is known of the outcomes and the payouts of some windows. */
function savedPayouts(db: Db, windows: ReadonlySet<string>): Pick<SavedDesk, 'outcomes' | 'redemptions'> {
  const outcome = db.prepare(
    'SELECT slot, window_id AS windowId, payout_up AS payoutUp FROM settlements WHERE window_id = ?',
  )
  const redemption = db.prepare(
    'SELECT window_id AS windowId, asked_at AS askedAt, times, paid_at AS paidAt FROM redemptions WHERE window_id = ?',
  )
  return {
    outcomes: [...windows].flatMap((id) => outcome.all(id)) as SavedDesk['outcomes'][number][],
    redemptions: [...windows].flatMap((id) => redemption.all(id)) as SavedDesk['redemptions'][number][],
  }
}

type SavedVersion = SavedDesk['versions'][number]

/** Nothing where what is stored of a version cannot be read: whatever it owns is then taken over by the desk. */
function savedVersion(
  db: Db,
  live: { strategy: string; version: string; deployment: string },
  complain: Complain,
): SavedVersion[] {
  const stored = findVersion(db, live.strategy, live.version)
  const manifest = stored === undefined ? undefined : parseJson(manifestSchema, stored.manifest)
  if (stored === undefined || manifest === undefined) {
    complain(`what is stored of the live version ${live.version.slice(0, 6)} of ${live.strategy}`)
    return []
  }
  return [
    {
      hash: stored.hash as SavedVersion['hash'],
      strategy: live.strategy,
      label: stored.label,
      manifest,
      state: stored.state as SavedVersion['state'],
      firstLiveAt: stored.first_live_at as UnixMs | null,
      decisions: stored.decisions,
      faults: stored.faults,
      deployment: live.deployment as SavedVersion['deployment'],
      stint: savedStint(stored, complain),
    },
  ]
}

/** What a version came to since it was last live: probation and cooldown are judged by it. */
function savedStint({ stint, label }: { stint: string | null; label: string }, complain: Complain): Stint | null {
  if (stint === null || stint === 'null') return null
  const read = parseJson(stintSchema, stint) as Stint | undefined
  if (read === undefined) complain(`the record of ${label} since it went live`)
  return read ?? null
}

function parseJson<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

const stintSchema = z.strictObject({
  since: z.number(),
  windows: z.number(),
  trades: z.number(),
  wins: z.number(),
  pnl: z.number(),
  peak: z.number(),
  drawdown: z.number(),
  faults: z.number(),
  late: z.number(),
  rejected: z.number(),
  lossesInRow: z.number(),
  lastLossAt: z.number().nullable(),
  // Not in records of schema 7 and before.
  lastWinAt: z.number().nullable().default(null),
})

const cap = z.int().positive().optional()
const capsSchema = z.strictObject({
  stakePerOrder: cap,
  exposurePerWindow: cap,
  exposurePerAsset: cap,
  exposurePerAccount: cap,
  ordersPerMinute: cap,
  lossPerDay: cap,
})

/** What a command last changed of the caps, as far as it can be read; null where none ever did. */
function savedCaps(db: Db, complain: Complain): Partial<Caps> | null {
  const json = db.prepare("SELECT json FROM settings WHERE key = 'caps'").pluck().get() as string | undefined
  if (json === undefined) return null
  const whole = parseJson(capsSchema.required(), json)
  if (whole !== undefined) return whole as Caps
  complain('the caps set by command')
  const found = parseJson(z.record(z.string(), z.unknown()), json) ?? {}
  const readable = Object.entries(capsSchema.shape).filter(([name, schema]) => schema.safeParse(found[name]).success)
  return Object.fromEntries(
    readable.flatMap(([name]) => (found[name] === undefined ? [] : [[name, found[name]]])),
  ) as Partial<Caps>
}

/** Slots that commands gave to other strategies than the configuration does. */
function savedAssignments(db: Db, complain: Complain): { slot: SlotId; strategy: string }[] {
  const rows = db.prepare("SELECT key, json FROM settings WHERE key LIKE 'assign %'").all() as Row[]
  return rows.flatMap(({ key, json }) => {
    const strategy = parseJson(z.string(), json as string)
    if (strategy === undefined) complain(`to which strategy ${key} was given by command`.replace('assign ', ''))
    return strategy === undefined ? [] : [{ slot: (key as string).slice('assign '.length) as SlotId, strategy }]
  })
}

const canarySchema = z.strictObject({
  version: z.string(),
  deployment: z.string(),
  stakePpm: z.int().positive(),
  slots: z.array(z.string()),
})

/** Versions that have a part of a strategy beside its live one. */
function savedCanaries(db: Db, complain: Complain): SavedDesk['canaries'] {
  const rows = db.prepare("SELECT key, json FROM settings WHERE key LIKE 'canary %'").all() as Row[]
  return rows.flatMap(({ key, json }) => {
    // Written as null once it is over.
    if (json === 'null') return []
    const canary = parseJson(canarySchema, json as string)
    if (canary === undefined) complain(`the part that the ${key} has`)
    return canary === undefined ? [] : [{ ...canary, strategy: (key as string).slice('canary '.length) }]
  }) as unknown as SavedDesk['canaries']
}

/** Ids end in a number that grows from row to row; homes up to schema 6 have nothing else in them. */
function nextNumber(db: Db, table: 'intents' | 'positions'): number {
  const newest = db.prepare(`SELECT id FROM ${table} ORDER BY rowid DESC LIMIT 1`).pluck().get()
  return typeof newest === 'string' ? Number(newest.slice(newest.lastIndexOf('-') + 1)) + 1 : 1
}

/** Name that a home was given when its desk first started, as it is in the ids of its orders; 6 hex digits. */
export function homeName(db: Db): string {
  return String(db.prepare("SELECT value FROM meta WHERE key = 'home'").pluck().get() ?? '')
}

/** Subjects whose newest handoff had this reason. */
function newestHandoffs(db: Db, reason: string): string[] {
  return db
    .prepare(
      `SELECT subject_id FROM handoffs h WHERE reason = ? AND subject = 'position'
       AND seq = (SELECT max(seq) FROM handoffs WHERE subject = h.subject AND subject_id = h.subject_id)`,
    )
    .pluck()
    .all(reason) as string[]
}

/** Newest stored one-minute candles of an asset without a hole, oldest first. */
export function readMinutes(db: Db, asset: Asset, count: number): Candle[] {
  const rows = db
    .prepare(
      "SELECT open_time, open, high, low, close, volume FROM candles WHERE asset = ? AND frame = '1m' ORDER BY open_time DESC LIMIT ?",
    )
    .all(asset, count) as (Omit<Candle, 'openTime'> & { open_time: number })[]
  const minutes: Candle[] = []
  for (const { open_time, ...rest } of rows) {
    const next = minutes.at(-1)
    if (next !== undefined && next.openTime - open_time !== 60_000) break
    minutes.push({ openTime: unixMs(open_time), ...rest })
  }
  return minutes.reverse()
}

/** The newest full snapshot; undefined before the first. */
export function readBotState(db: Db): string | undefined {
  return db.prepare('SELECT json FROM bot_state ORDER BY seq DESC LIMIT 1').pluck().get() as string | undefined
}
