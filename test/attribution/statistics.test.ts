import { describe, expect, test } from 'vitest'
import { chanceOfBetterEdge, normalCdf, normalQuantile } from '../../src/shared/attribution/distributions.ts'
import {
  deflatedSharpe,
  luckySharpe,
  Moments,
  minTrackRecord,
  probabilisticSharpe,
  type Shape,
  sharpe,
  sortino,
} from '../../src/shared/attribution/sharpe.ts'
import { chanceOfSuchLuck, wilson } from '../../src/shared/attribution/win-rate.ts'

const shape = (part: Partial<Shape>): Shape => ({
  count: 1250,
  mean: 0,
  deviation: 1,
  skewness: 0,
  kurtosis: 3,
  ...part,
})

describe('the normal distribution', () => {
  test.each([
    // Abramowitz & Stegun, table 26.1, fifteen places.
    [0.5, 0.691462461274013],
    [1, 0.841344746068543],
    [1.96, 0.97500210485178],
    [2.5, 0.993790334674224],
    [3, 0.99865010196837],
  ])('P(Z ≤ %f) is the table’s', (z, p) => {
    expect(normalCdf(z)).toBeCloseTo(p, 13)
    expect(normalCdf(-z)).toBeCloseTo(1 - p, 13)
    expect(normalQuantile(p)).toBeCloseTo(z, 10)
  })
})

describe('a win rate', () => {
  test.each([
    // Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%i of %i has the published Wilson interval', (wins, trades, low, high) => {
    const interval = wilson(wins / trades, trades, 0.95)
    expect(interval?.low).toBeCloseTo(low, 4)
    expect(interval?.high).toBeCloseTo(high, 4)
  })

  test('Wilson’s interval is where the score test stops rejecting', () => {
    for (const [wins, trades] of [
      [91, 100],
      [3, 40],
      [500, 1000],
    ] as const) {
      const seen = wins / trades
      // By bisection of |seen − p| = z √(p (1 − p) / n), which is what the closed form solves.
      const edge = (from: number, to: number) => {
        let [a, b] = [from, to]
        for (let i = 0; i < 200; i++) {
          const p = (a + b) / 2
          if (Math.abs(seen - p) > 1.959963984540054 * Math.sqrt((p * (1 - p)) / trades)) a = p
          else b = p
        }
        return (a + b) / 2
      }
      const interval = wilson(seen, trades, 0.95)
      expect(interval?.low).toBeCloseTo(edge(0, seen), 9)
      expect(interval?.high).toBeCloseTo(edge(1, seen), 9)
    }
  })

  test('the p-value of a profit is near the exact chance of so many wins', () => {
    // 400 trades of one share at 0.6: the normal approximation against the exact binomial tail (with half of the last step).
    const [trades, price, wins] = [400, 0.6, 262]
    let [term, tail] = [(1 - price) ** trades, 0]
    for (let k = 0; k <= trades; k++) {
      if (k > wins) tail += term
      if (k === wins) tail += term / 2
      term *= ((trades - k) / (k + 1)) * (price / (1 - price))
    }
    const p = chanceOfSuchLuck(wins - trades * price, trades * price * (1 - price))
    expect(p).toBeCloseTo(tail, 3)
    expect(chanceOfSuchLuck(1, 0)).toBeNull()
  })
})

describe('the chance that the second has the better edge', () => {
  test('is Evan Miller’s closed form where both have the same break-even', () => {
    // "Formulas for Bayesian A/B testing" (2014), eq. 6: Σ B(αA + i, βA + βB) / ((βB + i) B(1 + i, βB) B(αA, βA)).
    const logFactorial = (n: number) => {
      let sum = 0
      for (let i = 2; i <= n; i++) sum += Math.log(i)
      return sum
    }
    const logBeta = (a: number, b: number) => logFactorial(a - 1) + logFactorial(b - 1) - logFactorial(a + b - 1)
    const exact = (winsA: number, lossesA: number, winsB: number, lossesB: number) => {
      const [a, b, c, d] = [winsA + 1, lossesA + 1, winsB + 1, lossesB + 1]
      let sum = 0
      for (let i = 0; i < c; i++)
        sum += Math.exp(logBeta(a + i, b + d) - Math.log(d + i) - logBeta(1 + i, d) - logBeta(a, b))
      return sum
    }
    for (const [wa, la, wb, lb] of [
      [3, 4, 5, 2],
      [0, 5, 0, 1],
      [60, 40, 75, 41],
      [880, 120, 430, 70],
      [10, 0, 300, 12],
    ] as const) {
      const of = (wins: number, losses: number) => ({ wins, losses, breakEven: 0.6 })
      expect(chanceOfBetterEdge(of(wa, la), of(wb, lb))).toBeCloseTo(exact(wa, la, wb, lb), 9)
    }
  })

  test('a higher break-even takes as much from it as so much less of a win rate', () => {
    const old = { wins: 700, losses: 300, breakEven: 0.65 }
    const same = { wins: 750, losses: 250, breakEven: 0.7 }
    expect(chanceOfBetterEdge(old, same)).toBeCloseTo(0.5, 1)
    expect(chanceOfBetterEdge(old, { ...same, breakEven: 0.75 })).toBeLessThan(0.02)
    expect(chanceOfBetterEdge(old, { ...same, breakEven: 0.65 })).toBeGreaterThan(0.98)
    const big = { wins: 300_000, losses: 200_000, breakEven: 0.6 }
    expect(chanceOfBetterEdge(big, big)).toBeCloseTo(0.5, 8)
  })
})

