import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { recordsBy } from '../../src/shared/attribution/records.ts'
import { lineSentence, recordSentence } from '../../src/shared/attribution/verdict.ts'
import { wilson } from '../../src/shared/attribution/win-rate.ts'
import { NO_USD, usd } from '../../src/shared/domain/money.ts'
import type { SettledTrade } from '../../src/shared/domain/trade.ts'
import { some } from '../support/some.ts'
import { columnsOf, MONTH_START, simulate, trade } from '../support/trades.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Trades with everything in them that can be: prices, sizes, days, sales, hand-overs, regimes, versions. */
const anyTrade = fc
  .record({
    version: fc.constantFrom('v1', 'v2', 'v3'),
    regime: fc.constantFrom('quiet-range', 'wild-trend'),
    slot: fc.constantFrom('BTC-5m', 'ETH-15m'),
    market: fc.constantFrom('simulated', 'paper'),
    price: fc.integer({ min: 20_000, max: 980_000 }),
    shares: fc.integer({ min: 5_000_000, max: 40_000_000 }),
    won: fc.boolean(),
    sold: fc.boolean(),
    handed: fc.boolean(),
    window: fc.nat(12),
    after: fc.integer({ min: 0, max: 3 * HOUR }),
    quote: fc.option(fc.integer({ min: 10_000, max: 990_000 })),
  })
  .map((of) => of)

function tradesFrom(drawn: readonly (typeof anyTrade extends fc.Arbitrary<infer T> ? T : never)[]): SettledTrade[] {
  let at = MONTH_START
  return drawn.map((of, i) => {
    at += of.after
    const cost = Math.floor((of.shares * of.price) / 1e6)
    const fees = Math.floor(cost / 100)
    const proceeds = of.sold ? Math.floor(of.shares * 0.4) : of.won ? of.shares : 0
    const pnl = proceeds - cost - fees
    const parts = of.handed
      ? [
          { owner: of.version, pnl: 1_000 },
          { owner: 'v3', pnl: pnl - 1_000 - 7 },
          { owner: 'desk', pnl: 7 },
        ]
      : null
    return trade({
      position: `P-${i}`,
      openedBy: of.version,
      settledUnder: of.handed ? 'desk' : of.version,
      regime: of.regime,
      slot: of.slot,
      windowId: `${of.slot}-${MONTH_START / 1000 + of.window * 300}`,
      market: of.market,
      shares: of.shares,
      cost,
      fees,
      pnl,
      sold: of.sold,
      outcome: of.won ? 'up' : 'down',
      openedAt: at,
      settledAt: at + 60_000,
      quote: of.quote,
      parts,
    })
  })
}

