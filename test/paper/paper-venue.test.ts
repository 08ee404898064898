import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EngineEvent } from '../../src/engine/events.ts'
import { price } from '../../src/shared/domain/money.ts'
import { unixMs } from '../../src/shared/domain/time.ts'
import { type OracleBook, type OracleOrder, type OracleReport, oracle } from '../support/paper-oracle.ts'
import { paperOrder } from '../support/paper-order.ts'
import {
  book,
  expectSound,
  limitsOf,
  play,
  pump,
  reportsOf,
  SLOT,
  START,
  venueOn,
  WINDOW,
} from '../support/paper-play.ts'
import { ScriptedMarket, TERMS } from '../support/scripted-market.ts'

/** A book at a second of the window, prices in cents, sizes in shares. */
function at(second: number, bids: [number, number][], asks: [number, number][], tick = 10_000): OracleBook {
  const micro = (levels: [number, number][]) =>
    levels.map(([cents, size]) => [cents * 10_000, size * 1_000_000] as const)
  return { ts: START + second * 1_000, bids: micro(bids), asks: micro(asks), tick }
}

const usual = {
  ts: START + 10_001,
  buys: true,
  up: true,
  tif: 'FAK',
  postOnly: false,
  cancelAt: null,
  expiresAt: null,
} as const
const buy = (id: string, limit: number, dollars: number, part: Partial<OracleOrder> = {}): OracleOrder => ({
  ...usual,
  id,
  limit: limit * 10_000,
  amount: dollars * 1_000_000,
  ...part,
})
const sell = (id: string, limit: number, size: number, part: Partial<OracleOrder> = {}): OracleOrder => ({
  ...buy(id, limit, size, part),
  buys: false,
})

const figures = (found: readonly OracleReport[] | undefined) => found?.map(([, ...rest]) => rest)

describe('a taker order', () => {
  test('meets the book as it is after the taker delay, not as it was when it was sent', () => {
    const books = [at(1, [[50, 100]], [[52, 100]]), { ...at(10, [[54, 100]], [[56, 100]]), ts: START + 10_100 }]
    expect(figures(play(books, [buy('O-1', 60, 5.6)]).get('O-1'))).toEqual([
      ['delayed'],
      ['fill', 560_000, 10_000_000, 5_600_000, 172_480],
      ['filled'],
    ])
    expect(figures(play(books, [buy('O-1', 53, 5.3)]).get('O-1'))).toEqual([['delayed'], ['cancelled']])
  })

  test('takes nothing that an earlier paper fill took, until the venue shows the level gone', () => {
    const asks: [number, number][] = [
      [50, 10],
      [51, 4],
    ]
    const orders = [1, 2, 3, 4, 5].map((n) => buy(`O-${n}`, 50, 50, { ts: START + n * 10_000 + 1 }))
    const books = [
      at(1, [], asks),
      // Grown by 5, then smaller than what was taken, then gone, then back.
      at(
        25,
        [],
        [
          [50, 15],
          [51, 4],
        ],
      ),
      at(35, [], [[50, 12]]),
      at(41, [], [[51, 4]]),
      at(45, [], [[50, 8]]),
    ]
    const sizes = [...play(books, orders).values()].map((found) =>
      found.flatMap(([, what, , size]) => (what === 'fill' ? [size] : [])),
    )
    expect(sizes).toEqual([[10_000_000], [], [5_000_000], [], [8_000_000]])
  })

  test('meets changes that the market data has not told yet', () => {
    const data = new ScriptedMarket([SLOT])
    const venue = venueOn(data)
    data.emit(book(at(1, [], [[50, 100]])))
    const order = buy('O-1', 60, 5.4)
    venue.submit(paperOrder(order, WINDOW), unixMs(order.ts))
    const events = pump(venue, order.ts + 100)
    // It changed during the delay, and again later. The first is told a little late, the second when the match asks.
    data.emit(book({ ...at(10, [], [[54, 100]]), ts: order.ts + 180 }))
    data.gathered.push(book({ ...at(10, [], [[58, 100]]), ts: order.ts + 300 }))
    events.push(...pump(venue))
    expect(reportsOf(events, [order]).get('O-1')).toEqual([
      [order.ts + 25, 'delayed'],
      [order.ts + 180, 'fill', 540_000, 10_000_000, 5_400_000, 173_880],
      [order.ts + 180, 'filled'],
    ])
  })

  test('of Down takes the bids of Up, mirrored', () => {
    expect(figures(play([at(1, [[40, 7]], [[45, 9]])], [buy('O-1', 60, 4.2, { up: false })]).get('O-1'))).toEqual([
      ['delayed'],
      ['fill', 600_000, 7_000_000, 4_200_000, 117_600],
      ['filled'],
    ])
    expect(figures(play([at(1, [[40, 7]], [[45, 9]])], [sell('O-1', 55, 9, { up: false })]).get('O-1'))).toEqual([
      ['delayed'],
      ['fill', 550_000, 9_000_000, 4_950_000, 155_920],
      ['filled'],
    ])
  })

  test('cannot be cancelled during its delay', () => {
    const books = [at(1, [], [[50, 100]]), { ...at(10, [], [[60, 100]]), ts: START + 10_100 }]
    const order = buy('O-1', 55, 5.5, { tif: 'GTC', cancelAt: START + 10_053 })
    expect(figures(play(books, [order]).get('O-1'))).toEqual([['delayed'], ['open'], ['expired']])
    expect(figures(play(books, [{ ...order, cancelAt: START + 12_003 }]).get('O-1'))).toEqual([
      ['delayed'],
      ['open'],
      ['cancelled'],
    ])
  })

  test('pays the fee and waits the delay of its window’s own schedule', () => {
    const data = new ScriptedMarket([SLOT])
    data.windows.set(WINDOW.id, { slot: SLOT.id, ...TERMS, takerFeePpm: 20_000, takerDelayMs: 1_000 })
    const venue = venueOn(data)
    data.emit(book(at(1, [], [[50, 100]])))
    const order = buy('O-1', 50, 5)
    venue.submit(paperOrder(order, WINDOW), unixMs(order.ts))
    expect(reportsOf(pump(venue), [order]).get('O-1')).toEqual([
      [order.ts + 25, 'delayed'],
      [order.ts + 1_025, 'fill', 500_000, 10_000_000, 5_000_000, 50_000],
      [order.ts + 1_025, 'filled'],
    ])
  })
})

