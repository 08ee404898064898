import type { AttributionRow } from '../../../shared/ipc/contract.ts'
import { nameOf } from '../../data/attribution-store.ts'

/** Records as a table for others: what they are of, and every figure that is a number. */
export function csvOf(rows: readonly AttributionRow[]): string {
  const lines = rows.map((row) => {
    const { winRateInterval, edgeInterval, calibration: _, ...figures } = row.figures
    return {
      name: nameOf(row),
      hash: row.of.version ?? '',
      market: row.of.market ?? '',
      regime: row.of.regime ?? '',
      slot: row.of.slot ?? '',
      ...figures,
      winRateLow: winRateInterval?.low ?? '',
      winRateHigh: winRateInterval?.high ?? '',
      edgeLow: edgeInterval?.low ?? '',
      edgeHigh: edgeInterval?.high ?? '',
      handedOver: row.handedOver.trades,
      handedOverPnl: row.handedOver.pnl,
      takenOver: row.takenOver.trades,
      takenOverPnl: row.takenOver.pnl,
    }
  })
  const head = Object.keys(lines[0] ?? {})
  const cell = (value: unknown) => {
    const text = value === null || value === undefined ? '' : String(value)
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return [head, ...lines.map((line) => Object.values(line).map(cell))].map((cells) => `${cells.join(',')}\n`).join('')
}
