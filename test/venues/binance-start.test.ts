import { createServer } from 'node:http'
import { describe, expect } from 'vitest'
import { BinanceRest } from '../../src/main/venues/binance/rest.ts'
import { labTest as test } from '../support/feed-lab.ts'
import { realClock } from '../support/feed-recorder.ts'
import { scaled } from '../support/patience.ts'
import { SIM_START, type VenueSim } from '../support/venue-sim.ts'

const MINUTE = 60_000
/** Market seconds a real second: four candles a second. */
const SPEED = 240

describe.concurrent('start', () => {
  test('history comes first, then the stream joins it without a seam', async ({ lab }) => {
    const sim = await lab.simulate({ assets: ['BTC', 'ETH'], speed: SPEED })
    const feed = await lab.started(sim, ['BTC', 'ETH'])
    await feed.moreCandles('ETH', 3)
    for (const name of ['BTC', 'ETH']) {
      const origins = feed.candles(name).map((event) => event.origin)
      expect(origins.slice(0, 100).every((origin) => origin === 'backfill')).toBe(true)
      expect(origins.slice(100).includes('stream')).toBe(true)
      expect(feed.faults(name)).toEqual([])
    }
    expect(feed.events.findIndex((event) => event.kind === 'price')).toBeGreaterThanOrEqual(200)
    expect(feed.states()[0]).toMatchObject({ connected: true, stale: [] })
    expect(feed.feed.listed()).toEqual(new Set(['BTC', 'ETH']))
    expect(feed.feed.venueTime()?.serverTime).toBeGreaterThanOrEqual(SIM_START)
    expect(feed.feed.stats()).toMatchObject({ badFrames: 0, connections: 1 })
  })

  test('a history longer than a page is read page by page', async ({ lab }) => {
    const sim = await lab.simulate({ assets: ['BTC'], speed: SPEED, past: 2_600 })
    const feed = await lab.started(sim, ['BTC'], { historyCount: 2_500 })
    await feed.moreCandles('BTC', 1)
    expect(feed.candles('BTC').length).toBeGreaterThanOrEqual(2_501)
    expect(feed.faults('BTC')).toEqual([])
  })

  test("the ticks' volumes of a whole candle add up to its volume, and its last price is the close", async ({
    lab,
  }) => {
    const sim = await lab.simulate({ assets: ['BTC'], speed: SPEED })
    const feed = await lab.started(sim, ['BTC'])
    await feed.moreCandles('BTC', 3)
    const last = feed.candles('BTC').at(-1)?.candle
    const open = last?.openTime ?? 0
    // The final push comes shortly after the end, before the next candle's first.
    const inside = feed
      .ticks('BTC')
      .filter((tick) => tick.tsVenue > open + 1_000 && tick.tsVenue < open + MINUTE + 1_000)
    // Volumes come with the candle updates; trades between them give prices alone.
    const ofCandles = inside.filter(({ volume }) => volume > 0)
    expect(ofCandles.length).toBe(30)
    expect(inside.length).toBeGreaterThan(33)
    expect(inside.reduce((sum, tick) => sum + tick.volume, 0)).toBeCloseTo(last?.volume ?? 0, 6)
    expect(ofCandles.at(-1)?.price).toBe(last?.close)
  })

  test('assets the venue does not know, halts or does not deliver are unlisted', async ({ lab }) => {
    const sim = await lab.simulate({
      assets: ['BTC', 'SOL', 'XRP'],
      speed: SPEED,
      halted: ['SOLUSDT'],
      silent: ['XRPUSDT'],
    })
    const feed = await lab.started(sim, ['BTC', 'SOL', 'XRP', 'HYPE'])
    expect(feed.feed.listed()).toEqual(new Set(['BTC']))
    expect(feed.details()[0]).toMatch(/unlisted: SOL XRP HYPE$/)
    await feed.moreCandles('BTC', 2)
    expect(feed.faults('BTC')).toEqual([])
  })

  test('too many requests: nothing is sent until the named time has passed', async ({ lab }) => {
    const sim = await lab.simulate({ assets: ['BTC'], speed: SPEED })
    sim.failRest(1, 429, 1)
    const began = performance.now()
    // Asked once more before that it would have been answered, and the feed been there earlier.
    await lab.started(sim, ['BTC'])
    expect(performance.now() - began).toBeGreaterThan(1_000)
  })

  test('a refusal for too many requests holds back every other request too', async ({ lab }) => {
    const sim = await lab.simulate({ assets: ['BTC'], speed: SPEED })
    const rest = new BinanceRest({ restUrl: sim.restUrl, clock: realClock, requestMs: 1_000 })
    const began = performance.now()
    sim.failRest(1, 429, 1)
    expect(await rest.serverTime()).toMatchObject({ ok: false, error: { kind: 'limited', waitMs: 1_000 } })
    expect(await rest.tradingSymbols(['BTCUSDT'])).toMatchObject({ ok: false, error: { kind: 'limited' } })
    expect(sim.state().requests).toBe(1)
    // What is refused before it leaves is no request.
    const listed = () => rest.tradingSymbols(['BTCUSDT'])
    await expect.poll(listed, { timeout: 30_000 }).toEqual({ ok: true, value: new Set(['BTCUSDT']) })
    expect(performance.now() - began).toBeGreaterThanOrEqual(1_000)
    expect(rest.usedWeight).toBeGreaterThan(0)
    rest.stop()
  })

  test('failing requests are repeated', async ({ lab }) => {
    const sim = await lab.simulate({ assets: ['BTC'], speed: SPEED })
    sim.failRest(3, 0)
    const feed = await lab.started(sim, ['BTC'])
    expect(feed.faults('BTC')).toEqual([])
  })

  test.for<readonly [string, (sim: VenueSim) => void, RegExp]>([
    ['a venue that refuses', (sim: VenueSim) => sim.failRest(99, 403), /403/],
    ['a venue that always fails', (sim: VenueSim) => sim.failRest(999, 500), /not started within [\d.]+ ms: .*500/],
    ['a ban', (sim: VenueSim) => sim.failRest(99, 418), /not started within [\d.]+ ms: .*418/],
    ['no connection to be had', (sim: VenueSim) => sim.drop(60_000), /not started within [\d.]+ ms: refused with 503/],
    ['a silent stream', (sim: VenueSim) => sim.silence(60_000), /delivers nothing/],
  ])('%s ends the start with the reason', async ([, harm, reason], { lab }) => {
    const sim = await lab.simulate({ assets: ['BTC'], speed: SPEED })
    harm(sim)
    const feed = lab.record(sim, ['BTC'], {}, { startMs: scaled(600) })
    const result = await feed.start()
    expect(result.ok ? '' : result.error).toMatch(reason)
  })

  test('an asset list of which nothing trades, and an empty one, are refused', async ({ lab }) => {
    const sim = await lab.simulate({ assets: ['BTC'], speed: SPEED })
    expect(await lab.record(sim, ['HYPE', 'ZEC']).start()).toMatchObject({ ok: false, error: /none of these trades/ })
    expect(await lab.record(sim, []).start()).toMatchObject({ ok: false, error: 'no assets to follow' })
  })

  test('a host that is not there, or answers with a page, is named', async ({ lab }) => {
    const sim = await lab.simulate({ assets: ['BTC'], speed: SPEED })
    const absent = lab.record(sim, ['BTC'], { restUrl: 'http://127.0.0.1:9' }, { startMs: scaled(300) })
    expect(await absent.start()).toMatchObject({ ok: false })
    const page = createServer((_request, response) => response.end('<html>Welcome</html>'))
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve))
    lab.onClose(async () => {
      page.closeAllConnections()
      page.close()
    })
    const address = page.address()
    const port = typeof address === 'object' ? address?.port : 0
    const lost = lab.record(sim, ['BTC'], { restUrl: `http://127.0.0.1:${port}` }, { startMs: scaled(300) })
    expect(await lost.start()).toMatchObject({ ok: false, error: /not JSON/ })
  })
})