describe('Sharpe ratios', () => {
  test('moments kept up one by one are those of the definition', () => {
    let n = 7
    const returns = Array.from({ length: 500 }, () => {
      n = (n * 48271) % 2147483647
      return (n / 2147483647) ** 3 - 0.2
    })
    const moments = new Moments()
    for (const value of returns) moments.add(value)
    const mean = returns.reduce((sum, x) => sum + x, 0) / returns.length
    const central = (k: number) => returns.reduce((sum, x) => sum + (x - mean) ** k, 0) / returns.length
    const { count, mean: kept, deviation, skewness, kurtosis } = moments.shape()
    expect(count).toBe(500)
    expect(kept).toBeCloseTo(mean, 12)
    expect(deviation).toBeCloseTo(Math.sqrt((central(2) * 500) / 499), 12)
    expect(skewness).toBeCloseTo(central(3) / central(2) ** 1.5, 10)
    expect(kurtosis).toBeCloseTo(central(4) / central(2) ** 2, 10)
    expect(sharpe(moments.shape())).toBeCloseTo(mean / Math.sqrt((central(2) * 500) / 499), 12)
    const squaredLosses = returns.reduce((sum, x) => sum + Math.min(x, 0) ** 2, 0)
    expect(sortino(500, mean, squaredLosses)).toBeCloseTo(mean / Math.sqrt(squaredLosses / 500), 12)
  })

  test('the probabilistic ratio is that of the paper’s example', () => {
    // Bailey & López de Prado 2012, section 4: 24 months, SR 0.458 a month, skewness −2.448, kurtosis 10.164.
    expect(probabilisticSharpe(shape({ count: 24 }), 0, 0.458)).toBeCloseTo(0.982, 3)
    expect(probabilisticSharpe(shape({ count: 24, skewness: -2.448, kurtosis: 10.164 }), 0, 0.458)).toBeCloseTo(
      0.913,
      3,
    )
  })

  test('the minimum track record is that of the paper’s example', () => {
    // The same paper, section 6: an annual ratio of 2 against 1 takes 2.73 years of normal daily returns at 95 %.
    const years = (periods: number) =>
      (minTrackRecord(shape({}), 1 / Math.sqrt(periods), 0.95, 2 / Math.sqrt(periods)) ?? 0) / periods
    expect(years(250)).toBeCloseTo(2.73, 2)
    expect(years(52)).toBeCloseTo(2.83, 2)
    expect(years(12)).toBeCloseTo(3.24, 2)
    expect(minTrackRecord(shape({}), 0.2, 0.95, 0.1)).toBeNull()
  })

  test('the deflated ratio is that of the paper’s example', () => {
    // Bailey & López de Prado 2014, "A numerical example": 100 trials of variance 1/2 a year, SR 2.5 a year, 1,250 days.
    const variance = 1 / 2 / 250
    const ratio = 2.5 / Math.sqrt(250)
    const odd = shape({ skewness: -3, kurtosis: 10 })
    expect(luckySharpe(100, variance)).toBeCloseTo(0.1132, 4)
    expect(deflatedSharpe(odd, 100, variance, ratio)).toBeCloseTo(0.9004, 4)
    expect(deflatedSharpe(odd, 46, variance, ratio)).toBeCloseTo(0.9505, 4)
    expect(deflatedSharpe(shape({}), 88, variance, ratio)).toBeCloseTo(0.9505, 4)
    // One trial alone needs no deflation.
    expect(deflatedSharpe(odd, 1, variance, ratio)).toBe(probabilisticSharpe(odd, 0, ratio))
  })
})
