import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FillFate, OrderReport } from '../../src/engine/events.ts'
import { REVERSIBLE_MS } from '../../src/engine/orders/fills.ts'
import type { FillId, OrderId } from '../../src/shared/domain/ids.ts'
import { MICRO, NO_USD, notional, price, shares } from '../../src/shared/domain/money.ts'
import type { Position } from '../../src/shared/domain/records.ts'
import { plusMs } from '../../src/shared/domain/time.ts'
import { EngineBench, enter, hold, slots } from '../support/bench-engine.ts'

const CONFIRMED: FillFate = { type: 'confirmed' }
const FAILED: FillFate = { type: 'failed', reason: 'transaction failed on chain' }
const exit = (shares?: number) => ({
  ...hold(),
  intents: [{ kind: 'exit' as const, limit: 0.01, why: 'out', ...(shares === undefined ? {} : { shares }) }],
})

/** A bench with a purchase; the fate of its fills is set by the test only. */
class ChainBench extends EngineBench {
  constructor() {
    super(slots('BTC-5m'), 11)
    this.pump(plusMs(this.now, 5_000))
    this.swap()
  }

  /** Drops the simulated fates; the test emits its own. */
  override deliver(event: Parameters<EngineBench['deliver']>[0]): ReturnType<EngineBench['deliver']> {
    return event.kind === 'fill' && !this.speaking ? [] : super.deliver(event)
  }

  private speaking = false

  fate(fillId: FillId, fate: FillFate): void {
    this.speaking = true
    const orderId = this.engine.state.fills.get(fillId)?.orderId ?? ('gone' as OrderId)
    this.deliver({ kind: 'fill', ts: this.now, orderId, fillId, fate })
    this.speaking = false
  }

  /** One cycle, and the second in which its order is matched. */
  trade(decide: Parameters<EngineBench['cycle']>[0]): FillId[] {
    const before = new Set(this.engine.state.fills.keys())
    this.cycle(decide)
    this.pump(plusMs(this.now, 1_000))
    const fills = [...this.engine.state.fills.keys()].filter((id) => !before.has(id))
    expect(fills.length).toBeGreaterThan(0)
    return fills
  }

  all(fills: readonly FillId[], fate: FillFate): void {
    for (const id of fills) this.fate(id, fate)
  }

  get position(): Position {
    const { positions, recentlyClosed } = this.engine.state
    const [position] = [...positions.values(), ...recentlyClosed.values()]
    if (position === undefined) throw new Error('no position')
    return position
  }

  settle(payoutUp: number): void {
    const { slot, windowId, windowEnd } = this.position
    const ts = plusMs(windowEnd, 30_000)
    this.now = ts
    const close = payoutUp === MICRO ? 101 : 99
    this.deliver({ kind: 'settled', ts, slot, windowId, strike: 100, close, payoutUp: price(payoutUp), source: 'test' })
  }

  get money() {
    const { cash, costOfOpen, locked } = this.engine.state.ledger
    return { cash, costOfOpen, locked }
  }
}

