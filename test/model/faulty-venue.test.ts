import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRng } from '../../src/engine/rng.ts'
import { isUnsettled, isWorking } from '../../src/engine/state.ts'
import type { View } from '../../src/engine/strategy-api/baton.ts'
import { plusMs } from '../../src/shared/domain/time.ts'
import { hold, slots } from '../support/bench-engine.ts'
import { FaultyVenue, VenueMemory } from '../support/faulty-venue.ts'
import { ModelDesk } from '../support/model-desk.ts'

const SLOTS = ['BTC-5m', 'ETH-5m', 'BTC-15m'] as const

/** Enters and exits as often as possible. */
function restless(seed: number) {
  const rng = seededRng(seed, 'decisions')
  return (view: View) => {
    if (view.position !== null) {
      const limit = Math.max(0.01, Math.round(((view[view.position.side].bid ?? 0.5) - 0.01) * 100) / 100)
      return rng.uniform() < 0.3 ? { ...hold(), intents: [{ kind: 'exit' as const, limit, why: 'out' }] } : hold()
    }
    const side = rng.uniform() < 0.5 ? ('up' as const) : ('down' as const)
    const limit = Math.min(0.98, Math.round((view[side].ask ?? 0.5) * 100) / 100)
    return { ...hold(), intents: [{ kind: 'enter' as const, side, limit, stakeUsd: 5, why: 'in' }] }
  }
}

type Action =
  | { readonly do: 'cycles'; readonly count: number }
  | { readonly do: 'restart' | 'away' | 'save' | 'kill' | 'rearm' | 'resume' | 'fault' }

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('cycles' as const), count: fc.integer({ min: 5, max: 60 }) }) },
  { weight: 3, arbitrary: fc.constant({ do: 'restart' as const }) },
  { weight: 6, arbitrary: fc.constant({ do: 'away' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'save' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'fault' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'kill' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'rearm' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'resume' as const }) },
)

test('I1–I6, I10: at a venue that answers late, loses answers and orders, and fails fills that it has confirmed', () => {
  const total = {
    lost: 0,
    vanished: 0,
    failedLate: 0,
    failed: 0,
    orders: 0,
    adopted: 0,
    restarts: 0,
    unpaid: 0,
    unheard: 0,
  }
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.array(action, { minLength: 6, maxLength: 20 }),
      (seed, actions) => {
        const memory = new VenueMemory(seed)
        const own = slots(...SLOTS)
        const assignments = new Map(own.map((slot) => [slot.id, slot.timeframe === '5m' ? 'alpha' : 'beta']))
        const desk = new ModelDesk(
          own,
          seed,
          { assignments, fateSettlesMs: 4_000, redeemsItself: false },
          (settings) => new FaultyVenue(settings, memory),
        )
        const decide = restless(seed)
        const cycles = (count: number, how: Parameters<ModelDesk['cycle']>[0] = decide) => {
          for (let i = 0; i < count; i++) {
            desk.pump(plusMs(desk.now, 5_000))
            desk.cycle(how)
            desk.check()
          }
        }
        desk.pump(plusMs(desk.now, 1_000))
        for (const strategy of ['alpha', 'beta']) desk.bring(strategy)
        for (const one of actions) {
          if (one.do === 'cycles') cycles(one.count)
          else if (one.do === 'save') desk.bring('alpha')
          else if (one.do === 'kill') desk.command({ kind: 'kill', positions: 'hold' })
          else if (one.do === 'rearm') desk.command({ kind: 'rearm', confirm: 'REARM', reason: 'test' })
          else if (one.do === 'resume') desk.command({ kind: 'resume' })
          else if (one.do === 'fault') {
            const version = desk.engine.state.live.get('beta')
            if (version !== undefined)
              desk.deliver({ kind: 'fault', ts: desk.now, version, slot: null, fatal: true, message: 'test' })
          } else if (one.do === 'away') {
            cycles(2)
            memory.seen.unheard += desk.away(6_000)
          } else {
            total.restarts++
            desk.restart(() => 'loads')
          }
          desk.check()
        }
        // Until every order and fill is final and every window has its outcome.
        cycles(25 * 12, hold)
        const { orders, positions } = desk.engine.state
        expect([...orders.values()].filter(isWorking)).toEqual([])
        expect([...positions.values()].filter(isUnsettled)).toEqual([])
        // Every payout was requested and received.
        expect(positions.size).toBe(0)
        for (const [id, times] of memory.arrived) expect(times, `I3: ${id} arrives once`).toBe(1)
        // The desk's fills equal the venue's, to the micro-dollar.
        const fills = [...memory.orders.values()].flatMap((order) => order.fills)
        const booked = desk.db.prepare('SELECT id, cash, fee, shares, state FROM fills ORDER BY id').all()
        const state = (fate: (typeof fills)[number]['fate']) => fate?.type ?? 'matched'
        expect(booked).toEqual(
          fills
            .map(({ report: { fillId: id, cash, fee, shares }, fate }) => ({
              id,
              cash,
              fee,
              shares,
              state: state(fate),
            }))
            .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
        )
        desk.audit()
        total.orders += memory.arrived.size
        total.adopted += Number(desk.db.prepare("SELECT count(*) FROM events WHERE kind = 'unknown'").pluck().get())
        for (const key of ['lost', 'vanished', 'failedLate', 'failed', 'unpaid', 'unheard'] as const)
          total[key] += memory.seen[key]
        desk.db.close()
      },
    ),
    { numRuns: 15 },
  )
  // Sessions are random, and a payout that nobody hears of is the rarest fault: one run had 8.
  for (const [what, count] of Object.entries(total)) expect(count, what).toBeGreaterThan(what === 'unheard' ? 0 : 10)
})
