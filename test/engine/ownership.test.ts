import { beforeEach, describe, expect, test } from 'vitest'
import { isWorking } from '../../src/engine/state.ts'
import { usdOf } from '../../src/shared/domain/money.ts'
import type { Owner, Position } from '../../src/shared/domain/records.ts'
import { MINUTE, plusMs, unixMs } from '../../src/shared/domain/time.ts'
import { EngineBench, enter, hold, slots } from '../support/bench-engine.ts'

const OWN = slots('BTC-5m', 'ETH-5m', 'BTC-15m')

/** `alpha` has the 5-minute slots, `beta` the other; `alpha` holds a position in BTC-5m. */
function holding(handover: 'handoff' | 'drain'): { bench: EngineBench; position: Position; first: Owner } {
  const assignments = new Map(OWN.map((slot) => [slot.id, slot.timeframe === '5m' ? 'alpha' : 'beta']))
  const bench = new EngineBench(OWN, 5, { assignments, handover: { alpha: handover } })
  bench.pump(plusMs(bench.now, 20_000))
  const first = bench.swap('alpha')
  bench.swap('beta')
  bench.cycle((view) => (view.slot === 'BTC-5m' ? enter('up') : hold()))
  bench.pump(plusMs(bench.now, 3_000))
  const [position] = bench.engine.state.positions.values()
  if (position === undefined) throw new Error('nothing was bought')
  return { bench, position, first }
}

const askedFor = (bench: EngineBench) =>
  bench.cycle(hold).map(({ version, views }) => [version, views.map((view) => view.slot)] as const)

describe('drain', () => {
  let bench: EngineBench
  let position: Position
  let first: Owner
  beforeEach(() => {
    ;({ bench, position, first } = holding('drain'))
  })

  test('the outgoing version keeps what it opened, alone in that window, and may only reduce it', () => {
    const second = bench.swap('alpha')
    const { state } = bench.engine
    expect(position.ownedBy).toBe(first)
    expect(state.versions.get(first as never)?.state).toBe('draining')
    const asked = new Map(askedFor(bench))
    expect(asked.get(second)).toEqual(['ETH-5m'])
    expect(asked.get(first as never)).toEqual(['BTC-5m'])
    // Whoever drains may sell, never buy.
    bench.pump(plusMs(bench.now, 5_000))
    bench.cycle((view) => (view.slot === 'BTC-5m' ? enter('down') : hold()))
    expect(bench.events('refused').join()).toMatch(/draining: alpha v1 only manages what it has open in BTC-5m/)
    bench.pump(plusMs(bench.now, 5_000))
    bench.cycle((view) =>
      view.slot === 'BTC-5m'
        ? { intents: [{ kind: 'exit', limit: 0.01, why: 'out' }], why: 'out', state: '{"sold":true}' }
        : hold(),
    )
    const exit = [...state.orders.values()].find((order) => order.kind === 'exit')
    expect(exit).toMatchObject({ owner: first, version: first })
    // Its state is its own: the slot's belongs to the new version.
    expect(state.slots.get('BTC-5m' as never)?.stateJson).toBe('{}')
  })

  test('several versions drain at once, each to its own settlement, and then they are retired', () => {
    bench.swap('alpha')
    bench.pump(plusMs(bench.now, 5_000))
    bench.cycle((view) => (view.slot === 'ETH-5m' ? enter('up') : hold()))
    bench.pump(plusMs(bench.now, 3_000))
    bench.swap('alpha')
    const { state } = bench.engine
    const draining = () => [...state.versions.values()].filter((version) => version.state === 'draining')
    expect(draining()).toHaveLength(2)
    bench.pump(plusMs(bench.now, 20 * MINUTE))
    bench.cycle(hold)
    expect(draining()).toEqual([])
    expect(
      bench.events('deployment').filter((text) => /has nothing open any more and is retired/.test(text)),
    ).toHaveLength(2)
  })

  test('a fault of a draining version leaves its position to the desk, and the strategy’s next version takes it', () => {
    bench.swap('alpha')
    const version = first as never
    bench.deliver({ kind: 'fault', ts: bench.now, version, slot: null, fatal: true, message: 'planted' })
    expect(position.ownedBy).toBe('desk')
    const third = bench.swap('alpha')
    expect(position.ownedBy).toBe(third)
  })
})

