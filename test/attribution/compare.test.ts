import { describe, expect, test } from 'vitest'
import { compare } from '../../src/shared/attribution/compare.ts'
import { overfitGauge } from '../../src/shared/attribution/overfit.ts'
import { recordsBy } from '../../src/shared/attribution/records.ts'
import type { Shape } from '../../src/shared/attribution/sharpe.ts'
import { type Interval, wilson } from '../../src/shared/attribution/win-rate.ts'
import { columnsOf, MONTH_START, simulate, type Truth } from '../support/trades.ts'

const WINDOW = 300_000

/** What a version truly makes of a trade, in micro-USD: its fee and price against its chance. */
function trueMean({ price, chance, stakeUsd = 5 }: Truth): number {
  const shares = stakeUsd / price
  return (shares * chance - stakeUsd - shares * 0.07 * price * (1 - price)) * 1e6
}

/** Two versions one after the other, and their comparison. */
function pair(first: Truth, second: Truth, windows: number, seed: number, together = 0.5) {
  const after = MONTH_START + windows * WINDOW
  const trades = [
    ...simulate(first, { windows, slots: 3, seed: 2 * seed + 1, together }),
    ...simulate(second, { windows, slots: 3, seed: 2 * seed + 2, from: after, together }),
  ]
  return compare(columnsOf(trades), { version: first.version }, { version: second.version }, 'trades', seed)
}

const old: Truth = { version: 'v1', price: 0.7, chance: 0.73 }

describe('a simulated month whose truth is known', () => {
  test('the interval of a difference holds the truth as often as it claims, slots moving together', () => {
    const second: Truth = { version: 'v2', price: 0.7, chance: 0.78 }
    const truth = trueMean(second) - trueMean(old)
    let held = 0
    const RUNS = 300
    for (let run = 0; run < RUNS; run++) {
      const { interval } = pair(old, second, 60, run)
      if (interval !== null && interval.low <= truth && truth <= interval.high) held++
    }
    console.log(`intervals of 95 % held the truth ${((held / RUNS) * 100).toFixed(1)} % of ${RUNS} times`)
    // Three standard errors of 300 draws at 95 %.
    expect(held / RUNS).toBeGreaterThan(0.95 - 3 * Math.sqrt((0.95 * 0.05) / RUNS))
  })

  test.each([
    ['each slot by itself', 1, 0],
    ['eight slots that move together half of the time', 8, 0.5],
    ['eight slots that always move together', 8, 1],
  ])('the interval of the edge holds the truth as often as it claims: %s', (what, count, together) => {
    let [held, plain] = [0, 0]
    const RUNS = 1_000
    const edge = old.chance - old.price - 0.07 * old.price * (1 - old.price)
    const holds = (interval: Interval | null | undefined, truth: number) =>
      interval != null && interval.low <= truth && truth <= interval.high
    for (let run = 0; run < RUNS; run++) {
      const trades = simulate(old, { windows: 150, slots: count, seed: run + 1, together })
      const [record] = recordsBy(columnsOf(trades), ['version'])
      const { winRate, edgeInterval } = record?.figures ?? {}
      if (holds(edgeInterval, edge)) held++
      if (holds(wilson(winRate ?? 0, trades.length, 0.95), old.chance)) plain++
    }
    const percent = (times: number) => ((times / RUNS) * 100).toFixed(1)
    console.log(
      `${what}: intervals of 95 % held the truth ${percent(held)} % of ${RUNS} times, without the design effect ${percent(plain)} %`,
    )
    expect(held / RUNS).toBeGreaterThan(0.95 - 3 * Math.sqrt((0.95 * 0.05) / RUNS))
    if (together > 0) expect(plain).toBeLessThan(held)
  })

  test('of two versions that are the same one is called better or worse no more often than one in twenty', () => {
    let wrong = 0
    const RUNS = 400
    for (let run = 0; run < RUNS; run++) {
      const { verdict } = pair(old, { ...old, version: 'v2' }, 60, run + 1_000)
      if (verdict === 'better' || verdict === 'worse') wrong++
    }
    console.log(`the same version was called better or worse ${wrong} times of ${RUNS}`)
    expect(wrong / RUNS).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / RUNS))
  })

  test('a version that is much better is found out, and one that is worse is never called better', () => {
    const good = pair(old, { version: 'v2', price: 0.7, chance: 0.95 }, 200, 5)
    expect(good.verdict).toBe('better')
    expect(good.chanceBetter).toBeGreaterThan(0.99)
    expect(good.sentence).toMatch(/did better by \d+\.\d cents a trade; the truth lies between .* with 95 % confidence/)
    for (let run = 0; run < 100; run++)
      expect(pair(old, { version: 'v2', price: 0.7, chance: 0.6 }, 100, run).verdict).not.toBe('better')
  })

  test('too few trades are said to be too few, and nothing else', () => {
    const { verdict, sentence } = pair(old, { version: 'v2', price: 0.7, chance: 1 }, 12, 1)
    expect(verdict).toBe('too-few')
    expect(sentence).toMatch(
      /^Too few trades to say anything: 36 trades after against 36 before, from 12 window starts/,
    )
  })

  test('what is resampled is windows: trades of one window are no evidence of their own', () => {
    const wide = pair(old, { ...old, version: 'v2' }, 100, 3, 1)
    const apart = pair(old, { ...old, version: 'v2' }, 100, 3, 0)
    const width = ({ interval }: typeof wide) => (interval?.high ?? 0) - (interval?.low ?? 0)
    // Three slots that always move together are worth one: √3 as wide.
    expect(width(wide) / width(apart)).toBeGreaterThan(1.4)
  })

  test('a change of market is not taken for a change of code', () => {
    // Both versions are the same code: good in quiet markets, bad in wild ones. The second has seen more wild ones.
    const trades = [
      ...simulate(
        { version: 'v1', price: 0.6, chance: 0.85, regime: () => 'quiet-range' },
        { windows: 270, slots: 2, seed: 1 },
      ),
      ...simulate(
        { version: 'v1', price: 0.6, chance: 0.4, regime: () => 'wild-range' },
        { windows: 30, slots: 2, seed: 2, from: MONTH_START + 270 * WINDOW },
      ),
      ...simulate(
        { version: 'v2', price: 0.6, chance: 0.85, regime: () => 'quiet-range' },
        { windows: 60, slots: 2, seed: 3, from: MONTH_START + 300 * WINDOW },
      ),
      ...simulate(
        { version: 'v2', price: 0.6, chance: 0.4, regime: () => 'wild-range' },
        { windows: 240, slots: 2, seed: 4, from: MONTH_START + 360 * WINDOW },
      ),
    ]
    const found = compare(columnsOf(trades), { version: 'v1' }, { version: 'v2' })
    expect(found.verdict).toBe('worse')
    expect(found.mixShift).toBeGreaterThan(0.6)
    expect(Math.abs(found.atSameRegimes ?? Number.NaN)).toBeLessThan(Math.abs(found.difference ?? 0) / 4)
    expect(found.sentence).toMatch(
      /But the market was another one: 70 % of the trades are of other regimes; within the same/,
    )
  })

  test('added up over versions it misleads where figures by version do not', () => {
    // v1 traded much and loses, v2 trades little and earns more than enough to hide it: together they seem to earn.
    const losing: Truth = { version: 'v1', price: 0.93, chance: 0.9, stakeUsd: 5 }
    const earning: Truth = { version: 'v2', price: 0.4, chance: 0.95, stakeUsd: 5 }
    const columns = columnsOf([
      ...simulate(losing, { windows: 900, slots: 1, seed: 6 }),
      ...simulate(earning, { windows: 120, slots: 1, seed: 7, from: MONTH_START + 900 * WINDOW }),
    ])
    const [together] = recordsBy(columns, ['strategy'])
    const [first, second] = recordsBy(columns, ['version'])
    expect(together?.figures.edgeInterval?.low).toBeGreaterThan(0)
    expect(together?.figures.pnl).toBeGreaterThan(0)
    expect(first?.figures.edgeInterval?.high).toBeLessThan(0)
    expect(second?.figures.edgeInterval?.low).toBeGreaterThan(0.3)
  })

  test('by time both sides are as long as the shorter', () => {
    const trades = [
      ...simulate(old, { windows: 300, slots: 1, seed: 1 }),
      ...simulate({ ...old, version: 'v2' }, { windows: 100, slots: 3, seed: 2, from: MONTH_START + 300 * WINDOW }),
    ]
    const found = compare(columnsOf(trades), { version: 'v1' }, { version: 'v2' }, 'time')
    expect([found.before.figures.trades, found.after.figures.trades]).toEqual([100, 300])
    const same = compare(columnsOf(trades), { version: 'v1' }, { version: 'v2' }, 'time')
    expect(same).toEqual(found)
    expect(compare(columnsOf(trades), { version: 'v1' }, { version: 'v2' }, 'time', 2).interval).not.toEqual(
      found.interval,
    )
  })
})

