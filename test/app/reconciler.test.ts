import { beforeEach, describe, expect, test } from 'vitest'
import type { OrderReport } from '../../src/engine/events.ts'
import { accountDifferenceText, differences } from '../../src/engine/venue/compare.ts'
import type { Venue, VenueCapabilities, VenueEvent, VenueOrder, VenueSnapshot } from '../../src/engine/venue/port.ts'
import { Reconciler } from '../../src/main/app/reconciler.ts'
import type { FillId } from '../../src/shared/domain/ids.ts'
import { addUsd, NO_USD, price, shares, usd } from '../../src/shared/domain/money.ts'
import type { Order } from '../../src/shared/domain/records.ts'
import { plusMs } from '../../src/shared/domain/time.ts'
import { EngineBench, enter, hold, slots } from '../support/bench-engine.ts'

const CAPABILITIES: VenueCapabilities = {
  inProcess: false,
  answerMs: 2_000,
  readLagMs: 6_000,
  fateSettlesMs: 4_000,
  redeemsItself: false,
  officialStrikes: false,
}

const FILL = {
  type: 'fill' as const,
  fillId: 'F-1' as FillId,
  price: price(500_000),
  shares: shares(10_000_000),
  cash: usd(5_000_000),
  fee: NO_USD,
}

/** A venue that is elsewhere: it tells and answers what a test says. */
class Elsewhere implements Venue {
  readonly name = 'elsewhere'
  readonly capabilities = CAPABILITIES
  readonly local = null
  readonly asked: { readonly orders: readonly string[]; readonly fills: readonly string[] }[] = []
  /** What it tells while it is asked: after it has looked, before its answer has come. */
  meanwhile: VenueEvent[] = []
  answer: Partial<VenueSnapshot> = {}
  private readonly listeners = new Set<(event: VenueEvent) => void>()

  listing(): null {
    return null
  }
  submit(): void {}
  cancel(): void {}
  redeem(): void {}
  askOutcome(): void {}

