import type { Usd } from '../../shared/domain/money.ts'
import type { VersionHash } from '../../shared/domain/records.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { Db } from './database.ts'

/** One hash tried on a stretch of tape; what it came to is kept for figures over all trials. */
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

/** How many hashes of a strategy were ever proved or replayed. */
export function trialsOf(db: Db, strategy: string): number {
  return Number(db.prepare('SELECT count(DISTINCT hash) FROM trials WHERE strategy = ?').pluck().get(strategy))
}
