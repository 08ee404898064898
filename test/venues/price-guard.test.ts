import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_BOUNDS, PriceGuard } from '../../src/main/venues/price-guard.ts'
import type { Candle } from '../../src/shared/domain/feed.ts'
import { MINUTE, SECOND, unixMs } from '../../src/shared/domain/time.ts'

const START = 1_795_176_000_000
const guard = () => new PriceGuard<{ candle: Candle }>(DEFAULT_BOUNDS)
const candle = (minute: number, [open, high, low, close]: readonly [number, number, number, number]) => ({
  candle: { openTime: unixMs(START + minute * MINUTE), open, high, low, close, volume: 1 },
})
const flat = (minute: number, price: number) => candle(minute, [price, price, price, price])

/** A price every two seconds from the start; gives those passed on, and the seconds at which there was doubt. */
function tell(one: PriceGuard<{ candle: Candle }>, priceAt: (second: number) => number, from: number, to: number) {
  const passed: number[] = []
  const doubted: number[] = []
  for (let second = from; second < to; second += 2) {
    const price = priceAt(second)
    if (one.price(price, START + second * SECOND).price) passed.push(price)
    if (one.withholding !== null) doubted.push(second)
  }
  return { passed, doubted }
}

describe('B11: prices', () => {
  test('three times the last for 7 s is withheld, and the asset is in doubt until prices are back', () => {
    const one = guard()
    const { passed, doubted } = tell(one, (second) => (second >= 20 && second < 27 ? 300 : 100 + second / 100), 0, 60)
    expect(Math.max(...passed)).toBeLessThan(101)
    expect(passed).toHaveLength(30 - 4)
    // Three sound prices end it.
    expect(doubted).toEqual([20, 22, 24, 26, 28, 30])
    expect(one.acceptedLevel).toBe(false)
  })

  test('a crash of 25 % that stays is taken once it has stood for 30 s', () => {
    const one = guard()
    const { passed, doubted } = tell(one, (second) => (second < 20 ? 100 : 75 - (second % 10) / 10), 0, 80)
    expect(doubted.at(0)).toBe(20)
    expect(doubted.at(-1)).toBe(48)
    expect(one.acceptedLevel).toBe(true)
    expect(passed.filter((price) => price < 80)).toHaveLength((80 - 50) / 2)
  })

  test('five prices are few where they come at once, and one after a long time is no proof', () => {
    const one = guard()
    one.price(100, START)
    for (let i = 0; i < 20; i++) expect(one.price(300, START + SECOND + i).price).toBe(false)
    const other = guard()
    other.price(100, START)
    expect(other.price(300, START + SECOND).price).toBe(false)
    expect(other.price(300, START + MINUTE).price).toBe(false)
  })

  test('a jump in steps counts against the whole minute', () => {
    const one = guard()
    const { passed } = tell(one, (second) => 100 * 1.15 ** (second / 2), 0, 12)
    expect(passed).toEqual([100, 100 * 1.15])
  })

  test('19 % in a minute, and any distance in more of them, are the market', () => {
    const one = guard()
    expect(tell(one, (second) => 100 * 1.19 ** (second / 60), 0, 600).doubted).toEqual([])
  })

  test('prices that alternate never become a level', () => {
    const one = guard()
    const { passed } = tell(one, (second) => (second % 4 === 0 ? 100 : 300), 0, 300)
    expect(new Set(passed)).toEqual(new Set([100]))
    expect(one.withholding).not.toBeNull()
  })

  test('the first price is what history was about', () => {
    const one = guard()
    one.setInitialPrice(100)
    expect(one.price(300, START).price).toBe(false)
    expect(guard().price(300, START).price).toBe(true)
  })
})

