import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRng } from '../../src/engine/rng.ts'
import type { View } from '../../src/engine/strategy-api/baton.ts'
import { usdOf } from '../../src/shared/domain/money.ts'
import type { Caps } from '../../src/shared/domain/settings.ts'
import { plusMs } from '../../src/shared/domain/time.ts'
import { EngineBench, slots } from '../support/bench-engine.ts'
import { CapsModel } from '../support/caps-model.ts'

const SLOTS = ['BTC-5m', 'BTC-15m', 'ETH-5m', 'ETH-15m', 'SOL-5m', 'XRP-5m', 'DOGE-5m'] as const
/** Half an hour of cycles. */
const CYCLES = 360

const caps: fc.Arbitrary<Caps> = fc.record({
  stakePerOrder: fc.integer({ min: 3, max: 12 }).map(usdOf),
  exposurePerWindow: fc.integer({ min: 3, max: 12 }).map(usdOf),
  exposurePerAsset: fc.integer({ min: 6, max: 16 }).map(usdOf),
  exposurePerAccount: fc.integer({ min: 8, max: 40 }).map(usdOf),
  ordersPerMinute: fc.integer({ min: 2, max: 12 }),
  lossPerDay: fc.integer({ min: 3, max: 30 }).map(usdOf),
})

/** Enters and exits as often as possible, with any stake, as taker and as maker. */
function eager(next: () => number) {
  return (view: View) => {
    const why = 'eager'
    const limit = Math.min(0.99, Math.max(0.01, Math.round((0.2 + next()) * 100) / 100))
    const side = next() < 0.5 ? ('up' as const) : ('down' as const)
    const tif = next() < 0.5 ? ('GTC' as const) : ('FAK' as const)
    const [order] = view.orders
    const intents = [
      { kind: 'enter' as const, side, limit, stakeUsd: 1 + Math.floor(next() * 13), tif, why },
      ...(next() < 0.3 ? [{ kind: 'exit' as const, limit: 0.01, why }] : []),
      ...(order !== undefined && next() < 0.3 ? [{ kind: 'cancel' as const, orderId: order.id, why }] : []),
    ]
    return { intents, why, state: null }
  }
}

test('I12: no entry is ever beyond a cap, by a model that reads only the journal; every cap refuses some', () => {
  let judged = 0
  const refused = new Map<string, number>()
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), caps, (seed, limits) => {
      const bench = new EngineBench(slots(...SLOTS), seed, { caps: limits }, 100_000)
      const rng = seededRng(seed, 'decisions')
      const decide = eager(() => rng.uniform())
      bench.pump(plusMs(bench.now, 1_000))
      bench.swap()
      for (let i = 0; i < CYCLES; i++) {
        bench.pump(plusMs(bench.now, 5_000))
        // Resumes after every pause: the caps must hold anyway.
        if (bench.engine.state.trading === 'paused') bench.command({ kind: 'resume' })
        bench.cycle(decide)
      }
      const model = new CapsModel(limits)
      model.take(bench.records)
      judged += model.judged
      for (const { code } of bench.causes('refused')) refused.set(code, (refused.get(code) ?? 0) + 1)
    }),
    { numRuns: 25 },
  )
  expect(judged).toBeGreaterThan(500)
  for (const code of ['stake-cap', 'window-cap', 'asset-cap', 'account-cap', 'order-rate', 'daily-loss'])
    expect(refused.get(code) ?? 0, `${code} in ${JSON.stringify([...refused])}`).toBeGreaterThan(5)
})
