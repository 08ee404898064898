import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Engine } from '../../src/engine/engine.ts'
import type { EngineEvent } from '../../src/engine/events.ts'
import type { CandleColumns } from '../../src/engine/market/candle-columns.ts'
import { CandlePathSource } from '../../src/engine/market/candle-path.ts'
import { CandlePlayer } from '../../src/engine/market/candle-player.ts'
import { DEFAULT_MATCHER } from '../../src/engine/market/matcher.ts'
import { SimulatedVenue } from '../../src/engine/market/simulated-venue.ts'
import type { DeploymentId, OrderId } from '../../src/shared/domain/ids.ts'
import { NO_SHARES, NO_USD, priceOf, usdOf } from '../../src/shared/domain/money.ts'
import type { Order } from '../../src/shared/domain/records.ts'
import { asset, windowAt } from '../../src/shared/domain/slots.ts'
import { MINUTE, SECOND, unixMs } from '../../src/shared/domain/time.ts'
import { slots, testConfig } from '../support/bench-engine.ts'
import { candlesOf, SERIES_START, seriesOf } from '../support/candle-series.ts'

const SLOTS = slots('BTC-5m', 'BTC-15m', 'ETH-5m')
const [FIRST] = SLOTS
const END = SERIES_START + 3 * 60 * MINUTE

interface World {
  readonly engine: Engine
  readonly market: SimulatedVenue
  readonly told: EngineEvent[]
  advance(until: number): void
}

interface Setting {
  readonly series: readonly CandleColumns[]
  readonly from: number
  readonly seed: number
  readonly meanSec: number
  readonly delayMs: number
}

function worldOf({ seed, meanSec, delayMs }: Setting): Omit<World, 'advance'> & { hear(event: EngineEvent): void } {
  const engine = new Engine(testConfig(SLOTS, { settlementMeanSec: meanSec }))
  const market = new SimulatedVenue({
    seed,
    slots: SLOTS,
    venue: DEFAULT_MATCHER,
    settlementMeanSec: meanSec,
    feedDelayMs: delayMs,
    minuteAt: () => undefined,
    source: 'test',
    pushesBooks: false,
  })
  engine.readBooksFrom(market)
  const told: EngineEvent[] = []
  const hear = (event: EngineEvent) => {
    if (event.kind !== 'price') told.push(event)
    // Orders are submitted directly to the venue.
    if (event.kind !== 'order') engine.handle(event)
  }
  return { engine, market, told, hear }
}

/** Pushes every price at its time, as on a desk. */
function told(setting: Setting): World {
  const { series, from, seed } = setting
  const { hear, ...world } = worldOf(setting)
  const source = new CandlePathSource({ series, from: unixMs(from), to: unixMs(END), seed })
  const { market } = world
  return {
    ...world,
    advance: (until) => {
      for (;;) {
        const tickAt = source.peek() ?? Number.POSITIVE_INFINITY
        const marketAt = market.peek() ?? Number.POSITIVE_INFINITY
        if (Math.min(tickAt, marketAt) > until) break
        const tick = tickAt <= marketAt ? source.next() : undefined
        if (tick !== undefined) market.relay(tick)
        else {
          const event = market.pop()
          if (event !== undefined) hear(event)
        }
      }
      market.advanceTo(until)
    },
  }
}

/** Applies prices on demand. */
function asked(setting: Setting): World {
  const { series, from, seed } = setting
  const { hear, ...world } = worldOf(setting)
  const { engine, market } = world
  const player = new CandlePlayer({ series, from: unixMs(from), to: unixMs(END), seed }, market)
  const desk: Parameters<CandlePlayer['begin']>[1] = {
    price: (of, cells, at) => {
      if (of.desk !== null) engine.tick(of.desk, cells, at)
    },
    remainder: (asset, remainder) => asset.desk !== null && engine.remainder(asset.desk, remainder),
    event: hear,
  }
  player.begin(engine, desk)
  return { ...world, advance: market.player(player, desk) }
}

/** Everything observable at a time: view, book and prices. */
function seen({ engine, market }: World, now: number): unknown {
  return SLOTS.map((slot, index) => {
    const state = engine.state.slots.get(slot.id)
    if (state === undefined) throw new Error(`no ${slot.id}`)
    const { asset: of } = state
    return {
      price: of.price,
      priceTs: of.priceTs,
      mean: of.meanStarted ? of.mean.mean(now) : null,
      window: state.window,
      strike: state.strike,
      regime: of.regime,
      candles: (['1m', '5m', '15m'] as const).map((frame) => of.candles[frame].newest(5)),
      forming: of.candles['1m'].current(),
      volatility: of.vol.variance,
      book: state.book,
      best: market.bestOf(index, 0, new Float64Array(5)),
    }
  })
}

