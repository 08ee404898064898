import { z } from 'zod'
import { breakEvenOf } from '../../shared/attribution/win-rate.ts'
import type { ReadableDb } from './db.ts'
import { jsonColumn, type OnUnreadable, readable } from './rows.ts'
import { partSchema } from './trade-row.ts'

/** Sums over the trades that a version opened and that changed their owner; money in micro-USD. */
export interface HandedSum {
  trades: number
  wins: number
  pnl: number
  evens: number
}

interface Sums {
  /** By the version that opened them. */
  readonly opened: Map<string, HandedSum>
  /** By whoever ever owned one: how many, and its part of their profit. */
  readonly parts: Map<string, { trades: number; pnl: number }>
  readUpTo: number
}

const handedRow = z.object({
  row: z.number(),
  openedBy: z.string(),
  cost: z.number(),
  fees: z.number(),
  shares: z.number(),
  pnl: z.number(),
  parts: jsonColumn(z.array(partSchema)),
})

const known = new WeakMap<ReadableDb, Sums>()

/**
 * Sums over trades that changed their owner. They are read once and then kept up: only what has settled since the last
 * time is read again, so that what windows show all the time does not grow with history.
 */
export function handedSums(db: ReadableDb, onUnreadable?: OnUnreadable): Readonly<Omit<Sums, 'readUpTo'>> {
  const sums = known.get(db) ?? { opened: new Map(), parts: new Map(), readUpTo: 0 }
  known.set(db, sums)
  const rows = readable(
    db,
    handedRow,
    onUnreadable,
    `SELECT rowid AS row, opened_by AS openedBy, cost, fees, shares, pnl, parts FROM trades
     WHERE parts IS NOT NULL AND rowid > ? ORDER BY rowid`,
    sums.readUpTo,
  )
  for (const { row, openedBy, cost, fees, shares, pnl, parts } of rows) {
    const sum = sums.opened.get(openedBy) ?? { trades: 0, wins: 0, pnl: 0, evens: 0 }
    sums.opened.set(openedBy, sum)
    sum.trades++
    if (pnl > 0) sum.wins++
    sum.pnl += pnl
    sum.evens += breakEvenOf(cost, fees, shares)
    const owners = new Set<string>()
    for (const part of parts) {
      const own = sums.parts.get(part.owner) ?? { trades: 0, pnl: 0 }
      sums.parts.set(part.owner, own)
      own.pnl += part.pnl
      if (!owners.has(part.owner)) own.trades++
      owners.add(part.owner)
    }
    sums.readUpTo = row
  }
  return sums
}
