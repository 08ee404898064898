import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { SimPrices } from '../../src/engine/market/sim-prices.ts'
import type { MarketDataEvent } from '../../src/engine/venue/market-data.ts'
import type { Desk } from '../../src/main/app/desk-life.ts'
import { auditDatabase } from '../../src/main/audit/audit.ts'
import { compileStrategy } from '../../src/main/deploy/compile.ts'
import { engineBuild } from '../../src/main/platform/engine-build.ts'
import { apiFile, packageRoot } from '../../src/main/platform/package-files.ts'
import { openOwnTape } from '../../src/main/replay/own-tape.ts'
import { asset, makeSlot, windowAt } from '../../src/shared/domain/slots.ts'
import { MINUTE, unixMs } from '../../src/shared/domain/time.ts'
import { eager, TestHome } from '../support/desk.ts'
import { historyOf, PreparedMarket, paperFeed } from '../support/paper-desk.ts'
import { checkAll } from '../support/recorded.ts'
import { replayOf } from '../support/replay-recording.ts'
import { some } from '../support/some.ts'
import { value } from '../support/tape.ts'

const SLOTS = ['5m', '15m'].flatMap((frame) =>
  ['BTC', 'ETH'].map((name) => makeSlot(asset(name), frame === '5m' ? '5m' : '15m')),
)
const FROM = unixMs(Date.UTC(2026, 0, 5, 10))
const UNTIL = unixMs(FROM + 130 * MINUTE)
const SEED = 11
/** A window of which the venue tells no strike. */
const WITHOUT_STRIKE = windowAt(makeSlot(asset('BTC'), '5m'), unixMs(FROM + 60 * MINUTE)).id

const home = new TestHome({
  assign: { '*-5m': 'greedy', '*-15m': 'greedy' },
  slots: SLOTS.map(({ id }) => id),
  // It trades to the end, whatever it loses.
  caps: { lossPerDayUsd: 900 },
})
let desk: Desk
let told: MarketDataEvent[]

beforeAll(async () => {
  // Resting orders, exits and cancels as well as purchases, with stakes that sweep levels.
  home.write(
    'greedy.ts',
    eager('greedy')
      .replace('stakeUsd: 5', 'stakeUsd: 9')
      .replace(
        'const side',
        `const mine = view.orders[0]
    if (mine !== undefined && view.secondsLeft % 30 === 0) return { state, intents: [{ kind: 'cancel', orderId: mine.id, why: 'c' }] }
    if (view.position !== null && view.secondsLeft % 40 === 0 && view[view.position.side].bid !== null)
      return { state, intents: [{ kind: 'exit', limit: 0.01, why: 'out' }] }
    if (view.position === null && mine === undefined && view.secondsLeft % 25 === 0 && view.up.bid !== null && view.up.bid > 0.1)
      return { state, intents: [{ kind: 'enter', side: 'up', limit: Math.round(view.up.bid * 100) / 100, stakeUsd: 6, tif: 'GTC', why: 'rest' }] }
    const side`,
      ),
  )
  told = historyOf(SLOTS, SEED, FROM, unixMs(UNTIL + 10 * MINUTE)).filter(
    (event) => event.kind !== 'strike' || event.windowId !== WITHOUT_STRIKE,
  )
  const source = new SimPrices([asset('BTC'), asset('ETH')], SEED, FROM)
  desk = await home.desk({
    ...{ market: 'paper', feed: 'binance', speed: null, seed: SEED },
    openFeed: paperFeed(new PreparedMarket(SLOTS, told), SLOTS, { source, listen: null, from: FROM, until: UNTIL }),
  })
  await desk.life.start()
  await desk.life.done
  await desk.life.stop()
})
afterAll(() => home.remove())

function journal(): Database.Database {
  const db = new Database(home.home.database, { readonly: true })
  onTestFinished(() => void db.close())
  return db
}

test('a desk on paper trades real books, settles by the venue’s outcomes alone, and its books are sound', () => {
  const { figures, engine } = desk.loop
  expect(figures.orders).toBeGreaterThan(100)
  expect(figures.fills).toBeGreaterThan(100)
  expect(desk.hub.status()).toMatchObject({ market: 'paper', ledgerBalanced: true })
  expect(auditDatabase(home.home.database, [70_000])).toMatchObject({ ok: true, value: { findings: [] } })
  // What is still open belongs to the newest windows.
  for (const { windowEnd } of engine.state.positions.values()) expect(windowEnd).toBeGreaterThan(UNTIL - 10 * MINUTE)
  const db = journal()
  const outcomes = new Map(told.flatMap((event) => (event.kind === 'settled' ? [[event.windowId, event]] : [])))
  for (const row of some(db.prepare('SELECT window_id, payout_up, strike, close, source FROM settlements').all())) {
    const event = outcomes.get((row as { window_id: never }).window_id)
    const { payoutUp, strike, close, source, windowId } = event ?? {}
    expect(row).toEqual({ window_id: windowId, payout_up: payoutUp, strike, close, source })
  }
  for (const table of ['orders', 'fills', 'positions', 'trades', 'settlements', 'events'])
    expect(db.prepare(`SELECT DISTINCT market FROM ${table}`).pluck().all(), table).toEqual(['paper'])
})

test('nothing is entered in a window before the venue tells its strike, and nothing at all without one', () => {
  const strikes = new Map(told.flatMap((event) => (event.kind === 'strike' ? [[event.windowId, event.ts]] : [])))
  const rows = journal().prepare("SELECT window_id, created_at FROM orders WHERE kind = 'enter'").raw().all()
  for (const [windowId, createdAt] of some(rows as [never, number][]))
    expect(strikes.get(windowId)).toBeLessThanOrEqual(createdAt)
})

test('no fill is better priced than the book after the delay', () => {
  const fills = some(
    journal()
      .prepare(
        'SELECT f.ts, f.kind, f.price, o.side, o.window_id AS windowId FROM fills f JOIN orders o ON o.id = f.order_id',
      )
      .all() as { ts: number; kind: string; price: number; side: string; windowId: string }[],
  )
  const books = Map.groupBy(
    told.flatMap((event) => (event.kind === 'book' ? [event] : [])),
    (event): string => event.windowId,
  )
  for (const { ts, kind, price, side, windowId } of fills) {
    const then = books.get(windowId)?.findLast((book) => book.ts <= ts)
    const buys = kind === 'enter'
    const [best] = (buys === (side === 'up') ? then?.asks : then?.bids) ?? []
    const own = side === 'up' ? (best?.price ?? Number.NaN) : 1_000_000 - (best?.price ?? Number.NaN)
    expect(buys ? price >= own : price <= own).toBe(true)
  }
})

test('I7: every recorded decision is decided again; a replay of the recording fills what the desk filled', async () => {
  const { decisions, differences } = checkAll(home.home.tape, engineBuild(packageRoot()))
  expect(differences).toEqual([])
  expect(decisions).toBeGreaterThan(1_000)
  const { bundle } = value(await compileStrategy(home.strategies, 'greedy', apiFile()))
  const tape = value(openOwnTape(home.home.tape, { since: 0, until: null, only: null, feed: null }))
  expect(tape.sources[0]?.source.kind).toBe('recorded')
  const { figures } = desk.loop
  expect(replayOf(desk, bundle, tape)).toMatchObject({
    ...{ faults: 0, decisions: figures.decisions, orders: figures.orders, fills: figures.fills },
    decisionsHash: desk.loop.decisionsHash(),
  })
})
