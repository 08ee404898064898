import { type Usd, usd } from '../domain/money.ts'
import { type Figures, figuresOf } from './figures.ts'
import { Tally } from './tally.ts'
import { DIMENSIONS, type Dimension, HANDED, type TradeColumns } from './trade-columns.ts'

/** Selects trades; absent fields do not restrict. Times are of settlement, ms UTC, `to` exclusive. */
export type TradeFilter = Readonly<Partial<Record<Dimension, string | undefined>>> & {
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** Trades that changed owner: their number, and the version's part of their profit. */
export interface HandedLine {
  readonly trades: number
  readonly pnl: Usd
}

/** One row of a table of records: its group and its figures. */
export interface TradeRecord {
  readonly of: Partial<Readonly<Record<Dimension, string>>>
  /** Figures of trades that it opened and owned to their end. */
  readonly figures: Figures
  /** Trades it opened and handed on, with its profit up to the handoff. */
  readonly handedOver: HandedLine
  /** Trades taken over from others, with its profit from the handoff on. */
  readonly takenOver: HandedLine
}

interface Line {
  readonly row: number
  readonly version: number
  readonly tally: Tally
  over: { trades: number; pnl: number }
  taken: { trades: number; pnl: number }
}

/**
 * Records of trades, one per combination of the grouping dimensions. Versions and markets are only combined if the grouping
 * omits them. One pass over all trades.
 */
export function recordsBy(
  columns: TradeColumns,
  by: readonly Dimension[],
  filter: TradeFilter = {},
): readonly TradeRecord[] {
  const lines = new Map<number, Line>()
  const ids = by.map((dimension) => columns.ids[dimension])
  const widths = by.map((dimension) => columns.names[dimension].names.length + 1)
  const versionAt = by.indexOf('version')
  const lineOf = (row: number, version: number): Line => {
    let key = 0
    for (let i = 0; i < ids.length; i++)
      key = key * (widths[i] ?? 1) + (i === versionAt ? version : (ids[i]?.[row] ?? 0))
    let line = lines.get(key)
    if (line === undefined) {
      line = { row, version, tally: new Tally(), over: { trades: 0, pnl: 0 }, taken: { trades: 0, pnl: 0 } }
      lines.set(key, line)
    }
    return line
  }
  for (const row of rowsOf(columns, filter)) {
    const opener = columns.ids.version[row] ?? 0
    const line = lineOf(row, opener)
    if (((columns.flags[row] ?? 0) & HANDED) === 0) line.tally.add(columns, row)
    else shareOut(columns, row, opener, versionAt < 0 ? () => line : (version) => lineOf(row, version))
  }
  return [...lines.values()].map(({ row, version, tally, over, taken }) => ({
    of: Object.fromEntries(
      by.map((dimension) => [
        dimension,
        columns.names[dimension].names[dimension === 'version' ? version : (columns.ids[dimension][row] ?? 0)] ?? '',
      ]),
    ),
    figures: figuresOf(tally),
    handedOver: { ...over, pnl: usd(Math.round(over.pnl)) },
    takenOver: { ...taken, pnl: usd(Math.round(taken.pnl)) },
  }))
}

function shareOut(columns: TradeColumns, row: number, opener: number, lineOf: (version: number) => Line): void {
  const openerName = columns.names.version.names[opener] ?? ''
  const taken = new Set<number>()
  for (const { owner, pnl } of columns.parts.get(row) ?? []) {
    if (owner === openerName) {
      lineOf(opener).over.pnl += pnl
      continue
    }
    const version = columns.names.version.find(owner)
    const { taken: line } = lineOf(version)
    line.pnl += pnl
    if (!taken.has(version)) line.trades++
    taken.add(version)
  }
  lineOf(opener).over.trades++
}

/** Rows that match a filter, in order of settlement. */
export function* rowsOf(columns: TradeColumns, filter: TradeFilter): Generator<number> {
  const wanted: { readonly ids: Uint32Array; readonly id: number }[] = []
  for (const dimension of DIMENSIONS) {
    const name = filter[dimension]
    if (name !== undefined) wanted.push({ ids: columns.ids[dimension], id: columns.names[dimension].find(name) })
  }
  const { settledAt } = columns.numbers
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = filter
  rows: for (let row = 0; row < columns.count; row++) {
    const at = settledAt[row] ?? 0
    if (at < from || at >= to) continue
    for (const { ids, id } of wanted) if (ids[row] !== id) continue rows
    yield row
  }
}