function orderAt(ts: number, n: number, limit: number, buysUp: boolean): Order {
  if (FIRST === undefined) throw new Error('no slot')
  const window = windowAt(FIRST, unixMs(ts))
  return {
    id: `O-${n}` as OrderId,
    createdAt: unixMs(ts),
    cycle: n,
    slot: FIRST.id,
    windowId: window.id,
    windowEnd: window.end,
    kind: 'enter',
    side: buysUp ? 'up' : 'down',
    tif: 'GTC',
    postOnly: false,
    expiresAt: null,
    limit: priceOf(limit),
    stake: usdOf(5),
    quantity: NO_SHARES,
    reserve: usdOf(6),
    positionId: null,
    why: 'test',
    quote: null,
    state: 'sent',
    owner: 'desk',
    digest: null,
    filledShares: NO_SHARES,
    filledCost: NO_USD,
    fee: NO_USD,
    reason: null,
    updatedAt: unixMs(ts),
    version: 'v' as Order['version'],
    deployment: 'D-1' as DeploymentId,
    regime: 'quiet-range',
    market: 'simulated',
  }
}

describe('prices read on demand', () => {
  test('give the same market as prices pushed at their times, however often they are read', () => {
    const act = fc.record({
      wait: fc.integer({ min: 1, max: 40 }),
      do: fc.constantFrom('look', 'look', 'nothing', 'order', 'cancel'),
      limit: fc.integer({ min: 5, max: 95 }),
      buysUp: fc.boolean(),
    })
    const setting = fc.record({
      series: fc
        .tuple(candlesOf(40, 1), candlesOf(40, 2))
        .map(([btc, eth]) => [seriesOf('BTC', btc), seriesOf('ETH', eth)]),
      from: fc.integer({ min: SERIES_START, max: SERIES_START + 5 * MINUTE }),
      seed: fc.integer(),
      meanSec: fc.constantFrom(0, 30, 60),
      delayMs: fc.constantFrom(0, 500, 5_000),
    })
    let fills = 0
    fc.assert(
      fc.property(setting, fc.array(act, { minLength: 20, maxLength: 120 }), (given, acts) => {
        const [one, two] = [told(given), asked(given)]
        let now = given.from
        for (const [n, { wait, do: what, limit, buysUp }] of acts.entries()) {
          now += wait * SECOND
          for (const world of [one, two]) {
            world.advance(now)
            if (what === 'order') world.market.submit(orderAt(now, n, limit / 100, buysUp), unixMs(now))
            if (what === 'cancel') world.market.cancel(`O-${n - 1}` as OrderId, unixMs(now))
          }
          if (what === 'look') expect(seen(two, now)).toEqual(seen(one, now))
        }
        for (const world of [one, two]) world.advance(END + 10 * MINUTE)
        expect(two.told).toEqual(one.told)
        expect(seen(two, END)).toEqual(seen(one, END))
        fills += one.told.filter((event) => event.kind === 'order' && event.report.type === 'fill').length
      }),
      { numRuns: 150 },
    )
    // Only resting orders require that every price is pushed.
    expect(fills).toBeGreaterThan(10)
  })

  test('minutes that are not read are never expanded', () => {
    const calm = Array.from({ length: 120 }, (_, m) => ({
      openTime: unixMs(SERIES_START + m * MINUTE),
      open: 100,
      high: 100.01,
      low: 99.99,
      close: 100,
      volume: 12,
    }))
    const given = { series: [seriesOf('BTC', calm)], from: SERIES_START, seed: 1, meanSec: 60, delayMs: 500 }
    const world = asked(given)
    let heard = 0
    const { tick } = world.engine
    world.engine.tick = (...args) => {
      heard++
      tick.apply(world.engine, args)
    }
    world.advance(SERIES_START + 120 * MINUTE)
    const minutes = world.engine.state.assets.get(asset('BTC'))?.candles['1m'].newest(200)
    expect(minutes).toEqual(calm.slice(0, minutes?.length))
    expect(minutes?.length).toBe(119)
    // One price per minute, and all prices of a closing mean: every fifth minute.
    expect(heard).toBeLessThan(120 + (120 / 5) * 12)
  })
})
