import { describe, expect, test } from 'vitest'
import { InvariantError } from '../../src/shared/domain/base.ts'
import type { DeploymentId, VersionHash } from '../../src/shared/domain/ids.ts'
import { MICRO, price, usdOf } from '../../src/shared/domain/money.ts'
import { asset } from '../../src/shared/domain/slots.ts'
import { plusMs } from '../../src/shared/domain/time.ts'
import { EngineBench, enter, hold, MANIFEST, slots, testConfig } from '../support/bench-engine.ts'

function started(names: readonly string[] = ['BTC-5m'], part: Parameters<typeof testConfig>[1] = {}): EngineBench {
  const bench = new EngineBench(slots(...names), 11, part)
  bench.pump(plusMs(bench.now, 5_000))
  bench.swap()
  return bench
}

/** Lets the taker delay pass. */
function afterDelay(bench: EngineBench): void {
  bench.pump(plusMs(bench.now, 1_000))
}

const lastRefusal = (bench: EngineBench) => bench.causes('refused').at(-1)?.code

describe('every refusal is an event with its reason', () => {
  const caps = testConfig(slots('BTC-5m')).caps

  test.each([
    ['stake-cap', enter('up', 11), {}],
    ['below-minimum', enter('up', 0.5), {}],
    ['bad-limit', enter('up', 5, 1.2), {}],
    ['bad-limit', enter('up', 5, 0.004), {}],
    [
      'bad-intent',
      {
        ...enter('up'),
        intents: [
          {
            kind: 'enter' as const,
            side: 'up' as const,
            limit: 0.5,
            stakeUsd: 5,
            tif: 'FAK' as const,
            postOnly: true,
            why: 'x',
          },
        ],
      },
      {},
    ],
    ['window-cap', enter('up', 8), { caps: { ...caps, exposurePerWindow: usdOf(6) } }],
    ['asset-cap', enter('up', 8), { caps: { ...caps, exposurePerAsset: usdOf(6) } }],
    ['account-cap', enter('up', 8), { caps: { ...caps, exposurePerAccount: usdOf(6) } }],
    ['no-position', { ...hold(), intents: [{ kind: 'exit' as const, limit: 0.5, why: 'x' }] }, {}],
    ['no-order', { ...hold(), intents: [{ kind: 'cancel' as const, orderId: 'O-99', why: 'x' }] }, {}],
  ])('%s', (reason, decision, part) => {
    const bench = started(['BTC-5m'], part)
    bench.cycle(() => decision)
    expect(lastRefusal(bench)).toBe(reason)
    expect(bench.records.some((record) => record.t === 'intent')).toBe(false)
    expect(bench.engine.state.slots.values().next().value?.lastWhy).toContain(`refused, ${reason}`)
  })

  test('stale-price: a price older than the bound', () => {
    const bench = started()
    // No more ticks; only time passes.
    bench.now = plusMs(bench.now, 15_000)
    bench.cycle(() => enter('up'))
    expect(lastRefusal(bench)).toBe('stale-price')
  })

  test('feed-down: the feed reports a lost link', () => {
    const bench = started()
    bench.deliver({ kind: 'feed', ts: bench.now, connected: false, stale: [], detail: 'connection lost' })
    bench.cycle(() => enter('up'))
    expect(lastRefusal(bench)).toBe('feed-down')
  })

  test('B5, B11: an asset whose feed has a problem is refused with that reason, whatever the last price was', () => {
    const bench = started()
    const reason = 'the price jumped from 100 to 300 (+200 %)'
    const problem = { asset: asset('BTC'), reason }
    const state = { kind: 'feed', ts: bench.now, connected: true, stale: [asset('BTC')], problems: [problem] } as const
    bench.deliver({ ...state, detail: 'ETH is whole again', level: 'info' })
    bench.cycle(() => enter('up'))
    expect(lastRefusal(bench)).toBe('feed-down')
    expect(bench.engine.state.slots.values().next().value?.lastWhy).toContain(reason)
    expect(bench.records.some((record) => record.t === 'intent')).toBe(false)
  })

  test('paused, slot-paused, strategy-paused', () => {
    const bench = started()
    for (const [command, reason] of [
      [{ kind: 'pause', reason: 'x', slot: 'BTC-5m' }, 'slot-paused'],
      [{ kind: 'pause', reason: 'x', strategy: 'alpha' }, 'strategy-paused'],
      [{ kind: 'pause', reason: 'x' }, 'paused'],
    ] as const) {
      expect(bench.command(command)).toBeNull()
      bench.cycle(() => enter('up'))
      expect(lastRefusal(bench)).toBe(reason)
      const { reason: _, ...scope } = command
      expect(bench.command({ ...scope, kind: 'resume' })).toBeNull()
    }
    bench.cycle(() => enter('up'))
    expect(bench.records.filter((record) => record.t === 'intent')).toHaveLength(1)
  })

  test('I2 second-entry: while an entry is on its way, held, or ended and not settled', () => {
    const bench = started()
    bench.cycle(() => enter('up'))
    bench.cycle(() => enter('up'))
    expect(lastRefusal(bench)).toBe('second-entry')
    afterDelay(bench)
    bench.cycle(() => enter('down'))
    expect(bench.records.filter((record) => record.t === 'intent')).toHaveLength(1)
    expect(bench.engine.state.positions.size).toBe(1)
  })

  test('an unlisted slot is never evaluated', () => {
    const [listed] = slots('BTC-5m')
    const bench = started(['BTC-5m', 'ETH-5m'], { listings: testConfig(slots('BTC-5m')).listings })
    const asked = bench.cycle(hold)
    expect(asked.flatMap((evaluation) => evaluation.views.map((view) => view.slot))).toEqual([listed?.id])
  })

  test('the same refusal is logged once per window, not every cycle', () => {
    const bench = started()
    for (let i = 0; i < 5; i++) bench.cycle(() => enter('up', 11))
    expect(bench.events('refused')).toHaveLength(1)
  })
})

