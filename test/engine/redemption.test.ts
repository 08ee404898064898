import { expect, test } from 'vitest'
import { Engine } from '../../src/engine/engine.ts'
import { restoreState } from '../../src/engine/restore.ts'
import { openDatabase } from '../../src/main/db/database.ts'
import { JournalWriter } from '../../src/main/db/journal-writer.ts'
import { readSavedDesk } from '../../src/main/db/restore.ts'
import type { FillId } from '../../src/shared/domain/ids.ts'
import { MICRO, NO_USD, notional, price, shares } from '../../src/shared/domain/money.ts'
import type { WindowId } from '../../src/shared/domain/slots.ts'
import { HOUR, MINUTE, plusMs } from '../../src/shared/domain/time.ts'
import { EngineBench, enter, hold, slots } from '../support/bench-engine.ts'

const FILL = {
  type: 'fill' as const,
  fillId: 'F-1' as FillId,
  price: price(500_000),
  shares: shares(10 * MICRO),
  cash: notional(price(500_000), shares(10 * MICRO)),
  fee: NO_USD,
}

/** A desk with a filled order, without a fate yet, at a venue that pays only on request. */
class PayoutBench extends EngineBench {
  readonly asked: number[] = []
  readonly windowId: WindowId

  constructor() {
    super(slots('BTC-5m'), 11, { redeemsItself: false })
    this.pump(plusMs(this.now, 5_000))
    this.swap()
    this.cycle(() => enter('up'))
    const [order] = this.engine.state.orders.values()
    if (order === undefined) throw new Error('no order')
    this.windowId = order.windowId
    for (const report of [FILL, { type: 'filled' as const }])
      this.deliver({ kind: 'order', ts: this.now, orderId: order.id, report })
    this.listenTo()
  }

  private listenTo(): void {
    this.market.redeem = () => void this.asked.push(this.now)
  }

  get position() {
    return [...this.engine.state.positions.values()][0]
  }

  confirm(): void {
    const orderId = this.engine.state.fills.get(FILL.fillId)?.orderId
    if (orderId === undefined) throw new Error('no fill')
    this.deliver({ kind: 'fill', ts: this.now, orderId, fillId: FILL.fillId, fate: { type: 'confirmed' } })
  }

  /** Window number `index` from the one that was bought has settled as Up, 30 s after its end. */
  settle(index = 0): void {
    const start = Number(this.windowId.slice(this.windowId.lastIndexOf('-') + 1)) + index * 300
    const windowId = this.windowId.replace(/\d+$/, String(start)) as WindowId
    const ts = plusMs(this.now, start * 1_000 + 330_000 - this.now)
    this.now = ts
    const [slot] = this.engine.state.slots.keys()
    if (slot === undefined) throw new Error('no slot')
    const figures = { strike: 100, close: 101, payoutUp: price(MICRO), source: 'test' }
    this.deliver({ kind: 'settled', ts, slot, windowId, ...figures })
  }

  redeemed(): void {
    this.deliver({ kind: 'redeemed', ts: this.now, windowId: this.windowId })
  }

  /** Cycles for a time, one every five seconds, in which nothing is decided. */
  wait(ms: number): void {
    const until = plusMs(this.now, ms)
    while (this.now < until) {
      this.now = plusMs(this.now, 5_000)
      this.cycle(hold)
    }
  }

  /** Continues with a new engine restored from the journal. */
  restart(): void {
    const opened = openDatabase(':memory:', false)
    if (!opened.ok) throw new Error(opened.error)
    new JournalWriter(opened.value).commit(this.records.map((record) => ({ w: 'record', record })))
    const engine = new Engine(this.engine.state.config)
    engine.state.now = this.now
    restoreState(engine.state, readSavedDesk(opened.value))
    opened.value.close()
    this.goOnWith(engine)
  }
}

test('an outstanding payout is requested again, after a delay that doubles up to an hour', () => {
  const bench = new PayoutBench()
  bench.confirm()
  bench.settle()
  const first = bench.now
  expect(bench.asked).toEqual([first])
  bench.wait(5 * HOUR)
  const rests = bench.asked.map((at, i) => at - (bench.asked[i - 1] ?? first)).slice(1)
  expect(rests.map((ms) => ms / MINUTE)).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
  bench.redeemed()
  expect(bench.engine.state.positions.size).toBe(0)
  const { length } = bench.asked
  bench.wait(2 * HOUR)
  expect(bench.asked).toHaveLength(length)
})

test('the delay continues across a restart', () => {
  const bench = new PayoutBench()
  bench.confirm()
  bench.settle()
  bench.wait(2 * MINUTE)
  expect(bench.asked).toHaveLength(2)
  bench.restart()
  const [, second = 0] = bench.asked
  bench.wait(MINUTE - 5_000)
  expect(bench.asked).toHaveLength(2)
  bench.wait(5_000)
  expect(bench.asked).toHaveLength(3)
  expect((bench.asked[2] ?? 0) - second).toBe(2 * MINUTE)
})

test.each(['', 'also over a restart'])('a payout that is told before the outcome is booked with it %s', (restarts) => {
  const bench = new PayoutBench()
  const { cash } = bench.engine.state.ledger
  bench.redeemed()
  if (restarts !== '') bench.restart()
  bench.settle()
  expect(bench.position?.state).toBe('ended')
  if (restarts !== '') bench.restart()
  bench.confirm()
  expect(bench.engine.state.positions.size).toBe(0)
  expect(bench.engine.state.ledger).toMatchObject({ cash: cash + FILL.shares, locked: 0 })
  expect(bench.asked).toEqual([])
})

test('an outcome is kept while something in its window is open', () => {
  const bench = new PayoutBench()
  for (let index = 0; index < 12; index++) bench.settle(index)
  expect(bench.position?.state).toBe('ended')
  bench.confirm()
  expect(bench.position).toMatchObject({ state: 'resolved', payout: FILL.shares })
  for (let index = 12; index < 14; index++) bench.settle(index)
  bench.redeemed()
  for (let index = 14; index < 30; index++) bench.settle(index)
  const [slot] = bench.engine.state.slots.values()
  expect(slot?.outcomes.size).toBe(6)
  expect(bench.engine.state.redemptions.size).toBe(0)
})
