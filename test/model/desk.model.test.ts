import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isUnsettleable } from '../../src/engine/state.ts'
import type { View } from '../../src/engine/strategy-api/baton.ts'
import { plusMs } from '../../src/shared/domain/time.ts'
import { hold, slots } from '../support/bench-engine.ts'
import { longForm } from '../support/long-form.ts'
import { ModelDesk } from '../support/model-desk.ts'

/** How many random runs, as tests of `RUNS_A_TEST` each; by hand more with `BATON_MODEL_RUNS`. */
const RUNS = Number(process.env.BATON_MODEL_RUNS ?? longForm(200, 2_000))
const RUNS_A_TEST = 200

const STRATEGIES = ['alpha', 'beta'] as const
const SLOTS = ['BTC-5m', 'ETH-5m', 'BTC-15m'] as const

/** Seeded random intents: entries on both sides, exits, cancellations, resting orders. */
function greedy(seed: number, appetite: number) {
  let n = seed
  const next = () => {
    n = (n * 1_103_515_245 + 12_345) % 2_147_483_648
    return n / 2_147_483_648
  }
  return (view: View) => {
    if (next() > appetite) return hold()
    const why = 'greedy'
    const intents = []
    if (next() < 0.8) {
      const side = next() < 0.5 ? ('up' as const) : ('down' as const)
      intents.push({ kind: 'enter' as const, side, limit: 0.5 + next() / 2, stakeUsd: next() * 14, why })
    }
    if (next() < 0.3)
      intents.push({
        kind: 'enter' as const,
        side: 'up' as const,
        limit: next(),
        stakeUsd: 5,
        tif: 'GTC' as const,
        why,
      })
    if (next() < 0.2) intents.push({ kind: 'exit' as const, limit: next() / 2, why })
    const order = view.orders[0]
    if (order !== undefined && next() < 0.3) intents.push({ kind: 'cancel' as const, orderId: order.id, why })
    return { intents, why, state: JSON.stringify({ n }) }
  }
}

class Cycles implements fc.Command<object, ModelDesk> {
  readonly count: number
  readonly appetite: number
  readonly seed: number
  constructor(count: number, appetite: number, seed: number) {
    this.count = count
    this.appetite = appetite
    this.seed = seed
  }
  check = () => true
  run(_: object, desk: ModelDesk): void {
    const decide = greedy(this.seed, this.appetite)
    for (let i = 0; i < this.count; i++) {
      desk.pump(plusMs(desk.now, 5_000))
      desk.cycle(decide)
    }
    desk.check()
  }
  toString = () => `cycles(${this.count}, ${this.appetite.toFixed(2)}, ${this.seed})`
}

/** One action between two cycles. */
class Step implements fc.Command<object, ModelDesk> {
  readonly name: string
  readonly act: (desk: ModelDesk) => void
  constructor(name: string, act: (desk: ModelDesk) => void) {
    this.name = name
    this.act = act
  }
  check = () => true
  run(_: object, desk: ModelDesk): void {
    this.act(desk)
    desk.check()
  }
  toString = () => this.name
}

const save = (strategy: string) => new Step(`save ${strategy}`, (desk) => void desk.bring(strategy))

/** I11: a candidate that fails a step never reaches the engine, and dry views change nothing. */
const badSave = (strategy: string) =>
  new Step(`bad save ${strategy}`, (desk) => {
    const { state } = desk.engine
    const books = () =>
      JSON.stringify([
        desk.engine.strategyStates(strategy),
        [...state.live],
        [...state.positions.values()],
        [...state.orders.values()],
        [...state.versions.values()],
      ])
    const before = books()
    desk.engine.dryViews(strategy)
    expect(books(), 'I11').toBe(before)
  })

const rollback = (strategy: string, pick: number) =>
  new Step(`rollback ${strategy} ${pick}`, (desk) => {
    const known = desk.known.filter((version) => version.strategy === strategy)
    const target = known[pick % Math.max(1, known.length)]
    if (target !== undefined) desk.back(target)
  })