describe('records of trades', () => {
  test('every figure is what a second computation, trade by trade, says it is', () => {
    fc.assert(
      fc.property(fc.array(anyTrade, { minLength: 1, maxLength: 120 }), (drawn) => {
        const all = tradesFrom(drawn)
        for (const { of, figures } of recordsBy(columnsOf(all), ['version', 'market'])) {
          const own = all.filter((one) => one.openedBy === of.version && one.market === of.market && one.parts === null)
          check(own, figures)
        }
      }),
      { numRuns: 150 },
    )
  })

  test('hand-overs are lines of their own, and nothing of any profit is lost or counted twice', () => {
    fc.assert(
      fc.property(fc.array(anyTrade, { minLength: 1, maxLength: 80 }), (drawn) => {
        const all = tradesFrom(drawn)
        const records = recordsBy(columnsOf(all), ['version'])
        const sum = (pick: (record: (typeof records)[number]) => number) =>
          records.reduce((total, record) => total + pick(record), 0)
        const handed = all.filter((one) => one.parts !== null)
        expect(sum(({ figures }) => figures.trades)).toBe(all.length - handed.length)
        expect(sum(({ handedOver }) => handedOver.trades)).toBe(handed.length)
        expect(sum(({ figures, handedOver, takenOver }) => figures.pnl + handedOver.pnl + takenOver.pnl)).toBe(
          all.reduce((total, one) => total + one.pnl, 0),
        )
        const desk = records.find(({ of }) => of.version === 'desk')
        expect(desk?.takenOver ?? { trades: 0, pnl: 0 }).toEqual({ trades: handed.length, pnl: handed.length * 7 })
      }),
    )
  })

  test('grouped further, filtered, or by a period, it is the same trades', () => {
    fc.assert(
      fc.property(fc.array(anyTrade, { minLength: 1, maxLength: 80 }), fc.nat(100), (drawn, cut) => {
        const all = tradesFrom(drawn)
        const columns = columnsOf(all)
        const border = MONTH_START + (cut / 100) * 80 * HOUR
        for (const { of, figures } of some(recordsBy(columns, ['version', 'regime', 'slot']))) {
          const [again] = recordsBy(columns, ['market'], { market: 'simulated', ...of })
          const others = recordsBy(columns, ['market'], { market: 'paper', ...of })[0]?.figures.trades ?? 0
          expect((again?.figures.trades ?? 0) + others).toBe(figures.trades)
        }
        const before = recordsBy(columns, ['version'], { to: border })
        const after = recordsBy(columns, ['version'], { from: border })
        const whole = recordsBy(columns, ['version'])
        const pnl = (records: typeof whole, version?: string) =>
          records.find(({ of }) => of.version === version)?.figures.pnl ?? 0
        for (const { of, figures } of some(whole))
          expect(pnl(before, of.version) + pnl(after, of.version)).toBe(figures.pnl)
        expect(recordsBy(columns, ['version'], { version: 'none' })).toEqual([])
      }),
    )
  })

  test('trades that settle one by one make the same record as all at once', () => {
    const all = tradesFrom(fc.sample(anyTrade, { numRuns: 3_000, seed: 3 }))
    const columns = columnsOf([])
    for (const [i, one] of all.entries()) {
      columns.add(one)
      if (i % 997 === 0)
        expect(recordsBy(columns, ['version', 'regime'])).toEqual(
          recordsBy(columnsOf(all.slice(0, i + 1)), ['version', 'regime']),
        )
    }
  })

  test('91 % wins at an average price of 0.93: it loses, and says why', () => {
    const of = (version: string, windows: number) =>
      simulate({ version, price: 0.93, chance: 0.91 }, { windows, slots: 1, seed: 11 })
    const [few] = recordsBy(columnsOf(of('v1', 25)), ['version'])
    const [many] = recordsBy(columnsOf(of('v2', 20_000)), ['version'])
    const said = recordSentence(many?.figures ?? none())
    console.log(said)
    expect(many?.figures.winRate).toBeCloseTo(0.91, 2)
    expect(said).toMatch(
      /^It loses \$\d+\.\d\d: it wins 9[01]\.\d % of 20000 trades, but at an average price of 0\.930 and its fees it must win 93\.5 % to earn nothing\.$/,
    )
    expect(recordSentence(few?.figures ?? none())).toMatch(/too few to be sure: the edge may be anywhere from/)
    expect(recordSentence(none())).toBe('No settled trade yet: there is nothing to judge.')
    const handedOver = { trades: 3, pnl: usd(-1_250_000) }
    const takenOver = { trades: 1, pnl: usd(400_000) }
    const figures = { ...none(), trades: 0 }
    expect(lineSentence({ figures, handedOver, takenOver })).toBe(
      'No trade was its own from first to last. Beside these: 3 that it opened went to another owner, −$1.25 up to then; 1 came from another, +$0.40 from then on.',
    )
    const no = { trades: 0, pnl: NO_USD }
    expect(lineSentence({ figures, handedOver: no, takenOver: no })).toBe(recordSentence(none()))
  })
})

function none() {
  const [empty] = recordsBy(columnsOf([trade()]), ['version'], {})
  if (empty === undefined) throw new Error('there is one')
  return { ...empty.figures, winRate: null }
}