describe('I12: a breach pauses entries', () => {
  test('orders a minute: entries are paused for a minute', () => {
    const bench = started(['BTC-5m', 'ETH-5m', 'SOL-5m'], { caps: { ...testConfig([]).caps, ordersPerMinute: 2 } })
    bench.cycle(() => enter('up', 5))
    expect(bench.engine.state.trading).toBe('paused')
    expect(bench.records.filter((record) => record.t === 'intent')).toHaveLength(2)
    bench.pump(plusMs(bench.now, 61_000))
    bench.cycle(hold)
    expect(bench.engine.state.trading).toBe('running')
  })

  test('loss of a day: entries are paused until the next UTC day', () => {
    const bench = started(['BTC-5m', 'ETH-5m', 'SOL-5m'], { caps: { ...testConfig([]).caps, lossPerDay: usdOf(1) } })
    for (let i = 0; i < 200 && bench.engine.state.trading === 'running'; i++) {
      bench.cycle(() => enter('up', 5, 0.99))
      bench.pump(plusMs(bench.now, 5_000))
    }
    const [cause] = bench.causes('cap')
    expect(cause).toMatchObject({ code: 'daily-loss', cap: usdOf(1) })
    expect(cause?.code === 'daily-loss' ? cause.loss : 0).toBeGreaterThanOrEqual(usdOf(1))
    expect((bench.engine.state.pause?.until ?? 0) % 86_400_000).toBe(0)
  })
})

describe('I4: swaps', () => {
  test('a swap while an evaluation is in flight is a broken invariant', () => {
    const bench = started()
    bench.cycle(hold, false)
    expect(() => bench.swap()).toThrow(InvariantError)
  })

  test('a swap made from an older revision of the state is refused before it is tried', () => {
    const bench = started()
    const [state] = bench.engine.strategyStates('alpha')
    bench.cycle(() => ({ ...hold(), state: '{"moved":true}' }))
    const swap = {
      deployment: 'D-9' as DeploymentId,
      reason: 'deployment' as const,
      before: null,
      strategy: 'alpha',
      version: 'f'.repeat(64) as VersionHash,
      label: 'alpha v9',
      manifest: MANIFEST,
      states: state === undefined ? [] : [{ slot: state.slot, json: '{}', fromRevision: state.revision }],
    }
    expect(bench.engine.swapRefusal(swap)).toEqual({ code: 'state-changed', slot: 'BTC-5m' })
  })

  test('an answer of another epoch is dropped and logged', () => {
    const bench = started()
    const [asked] = bench.cycle(hold, false)
    if (asked === undefined) throw new Error('nothing was asked')
    bench.answer({ ...asked, epoch: asked.epoch - 1 }, () => enter('up'))
    expect(bench.events('late')).toHaveLength(1)
    expect(bench.records.some((record) => record.t === 'intent')).toBe(false)
    bench.answer(asked, () => enter('up'))
    expect(bench.records.some((record) => record.t === 'intent')).toBe(true)
  })

  test('I1: the new version takes over position and resting order, each with a marked ledger row', () => {
    const bench = started(['BTC-5m', 'ETH-5m'])
    bench.cycle((view) =>
      view.asset === 'BTC'
        ? enter('up')
        : { ...hold(), intents: [{ kind: 'enter', side: 'up', limit: 0.05, stakeUsd: 5, tif: 'GTC', why: 'rest' }] },
    )
    afterDelay(bench)
    const second = bench.swap()
    const handoffs = bench.records.flatMap((record) => (record.t === 'handoff' ? [record.handoff] : []))
    expect(handoffs.map((handoff) => handoff.subject).toSorted()).toEqual(['order', 'position'])
    for (const handoff of handoffs) {
      expect(handoff).toMatchObject({ to: second, reason: 'deployment', deployment: 'D-2', markSource: 'bid' })
      expect(handoff.mark).toBeGreaterThan(0)
    }
    const [position] = bench.engine.state.positions.values()
    expect(position).toMatchObject({ openedBy: '1'.padStart(64, '0'), ownedBy: second })
  })

  test('I9: a version that faults is stopped alone; the desk holds its position and its successor takes it back', () => {
    const bench = started()
    bench.cycle(() => enter('up'))
    afterDelay(bench)
    const live = bench.engine.state.live.get('alpha')
    if (live === undefined) throw new Error('nothing is live')
    bench.deliver({ kind: 'fault', ts: bench.now, version: live, slot: null, fatal: true, message: 'deadline' })
    expect([...bench.engine.state.positions.values()][0]?.ownedBy).toBe('desk')
    expect(bench.cycle(hold)).toHaveLength(0)
    const next = bench.swap()
    expect([...bench.engine.state.positions.values()][0]?.ownedBy).toBe(next)
  })
})

