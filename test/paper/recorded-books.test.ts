import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { seededRng } from '../../src/engine/rng.ts'
import { windowAt } from '../../src/shared/domain/slots.ts'
import { unixMs } from '../../src/shared/domain/time.ts'
import { longForm } from '../support/long-form.ts'
import { type OracleBook, type OracleOrder, oracle } from '../support/paper-oracle.ts'
import { expectSound, limitsOf, play, SLOT } from '../support/paper-play.ts'

const tapes = process.env.BATON_TAPES
if (tapes === undefined) console.log('paper on recorded books: did not run, BATON_TAPES names no folder')

/** Of 22 that were recorded whole. */
const WINDOWS = longForm(6, 22)

const micro = (text: string) => Math.round(Number(text) * 1_000_000)

/** Books of the windows that were recorded whole, by the start of the window in seconds. */
function completeWindows(folder: string): Map<number, OracleBook[]> {
  const rows = readFileSync(join(folder, 'polymarket/cronos_btc5m_windows.csv'), 'utf8').trim().split('\n').slice(1)
  const whole = new Map<string, number>()
  for (const row of rows) {
    const cells = row.trim().split(',')
    if (cells.at(-1) === 'True') whole.set(cells[3] ?? '', Number((cells[0] ?? '').split('-').at(-1)))
  }
  const windows = new Map<number, OracleBook[]>()
  const raw = gunzipSync(readFileSync(join(folder, 'polymarket/cronos_btc5m_book_raw_2026-04-13_1510-1715.jsonl.gz')))
  for (const line of raw.toString('utf8').trim().split('\n')) {
    // Most lines are of other tokens, and parsing takes most of the time.
    const start = whole.get(/"asset_id":"(\d+)"/.exec(line)?.[1] ?? '')
    if (start === undefined || (windows.size === WINDOWS && !windows.has(start))) continue
    const { recv_s, msg } = JSON.parse(line)
    const levels = (side: { price: string; size: string }[]) =>
      side.map(({ price, size }) => [micro(price), micro(size)] as const)
    // The best level is last on the wire. A grid of 0.001 holds every price.
    // Books of the same millisecond are put a millisecond apart.
    const ts = Math.max(Math.round(recv_s * 1_000), (windows.get(start)?.at(-1)?.ts ?? 0) + 1)
    const book = { ts, bids: levels(msg.bids).reverse(), asks: levels(msg.asks).reverse() }
    const found = windows.get(start) ?? []
    found.push({ ...book, tick: 1_000 })
    windows.set(start, found)
  }
  return windows
}

/** Orders of every kind around the touch, every few seconds until after the end. */
function ordersOn(books: readonly OracleBook[], start: number): OracleOrder[] {
  const rng = seededRng(start, 'orders')
  const pick = <T>(...of: readonly T[]): T | undefined => of[Math.floor(rng.uniform() * of.length)]
  const orders: OracleOrder[] = []
  for (let ts = start + 1_000; ts < start + 300_500; ts += Math.floor(rng.uniform() * 4_000) + 1) {
    const book = books.findLast((one) => one.ts <= ts)
    const buys = rng.uniform() < 0.6
    const up = rng.uniform() < 0.5
    const touch = (buys === up ? book?.asks : book?.bids)?.[0]?.[0] ?? 500_000
    const wanted = (up ? touch : 1_000_000 - touch) + (pick(-30_000, -10_000, 0, 10_000, 30_000) ?? 0)
    const limit = Math.min(990_000, Math.max(10_000, wanted))
    const tif = pick('FAK', 'FOK', 'GTC', 'GTD' as const) ?? 'FAK'
    orders.push({
      ...{ id: `O-${orders.length + 1}`, ts, buys, up, tif, limit },
      postOnly: (tif === 'GTC' || tif === 'GTD') && rng.uniform() < 0.2,
      amount: Math.floor(rng.uniform() ** 3 * 2_000_000_000) + 5_000_000,
      cancelAt: rng.uniform() < 0.3 ? ts + Math.floor(rng.uniform() * 5_000) : null,
      expiresAt: tif === 'GTD' ? ts + Math.floor(rng.uniform() * 30_000) + 1_000 : null,
    })
  }
  return orders
}

test.runIf(tapes !== undefined)(
  'on recorded windows paper reports what an independent matcher does, never better than the book, never more than it held',
  () => {
    const seen = { books: 0, orders: 0, taken: 0, made: 0, killed: 0 }
    const windows = completeWindows(tapes ?? '')
    expect(windows.size).toBe(WINDOWS)
    for (const [seconds, all] of windows) {
      const window = windowAt(SLOT, unixMs(seconds * 1_000))
      // A book received in the very millisecond of the end is as good as one after it.
      const books = all.filter(({ ts }) => ts !== window.end)
      const orders = ordersOn(books, window.start)
      const found = play(books, orders, window)
      expect(Object.fromEntries(found)).toEqual(Object.fromEntries(oracle(books, orders, limitsOf(window))))
      expectSound(books, orders, found)
      seen.books += books.length
      seen.orders += orders.length
      for (const [, what, , , , fee] of [...found.values()].flat()) {
        if (what === 'fill') seen[fee === 0 ? 'made' : 'taken']++
        if (what === 'cancelled') seen.killed++
      }
    }
    console.log(`paper on recorded books: ${JSON.stringify(seen)}`)
    expect(Math.min(seen.taken, seen.made, seen.killed)).toBeGreaterThan(100)
  },
)