describe('the life of a fill', () => {
  test('I10: a failure after the confirmation gives back cash, shares and fee to the micro-dollar', () => {
    const bench = new ChainBench()
    const before = bench.money
    const fills = bench.trade(() => enter('up'))
    bench.all(fills, CONFIRMED)
    bench.all(fills, FAILED)
    expect(bench.money).toEqual(before)
    expect(bench.engine.state.positions.size).toBe(0)
    expect(bench.position).toMatchObject({ state: 'closed', shares: 0, cost: 0, fees: 0, realised: 0 })
    expect(bench.causes('reversed').map(({ code }) => code)).toEqual(fills.map(() => 'fill-reversed'))
    // The window is free again.
    bench.cycle(() => enter('up'))
    expect(bench.engine.state.orders.size).toBe(1)
  })

  test('repeated reports of any kind change nothing', () => {
    const bench = new ChainBench()
    const fills = bench.trade(() => enter('up'))
    const order = bench.records.findLast((record) => record.t === 'order')
    bench.all(fills, CONFIRMED)
    const state = { ...bench.position, ...bench.money }
    const count = bench.records.length
    bench.all(fills, CONFIRMED)
    expect({ ...bench.position, ...bench.money }).toEqual(state)
    expect(bench.records).toHaveLength(count)
    bench.all(fills, FAILED)
    const failed = { ...bench.position, ...bench.money }
    bench.all(fills, FAILED)
    bench.all(fills, CONFIRMED)
    expect({ ...bench.position, ...bench.money }).toEqual(failed)
    expect(order).toBeDefined()
  })

  test('an outcome resolves a position only once its fills are confirmed', () => {
    const bench = new ChainBench()
    const fills = bench.trade(() => enter('up'))
    bench.settle(MICRO)
    expect(bench.position.state).toBe('ended')
    expect(bench.money.locked).toBe(0)
    bench.all(fills, CONFIRMED)
    expect(bench.position).toMatchObject({ state: 'resolved', payout: bench.position.shares })
    expect(bench.money.locked).toBe(bench.position.shares)
  })

  test('I10: a purchase that fails after its window paid takes its part of the payout with it, and is no trade', () => {
    const bench = new ChainBench()
    const before = bench.money
    const fills = bench.trade(() => enter('up'))
    bench.all(fills, CONFIRMED)
    bench.settle(MICRO)
    const version = [...bench.engine.state.versions.values()][0]
    expect(version?.tenure).toMatchObject({ trades: 1, wins: 1 })
    bench.all(fills, FAILED)
    expect(bench.money).toEqual(before)
    expect(bench.position).toMatchObject({ state: 'closed', payout: null })
    expect(version?.tenure).toMatchObject({ trades: 0, wins: 0, pnl: 0 })
  })

  test('I1, I10: a sale that fails after its position was closed opens it again, with its shares and cost, and the desk holds it', () => {
    const bench = new ChainBench()
    bench.all(
      bench.trade(() => enter('up')),
      CONFIRMED,
    )
    const held = { ...bench.position }
    const money = bench.money
    const sale = bench.trade(() => exit())
    bench.all(sale, CONFIRMED)
    expect(bench.engine.state.positions.size).toBe(0)
    const version = [...bench.engine.state.versions.values()][0]
    expect(version?.tenure.trades).toBe(1)
    bench.all(sale, FAILED)
    expect([...bench.engine.state.positions.values()]).toEqual([{ ...held, ownedBy: 'desk' }])
    expect(bench.ownersByLedger().get(held.id)).toBe('desk')
    expect(bench.money).toEqual(money)
    expect(version?.tenure.trades).toBe(0)
    // It can be sold again by hand.
    bench.command({ kind: 'close', position: held.id })
    bench.all(
      bench.trade(() => hold()),
      CONFIRMED,
    )
    expect(bench.position.state).toBe('closed')
    expect(version?.tenure.trades).toBe(1)
  })

  test('a trade whose purchase failed in part has the size of its valid part, and counts once in the losing run', () => {
    const bench = new ChainBench()
    bench.cycle(() => enter('up', 10))
    const [order] = bench.engine.state.orders.values()
    if (order === undefined) throw new Error('no order')
    const tell = (report: OrderReport) => bench.deliver({ kind: 'order', ts: bench.now, orderId: order.id, report })
    const fillOf = (id: string, lots: number) => ({
      ...{ type: 'fill' as const, fillId: id as FillId, price: price(500_000), fee: NO_USD },
      ...{ shares: shares(lots), cash: notional(price(500_000), shares(lots)) },
    })
    const [first, second] = [fillOf('F-1', 6_000_000), fillOf('F-2', 4_000_000)]
    for (const report of [first, second, { type: 'filled' as const }]) tell(report)
    bench.all([first.fillId, second.fillId], CONFIRMED)
    bench.settle(0)
    const version = [...bench.engine.state.versions.values()][0]
    expect(version?.tenure).toMatchObject({ trades: 1, lossesInRow: 1, pnl: -5_000_000 })
    bench.fate(first.fillId, FAILED)
    expect(bench.position).toMatchObject({ state: 'resolved', boughtShares: second.shares, boughtCost: second.cash })
    expect(version?.tenure).toMatchObject({ trades: 1, lossesInRow: 1, pnl: -2_000_000 })
    // Completely reversed, it was no trade; the attempted size stays on record.
    bench.fate(second.fillId, FAILED)
    expect(bench.position).toMatchObject({ state: 'closed', boughtShares: 10_000_000, boughtCost: 5_000_000 })
    expect(version?.tenure).toMatchObject({ trades: 0, lossesInRow: 0, pnl: 0 })
  })

  test('the losing run: a loss that was not final counts once, even if its sale fails and it ends again', () => {
    const bench = new ChainBench()
    bench.all(
      bench.trade(() => enter('up')),
      CONFIRMED,
    )
    const sale = bench.trade(() => exit())
    bench.all(sale, CONFIRMED)
    const version = [...bench.engine.state.versions.values()][0]
    expect(version?.tenure).toMatchObject({ trades: 1, lossesInRow: 1 })
    bench.all(sale, FAILED)
    expect(version?.tenure).toMatchObject({ trades: 0, lossesInRow: 0 })
    bench.settle(0)
    expect(version?.tenure).toMatchObject({ trades: 1, lossesInRow: 1 })
  })

  test('I1, I2: a sale that fails after its window was entered again is not booked beside the new position: entries pause', () => {
    const bench = new ChainBench()
    bench.all(
      bench.trade(() => enter('up')),
      CONFIRMED,
    )
    const { id } = bench.position
    const sale = bench.trade(() => exit())
    bench.all(sale, CONFIRMED)
    bench.all(
      bench.trade(() => enter('down')),
      CONFIRMED,
    )
    const { money } = bench
    const [held] = bench.engine.state.positions.values()
    bench.all(sale, FAILED)
    expect([...bench.engine.state.positions.values()]).toEqual([held])
    expect(bench.money).toEqual(money)
    expect(bench.engine.state.recentlyClosed.get(id)?.state).toBe('closed')
    expect(bench.engine.state.trading).toBe('paused')
    expect(bench.causes('reversed').at(-1)).toEqual({ code: 'entered-again', fill: sale.at(-1), enteredBy: 'P-2' })
  })

  test('I12: the failure of a fill whose position was closed long ago is logged and pauses entries', () => {
    const bench = new ChainBench()
    bench.all(
      bench.trade(() => enter('up')),
      CONFIRMED,
    )
    const sale = bench.trade(() => exit())
    bench.all(sale, CONFIRMED)
    bench.pump(plusMs(bench.position.windowEnd, REVERSIBLE_MS + 10_000))
    bench.all(
      bench.trade(() => enter('up')),
      CONFIRMED,
    )
    bench.all(
      bench.trade(() => exit()),
      CONFIRMED,
    )
    expect(sale.every((id) => !bench.engine.state.fills.has(id))).toBe(true)
    const { money } = bench
    bench.all(sale, FAILED)
    expect(bench.engine.state.trading).toBe('paused')
    expect(bench.causes('reversed')).toEqual(sale.map((fill) => ({ code: 'position-closed', fill })))
    expect(bench.money).toEqual(money)
  })

  test('I10: an outcome waits for an order whose fate is unknown: a sale reported late is booked first', () => {
    const bench = new ChainBench()
    bench.all(
      bench.trade(() => enter('up')),
      CONFIRMED,
    )
    bench.cycle(() => exit())
    const [order] = bench.engine.state.orders.values()
    if (order === undefined) throw new Error('no order')
    const tell = (report: OrderReport) => bench.deliver({ kind: 'order', ts: bench.now, orderId: order.id, report })
    tell({ type: 'unknown', reason: 'no answer' })
    bench.settle(MICRO)
    expect(bench.position.state).toBe('ended')
    const { shares: quantity } = bench.position
    const fillId = 'late' as FillId
    const cash = notional(price(600_000), quantity)
    tell({ type: 'fill', fillId, price: price(600_000), shares: quantity, cash, fee: NO_USD })
    tell({ type: 'filled' })
    bench.fate(fillId, CONFIRMED)
    // Sold for its proceeds; no payout for the same shares.
    expect(bench.position).toMatchObject({ state: 'closed', payout: null, shares: 0 })
    expect(bench.money).toMatchObject({ costOfOpen: 0, locked: 0 })
  })

  test('reports that repeat or are overtaken change nothing; a fill for an order that is final pauses entries', () => {
    const bench = new ChainBench()
    bench.cycle(() => enter('up'))
    const [order] = bench.engine.state.orders.values()
    if (order === undefined) throw new Error('no order')
    const tell = (report: OrderReport) => bench.deliver({ kind: 'order', ts: bench.now, orderId: order.id, report })
    tell({ type: 'delayed' })
    tell({ type: 'delayed' })
    tell({ type: 'open' })
    tell({ type: 'open' })
    tell({ type: 'delayed' })
    expect(order.state).toBe('open')
    tell({ type: 'cancelled', reason: 'test' })
    tell({ type: 'cancelled', reason: 'test' })
    expect(bench.engine.state.trading).toBe('running')
    const fill = { price: price(500_000), shares: order.quantity, cash: NO_USD, fee: NO_USD }
    tell({ type: 'fill', fillId: 'unheard of' as FillId, ...fill })
    expect(bench.engine.state.trading).toBe('paused')
    expect(bench.causes('order').at(-1)).toEqual({ code: 'unmatched-fill', fill: 'unheard of', order: order.id })
  })

  test('I10: whatever becomes of the fills of purchases and sales, in whatever order, the account balances', () => {
    let failures = 0
    const fates = fc.array(fc.tuple(fc.nat(5), fc.constantFrom(CONFIRMED, FAILED)), { maxLength: 8 })
    fc.assert(
      fc.property(fates, fates, fc.boolean(), fc.constantFrom(0, MICRO), (first, second, sells, payoutUp) => {
        const bench = new ChainBench()
        const before = bench.money
        const apply = (fills: readonly FillId[], list: typeof first) => {
          for (const [pick, fate] of list) {
            const id = fills[pick % fills.length]
            if (id === undefined) continue
            // Shares that were sold cannot be taken back; the venue fails the sale first.
            bench.fate(id, fate)
            if (fate === FAILED) failures++
            expect(bench.engine.state.ledger.balanced(), 'I10').toBe(true)
            const cost = [...bench.engine.state.positions.values()].reduce((sum, position) => sum + position.cost, 0)
            expect(bench.engine.state.ledger.costOfOpen, 'I10').toBe(cost)
          }
        }
        const bought = bench.trade(() => enter('up', 10))
        apply(bought, first)
        for (const id of bought) bench.fate(id, CONFIRMED)
        if (sells && bench.engine.state.positions.size > 0) {
          const sold = bench.trade(() => exit(2))
          apply(sold, second)
          for (const id of sold) bench.fate(id, CONFIRMED)
        }
        bench.settle(payoutUp)
        for (const { windowId } of bench.engine.state.positions.values())
          bench.deliver({ kind: 'redeemed', ts: bench.now, windowId })
        expect(bench.engine.state.positions.size).toBe(0)
        const { realised, fees } = [...bench.engine.state.recentlyClosed.values()][0] ?? { realised: 0, fees: 0 }
        if (bench.engine.state.recentlyClosed.size > 0) expect(bench.money.cash).toBe(before.cash + realised - fees)
        expect(bench.money).toMatchObject({ costOfOpen: 0, locked: 0 })
      }),
      { numRuns: 150 },
    )
    expect(failures).toBeGreaterThan(100)
  })
})
