import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { MarketWindow } from '../../scripts/venue-sim/polymarket/identity.ts'
import type { PolymarketSim } from '../../scripts/venue-sim/polymarket/sim.ts'
import { framesOf, known, steppedSim } from '../support/polymarket-sim.ts'
import { generatedSim, SIM_START, type VenueSim } from '../support/venue-sim.ts'

/** Market time from the start of the simulator to the end of the first window, and from there to its resolution. */
const [BEFORE_END_MS, RESOLVE_AFTER_MS] = [60_000, 20_000]
/** Market time stops so long before the end until the stream of the window is subscribed to. */
const HELD_BEFORE_END_MS = 20_000
const SPEED = 15

const reportSchema = z.looseObject({
  calls: z.record(z.string(), z.object({ value: z.unknown().optional(), error: z.string().optional() })).default({}),
})
type Report = z.infer<typeof reportSchema>

/**
 * Runs one of the scripts beside this file, which drive a client, and reads what it reports.
 * @param onSubscribed called when the script says so
 */
function run(script: string, settings: object, onSubscribed = () => {}): Promise<Report> {
  const child = spawn(process.execPath, [script, JSON.stringify(settings)], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
    if (output.includes('SUBSCRIBED')) onSubscribed()
  })
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => {
      const report = /^REPORT (.*)$/m.exec(output)?.[1]
      if (report === undefined) reject(new Error(`${script} ended with ${code}: ${output}${errors}`))
      else resolve(reportSchema.parse(JSON.parse(report)))
    })
  })
}

const errorsOf = ({ calls }: Report) =>
  Object.fromEntries(Object.entries(calls).flatMap(([name, { error }]) => (error === undefined ? [] : [[name, error]])))
const answerOf = (report: Report, name: string): unknown => report.calls[name]?.value

beforeAll(() => {
  if (!existsSync(join(import.meta.dirname, 'node_modules/ccxt'))) {
    throw new Error('the clients are not installed: npm ci --ignore-scripts --prefix test/clients')
  }
})

