import { z } from 'zod'
import { versionHashSchema } from '../../shared/domain/schemas.ts'
import type { ProfitHistory } from '../../shared/ipc/chart-view.ts'
import type { ReadableDb } from './db.ts'
import { all, column, count, flagColumn } from './rows.ts'
import { versionRefColumns } from './tables.ts'
import { versionsTried } from './trials.ts'

/** What attribution asks of the journal besides trades. Times in ms UTC. */

/** Entries that a version sent, and what became of them. */
export interface OrderCounts {
  readonly entries: number
  /** Entries that bought something. */
  readonly filled: number
  /** Entries that bought nothing: killed, cancelled, lapsed or rejected. */
  readonly missed: number
  /** Cash spent of the cash that those which are over wanted to spend, 0 … 1; null without any. */
  readonly fillRate: number | null
}

/** By version. */
export function countOrders(db: ReadableDb): Map<string, OrderCounts> {
  const rows = all(
    db,
    z.object({
      version: z.string(),
      entries: z.number(),
      filled: z.number(),
      missed: z.number(),
      fillRate: z.number().nullable(),
    }),
    `WITH failed AS (SELECT order_id, sum(shares) AS shares, sum(cash) AS cash FROM fills WHERE state = 'failed' GROUP BY order_id)
       SELECT version, count(*) AS entries, count(*) FILTER (WHERE filled_shares > coalesce(failed.shares, 0)) AS filled,
         count(*) FILTER (WHERE filled_shares = 0) AS missed,
         sum(filled_cost - coalesce(failed.cash, 0)) * 1.0 / sum(stake) AS fillRate
       FROM orders LEFT JOIN failed ON failed.order_id = orders.id
       WHERE kind = 'enter' AND state IN ('filled', 'cancelled', 'expired', 'rejected') GROUP BY version`,
  )
  return new Map(rows.map(({ version, ...counts }) => [version, counts]))
}

const lifeRow = z.object({ hash: versionHashSchema, decisions: z.number(), faults: z.number() })

/**
 * The record's own last moment, ms UTC: of the newest event, snapshot or settled trade. After a run in virtual time it is
 * the end of that run, whatever day it is by now.
 */
export function lastMoment(db: ReadableDb): number {
  const sql = `SELECT coalesce(max(ts), 0) FROM (SELECT * FROM (SELECT ts FROM events ORDER BY seq DESC LIMIT 1)
    UNION ALL SELECT * FROM (SELECT ts FROM bot_state ORDER BY seq DESC LIMIT 1)
    UNION ALL SELECT * FROM (SELECT settled_at AS ts FROM trades ORDER BY rowid DESC LIMIT 1))`
  return count(db, sql)
}

/**
 * How long each version was live, as the deployments say; a canary's time counts from its beginning.
 * @param now end of the time that still runs
 */
export function timeLiveByVersion(
  db: ReadableDb,
  now: number,
): Map<string, { liveMs: number; decisions: number; faults: number }> {
  const versions = all(db, lifeRow, 'SELECT hash, decisions, faults FROM versions')
  const lives = new Map(versions.map(({ hash, decisions, faults }) => [String(hash), { liveMs: 0, decisions, faults }]))
  const swaps = all(
    db,
    z.object({
      strategy: z.string(),
      version: versionHashSchema,
      at: z.number().nullable(),
      since: z.number().nullable(),
      ended: z.number().nullable(),
    }),
    `SELECT strategy, version, swapped_at AS at, json_extract(policy, '$.canary.since') AS since, ended_at AS ended
       FROM deployments WHERE version IS NOT NULL AND (swapped_at IS NOT NULL OR json_extract(policy, '$.canary') IS NOT NULL)
       ORDER BY coalesce(swapped_at, ended_at), rowid`,
  )
  const nextSwap = new Map<string, number>()
  for (const { strategy, version, at, since, ended } of swaps.toReversed()) {
    const until = at === null ? (ended ?? now) : (nextSwap.get(strategy) ?? now)
    const life = lives.get(version)
    if (life !== undefined) life.liveMs += until - (since ?? at ?? until)
    if (at !== null) nextSwap.set(strategy, at)
  }
  return lives
}

/** How a strategy has been worked on. */
export interface TinkeringRows {
  /** Versions ever traded, proved or replayed. */
  readonly versionsTried: number
  /** Sharpe ratio of the newest trial of each. */
  readonly ratios: readonly number[]
  readonly deployments: readonly { readonly at: number; readonly byPerson: boolean }[]
  /** Return on stake that the proof of a deployment made. */
  readonly promises: readonly { readonly deployment: string; readonly proof: number }[]
}

export function readTinkering(db: ReadableDb, strategy: string): TinkeringRows {
  const ratios = column(
    db,
    z.number(),
    `SELECT sharpe FROM trials t WHERE strategy = ? AND sharpe IS NOT NULL
       AND seq = (SELECT max(seq) FROM trials WHERE hash = t.hash AND strategy = t.strategy AND sharpe IS NOT NULL)`,
    strategy,
  )
  const deployments = all(
    db,
    z.object({ at: z.number(), byPerson: flagColumn }),
    `SELECT swapped_at AS at, trigger IN ('save', 'reload') AS byPerson FROM deployments
       WHERE strategy = ? AND swapped_at IS NOT NULL ORDER BY swapped_at, rowid`,
    strategy,
  )
  const promises = all(
    db,
    z.object({ deployment: z.string(), proof: z.number() }),
    `SELECT id AS deployment, json_extract(proof, '$.candidate.pnl') * 1.0 / json_extract(proof, '$.candidate.stake') AS proof
       FROM deployments WHERE strategy = ? AND swapped_at IS NOT NULL AND json_extract(proof, '$.candidate.stake') > 0`,
    strategy,
  )
  return {
    versionsTried: versionsTried(db, strategy),
    ratios,
    deployments,
    promises,
  }
}

/** Deployments since the first trade, and when they were frozen, as the journal's events say. */
export function happenings(db: ReadableDb): Pick<ProfitHistory, 'deployments' | 'freezes'> {
  const deployments = all(
    db,
    z.object({ ts: z.number(), ...versionRefColumns }),
    `SELECT d.swapped_at AS ts, v.hash, v.strategy, v.label, v.number FROM deployments d JOIN versions v ON v.hash = d.version
       WHERE d.swapped_at IS NOT NULL ORDER BY d.swapped_at DESC LIMIT 200`,
  )
  const events = all(
    db,
    z.object({ ts: z.number(), kind: z.enum(['frozen', 'unfrozen']) }),
    "SELECT ts, kind FROM events WHERE kind IN ('frozen', 'unfrozen') ORDER BY seq",
  )
  const freezes: { from: number; to: number | null }[] = []
  for (const { ts, kind } of events) {
    const open = freezes.at(-1)
    if (kind === 'frozen' && open?.to !== null) freezes.push({ from: ts, to: null })
    else if (kind === 'unfrozen' && open?.to === null) open.to = ts
  }
  return { deployments: deployments.map(({ ts, ...version }) => ({ ts, version })), freezes }
}
