import { parquetWriteBuffer } from 'hyparquet-writer'
import { csvText, type Flat, inDollars } from '../../shared/attribution/flat.ts'
import { isoUtc } from '../../shared/domain/time.ts'
import type { SettledTrade } from '../../shared/domain/trade.ts'
import { writeWhole } from '../platform/write-whole.ts'

export const EXPORT_FORMATS = ['csv', 'jsonl', 'parquet'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

/** A trade for export: dollars, shares, ISO times. */
export function flatTrade(trade: SettledTrade): Flat {
  return {
    position: trade.position,
    strategy: trade.strategy,
    slot: trade.slot,
    window: trade.windowId,
    side: trade.side,
    openedAt: isoUtc(trade.openedAt),
    settledAt: isoUtc(trade.settledAt),
    shares: trade.shares / 1e6,
    price: trade.cost / trade.shares,
    costUsd: inDollars(trade.cost),
    feesUsd: inDollars(trade.fees),
    breakEven: (trade.cost + trade.fees) / trade.shares,
    outcome: trade.outcome,
    sold: trade.sold,
    pnlUsd: inDollars(trade.pnl),
    openedBy: trade.openedBy,
    settledUnder: trade.settledUnder,
    deployment: trade.deployment,
    regime: trade.regime,
    market: trade.market,
    why: trade.why,
    latencyMs: trade.latencyMs,
    quote: trade.quote === null ? null : trade.quote / 1e6,
    parts:
      trade.parts === null
        ? null
        : JSON.stringify(trade.parts.map(({ owner, pnl }) => ({ owner, pnlUsd: inDollars(pnl) }))),
  }
}

/** Writes a table whole, or not at all. */
export function writeTable(path: string, format: ExportFormat, rows: readonly Flat[]): void {
  if (format === 'jsonl') return writeWhole(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  if (format === 'csv') return writeWhole(path, csvText(rows))
  const names = Object.keys(rows[0] ?? {})
  const bytes = parquetWriteBuffer({
    columnData: names.map((name) => ({
      name,
      data: rows.map((row) => row[name] ?? null),
      type: typeOf(rows, name),
      nullable: true,
    })),
  })
  writeWhole(path, Buffer.from(bytes))
}

function typeOf(rows: readonly Flat[], name: string): 'STRING' | 'DOUBLE' | 'BOOLEAN' {
  const some = rows.find((row) => row[name] !== null)?.[name]
  return typeof some === 'number' ? 'DOUBLE' : typeof some === 'boolean' ? 'BOOLEAN' : 'STRING'
}
