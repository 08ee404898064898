import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Desk } from '../../src/main/app/desk-life.ts'
import { compileStrategy } from '../../src/main/deploy/compile.ts'
import { apiFile } from '../../src/main/platform/package-files.ts'
import type { DayRecord } from '../../src/main/replay/day-record.ts'
import { openTapes } from '../../src/main/replay/open-tapes.ts'
import { openOwnTape } from '../../src/main/replay/own-tape.ts'
import type { Recorded } from '../../src/main/replay/recorded-events.ts'
import { statsOf } from '../../src/main/replay/stats.ts'
import { MINUTE, unixMs } from '../../src/shared/domain/time.ts'
import { eager, TestHome } from '../support/desk.ts'
import { rewrite } from '../support/recorded.ts'
import { replayOf } from '../support/replay-recording.ts'
import { value } from '../support/tape.ts'

const home = new TestHome({
  assign: { '*-5m': 'greedy', '*-15m': 'greedy' },
  slots: ['BTC-5m', 'ETH-5m', 'BTC-15m', 'ETH-15m'],
})
const FROM = unixMs(Date.UTC(2026, 0, 5, 10))
let desk: Desk
let bundle = ''

beforeAll(async () => {
  // Resting orders, exits and cancels as well as purchases: everything a venue can be asked for.
  home.write(
    'greedy.ts',
    eager('greedy').replace(
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
  bundle = value(await compileStrategy(home.strategies, 'greedy', apiFile())).bundle
  desk = await home.desk({ speed: null, from: FROM, forMs: 130 * MINUTE, seed: 5 })
  await desk.life.start()
  await desk.life.done
  await desk.life.stop()
})
afterAll(() => home.remove())

test('I7: paper fills against a desk’s own recording come to what the desk itself came to', () => {
  const tape = value(openOwnTape(home.home.tape, { since: 0, until: null, only: null, feed: null }))
  const day = replayOf(desk, bundle, tape)
  const { figures } = desk.loop
  expect(figures.orders).toBeGreaterThan(100)
  expect(day.faults).toBe(0)
  expect({ decisions: day.decisions, orders: day.orders, fills: day.fills }).toEqual({
    decisions: figures.decisions,
    orders: figures.orders,
    fills: figures.fills,
  })
  expect(day.decisionsHash).toBe(desk.loop.decisionsHash())
  expect(statsOf([day]).trades).toBeGreaterThan(50)
})

test('no view looks ahead: whatever a recording says after a moment, every act up to it stays the same', () => {
  const [first] = value(openOwnTape(home.home.tape, { since: 0, until: null, only: null, feed: null })).sources
  const path = first?.source.kind === 'recorded' ? (first.source.paths[0] ?? '') : ''
  const truth = replayOf(desk, bundle, value(openTapes([path])))
  let copies = 0
  let changed = 0
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 55 }), fc.integer({ min: 1, max: 5 }), (minutes, how) => {
      const t = FROM + minutes * MINUTE
      const out = join(home.folder, `altered-${copies++}.tape`)
      rewrite(path, out, (record, i) => (record.kind === 'version' || record.ts <= t ? record : alter(record, how, i)))
      const day = replayOf(desk, bundle, value(openTapes([out])))
      const upTo = (acts: DayRecord['acts']) => acts.filter((act) => act.ts <= t)
      expect(upTo(day.acts)).toEqual(upTo(truth.acts))
      if (JSON.stringify(day.acts) !== JSON.stringify(truth.acts)) changed++
    }),
    { numRuns: 15 },
  )
  // Else nothing of it was looked at.
  expect(changed).toBeGreaterThan(10)
})

function alter(record: Recorded, how: number, i: number): Recorded | null {
  if (record.kind === 'price') return { ...record, price: record.price * (1 + how / 50) }
  if (record.kind === 'book')
    return i % (how + 1) === 0 ? null : { ...record, bids: record.asks.slice(0, 0), asks: record.asks }
  if (record.kind === 'settled') return { ...record, payoutUp: (1_000_000 - record.payoutUp) as never }
  if (record.kind === 'strike') return { ...record, strike: record.strike * (1 - how / 100) }
  return record
}
