import type { SavedDesk } from '../../engine/restore.ts'
import type { Candle } from '../../shared/domain/feed.ts'
import type { LedgerEntry, Order, Position } from '../../shared/domain/records.ts'
import type { Asset } from '../../shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../../shared/domain/time.ts'
import { manifestSchema } from '../strategy-host/protocol.ts'
import type { Db } from './database.ts'
import { findVersion, liveVersions } from './queries.ts'

type Row = Record<string, unknown>

const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

/** A row with its column names in the domain's spelling. */
function domain(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [camel(key), value]))
}

/** Reads what the engine needs to go on where the journal ends. Rows were written by the engine itself. */
export function readSavedDesk(db: Db): SavedDesk {
  const desk = db.prepare('SELECT * FROM desk').get() as Row
  const positions = db.prepare("SELECT * FROM positions WHERE state NOT IN ('redeemed', 'closed')").all() as Row[]
  const orders = db
    .prepare("SELECT * FROM orders WHERE state NOT IN ('confirmed', 'failed', 'cancelled', 'rejected')")
    .all() as Row[]
  const ledger = db
    .prepare('SELECT ts, kind, ref, cash, cost, locked, deposit, realised, fee FROM ledger ORDER BY seq')
    .all()
  const count = (sql: string) => Number(db.prepare(sql).pluck().get())
  return {
    trading: desk.trading as SavedDesk['trading'],
    tradingReason: desk.trading_reason as string | null,
    tradingUntil: desk.trading_until as UnixMs | null,
    flatten: desk.flatten === 1,
    freeze:
      desk.freeze_reason === null
        ? null
        : { reason: desk.freeze_reason as string, until: desk.freeze_until as UnixMs | null },
    ledger: ledger as LedgerEntry[],
    positions: positions.map((row) => domain(row) as unknown as Position),
    orders: orders.map((row) => {
      const { limitPrice, postOnly, ...rest } = domain(row)
      return { ...rest, limit: limitPrice, postOnly: postOnly === 1 } as unknown as Order
    }),
    versions: liveVersions(db).flatMap(({ strategy, version, deployment }) => {
      const stored = findVersion(db, strategy, version)
      if (stored === undefined) return []
      return [
        {
          hash: stored.hash as SavedDesk['versions'][number]['hash'],
          strategy,
          label: stored.label,
          manifest: manifestSchema.parse(JSON.parse(stored.manifest)),
          state: stored.state as SavedDesk['versions'][number]['state'],
          firstLiveAt: stored.first_live_at as UnixMs | null,
          decisions: stored.decisions,
          faults: stored.faults,
          deployment: deployment as SavedDesk['versions'][number]['deployment'],
        },
      ]
    }),
    states: db
      .prepare('SELECT slot, strategy, revision, json FROM strategy_states')
      .all() as SavedDesk['states'][number][],
    faultHandoffs: db
      .prepare(
        `SELECT subject_id FROM handoffs h WHERE reason = 'fault'
         AND seq = (SELECT max(seq) FROM handoffs WHERE subject = h.subject AND subject_id = h.subject_id)`,
      )
      .pluck()
      .all() as string[],
    pauses: db.prepare('SELECT scope, reason FROM pauses').all() as SavedDesk['pauses'][number][],
    nextOrder: count('SELECT coalesce(max(CAST(substr(id, 3) AS INTEGER)), 0) + 1 FROM intents'),
    nextPosition: count('SELECT coalesce(max(CAST(substr(id, 3) AS INTEGER)), 0) + 1 FROM positions'),
    lastCycle: count('SELECT coalesce(max(cycle), 0) FROM intents'),
  }
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