describe('a resting order', () => {
  test('fills only once the book trades through its price, with the shares beyond it', () => {
    const order = buy('O-1', 50, 50, { tif: 'GTC' })
    const books = [
      at(1, [[48, 10]], [[52, 100]]),
      at(20, [[48, 10]], [[50, 100]]),
      at(
        30,
        [],
        [
          [48, 3],
          [49, 4],
          [50, 100],
        ],
      ),
      at(
        40,
        [],
        [
          [49, 6],
          [50, 100],
        ],
      ),
      at(50, [[50, 5]], [[51, 100]]),
    ]
    expect(figures(play(books, [order]).get('O-1'))).toEqual([
      ['open'],
      ['fill', 500_000, 7_000_000, 3_500_000, 0],
      ['fill', 500_000, 2_000_000, 1_000_000, 0],
      ['expired'],
    ])
  })

  test('post-only is rejected when it would trade', () => {
    expect(
      figures(play([at(1, [], [[50, 5]])], [buy('O-1', 50, 5, { tif: 'GTC', postOnly: true })]).get('O-1')),
    ).toEqual([['rejected']])
  })
})

describe('a book that cannot be used', () => {
  const empty = at(5, [], [])
  test('fills nothing: it kills FAK and FOK and rejects what would rest', () => {
    const books = [at(1, [], [[50, 5]]), empty]
    const kinds = ['FAK', 'FOK', 'GTC'] as const
    const orders = kinds.map((tif) => buy(`O-${tif}`, 50, 2.5, { tif }))
    const found = play(books, orders)
    expect(orders.map(({ id }) => figures(found.get(id)))).toEqual([[['cancelled']], [['cancelled']], [['rejected']]])
  })

  test('during the taker delay ends the order; resting orders wait for the next one', () => {
    const books = [at(1, [], [[50, 5]]), { ...empty, ts: START + 10_100 }, at(20, [], [[40, 50]])]
    const orders = [buy('O-1', 50, 2.5, { tif: 'GTC' }), buy('O-2', 45, 4.5, { tif: 'GTC' })]
    const found = play(books, orders)
    expect(figures(found.get('O-1'))).toEqual([['delayed'], ['cancelled']])
    expect(figures(found.get('O-2'))).toEqual([['open'], ['fill', 450_000, 10_000_000, 4_500_000, 0], ['filled']])
  })
})

