import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRng } from '../../src/engine/rng.ts'
import { isWorking } from '../../src/engine/state.ts'
import type { View } from '../../src/engine/strategy-api/baton.ts'
import { plusMs } from '../../src/shared/domain/time.ts'
import { EngineBench, hold, slots } from '../support/bench-engine.ts'

type Action =
  | { readonly do: 'cycles'; readonly count: number; readonly appetite: number }
  | { readonly do: 'swap' }
  | { readonly do: 'late' }
  | { readonly do: 'fault'; readonly fatal: boolean }
  | { readonly do: 'kill'; readonly flatten: boolean }
  | { readonly do: 'rearm' }
  | { readonly do: 'pause' }
  | { readonly do: 'resume' }

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('cycles' as const),
      count: fc.integer({ min: 30, max: 150 }),
      appetite: fc.double({ min: 0.3, max: 1, noNaN: true }),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: 'swap' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'late' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fault' as const), fatal: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), flatten: fc.boolean() }) },
  { weight: 4, arbitrary: fc.constant({ do: 'rearm' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'pause' as const }) },
  { weight: 4, arbitrary: fc.constant({ do: 'resume' as const }) },
)

/** A strategy with random intents: entries on both sides, exits, cancellations, resting orders. */
function greedy(appetite: number, next: () => number) {
  return (view: View) => {
    if (next() > appetite) return hold()
    const intents = []
    const why = 'greedy'
    if (next() < 0.8)
      intents.push({
        kind: 'enter' as const,
        side: next() < 0.5 ? ('up' as const) : ('down' as const),
        limit: 0.3 + next() * 0.69,
        stakeUsd: next() * 14,
        why,
      })
    if (next() < 0.3)
      intents.push({
        kind: 'enter' as const,
        side: 'up' as const,
        limit: 0.3 + next() * 0.69,
        stakeUsd: 5,
        tif: 'GTC' as const,
        postOnly: next() < 0.5,
        why,
      })
    if (next() < 0.3) intents.push({ kind: 'exit' as const, limit: next() / 2, why })
    const order = view.orders[0]
    if (order !== undefined && next() < 0.3) intents.push({ kind: 'cancel' as const, orderId: order.id, why })
    return { intents, why, state: JSON.stringify({ now: view.now }) }
  }
}

function check(bench: EngineBench, entered: Map<string, number>): void {
  const { state } = bench.engine
  expect(state.ledger.balanced()).toBe(true)
  const owners = bench.ownersByLedger()
  const live = new Set(state.live.values())
  for (const position of state.positions.values()) {
    expect(owners.get(position.id)).toBe(position.ownedBy)
    if (position.state !== 'open' && position.state !== 'ended') continue
    const owner = position.ownedBy
    expect(owner === 'desk' || live.has(owner)).toBe(true)
    // A faulted version owns nothing.
    if (owner !== 'desk') expect(state.versions.get(owner)?.state).toBe('live')
  }
  for (const order of state.orders.values()) if (isWorking(order)) expect(owners.get(order.id)).toBe(order.owner)
  const held = new Map<string, number>()
  for (const position of state.positions.values()) held.set(position.windowId, (held.get(position.windowId) ?? 0) + 1)
  for (const order of state.orders.values()) {
    const waiting = isWorking(order) && order.kind === 'enter' && order.filledShares === 0
    if (waiting) held.set(order.windowId, (held.get(order.windowId) ?? 0) + 1)
  }
  for (const [windowId, count] of held) {
    entered.set(windowId, Math.max(entered.get(windowId) ?? 0, count))
    expect(count, `I2: ${windowId}`).toBeLessThanOrEqual(1)
  }
  const cost = [...state.positions.values()].reduce((sum, p) => sum + p.cost, 0)
  expect(cost).toBe(state.ledger.costOfOpen)
}

describe('random sessions with deployments, faults, kills and pauses', () => {
  test('I1, I2, I4, I10: one owner, one bet a window, dropped late answers, exact money', () => {
    let [orders, lateAnswers] = [0, 0]
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.array(action, { minLength: 5, maxLength: 25 }),
        (seed, actions) => {
          const bench = new EngineBench(slots('BTC-5m', 'ETH-5m', 'BTC-15m'), seed, {}, 200_000)
          bench.pump(plusMs(bench.now, 1_000))
          bench.swap()
          const rng = seededRng(seed, 'decisions')
          const entered = new Map<string, number>()
          for (const step of actions)
            perform(
              bench,
              step,
              () => rng.uniform(),
              () => check(bench, entered),
            )
          bench.pump(plusMs(bench.now, 20 * 60_000))
          check(bench, entered)
          orders += bench.records.filter((record) => record.t === 'intent').length
          lateAnswers += actions.filter((step) => step.do === 'late').length
        },
      ),
      { numRuns: 40 },
    )
    expect(orders).toBeGreaterThan(100)
    expect(lateAnswers).toBeGreaterThan(3)
  })
})

function perform(bench: EngineBench, step: Action, next: () => number, checked: () => void): void {
  const { state } = bench.engine
  switch (step.do) {
    case 'cycles':
      for (let i = 0; i < step.count; i++) {
        bench.pump(plusMs(bench.now, 5_000))
        bench.cycle(greedy(step.appetite, next))
        checked()
      }
      return
    case 'swap':
      bench.swap()
      return checked()
    case 'late': {
      // The version is stopped during its evaluation; its late answer must change nothing.
      const [asked] = bench.cycle(hold, false)
      if (asked === undefined) return
      bench.deliver({
        kind: 'fault',
        ts: bench.now,
        version: asked.version,
        slot: null,
        fatal: true,
        message: 'deadline',
      })
      bench.swap()
      const before = bench.records.filter((record) => record.t === 'intent').length
      bench.answer(asked, greedy(1, next))
      expect(bench.records.filter((record) => record.t === 'intent')).toHaveLength(before)
      return checked()
    }
    case 'fault': {
      const live = state.live.get('alpha')
      if (live !== undefined)
        bench.deliver({
          kind: 'fault',
          ts: bench.now,
          version: live,
          slot: null,
          fatal: step.fatal,
          message: 'planted',
        })
      return checked()
    }
    case 'kill':
      bench.command({ kind: 'kill', positions: step.flatten ? 'flatten' : 'hold' })
      return checked()
    case 'rearm':
      bench.command({ kind: 'rearm', confirm: 'REARM', reason: 'test' })
      return checked()
    case 'pause':
      bench.command({ kind: 'pause', reason: 'test' })
      return checked()
    case 'resume':
      bench.command({ kind: 'resume' })
      return checked()
  }
}
