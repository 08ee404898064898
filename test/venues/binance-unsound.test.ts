import { describe, expect } from 'vitest'
import { labTest as test } from '../support/feed-lab.ts'
import type { RecordedFeed } from '../support/feed-recorder.ts'
import { scaled } from '../support/patience.ts'
import { some } from '../support/some.ts'
import { quietMarket } from '../support/venue-sim.ts'

/** Market seconds a real second: four candles a second, thirty market seconds in an eighth of one. */
const SPEED = 240
const MARKET_MINUTE_MS = 60_000 / SPEED

/** Every state change that names the asset, told as `level detail`. */
const said = (feed: RecordedFeed, name: string) =>
  feed
    .states()
    .filter(({ detail }) => detail.includes(name))
    .map(({ level, detail }) => `${level} ${detail}`)
const stale = (feed: RecordedFeed) => feed.states().at(-1)?.stale ?? []
const soundSince = (feed: RecordedFeed, from: number) =>
  feed.events.slice(from).filter((event) => event.kind === 'price' || event.kind === 'candle')

describe.concurrent('a feed that cannot be relied upon', () => {
  test('B5: one silent symbol is stale and said once, the others flow, and once it is back that is said', async ({
    lab,
  }) => {
    const sim = await lab.simulate({ assets: ['BTC', 'ETH'], speed: SPEED })
    const feed = await lab.started(sim, ['BTC', 'ETH'], {}, { symbolSilenceMs: scaled(300) })
    sim.silence(scaled(1_200), 'ETHUSDT')
    await feed.until('stale', () => stale(feed).includes('ETH' as never))
    expect(feed.states().at(-1)).toMatchObject({
      connected: true,
      stale: ['ETH'],
      level: 'warn',
      problems: [{ asset: 'ETH', code: 'silent' }],
    })
    const ticks = feed.ticks('BTC').length
    await feed.until('BTC flows', () => feed.ticks('BTC').length > ticks + 5)
    await feed.until('it is back', () => stale(feed).length === 0)
    await feed.moreCandles('ETH', 2)
    const warned = said(feed, 'ETH').filter((line) => line.startsWith('warn ETH: no readable price'))
    expect(warned).toHaveLength(1)
    expect(said(feed, 'ETH').filter((line) => /^info ETH delivers again after \d+ s$/.test(line))).toHaveLength(1)
    // Candles of the silence were fetched meanwhile.
    for (const name of ['BTC', 'ETH']) expect(feed.faults(name)).toEqual([])
  })

  test('B5: a symbol that a connection has dropped comes back with another one, and nothing is interrupted', async ({
    lab,
  }) => {
    const sim = await lab.simulate({ assets: ['BTC', 'ETH'], speed: SPEED })
    const feed = await lab.started(sim, ['BTC', 'ETH'], {}, { symbolSilenceMs: scaled(300) })
    sim.mute('ETHUSDT')
    // It is over soon: the next connection takes over at once.
    await feed.until('it was stale', () => feed.states().some((state) => state.stale.length === 1))
    await feed.until('it is back', () => stale(feed).length === 0)
    expect(feed.feed.stats().connections).toBe(2)
    expect(feed.states().every(({ connected }) => connected)).toBe(true)
    await feed.moreCandles('ETH', 2)
    for (const name of ['BTC', 'ETH']) expect(feed.faults(name)).toEqual([])
  })

  test('B5: where the venue itself has not traded, that is the reason, and no connection is replaced', async ({
    lab,
  }) => {
    // A closed candle of ETH comes every five seconds, and nothing between two.
    const sim = await lab.serve({ ...quietMarket(), speed: SPEED / 20 })
    const feed = await lab.started(
      sim,
      ['BTC', 'ETH'],
      { historyCount: 20 },
      { symbolSilenceMs: scaled(500), firstDataMs: scaled(8_000), startMs: scaled(20_000) },
    )
    await feed.until('stale', () => stale(feed).includes('ETH' as never))
    expect(said(feed, 'ETH: ')).toEqual([expect.stringMatching(/^info ETH: no trades at the venue for \d s$/)])
    expect(feed.feed.stats().connections).toBe(1)
  })

  test('B6: times in microseconds are named, refused, and make the asset stale until they are right again', async ({
    lab,
  }) => {
    const sim = await lab.simulate({ assets: ['BTC', 'ETH'], speed: SPEED })
    const feed = await lab.started(
      sim,
      ['BTC', 'ETH'],
      {},
      { unreadablePeriodMs: scaled(200), symbolSilenceMs: scaled(500) },
    )
    const ticks = feed.ticks('ETH').length
    sim.micros(scaled(900), 'ETHUSDT')
    await feed.until('stale', () => stale(feed).length === 1)
    const words = 'its times are in microseconds since 1970, not in milliseconds'
    expect(feed.states().at(-1)).toMatchObject({
      connected: true,
      stale: ['ETH'],
      level: 'warn',
      problems: [{ asset: 'ETH', code: 'unreadable', reason: expect.stringContaining(words) }],
    })
    const [first] = feed.states().filter(({ detail }) => detail.includes('unreadable frame'))
    expect(first).toMatchObject({ level: 'warn', detail: expect.stringContaining(words) })
    await feed.until('it is back', () => stale(feed).length === 0)
    expect(feed.details()).toContain('ETH is readable again')
    await feed.moreCandles('ETH', 2)
    expect(feed.ticks('ETH').length).toBeGreaterThan(ticks)
    // None of it came through under a wrong time, and the minutes were fetched.
    expect(Math.max(...feed.ticks('ETH').map(({ tsVenue }) => tsVenue))).toBeLessThan(sim.now() + 1)
    for (const name of ['BTC', 'ETH']) expect(feed.faults(name)).toEqual([])
    expect(said(feed, 'BTC').filter((line) => line.startsWith('warn BTC'))).toEqual([])
  })

  test('B6: a stream that is largely garbage makes every asset stale, and they are sound again after it', async ({
    lab,
  }) => {
    const sim = await lab.simulate({ assets: ['BTC', 'ETH'], speed: SPEED })
    const feed = await lab.started(sim, ['BTC', 'ETH'], {}, { unreadablePeriodMs: 200 })
    const garbage = setInterval(() => {
      for (let i = 0; i < 20; i++) sim.sendRaw('<html>')
    }, 10)
    lab.onClose(() => Promise.resolve(clearInterval(garbage)))
    await feed.until('stale', () => stale(feed).length === 2)
    expect(feed.states().at(-1)?.problems).toMatchObject([
      { asset: 'BTC', code: 'unreadable', reason: expect.stringMatching(/not JSON$/) },
      { asset: 'ETH', code: 'unreadable' },
    ])
    clearInterval(garbage)
    await feed.until('sound', () => stale(feed).length === 0)
    for (const name of ['BTC', 'ETH']) expect(feed.faults(name)).toEqual([])
  })

  test('B11: three times the price for 7 s never leaves the feed, in prices or candles, and is said', async ({
    lab,
  }) => {
    const sim = await lab.simulate({ assets: ['BTC', 'ETH'], speed: SPEED / 4 })
    const feed = await lab.started(sim, ['BTC', 'ETH'])
    const from = feed.events.length
    sim.shock('BTCUSDT', 3, 7_000)
    const doubted = () => feed.states().find((state) => state.stale.length === 1)
    await feed.until('stale', () => doubted() !== undefined)
    expect(doubted()).toMatchObject({
      stale: ['BTC'],
      level: 'warn',
      problems: [{ asset: 'BTC', code: 'price' }],
      detail: expect.stringMatching(
        /^BTC: the price jumped from [\d.]+ to [\d.]+ \(\+(199|200|201) %\); it is withheld/,
      ),
    })
    await feed.until('it is back', () => stale(feed).length === 0)
    expect(
      said(feed, 'BTC').some((line) => /^info BTC is back at [\d.]+ after \d+ s; \d+ prices? withheld$/.test(line)),
    ).toBe(true)
    await feed.moreCandles('BTC', 2)
    const highest = Math.max(
      ...soundSince(feed, from).map((event) => (event.kind === 'candle' ? event.candle.high : event.price)),
    )
    expect(highest).toBeLessThan(1.1 * (feed.ticks('BTC')[0]?.price ?? 0))
    // The minute that the venue itself tells with that high is left out, and said.
    expect(feed.states().some(({ level, detail }) => level === 'warn' && detail.includes('is left out'))).toBe(true)
    expect(feed.faults('ETH')).toEqual([])
  })

  test('B11: a crash of 25 % is accepted once it has stood for half a minute, with its candles', async ({ lab }) => {
    const sim = await lab.simulate({ assets: ['BTC'], speed: SPEED / 4 })
    const feed = await lab.started(sim, ['BTC'])
    const before = feed.ticks('BTC').at(-1)?.price ?? 0
    const began = sim.now()
    sim.shock('BTCUSDT', 0.75, 3_600_000)
    await feed.until('taken', () => said(feed, 'BTC').some((line) => line.startsWith('warn BTC has been at about')))
    expect(stale(feed)).toEqual([])
    const low = feed.ticks('BTC').filter(({ price }) => price < 0.8 * before)
    expect(low[0]?.tsVenue ?? 0).toBeGreaterThanOrEqual(began + 30_000)
    await feed.moreCandles('BTC', 3)
    const times = feed.candles('BTC').map(({ candle }) => candle.openTime)
    expect(times).toEqual(times.map((_, i) => (times[0] ?? 0) + i * 60_000))
    expect(feed.candles('BTC').at(-1)?.candle.close).toBeLessThan(0.8 * before)
  })

  test('B11: absurd minutes among those fetched after a cut are left out', async ({ lab }) => {
    const sim = await lab.simulate({ assets: ['BTC'], speed: SPEED })
    const feed = await lab.started(sim, ['BTC'])
    const usual = feed.ticks('BTC')[0]?.price ?? 0
    const from = feed.events.length
    sim.drop(4 * MARKET_MINUTE_MS)
    sim.shock('BTCUSDT', 3, 70_000)
    await feed.until('the link', () => feed.details().includes('connected again'))
    await feed.until('sound', () => stale(feed).length === 0)
    await feed.moreCandles('BTC', 2)
    for (const { candle } of some(feed.candles('BTC'))) expect(candle.high).toBeLessThan(1.2 * usual)
    expect(soundSince(feed, from).length).toBeGreaterThan(0)
    expect(feed.states().some(({ detail }) => detail.includes('is left out'))).toBe(true)
  })
})