test('a window without terms, without a book or after its end rejects orders', () => {
  const data = new ScriptedMarket([SLOT])
  const venue = venueOn(data)
  const order = (id: string, ts: number) => venue.submit(paperOrder(buy(id, 50, 5), WINDOW), unixMs(ts))
  order('O-1', START)
  const events = pump(venue, START + 1_000)
  data.emit(book(at(2, [], [[50, 5]])))
  data.windows.set(WINDOW.id, null)
  order('O-2', START + 3_000)
  events.push(...pump(venue, START + 4_000))
  data.windows.delete(WINDOW.id)
  order('O-3', WINDOW.end - 10)
  order('O-4', WINDOW.end - 100)
  events.push(...pump(venue))
  const reasons = events.flatMap((event) =>
    event.kind === 'order' && 'reason' in event.report ? [[event.orderId, event.report.type, event.report.reason]] : [],
  )
  expect(reasons).toEqual([
    ['O-1', 'rejected', 'no orderbook exists for the requested token id'],
    ['O-2', 'rejected', 'market does not accept orders'],
    ['O-3', 'rejected', 'market is closed'],
    ['O-4', 'expired', 'the window ended during the taker delay'],
  ])
})

test('pays out by itself after the outcome, once, also across a restart; depth that was taken stays taken', () => {
  const data = new ScriptedMarket([SLOT])
  const first = venueOn(data)
  data.emit(book(at(1, [], [[50, 10]])))
  first.submit(paperOrder(buy('O-1', 50, 4), WINDOW), unixMs(START + 10_001))
  pump(first, START + 20_000)
  const settled: EngineEvent = {
    ...{ kind: 'settled', ts: unixMs(WINDOW.end + 20_000), slot: SLOT.id, windowId: WINDOW.id },
    ...{ strike: 1, close: 2, payoutUp: price(1_000_000), source: 'test' },
  }
  const saved: unknown = JSON.parse(JSON.stringify(first.save()))
  data.emit(settled, { ...settled, ts: unixMs(settled.ts + 1) })
  expect(pump(first, settled.ts + 1).filter(({ kind }) => kind === 'settled')).toHaveLength(1)
  const second = venueOn(new ScriptedMarket([SLOT]))
  expect(second.restore(JSON.parse(JSON.stringify(first.save())), settled.ts + 10)).toBe(true)
  expect(pump(first).map(({ kind }) => kind)).toEqual(['redeemed'])
  expect(pump(second).map(({ kind }) => kind)).toEqual(['redeemed'])

  const again = new ScriptedMarket([SLOT])
  const third = venueOn(again)
  expect(third.restore(saved, START + 30_000)).toBe(true)
  again.emit(book(at(40, [], [[50, 10]])))
  const order = buy('O-2', 50, 50)
  third.submit(paperOrder(order, WINDOW), unixMs(START + 41_001))
  expect(figures(reportsOf(pump(third), [order]).get('O-2'))).toContainEqual([
    'fill',
    500_000,
    2_000_000,
    1_000_000,
    35_000,
  ])
  expect(third.restore({ slots: [] }, 0)).toBe(false)
})

test('repeats strike and book of a window at its first price: the desk ignores what comes before', () => {
  const data = new ScriptedMarket([SLOT])
  const venue = venueOn(data)
  data.emit({ kind: 'strike', ts: START, slot: SLOT.id, windowId: WINDOW.id, strike: 5 }, book(at(1, [], [[50, 5]])))
  expect(pump(venue).map(({ kind }) => kind)).toEqual(['strike', 'book'])
  const ts = unixMs(START + 2_000)
  venue.onFeedEvent({ kind: 'price', ts, tsVenue: ts, asset: SLOT.asset, price: 100, volume: 1 })
  expect(pump(venue).map((event) => [event.kind, event.ts])).toEqual([
    ['strike', ts],
    ['book', ts],
  ])
})

const level = (from: number, to: number) =>
  fc.record({ cents: fc.integer({ min: from, max: to }), size: fc.integer({ min: 1, max: 4_000 }) })