describe('the overfit gauge', () => {
  const live: Shape = { count: 400, mean: 0.1, deviation: 1, skewness: -1, kurtosis: 4 }
  const of = (part: object) =>
    overfitGauge({
      versionsTried: 1,
      trialRatios: [],
      deployments: [],
      daysLive: 4,
      promises: [],
      live,
      lossRate: 0.3,
      ...part,
    })

  test('the more versions were tried, the less the same record is worth', () => {
    const ratios = [0.1, 0.02, -0.05, 0.04, 0, -0.01]
    const worth = [1, 10, 100].map((versionsTried) => of({ versionsTried, trialRatios: ratios }).deflatedSharpe ?? 0)
    expect(worth[0]).toBeGreaterThan(worth[1] ?? 1)
    expect(worth[1]).toBeGreaterThan(worth[2] ?? 1)
    expect(of({ versionsTried: 5 }).sentence).toMatch(/too few trades to say how much of the record is luck/)
  })

  test('says how often a deployment followed a loss, and how far live fell short of the proof', () => {
    const gauge = of({
      deployments: [1, 2, 3, 4].map((at) => ({ at, afterLoss: at > 1 })),
      promises: [
        { proof: 0.2, live: 0.1 },
        { proof: 0.1, live: 0.1 },
      ],
    })
    expect(gauge).toMatchObject({ deploymentsPerDay: 1, afterLoss: 0.75 })
    expect(gauge.shortfall).toBeCloseTo(0.05, 12)
    expect(gauge.sentence).toMatch(
      /75 % of the deployments came right after a loss, though only 30 % .*; live 5\.0 % of the stake below its proofs\.$/,
    )
  })
})
