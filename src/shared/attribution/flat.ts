import type { TradeRecord } from './records.ts'

/** What stands in a column. */
export type Cell = string | number | boolean | null
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

/** Rows as CSV with a head; text with a comma, a quote or a line's end is quoted (RFC 4180). */
export function csvText(rows: readonly Flat[]): string {
  const names = Object.keys(rows[0] ?? {})
  return [names, ...rows.map((row) => names.map((name) => row[name] ?? null))].map(csvLine).join('')
}

function csvLine(cells: readonly Cell[]): string {
  const text = (cell: Cell) => {
    const plain = cell === null ? '' : String(cell)
    return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
  }
  return `${cells.map(text).join(',')}\n`
}
