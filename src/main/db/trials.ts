import type { VersionHash } from '../../shared/domain/ids.ts'
import type { Usd } from '../../shared/domain/money.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { ReadableDb, WritableDb } from './db.ts'
import { count } from './rows.ts'

/** One version replayed or proved over a stretch of tape, with its result. */
export interface Trial {
  readonly ts: UnixMs
  readonly kind: 'proof' | 'replay'
  readonly strategy: string
  readonly hash: VersionHash
  readonly tape: string
  readonly from: number
  readonly to: number
  readonly slots: number
  readonly decisions: number
  readonly trades: number
  readonly pnl: Usd
  /** Of the returns of its trades; null with too few of them. */
  readonly sharpe: number | null
}

export const SAVE_TRIAL = `INSERT INTO trials VALUES (NULL, @ts, @kind, @strategy, @hash, @tape, @from, @to, @slots,
  @decisions, @trades, @pnl, @sharpe)`

/** Stores a trial when no desk is running to journal it. */
export function saveTrial(db: WritableDb, trial: Trial): void {
  db.prepare(SAVE_TRIAL).run({ ...trial })
}

/**
 * How many versions of a strategy were ever traded, proved or replayed.
 * @param more a version that counts although nothing is written of it yet
 */
export function versionsTried(db: ReadableDb, strategy: string, more = ''): number {
  const sql = `SELECT count(*) FROM (SELECT hash FROM trials WHERE strategy = @strategy UNION
    SELECT version FROM deployments WHERE strategy = @strategy AND swapped_at IS NOT NULL UNION
    SELECT @more WHERE @more <> '')`
  return count(db, sql, { strategy, more })
}