describe('I5: kill', () => {
  test('a fill that arrives after the kill belongs to the desk, and stays there after a re-arm and a deployment', () => {
    const bench = started()
    bench.cycle(() => enter('up'))
    bench.command({ kind: 'kill', positions: 'hold' })
    afterDelay(bench)
    const [position] = bench.engine.state.positions.values()
    expect(position?.ownedBy).toBe('desk')
    expect(bench.cycle(() => enter('up'))).toHaveLength(0)
    bench.command({ kind: 'rearm', confirm: 'REARM', reason: 'test' })
    bench.swap()
    expect([...bench.engine.state.positions.values()][0]?.ownedBy).toBe('desk')
  })

  test('flatten sells what is open through the shut gate, by the desk alone', () => {
    const bench = started()
    bench.cycle(() => enter('up'))
    bench.pump(plusMs(bench.now, 10_000))
    bench.command({ kind: 'kill', positions: 'flatten' })
    bench.cycle(hold)
    bench.pump(plusMs(bench.now, 10_000))
    expect(bench.engine.state.positions.size).toBe(0)
    const exits = bench.records.flatMap((record) =>
      record.t === 'intent' && record.order.kind === 'exit' ? [record.order.owner] : [],
    )
    expect(exits).toEqual(['desk'])
    expect(bench.engine.state.ledger.balanced()).toBe(true)
  })

  test('resting orders are cancelled', () => {
    const bench = started()
    bench.cycle(() => ({
      ...hold(),
      intents: [{ kind: 'enter', side: 'up', limit: 0.05, stakeUsd: 5, tif: 'GTC', why: 'rest' }],
    }))
    afterDelay(bench)
    expect([...bench.engine.state.orders.values()].map((order) => order.state)).toEqual(['open'])
    bench.command({ kind: 'kill', positions: 'hold' })
    afterDelay(bench)
    expect(bench.engine.state.orders.size).toBe(0)
  })
})

