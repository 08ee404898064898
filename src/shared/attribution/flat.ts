import { type Cell, csvLine } from '../csv.ts'
import type { TradeRecord } from './records.ts'

/** A row of a table by the names of its columns; every row has the same. */
export type Flat = Readonly<Record<string, Cell>>

/** Micro-USD in dollars; nothing stays nothing. */
export const inDollars = (micro: number | null) => (micro === null ? null : micro / 1e6)

/** A record as others read it; what it is of comes first. */
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

/** Rows as CSV with a head; see `csvLine`. */
export function csvText(rows: readonly Flat[]): string {
  const names = Object.keys(rows[0] ?? {})
  return [names, ...rows.map((row) => names.map((name) => row[name] ?? null))].map(csvLine).join('')
}
