import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  MICRO,
  mulDivFloor,
  notional,
  price,
  priceOf,
  shares,
  sharesFor,
  takerFee,
  usd,
  usdOf,
} from '../../src/shared/domain/money.ts'

describe('taker fee', () => {
  // Rows captured on chain (venue facts B2.9): side, maker amount, taker amount, fee in base units, price, rate.
  test.each([
    ['BUY', 5_000_000, 7_575_758, 85_000, 0.66, 0.05],
    ['BUY', 999_999, 1_219_511, 12_590, 0.82, 0.07],
    ['BUY', 1_000_000, 2_083_334, 36_400, 0.48, 0.07],
    ['BUY', 5_000_000, 5_952_381, 0, 0.84, 0],
    ['SELL', 7_590_000, 5_009_400, 85_150, 0.66, 0.05],
    ['SELL', 5_000_000, 1_550_000, 53_470, 0.31, 0.05],
    ['SELL', 5_000_000, 1_350_000, 49_270, 0.27, 0.05],
    ['SELL', 9_330_000, 5_131_500, 115_450, 0.55, 0.05],
    ['SELL', 8_930_000, 4_911_500, 110_500, 0.55, 0.05],
  ])('%s of %i for %i costs %i at %f', (side, maker, taker, fee, at, rate) => {
    const quantity = shares(side === 'BUY' ? taker : maker)
    expect(takerFee(priceOf(at), quantity, Math.round(rate * MICRO))).toBe(fee)
  })

  test('is never negative, never more than the rate on the stake, and 0 at the ends', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MICRO }), fc.integer({ min: 0, max: 1e12 }), (at, quantity) => {
        const fee = takerFee(price(at), shares(quantity), 70_000)
        expect(fee).toBeGreaterThanOrEqual(0)
        expect(fee).toBeLessThanOrEqual(mulDivFloor(quantity, 17_500, MICRO) + 10)
        if (at === 0 || at === MICRO) expect(fee).toBe(0)
      }),
    )
  })
})

test('mulDivFloor is exact where the product leaves the safe integers', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: MICRO }), (a, b) => {
      expect(BigInt(mulDivFloor(a, b, MICRO))).toBe((BigInt(a) * BigInt(b)) / BigInt(MICRO))
    }),
  )
})

test('shares bought for a stake never cost more than the stake', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e10 }), fc.integer({ min: 1_000, max: 999_000 }), (stake, at) => {
      expect(notional(price(at), sharesFor(usd(stake), price(at)))).toBeLessThanOrEqual(stake)
    }),
  )
})

test('money that is not whole micro-dollars is refused', () => {
  expect(() => usd(0.5)).toThrow('micro-USD not a safe integer')
  expect(() => shares(-1)).toThrow('micro-shares')
  expect(() => price(1_000_001)).toThrow('price not in')
  expect(usdOf(0.1)).toBe(100_000)
})
