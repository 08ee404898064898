import { type Cell, csvLine } from '../csv.ts'
import type { TradeRecord } from './records.ts'

/** A table row by column name; all rows have the same columns. */
export type Flat = Readonly<Record<string, Cell>>

/** Micro-USD in dollars; null stays null. */
export const inDollars = (micro: number | null) => (micro === null ? null : micro / 1e6)

/** A record as a flat row for export, grouping columns first. */
export function flatRecord({ of, figures, handedOver, takenOver }: TradeRecord): Flat {
  const { winRateInterval, edgeInterval, calibration: _, stake, fees, pnl, drawdown, exposure, ...rest } = figures
  return {
    ...of,
    ...rest,
    winRateLow: winRateInterval?.low ?? null,
    winRateHigh: winRateInterval?.high ?? null,
    edgeLow: edgeInterval?.low ?? null,
    edgeHigh: edgeInterval?.high ?? null,
    stakeUsd: inDollars(stake),
    feesUsd: inDollars(fees),
    pnlUsd: inDollars(pnl),
    drawdownUsd: inDollars(drawdown),
    exposureUsd: inDollars(exposure),
    handedOver: handedOver.trades,
    handedOverUsd: inDollars(handedOver.pnl),
    takenOver: takenOver.trades,
    takenOverUsd: inDollars(takenOver.pnl),
  }
}

/** Rows as CSV with a header; see `csvLine`. */
export function csvText(rows: readonly Flat[]): string {
  const names = Object.keys(rows[0] ?? {})
  return [names, ...rows.map((row) => names.map((name) => row[name] ?? null))].map(csvLine).join('')
}
