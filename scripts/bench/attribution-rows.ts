import { join } from 'node:path'
import { TradeBooks } from '../../src/main/attribution/trade-books.ts'
import { openDatabase } from '../../src/main/db/database.ts'
import { benchHome, type Row } from './figures.ts'

const SIZES = [10_000, 100_000, 1_000_000]
const VERSIONS = 20
const REGIMES = ['quiet-range', 'quiet-trend', 'wild-range', 'wild-trend']
const BEGIN = Date.UTC(2026, 0, 5)

/** Fills a journal with settled trades in 16 slots, of twenty versions one after another. */
function fill(path: string, trades: number): void {
  const opened = openDatabase(path, false)
  if (!opened.ok) throw new Error(opened.error)
  const db = opened.value
  const insert = db.prepare(
    `INSERT INTO trades VALUES (@position, 'snipe', @slot, @windowId, 'up', @openedAt, @settledAt, @shares, @cost, @fees, @pnl, 0,
       @version, @version, @deployment, @regime, 'simulated', 'edge 4.1 %', 175, @quote, NULL)`,
  )
  // Park and Miller's minimal standard generator.
  let state = 7
  const uniform = () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  db.transaction(() => {
    for (let i = 0; i < trades; i++) {
      const start = BEGIN + Math.floor(i / 16) * 300_000
      const price = 0.6 + uniform() * 0.35
      const shares = Math.round(5e6 / price)
      const cost = Math.round(shares * price)
      const fees = Math.round(shares * 0.07 * price * (1 - price))
      const version = String(Math.floor((i / trades) * VERSIONS)).padStart(64, '0')
      insert.run({
        position: `P-${i}`,
        slot: `S${i % 16}-5m`,
        windowId: `s${i % 16}-updown-5m-${start / 1000}`,
        openedAt: start + 240_000,
        settledAt: start + 315_000,
        shares,
        cost,
        fees,
        pnl: (uniform() < price + 0.03 ? shares : 0) - cost - fees,
        version,
        deployment: `D-${version.slice(-2)}`,
        regime: REGIMES[i % REGIMES.length],
        quote: Math.round(price * 1e6),
      })
    }
  })()
  db.close()
}

/** Times reading a journal's trades, grouping them by version × regime, and comparing its two halves. */
export async function attributionSpeed(): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const size of SIZES) {
    const { home, remove } = benchHome()
    const path = join(home.folder, 'bench.db')
    fill(path, size)
    const opened = openDatabase(path, false)
    if (!opened.ok) throw new Error(opened.error)
    const before = process.memoryUsage.rss()
    const books = new TradeBooks(opened.value)
    const timed = (work: () => unknown) => {
      const started = performance.now()
      work()
      return performance.now() - started
    }
    const read = timed(() => books.refresh())
    const grouped = timed(() => books.records(['version', 'regime', 'market'], {}))
    const half = { to: BEGIN + Math.floor(size / 32) * 300_000 + 315_001 }
    const verdict = timed(() => books.compare(half, { from: half.to }, 'trades'))
    const memory = (process.memoryUsage.rss() - before) / 2 ** 20
    opened.value.close()
    remove()
    const prefix = `${size.toLocaleString('en')} trades`
    rows.push(
      { what: `${prefix}: read once from the journal`, measured: `${read.toFixed(0)} ms` },
      {
        what: `${prefix}: figures by version × regime`,
        measured: `${grouped.toFixed(0)} ms`,
        budget: '≤ 1,000 ms',
        met: grouped <= 1_000,
      },
      {
        what: `${prefix}: bootstrap comparison of two halves`,
        measured: `${verdict.toFixed(0)} ms`,
        budget: '≤ 3,000 ms',
        met: verdict <= 3_000,
      },
      { what: `${prefix}: memory used`, measured: `${memory.toFixed(0)} MB` },
    )
  }
  return rows
}