  listen(listener: (event: VenueEvent) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  tell(event: VenueEvent): void {
    for (const listener of this.listeners) listener(event)
  }

  async snapshot(orders: readonly string[], fills: readonly string[]): Promise<VenueSnapshot> {
    this.asked.push({ orders, fills })
    const answer = { at: bench.now, orders: [], positions: null, cash: null, ...this.answer }
    for (const event of this.meanwhile.splice(0)) this.tell(event)
    await Promise.resolve()
    return answer
  }
}

let bench: EngineBench
let venue: Elsewhere
let reconciler: Reconciler
let alarms: string[]
let order: Order

/** A desk that has sent one order to buy and heard nothing of it yet. */
beforeEach(() => {
  bench = new EngineBench(slots('BTC-5m'), 11, { fateSettlesMs: 4_000, redeemsItself: false })
  bench.pump(plusMs(bench.now, 5_000))
  bench.swap()
  bench.cycle(() => enter('up'))
  const [sent] = bench.engine.state.orders.values()
  if (sent === undefined) throw new Error('no order')
  order = sent
  expect(order.state).toBe('sent')
  begin()
})

/** Another process begins with the same books. */
function begin(): void {
  venue = new Elsewhere()
  alarms = []
  reconciler = new Reconciler({
    loop: { engine: bench.engine, deliver: (event) => void bench.deliver(event), settle: () => {} },
    venue,
    clock: { now: () => bench.now, monotonic: () => bench.now, after: () => () => {} },
    now: () => bench.now,
    onAlarm: (message) => alarms.push(message),
  })
}

const report = (what: OrderReport): VenueEvent => ({ kind: 'order', ts: bench.now, orderId: order.id, report: what })
const fate = (type: 'confirmed' | 'failed'): VenueEvent => ({
  ...{ kind: 'fill', ts: bench.now, orderId: order.id, fillId: FILL.fillId },
  fate: type === 'failed' ? { type, reason: 'test' } : { type },
})
const position = () => [...bench.engine.state.positions.values()][0]

/** The order as the venue has it. */
function known(part: Partial<VenueOrder>): VenueOrder {
  return { orderId: order.id, state: { type: 'filled' }, matched: FILL.shares, fills: [], ...part }
}

/** The order was filled and the fill confirmed, as the desk has heard. */
function bought(): void {
  for (const event of [report(FILL), report({ type: 'filled' }), fate('confirmed')]) bench.deliver(event)
}

/** One look of a running desk, and the answer that it gets. */
async function look(): Promise<void> {
  bench.now = plusMs(bench.now, 5_000)
  bench.cycle(hold)
  reconciler.look()
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
}

describe('a start', () => {
  test('I3: what a venue tells while it is asked is not lost, and what its answer said before changes nothing', async () => {
    venue.answer = { orders: [known({ state: { type: 'open' }, matched: shares(0) })] }
    venue.meanwhile = [report(FILL), report({ type: 'filled' }), fate('confirmed')]
    await reconciler.start()
    expect(bench.engine.state.orders.size).toBe(0)
    expect(position()).toMatchObject({ shares: FILL.shares, cost: FILL.cash })
    expect(bench.engine.state.fills.get(FILL.fillId)?.state).toBe('confirmed')
    // Told once more, it is what it was.
    const { length } = bench.records
    for (const event of [report(FILL), fate('confirmed')]) venue.tell(event)
    expect(position()).toMatchObject({ shares: FILL.shares })
    expect(bench.records).toHaveLength(length)
  })

  test('the answer may contain what is told meanwhile', async () => {
    venue.answer = { orders: [known({ fills: [{ report: FILL, fate: null }] })] }
    venue.meanwhile = [report(FILL), report({ type: 'filled' })]
    await reconciler.start()
    expect(bench.engine.state.orders.size).toBe(0)
    expect(position()).toMatchObject({ shares: FILL.shares, cost: FILL.cash })
    expect(bench.engine.state.trading).toBe('running')
  })

  test('I10: a fill that was confirmed and has failed while no desk ran is asked about', async () => {
    const cash = bench.engine.state.ledger.cash
    bought()
    expect(bench.engine.state.ledger.cash).toBe(cash - FILL.cash)
    begin()
    venue.answer = { orders: [known({ fills: [{ report: FILL, fate: { type: 'failed', reason: 'test' } }] })] }
    await reconciler.start()
    expect(venue.asked).toEqual([{ orders: [], fills: [FILL.fillId] }])
    expect(bench.engine.state.ledger.cash).toBe(cash)
    expect(bench.engine.state.positions.size).toBe(0)
  })
})

describe('an order that is called filled without all of its fills', () => {
  test('I3: in an answer, it stays of unknown fate and is asked about until they are there', async () => {
    const [first, second] = [
      { ...FILL, shares: shares(6_000_000), cash: usd(3_000_000) },
      { ...FILL, fillId: 'F-2' as FillId, shares: shares(4_000_000), cash: usd(2_000_000) },
    ]
    venue.answer = { orders: [known({ fills: [{ report: first, fate: null }] })] }
    await reconciler.start()
    expect(order.state).toBe('unknown')
    expect(order.reason).toMatch(/counts 10 shares as filled and lists fewer/)
    await look()
    expect(venue.asked.at(-1)?.orders).toEqual([order.id])
    expect(order.state).toBe('unknown')
    venue.answer = { orders: [known({ fills: [first, second].map((one) => ({ report: one, fate: null })) })] }
    await look()
    expect(bench.engine.state.orders.size).toBe(0)
    expect(position()).toMatchObject({ shares: FILL.shares, cost: FILL.cash })
  })

  test('told as an event, it becomes one of unknown fate', async () => {
    venue.answer = { orders: [known({ state: { type: 'open' }, matched: shares(0) })] }
    await reconciler.start()
    expect(order.state).toBe('open')
    venue.tell(report({ type: 'filled' }))
    expect(order.state).toBe('unknown')
    venue.answer = { orders: [known({ fills: [{ report: FILL, fate: null }] })] }
    await look()
    expect(bench.engine.state.orders.size).toBe(0)
    expect(position()).toMatchObject({ shares: FILL.shares })
  })
})

describe('the account at the venue', () => {
  const account = (held: number, cash: number) => ({
    positions: held === 0 ? [] : [{ windowId: order.windowId, side: 'up' as const, shares: shares(held) }],
    cash: usd(cash),
  })

  test('that is what the books say is no matter', async () => {
    bought()
    venue.answer = account(FILL.shares, bench.engine.state.ledger.cash)
    await reconciler.start()
    expect(bench.engine.state.trading).toBe('running')
    expect(alarms).toEqual([])
  })

  test.each([
    ['fewer shares', FILL.shares - 10, 0, 'shares', 9_999_990, 10_000_000],
    ['shares of which the books know nothing', FILL.shares * 2, 0, 'shares', 20_000_000, 10_000_000],
    ['less cash', FILL.shares, -1, 'cash', 994_999_999, 995_000_000],
    ['more cash', FILL.shares, 1, 'cash', 995_000_001, 995_000_000],
  ] as const)('I10, I12: %s pauses entries, is said once, and nothing is taken over', async (...of) => {
    const [, held, more, code, actual, expected] = of
    bought()
    const books = { ...position(), cash: bench.engine.state.ledger.cash }
    venue.answer = account(held, bench.engine.state.ledger.cash + more)
    await reconciler.start()
    expect(bench.engine.state.trading).toBe('paused')
    const found = differences(bench.engine.state, {
      at: bench.now,
      orders: [],
      positions: null,
      cash: null,
      ...venue.answer,
    })
    const outcome = code === 'shares' ? { outcome: `${order.windowId} up` } : {}
    expect(found).toEqual([{ code, ...outcome, actual, low: expected, high: expected }])
    const said = expect.stringContaining(found.map(accountDifferenceText).join())
    expect(bench.engine.state.pause?.reason).toEqual(said)
    expect(alarms).toEqual([said])
    expect({ ...position(), cash: bench.engine.state.ledger.cash }).toEqual(books)
    // A person has looked and goes on: the same difference is no news.
    bench.command({ kind: 'resume' })
    venue.answer = { ...venue.answer, orders: [] }
    await look()
    expect(bench.engine.state.trading).toBe('running')
    expect(alarms).toHaveLength(1)
  })

  test('a difference in words', () => {
    const cash = { code: 'cash', actual: 994_999_999 } as const
    expect([
      accountDifferenceText({ ...cash, low: 995_000_000, high: 995_000_000 }),
      accountDifferenceText({ ...cash, low: 995_000_000, high: 996_000_000 }),
      accountDifferenceText({ code: 'shares', outcome: 'W up', actual: 1, low: 2, high: Number.POSITIVE_INFINITY }),
    ]).toEqual([
      '994.999999 USD of cash at the venue, 995.000000 in the books',
      '994.999999 USD of cash at the venue, 995.000000 to 996.000000 in the books',
      '0.000001 shares of W up at the venue, 0.000002 to any in the books',
    ])
  })

  test('what is undecided may be either way', async () => {
    const before = bench.engine.state.ledger.cash
    for (const event of [report(FILL), report({ type: 'filled' })]) bench.deliver(event)
    for (const [held, cash] of [
      [0, before],
      [FILL.shares, before - FILL.cash],
    ] as const) {
      begin()
      venue.answer = account(held, cash)
      await reconciler.start()
      expect(alarms).toEqual([])
    }
    begin()
    venue.answer = account(0, addUsd(before, usd(1)))
    await reconciler.start()
    expect(alarms).toHaveLength(1)
  })

  test('is compared later where something was told meanwhile: the answer may be older', async () => {
    venue.answer = { orders: [known({ state: { type: 'open' }, matched: shares(0) })], ...account(0, 1_000_000_000) }
    venue.meanwhile = [report(FILL), report({ type: 'filled' }), fate('confirmed')]
    await reconciler.start()
    expect(alarms).toEqual([])
    venue.answer = account(FILL.shares, bench.engine.state.ledger.cash - 7)
    await look()
    expect(alarms).toHaveLength(1)
  })
})

test('nothing is heard any more once it is stopped', async () => {
  await reconciler.start()
  reconciler.stop()
  venue.tell(report(FILL))
  expect(bench.engine.state.positions.size).toBe(0)
})