/** The figures from their definitions, in a second way. */
function check(own: readonly SettledTrade[], figures: ReturnType<typeof recordsBy>[number]['figures']): void {
  const sum = (pick: (one: SettledTrade) => number) => own.reduce((total, one) => total + pick(one), 0)
  const n = own.length
  expect(figures.trades).toBe(n)
  if (n === 0) return
  const wins = own.filter((one) => one.pnl > 0).length
  const [cost, fees, pnl] = [sum((o) => o.cost), sum((o) => o.fees), sum((o) => o.pnl)]
  expect([figures.wins, figures.stake, figures.fees, figures.pnl]).toEqual([wins, cost, fees, pnl])
  expect(figures.winRate).toBeCloseTo(wins / n, 12)
  const effective = effectiveOf(own)
  expect(figures.effectiveTrades).toBeCloseTo(effective, 9)
  expect(figures.winRateInterval?.low).toBeCloseTo(wilson(wins / n, effective, 0.95)?.low ?? 0, 12)
  const even = (one: SettledTrade) => (one.cost + one.fees) / one.shares
  expect(figures.price).toBeCloseTo(sum((one) => one.cost / one.shares) / n, 12)
  expect(figures.breakEven).toBeCloseTo(sum(even) / n, 12)
  expect(figures.edge).toBeCloseTo(sum((one) => one.pnl / one.shares) / n, 12)
  const right = own.filter((one) => one.outcome === one.side).length / n
  if (own.every((one) => !one.sold)) expect((figures.edge ?? 0) + (figures.breakEven ?? 0)).toBeCloseTo(right, 9)
  expect(figures.returnOnStake).toBeCloseTo(pnl / cost, 12)
  const gains = sum((o) => Math.max(0, o.pnl))
  const losses = -sum((o) => Math.min(0, o.pnl))
  if (losses > 0) expect(figures.profitFactor).toBeCloseTo(gains / losses, 9)
  const returns = own.map((o) => o.pnl)
  const mean = pnl / n
  const variance = returns.reduce((total, r) => total + (r - mean) ** 2, 0) / (n - 1)
  if (n > 1 && variance > 1e-6) expect(figures.sharpeTrade).toBeCloseTo(mean / Math.sqrt(variance), 9)
  const squaredLosses = returns.reduce((total, r) => total + Math.min(0, r) ** 2, 0)
  if (squaredLosses > 0) expect(figures.sortinoTrade).toBeCloseTo(mean / Math.sqrt(squaredLosses / n), 9)
  const days = new Map<number, number>()
  for (const one of own) {
    const day = Math.floor(one.settledAt / DAY)
    days.set(day, (days.get(day) ?? 0) + one.pnl)
  }
  const dates = [...days.keys()]
  const profits = Array.from(
    { length: Math.max(...dates) - Math.min(...dates) + 1 },
    (_, i) => days.get(Math.min(...dates) + i) ?? 0,
  )
  const dayMean = profits.reduce((a, b) => a + b, 0) / profits.length
  const dayVariance = profits.reduce((a, b) => a + (b - dayMean) ** 2, 0) / (profits.length - 1)
  if (profits.length > 1 && dayVariance > 0) expect(figures.sharpeDay).toBeCloseTo(dayMean / Math.sqrt(dayVariance), 9)
  checkDrawdown(own, figures)
  const span = Math.max(...own.map((o) => o.settledAt)) - Math.min(...own.map((o) => o.openedAt))
  // To the micro-dollar.
  const exposure = sum((o) => o.cost * (o.settledAt - o.openedAt)) / span
  expect(Math.abs((figures.exposure ?? 0) - exposure)).toBeLessThan(0.501)
  expect(figures.latencyMs).toBeCloseTo(sum((o) => o.latencyMs) / n, 9)
  expect(figures.sold).toBe(own.filter((o) => o.sold).length)
  const held = own.filter((one) => !one.sold && one.outcome !== null)
  expect(figures.decided).toBe(held.length)
  if (held.length > 0) {
    const price = (one: SettledTrade) => one.cost / one.shares
    const right = (one: SettledTrade) => (one.outcome === one.side ? 1 : 0)
    expect(figures.brier).toBeCloseTo(
      held.reduce((total, one) => total + (right(one) - price(one)) ** 2, 0) / held.length,
      12,
    )
    expect(figures.logLoss).toBeCloseTo(
      -held.reduce(
        (total, one) => total + right(one) * Math.log(price(one)) + (1 - right(one)) * Math.log(1 - price(one)),
        0,
      ) / held.length,
      9,
    )
    for (const bucket of figures.calibration) {
      const inside = held.filter((one) => price(one) >= bucket.from && price(one) < bucket.to)
      expect(bucket.trades).toBe(inside.length)
      expect(bucket.winRate).toBeCloseTo(inside.filter((one) => right(one) === 1).length / inside.length, 12)
    }
  }
  const quoted = own.filter((one) => one.quote !== null)
  const slipped = quoted.reduce((total, one) => total + one.cost - (one.shares * (one.quote ?? 0)) / 1e6, 0)
  if (quoted.length > 0)
    expect(figures.slippage).toBeCloseTo(slipped / quoted.reduce((total, one) => total + one.shares, 0), 9)
}

/** By the definition: variance of the mean by clusters of a window start, over that of independent trades. */
function effectiveOf(own: readonly SettledTrade[]): number {
  const beyond = (one: SettledTrade) => one.pnl / one.shares
  const n = own.length
  const mean = own.reduce((total, one) => total + beyond(one), 0) / n
  const clusters = [...Map.groupBy(own, (one) => one.windowId.slice(one.windowId.lastIndexOf('-'))).values()]
  const c = clusters.length
  if (c < 2) return Math.min(n, c)
  if (c === n) return n
  const between = clusters.reduce((total, of) => total + of.reduce((sum, one) => sum + beyond(one) - mean, 0) ** 2, 0)
  const within = own.reduce((total, one) => total + (beyond(one) - mean) ** 2, 0)
  if (within / n <= 0) return c
  const effect = (between * c) / (c - 1) / n ** 2 / (within / n / (n - 1))
  return n / Math.max(1, effect)
}

function checkDrawdown(own: readonly SettledTrade[], figures: ReturnType<typeof recordsBy>[number]['figures']): void {
  // From every peak to every later trough.
  const path = [0]
  for (const one of own) path.push((path.at(-1) ?? 0) + one.pnl)
  let worst = 0
  for (let i = 0; i < path.length; i++)
    for (let j = i; j < path.length; j++) worst = Math.max(worst, (path[i] ?? 0) - (path[j] ?? 0))
  expect(figures.drawdown).toBe(worst)
  // From each peak, until it is reached again or the trades end.
  const times = [own[0]?.openedAt ?? 0, ...own.map((one) => one.settledAt)]
  let longest = 0
  for (let i = 0; i < path.length; i++) {
    if (path.slice(0, i).some((before) => before > (path[i] ?? 0))) continue
    for (let j = i + 1; j < path.length && (path[j] ?? 0) < (path[i] ?? 0); j++)
      longest = Math.max(longest, (times[j] ?? 0) - (times[i] ?? 0))
  }
  expect(figures.drawdownMs).toBe(longest)
}
