import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gaugeFigures, type OverfitGauge, overfitGauge } from '../../src/shared/attribution/overfit.ts'
import { recordsBy } from '../../src/shared/attribution/records.ts'
import { sureSign } from '../../src/shared/attribution/sure.ts'
import { TradeColumns } from '../../src/shared/attribution/trade-columns.ts'
import { lineSentence, recordSentence } from '../../src/shared/attribution/verdict.ts'
import { longForm } from '../support/long-form.ts'
import { MONTH_START, trade } from '../support/trades.ts'

/** Records to try: 10,000 in the full form, fewer where every test runs. */
const RUNS = longForm(2_000, 10_000)

const anyTrade = fc
  .record({
    price: fc.integer({ min: 10_000, max: 999_000 }),
    shares: fc.integer({ min: 300_000, max: 20_000_000 }),
    feePart: fc.integer({ min: 0, max: 40 }),
    end: fc.constantFrom('won', 'lost', 'split', 'sold', 'sold', 'voided'),
    soldAt: fc.integer({ min: 1_000, max: 999_000 }),
    window: fc.integer({ min: 0, max: 400 }),
    handed: fc.integer({ min: 0, max: 9 }),
  })
  .map(({ price, shares, feePart, end, soldAt, window, handed }) => {
    const cost = Math.max(1, Math.floor((shares * price) / 1e6))
    const fees = Math.floor((cost * feePart) / 1_000)
    const worth = {
      won: shares,
      lost: 0,
      split: Math.floor(shares / 2),
      voided: cost,
      sold: Math.floor((shares * soldAt) / 1e6),
    }[end]
    const pnl = worth - cost - fees
    const start = MONTH_START / 1_000 + window * 300
    return trade({
      windowId: `BTC-5m-${start}`,
      openedAt: start * 1_000 + 200_000,
      settledAt: start * 1_000 + 320_000,
      shares,
      cost,
      fees,
      pnl,
      sold: end === 'sold',
      outcome: end === 'won' ? 'up' : end === 'lost' ? 'down' : null,
      parts:
        handed === 0
          ? [
              { owner: 'v1', pnl: Math.floor(pnl / 2) },
              { owner: 'v2', pnl: pnl - Math.floor(pnl / 2) },
            ]
          : null,
    })
  })
const anyRecord = fc.array(anyTrade, { minLength: 1, maxLength: 60 })

const number = (text: string | undefined) => Number((text ?? '').replace('−', '-'))
const sign = (value: number | null) => Math.sign(value ?? 0)

describe('no sentence says the opposite of its record', () => {
  it('W1, W2, W3: verdict, figures, ratios and colours agree', () => {
    let checked = 0
    fc.assert(
      fc.property(anyRecord, (trades) => {
        const columns = new TradeColumns()
        for (const one of trades.toSorted((a, b) => a.settledAt - b.settledAt)) columns.add(one)
        for (const record of recordsBy(columns, ['version'])) {
          const { figures } = record
          const said = recordSentence(figures)
          if (figures.trades === 0) continue
          checked++
          check(said, figures)
          expect(lineSentence(record).startsWith(said)).toBe(true)
        }
      }),
      { numRuns: RUNS, seed: 11 },
    )
    expect(checked).toBeGreaterThan(RUNS / 2)
  })

  it('W3: a gauge names how many were tried and which side of its proof live is on, once and alike', () => {
    const part = fc.double({ min: -2, max: 2, noNaN: true })
    const gauges = fc.record({
      versionsTried: fc.integer({ min: 1, max: 60 }),
      trialRatios: fc.array(part, { maxLength: 8 }),
      deployments: fc.array(fc.record({ at: fc.nat(), afterLoss: fc.boolean() }), { maxLength: 12 }),
      daysLive: fc.double({ min: 0, max: 30, noNaN: true }),
      promises: fc.array(fc.record({ proof: part, live: part }), { maxLength: 6 }),
      lossRate: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null }),
      live: fc.record({
        count: fc.integer({ min: 0, max: 500 }),
        mean: part,
        deviation: fc.double({ min: 0.01, max: 3, noNaN: true }),
        skewness: fc.constant(0),
        kurtosis: fc.constant(3),
      }),
    })
    fc.assert(
      fc.property(gauges, (of) => checkGauge(overfitGauge(of))),
      { numRuns: RUNS, seed: 12 },
    )
  })
})

function check(said: string, figures: Parameters<typeof recordSentence>[0]): void {
  const { pnl, sold, trades, winRate, breakEven, edge } = figures
  const context = `${said} | ${JSON.stringify({ pnl, sold, trades, winRate, breakEven, edge })}`
  expect(/\bloses \$/.test(said), context).toBe(pnl <= -5_000)
  expect(/\bearns \$/.test(said), context).toBe(pnl >= 5_000)
  expect(said, context).not.toMatch(/\$0\.00|NaN|Infinity|undefined|null|--/)
  // A share sold early is worth what it fetched: no win rate must be reached.
  if (sold > 0) expect(said, context).not.toMatch(/must win|it wins/)
  const rates = /it wins ([−\d.]+) % of .* must win ([−\d.]+) %/.exec(said)
  if (rates !== null) expect(sign(number(rates[1]) - number(rates[2])), context).toBe(sign(pnl))
  const means = /a share cost (\d+\.\d+) with its fees and came to ([−-]?\d+\.\d+)/.exec(said)
  if (means !== null) expect(sign(number(means[2]) - number(means[1])), context).toBe(sign(pnl))
  const share = /a share (earns|loses) ([−\d.]+) %/.exec(said)
  if (share !== null) {
    expect(number(share[2]), context).toBeGreaterThan(0)
    // Cheap and dear ones mixed: it says why the two differ.
    expect(sign(edge), context).toBe(share[1] === 'earns' ? 1 : -1)
    expect(sign(edge), context).toBe(-sign(pnl))
    expect(said, context).toMatch(/on more of them/)
  }
  expect(said, context).toContain(`${trades} trade`)
  for (const ratio of [
    figures.sharpeTrade,
    figures.sharpeDay,
    figures.sortinoTrade,
    figures.sortinoDay,
    figures.returnOnStake,
  ])
    if (ratio !== null) expect(sign(ratio), context).toBe(sign(pnl))
  if (figures.profitFactor !== null) expect(sign(figures.profitFactor - 1), context).toBe(sign(pnl))
  if (figures.probabilisticSharpe !== null && Math.abs(figures.sharpeTrade ?? 0) > 1e-9)
    expect(figures.probabilisticSharpe > 0.5, context).toBe(pnl > 0)
  // The colour of an edge is its sign where that is sure, and none elsewhere; "so far" goes with the rest.
  const sure = sureSign(figures)
  if (sure !== null) expect(sure, context).toBe(sign(edge))
  if (sure !== sign(pnl) && Math.abs(pnl) >= 5_000) expect(said, context).toMatch(/^So far it/)
}

function checkGauge(gauge: OverfitGauge): void {
  const all = [...gaugeFigures(gauge), gauge.sentence].join(' · ')
  expect(all).not.toMatch(/[-−]\d|NaN|short/)
  const counts = [...all.matchAll(/(\d+) versions? tried|luckiest of (\d+) version/g)].map(
    (match) => match[1] ?? match[2],
  )
  expect(new Set(counts)).toEqual(new Set([String(gauge.versionsTried)]))
  for (const [, side] of all.matchAll(/of the stake (below|above) its proofs/g))
    expect(side).toBe((gauge.shortfall ?? 0) > 0 ? 'below' : 'above')
}