describe('clients against the running simulator', () => {
  const SCRIPTS = ['clob-client', 'client', 'ccxt', 'binance-spot', 'real-time-data'] as const
  const reports = new Map<string, Promise<Report>>()
  let sim: VenueSim
  let pm: PolymarketSim
  let window: MarketWindow
  let pace: NodeJS.Timeout

  beforeAll(async () => {
    const startAt = SIM_START + 300_000 - BEFORE_END_MS
    let now = startAt
    let limit = SIM_START + 300_000 - HELD_BEFORE_END_MS
    const polymarket = { resolveAfterMs: RESOLVE_AFTER_MS }
    sim = await generatedSim({ assets: ['BTC', 'ETH'], startAt, clock: () => now, polymarket })
    pace = setInterval(() => {
      now = Math.min(limit, now + 20 * SPEED)
      sim.step()
    }, 20)
    pm = known(sim.polymarket)
    window = known(pm.windows().find(({ minutes }) => minutes === 5))
    const { gammaUrl, clobUrl, marketWsUrl, rtdsUrl } = pm
    const urls = { gammaUrl, clobUrl, marketWsUrl, rtdsUrl, restUrl: sim.restUrl, wsUrl: sim.wsUrl }
    for (const name of SCRIPTS) {
      // The books of the long window stay full.
      const read = name === 'ccxt' ? known(pm.windows().find(({ minutes }) => minutes === 15)) : window
      const { slug, up, down, conditionId, marketId } = read
      const report = run(`${name}.mjs`, { ...urls, slug, up, down, conditionId, marketId }, () => {
        limit = Number.POSITIVE_INFINITY
      })
      report.catch(() => {})
      reports.set(name, report)
    }
  })
  afterAll(() => {
    clearInterval(pace)
    return sim.close()
  })

  const reportOf = (name: (typeof SCRIPTS)[number]) => known(reports.get(name))

  test('@polymarket/clob-client-v2 reads everything and computes the same checksum', async () => {
    const report = await reportOf('clob-client')
    expect(errorsOf(report)).toEqual({})
    const { given, computed } = z
      .object({ given: z.string(), computed: z.string() })
      .parse(answerOf(report, 'bookHash'))
    expect(computed).toBe(given)
    expect(answerOf(report, 'unknownToken')).toMatchObject({ status: 404 })
    expect(answerOf(report, 'clobMarket')).toMatchObject({ c: window.conditionId, fd: { r: 0.07, e: 1 } })
    expect(Object.keys(report.calls).length).toBeGreaterThan(20)
  })

  test('@polymarket/client reads, and streams the window to its resolution', async () => {
    const report = await reportOf('client')
    expect(Object.keys(errorsOf(report))).toEqual(['unknownMarket'])
    expect(answerOf(report, 'market')).toMatchObject({ outcomes: { yes: { label: 'Up' }, no: { label: 'Down' } } })
    expect(answerOf(report, 'condition')).toBe(window.conditionId)
    const counts = z.record(z.string(), z.number()).parse(report.counts)
    for (const kind of ['book', 'price_change', 'best_bid_ask', 'last_trade_price', 'market_resolved']) {
      expect(counts[`market:${kind}`], kind).toBeGreaterThan(0)
    }
    for (const source of ['chainlink', 'binance']) expect(counts[`prices.crypto.${source}:update`]).toBeGreaterThan(10)
    const outcome = known(pm.outcome(window.slug))
    const winningTokenId = outcome === 'Up' ? window.up : window.down
    expect(report.resolved).toMatchObject({ winningOutcome: outcome, winningTokenId })
  })

  test('ccxt reads Polymarket and Binance and watches both', async () => {
    const report = await reportOf('ccxt')
    expect(errorsOf(report)).toEqual({})
    expect(answerOf(report, 'watched')).toMatchObject({ updates: 10 })
    expect(answerOf(report, 'binanceCandles')).toBe(5)
    expect(answerOf(report, 'binanceWatched')).toBeGreaterThan(0)
  })

  test('@binance/spot reads and streams', async () => {
    const report = await reportOf('binance-spot')
    expect(errorsOf(report)).toEqual({ unknownSymbol: 'Invalid symbol.' })
    expect(answerOf(report, 'klines')).toHaveLength(3)
    expect(answerOf(report, 'stream')).toMatchObject({ e: 'kline', s: 'BTCUSDT' })
  })

  test('@polymarket/real-time-data-client receives the TWAP', async () => {
    const report = await reportOf('real-time-data')
    const types = z.array(z.object({ type: z.string() })).parse(answerOf(report, 'twap'))
    expect(types.map(({ type }) => type)).toEqual(['subscribe', 'update', 'update', 'update'])
  })
})

