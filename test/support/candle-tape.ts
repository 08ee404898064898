import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { seededRng } from '../../src/engine/rng.ts'
import { DAY, MINUTE } from '../../src/shared/domain/time.ts'

/** A Tuesday, 00:00 UTC. */
export const TAPE_DAY = Date.UTC(2026, 0, 6)

export type CandleRow = [number, number, number, number, number, number]

/** A seeded random walk as one-minute candles, from `before` ms ahead of `TAPE_DAY` on. */
export function randomCandles(ticker: string, days: number, seed: number, before = DAY / 8): CandleRow[] {
  const rng = seededRng(seed, ticker)
  const rows: CandleRow[] = []
  let price = 1_000 + 500 * rng.uniform()
  for (let ts = TAPE_DAY - before; ts < TAPE_DAY + days * DAY; ts += MINUTE) {
    const path = [price]
    for (let i = 0; i < 12; i++) path.push((path.at(-1) ?? price) * Math.exp(2e-4 * rng.normal()))
    const cents = path.map((at) => Math.round(at * 100) / 100)
    const [open = price, close = price] = [cents[0], cents.at(-1)]
    rows.push([ts, open, Math.max(...cents), Math.min(...cents), close, Math.round(rng.uniform() * 1e4) / 100])
    price = close
  }
  return rows
}

/** Writes candle files as a tape folder has them. */
export function writeCandles(folder: string, series: Readonly<Record<string, readonly CandleRow[]>>): void {
  for (const [ticker, rows] of Object.entries(series))
    writeFileSync(join(folder, `${ticker}USDT-1m.json`), JSON.stringify(rows))
}
