import { beforeEach, describe, expect, test } from 'vitest'
import { isWorking } from '../../src/engine/state.ts'
import type { Owner, VersionHash } from '../../src/shared/domain/ids.ts'
import { usdOf } from '../../src/shared/domain/money.ts'
import type { Position } from '../../src/shared/domain/records.ts'
import { MINUTE, plusMs, unixMs } from '../../src/shared/domain/time.ts'
import { EngineBench, enter, hold, MANIFEST, slots } from '../support/bench-engine.ts'

const OWN = slots('BTC-5m', 'ETH-5m', 'BTC-15m')

/** `alpha` trades the 5-minute slots, `beta` the other; `alpha` holds a position in BTC-5m. */
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

const own = (state: EngineBench['engine']['state'], slot: string) => state.slots.get(slot as never)?.stateJson

describe('canary', () => {
  let bench: EngineBench
  let position: Position
  let first: VersionHash
  beforeEach(() => {
    const begun = holding('handoff')
    bench = begun.bench
    position = begun.position
    first = begun.first as VersionHash
    bench.cycle((view) => ({ intents: [], why: 'counts', state: `{"seen":"${view.slot}"}` }))
  })
  const nextWindow = () => bench.pump(plusMs(unixMs(position.windowEnd), 15_000))

  test('it has its slots from their next window on; what is open there stays with the live version, which manages it', () => {
    const canary = bench.canary('alpha', ['BTC-5m'], 1_000_000)
    expect(bench.engine.state.versions.get(canary)?.state).toBe('canary')
    expect(bench.engine.state.live.get('alpha')).toBe(first)
    expect(position.ownedBy).toBe(first)
    expect(new Map(askedFor(bench)).get(first)).toEqual(['ETH-5m', 'BTC-5m'])
    nextWindow()
    const asked = new Map(askedFor(bench))
    expect([asked.get(first), asked.get(canary)]).toEqual([['ETH-5m'], ['BTC-5m']])
    bench.pump(plusMs(bench.now, 5_000))
    bench.cycle(() => enter('up'))
    const bought = [...bench.engine.state.orders.values()].map(({ slot, version }) => [slot, version])
    expect(bought).toContainEqual(['BTC-5m', canary])
    expect(bought).toContainEqual(['ETH-5m', first])
  })

  test('with a part of the stake it buys for that part, and for no less than the market takes', () => {
    bench.canary('alpha', ['BTC-5m', 'ETH-5m'], 400_000)
    nextWindow()
    bench.cycle((view) => ({
      why: 'in',
      intents:
        view.slot === 'BTC-15m'
          ? []
          : [{ kind: 'enter', side: 'up', limit: 0.9, stakeUsd: view.slot === 'BTC-5m' ? 14 : 5, why: 'in' }],
      state: '{}',
    }))
    const stakes = [...bench.engine.state.orders.values()].filter(isWorking).map(({ slot, stake }) => [slot, stake])
    expect(Object.fromEntries(stakes)).toEqual({ 'BTC-5m': usdOf(5.6), 'ETH-5m': usdOf(4.5) })
  })

  test('dismissed, it gives back its slots with the state from before, and what it has open (I1)', () => {
    const canary = bench.canary('alpha', ['BTC-5m'], 1_000_000, '{"canary":1}')
    nextWindow()
    bench.cycle((view) => (view.slot === 'BTC-5m' ? enter('up') : hold()))
    bench.pump(plusMs(bench.now, 3_000))
    const [opened] = [...bench.engine.state.positions.values()].filter((one) => one.openedBy === canary)
    expect(own(bench.engine.state, 'BTC-5m')).not.toBe('{"seen":"BTC-5m"}')
    bench.deliver({ kind: 'endCanary', ts: bench.now, strategy: 'alpha', why: 'test' })
    expect(opened).toMatchObject({ ownedBy: first, openedBy: canary, version: canary })
    expect(bench.ownersByLedger().get(opened?.id ?? '')).toBe(first)
    expect(own(bench.engine.state, 'BTC-5m')).toBe('{"seen":"BTC-5m"}')
    expect(bench.engine.state.versions.get(canary)?.state).toBe('retired')
    bench.pump(plusMs(bench.now, 5_000))
    expect(askedFor(bench)).toEqual([
      [first, ['BTC-5m', 'ETH-5m']],
      [expect.anything(), ['BTC-15m']],
    ])
  })

  test('promoted, it keeps its own state where it was, takes over the rest, and owns what the other had', () => {
    const canary = bench.canary('alpha', ['ETH-5m'], 500_000, '{"canary":1}')
    bench.promote('alpha', '{"migrated":1}')
    const { state } = bench.engine
    expect(state.live.get('alpha')).toBe(canary)
    expect([state.versions.get(canary)?.state, state.canaries.size]).toEqual(['live', 0])
    expect([own(state, 'ETH-5m'), own(state, 'BTC-5m')]).toEqual(['{"canary":1}', '{"migrated":1}'])
    expect(position.ownedBy).toBe(canary)
    bench.pump(plusMs(bench.now, 5_000))
    expect(new Map(askedFor(bench)).get(canary)).toEqual(['BTC-5m', 'ETH-5m'])
  })

  test('stopped by a fault, it is over at once, and the live version has everything', () => {
    const version = bench.canary('alpha', ['BTC-5m'], 1_000_000)
    nextWindow()
    bench.cycle((view) => (view.slot === 'BTC-5m' ? enter('up') : hold()))
    bench.pump(plusMs(bench.now, 3_000))
    const [opened] = [...bench.engine.state.positions.values()].filter((one) => one.openedBy === version)
    bench.deliver({ kind: 'fault', ts: bench.now, version, slot: null, fatal: true, message: 'planted' })
    expect(opened?.ownedBy).toBe(first)
    expect(bench.engine.state.canaries.size).toBe(0)
    expect(bench.engine.state.versions.get(version)?.state).toBe('faulted')
    // With the live version stopped as well, the desk is the owner until the next version.
    const again = bench.canary('alpha', ['ETH-5m'], 1_000_000)
    bench.deliver({ kind: 'fault', ts: bench.now, version: first, slot: null, fatal: true, message: 'planted' })
    bench.deliver({ kind: 'fault', ts: bench.now, version: again, slot: null, fatal: true, message: 'planted' })
    expect(opened?.ownedBy).toBe('desk')
    expect(opened?.ownedBy).toBe(bench.ownersByLedger().get(opened?.id ?? ''))
    const next = bench.swap('alpha')
    expect(opened?.ownedBy).toBe(next)
  })

  test('I4: nothing else is swapped in beside it, and none begins while an answer is awaited', () => {
    const start = (version: string, slots: readonly string[]) => ({
      swap: {
        deployment: 'D-9' as never,
        reason: 'deployment' as const,
        strategy: 'alpha',
        version: version as VersionHash,
        label: 'alpha v9',
        manifest: MANIFEST,
        before: null,
        states: [],
      },
      slots: slots as never,
      stakePpm: 1,
    })
    const refusal = (version: string, of: readonly string[] = ['BTC-5m']) =>
      bench.engine.canaryRefusal(start(version, of))
    expect(refusal('9', ['BTC-15m'])).toEqual({ code: 'unassigned', slots: ['BTC-15m'], strategy: 'alpha' })
    expect(refusal('9', [])).toEqual({ code: 'no-slots' })
    expect(refusal(first)).toEqual({ code: 'live-already', label: 'alpha v9' })
    const asked = bench.cycle(hold, false)
    expect(refusal('9')).toEqual({ code: 'evaluating' })
    for (const evaluation of asked) bench.answer(evaluation, hold)
    expect(refusal('9')).toBeNull()
    const canary = bench.canary('alpha', ['BTC-5m'], 1_000_000)
    expect(refusal('9')).toEqual({ code: 'canary-already', strategy: 'alpha' })
    expect(bench.engine.swapRefusal(start('9', []).swap)).toEqual({ code: 'has-canary', strategy: 'alpha' })
    expect(bench.engine.swapRefusal(start(canary, []).swap)).toBeNull()
  })
})

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
    // A draining version may sell, but not buy.
    bench.pump(plusMs(bench.now, 5_000))
    bench.cycle((view) => (view.slot === 'BTC-5m' ? enter('down') : hold()))
    expect(bench.causes('refused')).toEqual([{ code: 'draining', label: 'alpha v1', slot: 'BTC-5m' }])
    bench.pump(plusMs(bench.now, 5_000))
    bench.cycle((view) =>
      view.slot === 'BTC-5m'
        ? { intents: [{ kind: 'exit', limit: 0.01, why: 'out' }], why: 'out', state: '{"sold":true}' }
        : hold(),
    )
    const exit = [...state.orders.values()].find((order) => order.kind === 'exit')
    expect(exit).toMatchObject({ owner: first, version: first })
    // It has a state of its own; the slot's state belongs to the new version.
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
    expect(bench.events('deployment').filter((text) => /is retired$/.test(text))).toHaveLength(2)
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
    expect(bench.command({ kind: 'close', position: 'P-99' })).toMatchObject({ code: 'unknown' })
    expect(bench.command({ kind: 'close', position: position.id, reason: 'enough' })).toBeNull()
    expect(position.ownedBy).toBe('desk')
    expect(bench.command({ kind: 'close', position: position.id })).toMatchObject({ code: 'no-effect' })
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
    const why = bench.engine.state.slots.get(position.slot)?.pause?.reason
    expect(bench.causes('refused')).toContainEqual({ code: 'slot-paused', slot: 'BTC-5m', why })
    expect(bench.ownersByLedger().get(position.id)).toBe('desk')
    // In the next window its version trades again.
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
    expect(bench.command({ kind: 'assign', slot: 'BTC-5m', strategy: 'alpha' })).toMatchObject({ code: 'no-effect' })
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
    expect(bench.causes('refused')).toEqual([{ code: 'stake-cap', stake: usdOf(5), cap: usdOf(2) }])
    expect(bench.engine.state.caps).toMatchObject({ stakePerOrder: usdOf(2), exposurePerWindow: usdOf(12) })
  })
})