describe('B11: candles', () => {
  test('one with an absurd high is left out, those around it stay', () => {
    const one = guard()
    const told = [flat(0, 100), candle(1, [100, 300, 99, 100]), flat(2, 100)].map((made) => one.candle(made))
    expect(told.map(({ candles, dropped }) => [candles.length, dropped.length])).toEqual([
      [1, 0],
      [0, 1],
      [1, 0],
    ])
    expect(one.withholding).toBeNull()
  })

  test('in history, a minute three times as high is left out once the next is back', () => {
    const one = guard()
    const told = [flat(0, 100), flat(1, 300), flat(2, 100), flat(3, 100)].flatMap((made) => one.candle(made).candles)
    expect(told.map(({ candle: { close } }) => close)).toEqual([100, 100, 100])
    expect(one.withholding).toBeNull()
  })

  test('in history, a crash that stays is kept, its own minute as well', () => {
    const one = guard()
    const made = [flat(0, 100), candle(1, [100, 101, 74, 75]), candle(2, [75, 76, 74, 75]), flat(3, 75)]
    expect(made.flatMap((it) => one.candle(it).candles)).toEqual(made)
  })

  test('live, the minute of a crash waits until the new level is taken', () => {
    const one = guard()
    tell(one, (second) => (second < 50 ? 100 : 75), 0, 60)
    const minute = candle(0, [100, 100, 75, 75])
    expect(one.candle(minute)).toEqual({ candles: [], dropped: [], price: false })
    const at = START + 80 * SECOND
    for (const second of [62, 66, 70, 74, 78]) expect(one.price(75, START + second * SECOND).candles).toEqual([])
    expect(one.price(75, at)).toEqual({ candles: [minute], dropped: [], price: true })
  })

  test('live, the minute of a spike is left out when prices are back', () => {
    const one = guard()
    tell(one, (second) => (second < 56 ? 100 : 300), 0, 60)
    const minute = candle(0, [100, 300, 100, 300])
    expect(one.candle(minute).dropped).toEqual([])
    expect(one.price(100, START + 62 * SECOND)).toEqual({ candles: [], dropped: [minute], price: true })
  })

  test('after an outage, minutes that lead to where the price is now end the doubt about it', () => {
    const one = guard()
    one.price(100, START)
    expect(one.price(70, START + 10 * MINUTE).price).toBe(false)
    const way = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((minute) => flat(minute, 100 - 3.3 * minute))
    for (const made of way) expect(one.candle(made).dropped).toEqual([])
    const seconds = [2, 4, 6]
    expect(seconds.map((second) => one.price(70, START + 10 * MINUTE + second * SECOND).price)).toEqual([
      true,
      true,
      true,
    ])
    expect([one.withholding, one.acceptedLevel]).toEqual([null, false])
  })
})

test('B11: nothing that is passed on is further from the last minute than the bound, save a level that has stood', () => {
  const walk = fc.array(
    fc.record({ step: fc.double({ min: -0.5, max: 0.5, noNaN: true }), gapSec: fc.integer({ min: 1, max: 20 }) }),
    {
      maxLength: 80,
    },
  )
  const seen = { doubted: 0, confirmed: 0, passed: 0 }
  fc.assert(
    fc.property(walk, (steps) => {
      const one = guard()
      let [price, at] = [100, START]
      const passed: { price: number; at: number }[] = []
      for (const { step, gapSec } of steps) {
        price *= Math.exp(step)
        at += gapSec * SECOND
        const doubted = one.withholding
        if (!one.price(price, at).price) {
          seen.doubted++
          expect(one.withholding).not.toBeNull()
          continue
        }
        const level = doubted !== null && one.withholding === null && one.acceptedLevel
        const before = passed.at(-1)
        seen.passed++
        if (level) seen.confirmed++
        if (level) expect(at - doubted.since).toBeGreaterThanOrEqual(DEFAULT_BOUNDS.confirmMs)
        else if (before !== undefined)
          expect(Math.abs(Math.log(price / before.price))).toBeLessThanOrEqual(Math.log(1.2) + 1e-9)
        passed.push({ price, at })
      }
    }),
    { numRuns: 500, seed: 4 },
  )
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(0)
})
