import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AttemptBudget, backoffMs } from '../../src/main/net/backoff.ts'
import { Timers } from '../../src/main/net/timers.ts'
import { CandleChain, type ClosedCandle, VolumeMeter } from '../../src/main/venues/binance/chain.ts'
import type { Clock } from '../../src/shared/domain/feed.ts'
import { MINUTE, unixMs } from '../../src/shared/domain/time.ts'

const START = 1_680_382_800_000

function closed(minute: number, origin: ClosedCandle['origin'] = 'stream'): ClosedCandle {
  return {
    origin,
    candle: { openTime: unixMs(START + minute * MINUTE), open: 1, high: 1, low: 1, close: 1, volume: 1 },
  }
}

const minutesOf = (list: readonly ClosedCandle[]) => list.map(({ candle }) => (candle.openTime - START) / MINUTE)

describe('candle chain', () => {
  test('whatever comes in whatever order, what leaves is ascending, without hole and without repetition', () => {
    let repaired = 0
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 80 }), (offers) => {
        const chain = new CandleChain()
        chain.load([closed(0).candle])
        const left = offers.flatMap((minute) => minutesOf(chain.offer(closed(minute))))
        // Repairs whatever hole is left, as the feed does.
        for (let hole = chain.hole(); hole !== undefined; hole = chain.hole()) {
          repaired++
          const missing = (hole.from - START) / MINUTE
          expect(offers).not.toContain(missing)
          left.push(...minutesOf(chain.offer(closed(missing, 'backfill'))))
        }
        const reached = Math.max(0, ...offers)
        expect(left).toEqual(Array.from({ length: reached }, (_, i) => i + 1))
      }),
    )
    expect(repaired).toBeGreaterThan(20)
  })

  test('a hole ends where the next candle waits, and is found without one once time has passed it', () => {
    const chain = new CandleChain()
    expect(chain.hole()).toBeUndefined()
    chain.load([closed(0).candle])
    chain.reach(unixMs(START + MINUTE))
    expect(chain.hole()).toBeUndefined()
    chain.reach(unixMs(START + 3 * MINUTE))
    expect(chain.hole()).toEqual({ from: START + MINUTE, to: START + 2 * MINUTE })
    expect(chain.offer(closed(2))).toEqual([])
    const hole = { from: unixMs(START + MINUTE), to: unixMs(START + MINUTE) }
    expect(chain.hole()).toEqual(hole)
    expect(minutesOf(chain.skip(hole))).toEqual([2])
    expect(chain.hole()).toBeUndefined()
  })

  test('without history the first candle begins the chain', () => {
    const chain = new CandleChain()
    expect(minutesOf(chain.offer(closed(7)))).toEqual([7])
    expect(chain.offer(closed(6))).toEqual([])
    expect(chain.offer(closed(7, 'backfill'))).toEqual([])
  })
})

test('volume since the update before, within a candle and into the next', () => {
  const meter = new VolumeMeter()
  const updates: readonly (readonly [number, number])[] = [
    [60, 5],
    [60, 7],
    [60, 6],
    [120, 2],
    [60, 9],
  ]
  const volumes = updates.map(([openTime, volume]) => meter.take(unixMs(openTime), volume))
  expect(volumes).toEqual([5, 2, 0, 2, undefined])
})

describe('waits', () => {
  test('never below the floor, never above one and a half ceilings, and growing', () => {
    fc.assert(
      fc.property(fc.nat(2_000), fc.double({ min: 0, max: 0.999, noNaN: true }), (failures, dice) => {
        const wait = backoffMs(failures, 1_000, 30_000, () => dice)
        expect(wait).toBeGreaterThanOrEqual(1_000)
        expect(wait).toBeLessThanOrEqual(45_000)
        expect(backoffMs(failures + 1, 1_000, 30_000, () => dice)).toBeGreaterThanOrEqual(wait)
      }),
    )
  })

  test('no more attempts than the budget in any five minutes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20_000), { maxLength: 200 }), (pauses) => {
        const budget = new AttemptBudget(7)
        const attempts: number[] = []
        let now = 0
        for (const pause of pauses) {
          now += pause
          now += budget.waitMs(now)
          budget.spend(now)
          attempts.push(now)
        }
        expect(attempts.every((at, i) => i < 7 || at - (attempts[i - 7] ?? 0) >= 300_000)).toBe(true)
      }),
    )
  })

  test('a sleeper wakes when its owner stops, and nothing else runs any more', async () => {
    const scheduled = new Set<() => void>()
    const clock: Clock = {
      now: () => unixMs(0),
      monotonic: () => 0,
      after(_delayMs, run) {
        scheduled.add(run)
        return () => scheduled.delete(run)
      },
    }
    const timers = new Timers(clock)
    let ran = 0
    timers.after(5, () => ran++)
    timers.every(5, () => ran++)
    const asleep = timers.sleep(1_000_000)
    expect(scheduled.size).toBe(3)
    timers.stop()
    await asleep
    await timers.sleep(1)
    timers.after(5, () => ran++)
    expect(scheduled.size).toBe(0)
    expect(ran).toBe(0)
  })
})