describe('@polymarket/bindings', () => {
  /** Frames that the official schemas refuse although the venue sends them so (they were captured). */
  const EXCEPTIONS = ['rtds:subscribe']

  test('every REST reply and every frame of a whole window passes, save the named exceptions', async () => {
    const { sim, pm, step, close } = await steppedSim(
      { assets: ['BTC'], resolveAfterMs: RESOLVE_AFTER_MS },
      { startAt: SIM_START + 200_000 },
    )
    const { slug, up, down, conditionId, endMs } = known(pm.windows()[0])
    const rows: { readonly schema: string; readonly name: string; readonly value: unknown }[] = []
    const get = (service: 'gamma' | 'clob', path: string, schema: string, body = '') => {
      const url = new URL(path, 'http://127.0.0.1')
      const method = body === '' ? 'GET' : 'POST'
      const reply = pm.request(service, { method, path: url.pathname, query: url.searchParams, body })
      expect(reply.status, path).toBe(200)
      rows.push({ schema, name: `${service} ${url.pathname.split('/')[1]}`, value: reply.body })
    }
    const market = framesOf(pm, 'market')
    market.send({ assets_ids: [up, down], type: 'market', custom_feature_enabled: true })
    for (const tick of [0.001, 0.01, 0.001]) pm.tick(slug, tick)
    const rtds = framesOf(pm, 'rtds')
    const topics = ['crypto_prices', 'crypto_prices_chainlink', 'crypto_prices_twap_sixty']
    rtds.send({ action: 'subscribe', subscriptions: topics.map((topic) => ({ topic, type: 'update' })) })
    const read = () => {
      get('gamma', `/markets/slug/${slug}`, 'MarketSchema')
      get('gamma', `/events/slug/${slug}`, 'EventSchema')
      get('gamma', '/markets', 'ListMarketsResponseSchema')
      get('gamma', '/events', 'ListEventsResponseSchema')
      get('clob', `/clob-markets/${conditionId}`, 'MarketInfoSchema')
      get('clob', `/markets-by-token/${up}`, 'ConditionByTokenSchema')
    }
    const quotes = () => {
      const tokens = JSON.stringify([
        { token_id: up, side: 'BUY' },
        { token_id: down, side: 'SELL' },
      ])
      for (const token of [up, down]) {
        get('clob', `/book?token_id=${token}`, 'OrderBookSchema')
        get('clob', `/midpoint?token_id=${token}`, 'MidpointSchema')
        get('clob', `/price?token_id=${token}&side=SELL`, 'PriceSchema')
        get('clob', `/spread?token_id=${token}`, 'SpreadSchema')
        get('clob', `/last-trade-price?token_id=${token}`, 'LastTradePriceSchema')
        get('clob', `/tick-size?token_id=${token}`, 'FetchTickSizeResponseSchema')
        get('clob', `/neg-risk?token_id=${token}`, 'FetchNegRiskResponseSchema')
      }
      get('clob', '/books', 'OrderBooksSchema', tokens)
      get('clob', '/midpoints', 'MidpointsSchema', tokens)
      get('clob', '/spreads', 'SpreadsSchema', tokens)
      get('clob', '/prices', 'PricesSchema', tokens)
      get('clob', '/last-trades-prices', 'LastTradePricesSchema', tokens)
    }
    while (sim.now() < endMs) {
      read()
      quotes()
      step(5_000)
    }
    step(70_000)
    read()
    for (const value of market.events())
      rows.push({ schema: 'MarketEventSchema', name: `market ${value.event_type}`, value })
    const schemaOf = (topic: unknown) =>
      topic === 'crypto_prices_twap_sixty' ? 'CryptoPricesChainlinkTwapSixtyEventSchema' : 'RealtimeEventSchema'
    for (const value of rtds.events()) {
      const name = value.type === 'subscribe' ? 'rtds:subscribe' : `rtds ${value.topic}`
      rows.push({ schema: schemaOf(value.topic), name, value })
    }
    await close()
    const folder = mkdtempSync(join(tmpdir(), 'baton-bindings-'))
    const file = join(folder, 'rows.json')
    writeFileSync(file, JSON.stringify(rows))
    const report = await run('bindings.mjs', { file })
    rmSync(folder, { recursive: true })
    const refused = z.record(z.string(), z.unknown()).parse(report.refused)
    expect(refused).toEqual(Object.fromEntries(EXCEPTIONS.map((name) => [name, refused[name] ?? 'refused'])))
    const passed = z.record(z.string(), z.number()).parse(report.passed)
    const kinds = [
      'book',
      'price_change',
      'best_bid_ask',
      'last_trade_price',
      'tick_size_change',
      'new_market',
      'market_resolved',
    ]
    for (const name of kinds.map((kind) => `market ${kind}`)) expect(passed, name).toHaveProperty([name])
    expect(Object.values(passed).reduce((sum, n) => sum + n, 0)).toBe(
      rows.filter(({ name }) => !EXCEPTIONS.includes(name)).length,
    )
  })
})