/** Books on a changing grid of a few prices, so that levels shrink, grow, vanish and come back. */
const anyBook = fc.record({
  wait: fc.integer({ min: 1, max: 400 }),
  unusable: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
  bids: fc.uniqueArray(level(44, 49), { maxLength: 4, selector: ({ cents }) => cents }),
  asks: fc.uniqueArray(level(48, 53), { maxLength: 4, selector: ({ cents }) => cents }),
})

const anyOrder = fc.record({
  wait: fc.integer({ min: 0, max: 300 }),
  buys: fc.boolean(),
  up: fc.boolean(),
  tif: fc.constantFrom('FAK', 'FOK', 'GTC', 'GTD' as const),
  postOnly: fc.boolean(),
  limit: fc.integer({ min: 43, max: 57 }),
  offGrid: fc.integer({ min: 0, max: 15 }).map((n) => n === 0),
  amount: fc.integer({ min: 40, max: 3_000 }),
  cancelAfter: fc.option(fc.integer({ min: 0, max: 400 })),
  liveFor: fc.integer({ min: 1, max: 500 }),
})

function scriptOf(
  books: readonly (typeof anyBook extends fc.Arbitrary<infer T> ? T : never)[],
  orders: readonly (typeof anyOrder extends fc.Arbitrary<infer T> ? T : never)[],
): { books: OracleBook[]; orders: OracleOrder[] } {
  // Books come at 0, orders at 1, cancels at 3 and expiries at 4 of ten milliseconds: nothing happens at the same time.
  let ts = START
  const shown = books.map(({ wait, unusable, bids, asks }): OracleBook => {
    ts = unixMs(ts + wait * 10)
    const best = Math.min(...asks.map(({ cents }) => cents), 99)
    const levels = (of: typeof bids, sign: number) =>
      of
        .toSorted((a, b) => sign * (a.cents - b.cents))
        .map(({ cents, size }) => [cents * 10_000, size * 10_000] as const)
    const below = bids.filter(({ cents }) => cents < best)
    return { ts, bids: unusable ? [] : levels(below, -1), asks: unusable ? [] : levels(asks, 1), tick: 10_000 }
  })
  let sent = START
  const placed = orders.map((order, i): OracleOrder => {
    sent = unixMs(sent + order.wait * 10)
    const rests = order.tif === 'GTC' || order.tif === 'GTD'
    return {
      id: `O-${i + 1}`,
      ts: sent + 1,
      buys: order.buys,
      up: order.up,
      tif: order.tif,
      postOnly: order.postOnly && rests,
      limit: order.limit * 10_000 + (order.offGrid ? 1_000 : 0),
      amount: order.amount * 10_000,
      cancelAt: order.cancelAfter === null ? null : sent + order.cancelAfter * 10 + 3,
      expiresAt: order.tif === 'GTD' ? sent + order.liveFor * 10 + 4 : null,
    }
  })
  return { books: shown.filter((one) => one.ts < WINDOW.end), orders: placed }
}

test('on any books and orders it reports what an independent matcher does, to the micro-dollar', () => {
  const seen = { taken: 0, made: 0, killed: 0 }
  fc.assert(
    fc.property(
      fc.array(anyBook, { minLength: 5, maxLength: 40, size: 'max' }),
      fc.array(anyOrder, { minLength: 5, maxLength: 25, size: 'max' }),
      (someBooks, someOrders) => {
        const { books, orders } = scriptOf(someBooks, someOrders)
        const found = play(books, orders)
        expect(Object.fromEntries(found)).toEqual(Object.fromEntries(oracle(books, orders, limitsOf(WINDOW))))
        for (const [, what, , , , fee] of [...found.values()].flat()) {
          if (what === 'fill' && fee === 0) seen.made++
          else if (what === 'fill') seen.taken++
          else if (what === 'cancelled') seen.killed++
        }
      },
    ),
    { numRuns: 400 },
  )
  expect(Math.min(seen.taken, seen.made, seen.killed)).toBeGreaterThan(50)
})

test('on any books fills are never better than the book after the delay, and never more than it held', () => {
  fc.assert(
    fc.property(
      fc.array(anyBook, { minLength: 5, maxLength: 40, size: 'max' }),
      fc.array(anyOrder, { minLength: 5, maxLength: 25, size: 'max' }),
      (someBooks, someOrders) => {
        const { books, orders } = scriptOf(someBooks, someOrders)
        expectSound(books, orders, play(books, orders))
      },
    ),
    { numRuns: 200 },
  )
})