describe('settlement', () => {
  test('a tie pays Up, the payout is locked until it is redeemed, and the figures add up', () => {
    const bench = started()
    bench.cycle(() => enter('up'))
    afterDelay(bench)
    const [position] = bench.engine.state.positions.values()
    if (position === undefined) throw new Error('no position')
    const { windowId, slot, shares: bought, cost, fees } = position
    const after = plusMs(position.windowEnd, 30_000)
    bench.pump(plusMs(bench.now, 5_000))
    bench.deliver({
      kind: 'settled',
      ts: after,
      slot,
      windowId,
      strike: 100,
      close: 100,
      payoutUp: price(MICRO),
      source: 'test',
    })
    const { ledger } = bench.engine.state
    expect(ledger.locked).toBe(bought)
    expect(ledger.profit).toBe(bought - cost - fees)
    bench.deliver({ kind: 'redeemed', ts: after, windowId })
    expect(ledger.locked).toBe(0)
    expect(ledger.cash).toBe(usdOf(1_000) + bought - cost - fees)
  })

  test('a matched trade that the chain reverses leaves no position and gives the money back', () => {
    const bench = new EngineBench(slots('BTC-5m'), 11, {}, MICRO)
    bench.pump(plusMs(bench.now, 5_000))
    bench.swap()
    bench.cycle(() => enter('up'))
    bench.pump(plusMs(bench.now, 10_000))
    expect(bench.engine.state.positions.size).toBe(0)
    expect(bench.engine.state.ledger.cash).toBe(usdOf(1_000))
    expect(bench.events('reversed')).toHaveLength(1)
  })

  test('a reversed exit gives back the shares and takes back the proceeds; until it is confirmed nothing else is done', () => {
    const bench = started()
    bench.cycle(() => enter('up'))
    bench.pump(plusMs(bench.now, 10_000))
    const before = { ...[...bench.engine.state.positions.values()][0] }
    const { cash } = bench.engine.state.ledger
    const [exit] = bench.records.filter((record) => record.t === 'intent').slice(1)
    expect(exit).toBeUndefined()
    const exits = () =>
      bench.records.flatMap((record) => (record.t === 'intent' && record.order.kind === 'exit' ? [record.order] : []))
    bench.cycle(() => ({ ...hold(), intents: [{ kind: 'exit', limit: 0.01, why: 'out' }] }))
    afterDelay(bench)
    const [order] = exits()
    if (order === undefined) throw new Error('no exit')
    bench.cycle(() => enter('down'))
    expect(lastRefusal(bench)).toBe('second-entry')
    const sold = [...bench.engine.state.fills.values()].filter((fill) => fill.orderId === order.id)
    expect(sold.length).toBeGreaterThan(0)
    for (const { id } of sold)
      bench.deliver({
        kind: 'fill',
        ts: bench.now,
        orderId: order.id,
        fillId: id,
        fate: { type: 'failed', reason: 'planted' },
      })
    const after = [...bench.engine.state.positions.values()][0]
    expect(after).toMatchObject({
      state: 'open',
      shares: before.shares,
      cost: before.cost,
      fees: before.fees,
      realised: before.realised,
    })
    expect(bench.engine.state.ledger.cash).toBe(cash)
  })

  test('a completely sold position is closed once the sale is confirmed on chain; then the window is free again', () => {
    const bench = started()
    bench.cycle(() => enter('up'))
    bench.pump(plusMs(bench.now, 10_000))
    bench.cycle(() => ({ ...hold(), intents: [{ kind: 'exit', limit: 0.01, why: 'out' }] }))
    bench.pump(plusMs(bench.now, 10_000))
    expect(bench.engine.state.positions.size).toBe(0)
    bench.cycle(() => enter('up'))
    afterDelay(bench)
    expect(bench.engine.state.positions.size).toBe(1)
  })
})

describe('orders that rest', () => {
  const rest = (limit: number, stakeUsd = 8) => ({
    ...hold(),
    intents: [{ kind: 'enter' as const, side: 'up' as const, limit, stakeUsd, tif: 'GTC' as const, why: 'rest' }],
  })

  test('I5: an order that is in the taker delay when the kill comes does not come to rest and fill later', () => {
    const bench = started()
    // Crosses, but the book has less than that at this price.
    bench.cycle((view) => rest(view.up.ask ?? 0.5))
    bench.pump(plusMs(bench.now, 60))
    expect([...bench.engine.state.orders.values()].map((order) => order.state)).toEqual(['delayed'])
    bench.command({ kind: 'kill', positions: 'hold' })
    afterDelay(bench)
    expect(bench.engine.state.orders.size).toBe(0)
    const last = bench.records.findLast((record) => record.t === 'order')
    expect(['filled', 'cancelled', 'expired']).toContain(last?.order.state)
    const matched = () => bench.records.filter((record) => record.t === 'fill' && record.fill.state === 'matched')
    const fills = matched().length
    bench.pump(plusMs(bench.now, 60_000))
    expect(matched()).toHaveLength(fills)
    expect(bench.engine.state.orders.size).toBe(0)
  })

  test('fills of an order whose remainder is cancelled are confirmed and can be sold', () => {
    const bench = started()
    bench.cycle((view) => rest((view.up.ask ?? 0.5) - 0.01))
    // Until the price has traded through it, at least in part.
    for (let i = 0; i < 60 && bench.engine.state.positions.size === 0; i++) bench.pump(plusMs(bench.now, 1_000))
    expect(bench.engine.state.positions.size).toBe(1)
    for (const order of bench.engine.state.orders.values()) bench.market.cancel(order.id, bench.now)
    bench.pump(plusMs(bench.now, 10_000))
    expect(bench.engine.state.orders.size).toBe(0)
    bench.cycle(() => ({ ...hold(), intents: [{ kind: 'exit', limit: 0.01, why: 'out' }] }))
    bench.pump(plusMs(bench.now, 10_000))
    expect(bench.engine.state.positions.size).toBe(0)
  })
})