describe('by hand', () => {
  test('close: the desk takes the position and sells it, and the slot enters nothing more in that window', () => {
    const { bench, position, first } = holding('handoff')
    expect(bench.command({ kind: 'close', position: 'P-99' })).toBe('no position P-99 is open')
    expect(bench.command({ kind: 'close', position: position.id, reason: 'enough' })).toBeNull()
    expect(position.ownedBy).toBe('desk')
    expect(bench.command({ kind: 'close', position: position.id })).toBe(`${position.id} is being sold already`)
    for (let i = 0; i < 6; i++) {
      bench.pump(plusMs(bench.now, 5_000))
      bench.cycle(() => enter('up'))
    }
    const sale = bench.records.find((record) => record.t === 'intent' && record.order.kind === 'exit')
    expect(sale).toMatchObject({ order: { owner: 'desk', positionId: position.id, why: 'closed by hand' } })
    expect(['closed', 'open']).toContain(position.state)
    const again = bench.records.filter(
      (record) => record.t === 'intent' && record.order.kind === 'enter' && record.order.windowId === position.windowId,
    )
    expect(again).toHaveLength(1)
    expect(bench.events('refused').join()).toMatch(/slot-paused: BTC-5m is paused: its position is closed by hand/)
    expect(bench.ownersByLedger().get(position.id)).toBe('desk')
    // The next window is its version's again, and says so.
    expect(bench.engine.state.slots.get(position.slot)?.pause).not.toBeNull()
    bench.pump(unixMs(position.windowEnd + 20_000))
    expect(bench.engine.state.slots.get(position.slot)?.pause).toBeNull()
    bench.cycle((view) => (view.slot === 'BTC-5m' ? enter('up') : hold()))
    const next = [...bench.engine.state.orders.values()].find(
      (order) => order.slot === 'BTC-5m' && order.kind === 'enter' && isWorking(order),
    )
    expect(next?.owner).toBe(first)
  })

  test('assign: what is open stays with its version until it has settled, and the new strategy begins after it', () => {
    const { bench, position, first } = holding('handoff')
    const beta = bench.engine.state.live.get('beta')
    expect(bench.command({ kind: 'assign', slot: 'BTC-5m', strategy: 'alpha' })).toBe("BTC-5m is alpha's already")
    expect(bench.command({ kind: 'assign', slot: 'BTC-5m', strategy: 'beta', reason: 'test' })).toBeNull()
    let asked = new Map(askedFor(bench))
    expect(asked.get(first as never)).toEqual(['ETH-5m', 'BTC-5m'])
    expect(asked.get(beta as never)).toEqual(['BTC-15m'])
    // A handoff of alpha leaves it where it is: the next alpha has no state for that slot.
    bench.swap('alpha')
    expect(position.ownedBy).toBe(first)
    expect(bench.engine.state.versions.get(first as never)?.state).toBe('draining')
    bench.pump(plusMs(unixMs(position.windowEnd), 10_000))
    asked = new Map(askedFor(bench))
    expect(asked.get(beta as never)).toEqual(['BTC-5m', 'BTC-15m'])
  })

  test('caps: what a person changes holds from the next order on, and no deployment changes it back (I12)', () => {
    const { bench } = holding('handoff')
    expect(bench.command({ kind: 'caps', reason: 'a quiet day', stakePerOrderUsd: 2 })).toBeNull()
    bench.swap('alpha')
    bench.pump(plusMs(bench.now, 5_000))
    bench.cycle((view) => (view.slot === 'ETH-5m' ? enter('up') : hold()))
    expect(bench.events('refused').join()).toMatch(/stake-cap: stake \$5\.00 is over the cap of \$2\.00 an order/)
    expect(bench.engine.state.caps).toMatchObject({ stakePerOrder: usdOf(2), exposurePerWindow: usdOf(12) })
  })
})