const fault = (strategy: string, fatal: boolean) =>
  new Step(`fault ${strategy} ${fatal}`, (desk) => {
    const version = desk.engine.state.live.get(strategy)
    if (version === undefined) return
    desk.deliver({ kind: 'fault', ts: desk.now, version, slot: null, fatal, message: 'planted' })
  })

const tryOut = (strategy: string, count: number, stakePpm: number) =>
  new Step(`canary ${strategy} ${count} ${stakePpm}`, (desk) => desk.tryOut(strategy, count, stakePpm))
const promote = (strategy: string) => new Step(`promote ${strategy}`, (desk) => desk.promoteCanary(strategy))
const dismiss = (strategy: string) => new Step(`dismiss ${strategy}`, (desk) => desk.dismiss(strategy))

const faultCanary = (strategy: string) =>
  new Step(`fault of the canary of ${strategy}`, (desk) => {
    const version = desk.engine.state.canaries.get(strategy)?.version
    if (version === undefined) return
    desk.deliver({ kind: 'fault', ts: desk.now, version, slot: null, fatal: true, message: 'planted' })
  })

const faultDraining = new Step('fault of a draining version', (desk) => {
  for (const version of [...desk.engine.state.residual])
    desk.deliver({ kind: 'fault', ts: desk.now, version, slot: null, fatal: true, message: 'planted' })
})

/** Stops a version during its evaluation; its late answer must change nothing (I4). */
const late = new Step('late answer', (desk) => {
  const asked = desk.cycle(hold, false)
  for (const { version } of asked)
    desk.deliver({ kind: 'fault', ts: desk.now, version, slot: null, fatal: true, message: 'deadline' })
  for (const strategy of STRATEGIES) desk.bring(strategy)
  const before = desk.engine.state.nextOrder
  for (const evaluation of asked) desk.answer(evaluation, greedy(1, 1))
  expect(desk.engine.state.nextOrder, 'I4: a late answer orders nothing').toBe(before)
})

const kill = (flatten: boolean) =>
  new Step(`kill ${flatten}`, (desk) => {
    desk.command({ kind: 'kill', positions: flatten ? 'flatten' : 'hold' })
    const entries = desk.engine.state.nextOrder
    desk.pump(plusMs(desk.now, 5_000))
    desk.cycle(greedy(3, 1))
    // I5: only the desk's own exits may follow.
    for (const order of desk.engine.state.orders.values())
      if (Number(order.id.slice(2)) >= entries) expect([order.owner, order.kind]).toEqual(['desk', 'exit'])
  })

const restart = (seed: number) =>
  new Step(`crash and restart ${seed}`, (desk) =>
    desk.restart(({ number }) => {
      const dice = (number * 7 + seed) % 10
      return dice === 0 ? 'lost' : dice === 1 ? 'fails' : 'loads'
    }),
  )

const close = (pick: number) =>
  new Step(`close ${pick}`, (desk) => {
    const open = [...desk.engine.state.positions.values()].filter((position) => position.state === 'open')
    const position = open[pick % Math.max(1, open.length)]
    if (position !== undefined) desk.command({ kind: 'close', position: position.id })
  })

const silence = (seconds: number) => new Step(`silence ${seconds} s`, (desk) => desk.silence(seconds * 1_000))

/** Voids every position that may be voided; all others are refused. */
const voidAll = new Step('void', (desk) => {
  for (const position of [...desk.engine.state.positions.values()]) {
    const may = isUnsettleable(desk.engine.state, position)
    const refusal = desk.command({ kind: 'void', position: position.id, reason: 'test' })
    if (!may) expect(refusal?.code, `${position.id} is ${position.state}`).toBe('not-yet')
  }
})

const holdEntries = (reason: string | null) =>
  new Step(`hold ${reason}`, (desk) => {
    desk.deliver({ kind: 'hold', ts: desk.now, about: 'clock', reason })
    const { nextOrder } = desk.engine.state
    desk.cycle(greedy(5, 1))
    for (const order of desk.engine.state.orders.values())
      if (reason !== null && Number(order.id.slice(2)) >= nextOrder) expect(order.kind).toBe('exit')
  })

const command = (...of: Parameters<ModelDesk['command']>) =>
  new Step(JSON.stringify(of[0]), (desk) => void desk.command(...of))

