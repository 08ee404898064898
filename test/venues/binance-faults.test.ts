import { resolve } from 'node:path'
import { describe, expect } from 'vitest'
import { type Row, recordedMarket } from '../../scripts/venue-sim/market.ts'
import { openMarket } from '../../scripts/venue-sim/start.ts'
import { labTest as test } from '../support/feed-lab.ts'
import { scaled } from '../support/patience.ts'
import { quietMarket, SIM_START } from '../support/venue-sim.ts'

const MINUTE = 60_000
/** Market seconds a real second: four candles a second. */
const SPEED = 240

describe.concurrent('faults', () => {
  test('a dropped connection: reconnected, the hole filled, no candle lost or doubled', async ({ lab }) => {
    const sim = await lab.simulate({ assets: ['BTC', 'ETH'], speed: SPEED })
    const feed = await lab.started(sim, ['BTC', 'ETH'])
    await feed.moreCandles('BTC', 1)
    const before = feed.candles('BTC').length
    sim.drop(700)
    await feed.until('the loss', () => feed.states().some((state) => !state.connected))
    await feed.until('the link', () => feed.states().at(-1)?.connected === true)
    await feed.moreCandles('BTC', 2)
    for (const name of ['BTC', 'ETH']) expect(feed.faults(name)).toEqual([])
    expect(
      feed
        .candles('BTC')
        .slice(before)
        .some((event) => event.origin === 'backfill'),
    ).toBe(true)
    expect(feed.states().every((state) => state.stale.length === 0)).toBe(true)
  })

  test('connections cut again and again lose nothing', async ({ lab }) => {
    const sim = await lab.simulate({ assets: ['BTC'], speed: SPEED, dropEveryMs: 110 })
    const feed = await lab.started(sim, ['BTC'])
    await feed.moreCandles('BTC', 8)
    expect(feed.faults('BTC')).toEqual([])
    expect(feed.feed.stats().connections).toBeGreaterThan(5)
  })

  test('final frames that never come are fetched', async ({ lab }) => {
    const sim = await lab.simulate({ assets: ['BTC', 'ETH'], speed: SPEED })
    const feed = await lab.started(sim, ['BTC', 'ETH'])
    const before = feed.candles('BTC').length
    sim.gap('BTCUSDT', 2)
    await feed.moreCandles('BTC', 4)
    expect(feed.faults('BTC')).toEqual([])
    expect(
      feed
        .candles('BTC')
        .slice(before)
        .filter((event) => event.origin === 'backfill').length,
    ).toBe(2)
    expect(feed.states().every((state) => state.connected)).toBe(true)
  })

  test('silence: the link is dead whatever TCP says', async ({ lab }) => {
    const sim = await lab.simulate({ assets: ['BTC'], speed: SPEED })
    const feed = await lab.started(sim, ['BTC'])
    const { silenceMs } = feed.timings
    sim.silence(2.25 * silenceMs)
    await feed.until('the watchdog', () =>
      feed.details().some((detail) => detail === `link lost: silent for ${silenceMs} ms`),
    )
    await feed.until('the link', () => feed.states().at(-1)?.connected === true)
    await feed.moreCandles('BTC', 2)
    expect(feed.faults('BTC')).toEqual([])
  })

  test('a hole that cannot be filled makes its asset stale until it is, and nothing passes it', async ({ lab }) => {
    const sim = await lab.simulate({ assets: ['BTC', 'ETH'], speed: SPEED })
    const feed = await lab.started(sim, ['BTC', 'ETH'])
    sim.failRest(12, 503)
    sim.gap('BTCUSDT', 1)
    await feed.until('stale', () => feed.states().at(-1)?.stale.length === 1)
    const held = feed.candles('BTC').length
    expect(feed.states().at(-1)).toMatchObject({ connected: true, stale: ['BTC'] })
    await feed.until('whole', () => feed.details().at(-1) === 'BTC has no missing minutes any more')
    expect(feed.states().at(-1)).toMatchObject({ connected: true, stale: [] })
    expect(feed.candles('BTC').length).toBeGreaterThan(held)
    await feed.moreCandles('BTC', 1)
    for (const name of ['BTC', 'ETH']) expect(feed.faults(name)).toEqual([])
  })

  test('a link that comes back while REST does not: every asset is stale, for nobody knows what was missed', async ({
    lab,
  }) => {
    const sim = await lab.simulate({ assets: ['BTC', 'ETH'], speed: SPEED })
    const feed = await lab.started(sim, ['BTC', 'ETH'])
    sim.failRest(14, 0)
    sim.drop()
    await feed.until('the link', () => feed.details().includes('connected again'))
    expect(feed.states().find((state) => state.detail === 'connected again')?.stale.length).toBe(2)
    await feed.until('both whole', () => feed.states().at(-1)?.stale.length === 0)
    await feed.moreCandles('BTC', 2)
    for (const name of ['BTC', 'ETH']) expect(feed.faults(name)).toEqual([])
  })

  test('an announced shutdown: the next connection delivers before the old one ends', async ({ lab }) => {
    const sim = await lab.simulate({ assets: ['BTC'], speed: SPEED })
    const feed = await lab.started(sim, ['BTC'])
    sim.shutdown(150)
    await feed.moreCandles('BTC', 3)
    expect(feed.feed.stats().connections).toBe(2)
    expect(feed.states().every((state) => state.connected)).toBe(true)
    expect(feed.faults('BTC')).toEqual([])
    expect(sim.state().connections).toBe(1)
    // A trade and a candle update may have the same time, but neither comes twice.
    for (const ofCandles of [true, false]) {
      const times = feed.ticks('BTC').flatMap(({ tsVenue, volume }) => (volume > 0 === ofCandles ? [tsVenue] : []))
      expect(times.length).toBeGreaterThan(10)
      expect(new Set(times).size).toBe(times.length)
    }
    const all = feed.ticks('BTC').map(({ tsVenue }) => tsVenue)
    expect(all).toEqual(all.toSorted((a, b) => a - b))
  })

  test('an old connection that is cut while its replacement delivers already is no loss', async ({ lab }) => {
    const sim = await lab.simulate({ assets: ['BTC'], speed: SPEED })
    const feed = await lab.started(sim, ['BTC'], {}, { overlapMs: 2_000 })
    sim.shutdown(150)
    await feed.until('the second connection', () => feed.feed.stats().connections === 2)
    await feed.until('both are open', () => sim.state().connections === 2)
    await feed.moreCandles('BTC', 2)
    expect(sim.state().connections).toBe(1)
    expect(feed.feed.stats().connections).toBe(2)
    expect(feed.states().every((state) => state.connected)).toBe(true)
    expect(feed.faults('BTC')).toEqual([])
  })

  test('an asset that falls silent is not forgotten: the others tell that its candle is late', async ({ lab }) => {
    const sim = await lab.serve({ ...quietMarket(), speed: SPEED })
    const feed = await lab.started(sim, ['BTC', 'ETH'], { historyCount: 20 }, { firstDataMs: scaled(1_000) })
    sim.gap('ETHUSDT', 4)
    await feed.moreCandles('ETH', 3)
    expect(
      feed
        .candles('ETH')
        .slice(-3)
        .every((event) => event.origin === 'backfill'),
    ).toBe(true)
    expect(feed.faults('ETH')).toEqual([])
  })

  test('connections are replaced before they get too old, without a gap', async ({ lab }) => {
    const sim = await lab.simulate({ assets: ['BTC'], speed: SPEED })
    const feed = await lab.started(sim, ['BTC'], {}, { maxAgeMs: 150 })
    await feed.moreCandles('BTC', 6)
    expect(feed.feed.stats().connections).toBeGreaterThan(3)
    expect(feed.states().every((state) => state.connected)).toBe(true)
    expect(feed.faults('BTC')).toEqual([])
  })

  test('bad frames are counted and reported, and disturb nothing else', async ({ lab }) => {
    const sim = await lab.simulate({ assets: ['BTC'], speed: SPEED })
    const feed = await lab.started(sim, ['BTC'])
    const kline = (change: object, outer: object = {}) => {
      const t = Math.floor(sim.now() / MINUTE) * MINUTE
      const k = { t, T: t + 59_999, s: 'BTCUSDT', i: '1m', o: '1', c: '1', h: '1', l: '1', v: '1', x: true, ...change }
      return JSON.stringify({ stream: 'btcusdt@kline_1m', data: { e: 'kline', E: t + 5, s: 'BTCUSDT', k, ...outer } })
    }
    const future = 4_000_000_020_000
    const bad = [
      '',
      '{',
      'null',
      '[]',
      '{"stream":"btcusdt@kline_1m"}',
      '{"e":"trade","E":1}',
      kline({ c: '-1' }),
      kline({ c: 'NaN' }),
      kline({ c: 1 }),
      kline({ h: '0.5' }),
      kline({ t: 1.5 }),
      kline({ i: '5m' }),
      kline({ s: 'ETHUSDT' }),
      kline({ s: 'NOPEUSDT' }, { s: 'NOPEUSDT' }),
      kline({ t: future, T: future + 59_999 }, { E: future + 60_000 }),
      kline({}, { E: 0 }),
    ]
    for (const text of bad) sim.sendRaw(text)
    sim.sendRaw('{"result":null,"id":1}')
    sim.sendRaw('{"code":2,"msg":"Invalid request: too many parameters"}')
    await feed.moreCandles('BTC', 2)
    expect(feed.faults('BTC')).toEqual([])
    expect(feed.feed.stats().badFrames).toBe(bad.length)
    expect(feed.details().some((detail) => /^1 unreadable frame \(1 in all\): not JSON$/.test(detail))).toBe(true)
    expect(feed.details().some((detail) => detail.startsWith('15 unreadable frames (16 in all)'))).toBe(true)
    expect(feed.details()).toContain('the venue reports an error: 2: Invalid request: too many parameters')
    expect(feed.states().every((state) => state.connected && state.stale.length === 0)).toBe(true)
  })

  test('minutes the venue itself does not have are given up after some empty replies, and said so', async ({ lab }) => {
    const start = SIM_START - 50 * MINUTE
    const rows = Array.from({ length: 80 }, (_, i): Row => [start + i * MINUTE, 10, 10.2, 9.9, 10.1, 5])
    const market = recordedMarket(new Map([['BTCUSDT', rows.filter((_, i) => i !== 52 && i !== 53)]]), 0)
    const sim = await lab.serve({ market, startAt: SIM_START, speed: SPEED })
    const feed = await lab.started(sim, ['BTC'], { historyCount: 20 }, { silenceMs: 3_000, firstDataMs: scaled(1_000) })
    await feed.until('the candle after', () => feed.candles('BTC').at(-1)?.candle.openTime === start + 55 * MINUTE)
    expect(feed.details().some((detail) => /^the venue has no candle for BTC from .*, 2 min$/.test(detail))).toBe(true)
    expect(feed.faults('BTC')).toEqual([`${start + 51 * MINUTE} → ${start + 54 * MINUTE}`])
    expect(feed.states().at(-1)?.stale).toEqual([])
  })

  test('after stop nothing is told and nothing stays open', async ({ lab }) => {
    const sim = await lab.simulate({ assets: ['BTC'], speed: SPEED })
    const feed = await lab.started(sim, ['BTC'])
    await feed.feed.stop()
    const told = feed.events.length
    await feed.until('the connection is closed', () => sim.state().connections === 0)
    // The venue goes on, as another one hears.
    const other = await lab.started(sim, ['BTC'])
    await other.moreCandles('BTC', 2)
    expect(feed.events.length).toBe(told)
    expect(sim.state().connections).toBe(1)
  })
})

const tapes = process.env.BATON_TAPES
if (tapes === undefined) console.log('live feed on recorded tapes: did not run, BATON_TAPES names no folder')

test.runIf(tapes !== undefined)('nine recorded assets, moved to now, arrive whole across a cut', async ({ lab }) => {
  const folder = resolve(tapes ?? '', 'binance-1m/2023-04')
  const options = { tapes: [folder], generate: [], seed: 1, from: undefined, speed: 60, now: SIM_START }
  const { market, startAt, shiftMs } = openMarket(options)
  expect(shiftMs % (15 * MINUTE)).toBe(0)
  const sim = await lab.serve({ market, startAt, speed: 60 })
  const names = market.symbols.map((symbol) => symbol.replace('USDT', ''))
  const feed = await lab.started(sim, names, { historyCount: 500 })
  sim.drop(500)
  await feed.moreCandles('MATIC', 2)
  for (const name of names) {
    // The recording itself lacks a few minutes of some assets.
    const real = feed.faults(name).filter((fault) => !fault.includes('→'))
    expect(real).toEqual([])
    expect(feed.candles(name).length).toBeGreaterThan(490)
  }
})