const strategy = fc.constantFrom(...STRATEGIES)
const pick = fc.nat(20)
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 25 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(1e6))
      .map(([count, appetite, seed]) => new Cycles(count, appetite, seed)),
  },
  { weight: 4, arbitrary: strategy.map(save) },
  { weight: 1, arbitrary: strategy.map(badSave) },
  { weight: 2, arbitrary: fc.tuple(strategy, pick).map(([of, to]) => rollback(of, to)) },
  { weight: 2, arbitrary: fc.tuple(strategy, fc.boolean()).map(([of, fatal]) => fault(of, fatal)) },
  { weight: 1, arbitrary: fc.constant(faultDraining) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(strategy, fc.nat(3), fc.constantFrom(250_000, 1_000_000))
      .map(([of, count, stake]) => tryOut(of, count, stake)),
  },
  { weight: 2, arbitrary: strategy.map(promote) },
  { weight: 1, arbitrary: strategy.map(dismiss) },
  { weight: 1, arbitrary: strategy.map(faultCanary) },
  { weight: 1, arbitrary: fc.constant(late) },
  { weight: 1, arbitrary: fc.boolean().map(kill) },
  { weight: 2, arbitrary: fc.constant(command({ kind: 'rearm', confirm: 'REARM', reason: 'test' })) },
  { weight: 2, arbitrary: pick.map(restart) },
  { weight: 2, arbitrary: pick.map(close) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 1_500 }).map(silence) },
  { weight: 2, arbitrary: fc.constant(voidAll) },
  { weight: 2, arbitrary: fc.constantFrom('the clock is wrong', null, null).map(holdEntries) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...SLOTS), strategy)
      .map(([slot, to]) => command({ kind: 'assign', slot, strategy: to })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      command({ kind: 'freeze', reason: 'test' }),
      command({ kind: 'unfreeze', reason: 'test' }),
      command({ kind: 'pause', reason: 'test' }),
      command({ kind: 'resume' }),
      command({ kind: 'pause', reason: 'test', slot: 'ETH-5m' }),
      command({ kind: 'resume', slot: 'ETH-5m' }),
      command({ kind: 'caps', reason: 'test', stakePerOrderUsd: 4 }),
      command({ kind: 'caps', reason: 'test', stakePerOrderUsd: 10 }),
    ),
  },
)

function newDesk(seed: number, handover: Readonly<Record<string, 'handoff' | 'drain'>>): ModelDesk {
  const own = slots(...SLOTS)
  const assignments = new Map(own.map((slot) => [slot.id, slot.timeframe === '5m' ? 'alpha' : 'beta']))
  const desk = new ModelDesk(own, seed, { assignments, handover })
  desk.pump(plusMs(desk.now, 1_000))
  for (const name of STRATEGIES) desk.bring(name)
  return desk
}

describe('a desk with random actions', () => {
  const parts = Array.from({ length: Math.ceil(RUNS / RUNS_A_TEST) }, (_, i) => i + 1)
  test.each(parts)(
    'I1–I6, I10, I11: after every step one owner, one bet a window, intents first, exact money, and books that say the same (%i)',
    () => {
      const handover = fc.dictionary(strategy, fc.constantFrom('handoff' as const, 'drain' as const))
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 1e6 }),
          handover,
          fc.array(step, { minLength: 5, maxLength: 40 }),
          (seed, how, steps) => {
            const desk = newDesk(seed, how)
            for (const one of steps) one.run({}, desk)
            // Until everything open has settled and no version drains any more.
            desk.pump(plusMs(desk.now, 35 * 60_000))
            desk.cycle(hold)
            desk.check()
            const { state } = desk.engine
            // Positions without an outcome can be voided; then nothing is open.
            voidAll.run({}, desk)
            expect([...state.positions.values()].filter(({ state: of }) => of === 'open' || of === 'ended')).toEqual([])
            desk.cycle(hold)
            expect([...state.versions.values()].filter((version) => version.state === 'draining')).toEqual([])
            desk.audit()
            desk.db.close()
          },
        ),
        { numRuns: Math.min(RUNS, RUNS_A_TEST) },
      )
    },
  )
})
