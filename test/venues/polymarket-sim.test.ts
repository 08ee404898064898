import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { bookHash } from '../../scripts/venue-sim/polymarket/book.ts'
import {
  ask,
  currentWindow,
  type Frames,
  framesOf,
  known,
  startSteppedSim,
  steppedSim,
  subscribed,
} from '../support/polymarket-sim.ts'
import { RebuiltBooks } from '../support/rebuilt-books.ts'
import { SIM_START } from '../support/venue-sim.ts'

const MINUTE = 60_000

describe('book checksum', () => {
  const vectors: readonly {
    readonly origin: string
    readonly book: Parameters<typeof bookHash>[0] & { hash: string }
  }[] = JSON.parse(readFileSync(new URL('../fixtures/polymarket/book-hash.json', import.meta.url), 'utf8'))

  test.each(vectors)('$origin', ({ book }) => {
    expect(bookHash(book)).toBe(book.hash)
  })
})

describe('listing', () => {
  test('windows by slug arithmetic: current, next and 23.9 hours ahead; no others', async () => {
    const sim = await startSteppedSim()
    const rows = (slug: string, closed = '') => ask(sim, 'gamma', `/markets?slug=${slug}${closed}`).body
    const at = (ms: number) => `btc-updown-5m-${ms / 1000}`
    expect(rows(at(SIM_START))).toMatchObject([{ slug: at(SIM_START), outcomes: '["Up", "Down"]', closed: false }])
    expect(rows(at(SIM_START + 86_000_000 - (86_000_000 % (5 * MINUTE))))).toHaveLength(1)
    expect(rows(at(SIM_START + 24 * 60 * MINUTE))).toEqual([])
    expect(rows(at(SIM_START + MINUTE))).toEqual([])
    expect(rows(`avax-updown-5m-${SIM_START / 1000}`)).toEqual([])
    // Finished windows need closed=true.
    expect(rows(at(SIM_START - 30 * MINUTE))).toEqual([])
    expect(rows(at(SIM_START - 30 * MINUTE), '&closed=true')).toMatchObject([{ closed: true, acceptingOrders: false }])
    expect(ask(sim, 'gamma', `/events/slug/${at(SIM_START)}`).body).toMatchObject({ seriesSlug: 'btc-up-or-down-5m' })
  })

  test('the same seed gives the same ids, another one others', async () => {
    const ids = async (seed: number) => {
      const sim = await steppedSim({ assets: ['BTC'], seed })
      const { up, conditionId } = currentWindow(sim)
      await sim.close()
      return `${up}${conditionId}`
    }
    expect(await ids(1)).toBe(await ids(1))
    expect(await ids(1)).not.toBe(await ids(2))
  })

  test('rows can be missing, late, without keys, reversed or of an unknown kind', async () => {
    const sim = await startSteppedSim()
    const { slug, up, down, startMs, endMs } = currentWindow(sim)
    const rows = () => ask(sim, 'gamma', `/markets?slug=${slug}`).body
    sim.pm.row(slug, { missing: true })
    expect(rows()).toEqual([])
    sim.pm.row('BTC', { lateMs: 3_000 })
    sim.pm.row(slug, { lateMs: 3_000 })
    expect(rows()).toEqual([])
    sim.step(startMs + 3_000 - sim.sim.now())
    expect(rows()).toHaveLength(1)
    sim.pm.row(slug, { without: ['bestBid', 'feeSchedule'], reversed: true, set: { version: 'v9' } })
    const row = Object(known(Array.isArray(rows()) ? rows() : undefined))[0]
    expect(row).not.toHaveProperty('feeSchedule')
    expect(row).toMatchObject({
      outcomes: '["Down", "Up"]',
      clobTokenIds: JSON.stringify([down, up]),
      version: 'v9',
    })
    sim.step(endMs + 100_000 - sim.sim.now())
    const resolved = ask(sim, 'gamma', `/markets?slug=${slug}&closed=true`).body
    const ofDown = sim.pm.outcome(slug) === 'Down'
    expect(resolved).toMatchObject([{ outcomePrices: JSON.stringify(ofDown ? ['1', '0'] : ['0', '1']) }])
  })
})

describe('market channel', () => {
  test('snapshots first, as an array; unknown tokens are left out; PING; no new assets', async () => {
    const sim = await startSteppedSim()
    const { up, down } = currentWindow(sim)
    const frames = framesOf(sim.pm, 'market')
    frames.send('PING')
    frames.send({ assets_ids: [up, '12345', down], type: 'market' })
    frames.send({ assets_ids: [up], operation: 'subscribe' })
    frames.send({ assets_ids: ['12345'], operation: 'subscribe' })
    expect(frames.texts.map((text) => text.slice(0, 13))).toEqual(['PONG', '[{"market":"0', 'NO NEW ASSETS', '[]'])
    const books = frames.events('book')
    expect(books.map((book) => book.asset_id)).toEqual([up, down])
    expect(books[0]).toMatchObject({ tick_size: '0.01', last_trade_price: '' })
    const prices = Object(books[0]).bids.map((level: { price: string }) => Number(level.price))
    expect(prices).toEqual([...prices].sort((a, b) => a - b))
  })

  test('every frame of a whole window: books equal to a rebuild, hashes right, never crossed; then resolved', async () => {
    const sim = await startSteppedSim({ resolveAfterMs: 20_000 })
    const { slug, up, down, endMs } = currentWindow(sim)
    const frames = subscribed(sim)
    const books = new RebuiltBooks()
    let compared = 0
    while (sim.sim.now() < endMs + 1_000) {
      sim.step(1_000)
      for (const event of frames.events()) books.apply(event)
      frames.clear()
      for (const token of [up, down]) {
        const truth = known(sim.pm.book(token))
        expect(books.levels(token)).toEqual({ bids: truth.bids, asks: truth.asks })
        compared++
      }
    }
    expect(books.counts).toMatchObject({ wrongHashes: 0, crossed: 0 })
    expect(books.counts.deltas).toBeGreaterThan(1_000)
    expect(books.counts.books).toBeGreaterThan(100)
    expect(compared).toBeGreaterThan(600)
    sim.step(25_000)
    const outcome = known(sim.pm.outcome(slug))
    expect(Number(sim.pm.final(slug)) >= Number(sim.pm.strike(slug))).toBe(outcome === 'Up')
    expect(frames.events('market_resolved')).toMatchObject([{ winning_outcome: outcome }])
    expect(ask(sim, 'clob', `/book?token_id=${up}`).status).toBe(404)
    expect(ask(sim, 'gamma', `/markets?slug=${slug}&closed=true`).body).toMatchObject([
      { outcomePrices: outcome === 'Up' ? '["1","0"]' : '["0","1"]' },
    ])
  })

  test('custom events only on demand, and a later subscription switches them off', async () => {
    const sim = await startSteppedSim()
    const plain = subscribed(sim, false)
    const custom = subscribed(sim, true)
    sim.step(6 * MINUTE)
    const kinds = (frames: Frames) => new Set(frames.events().map((event) => event.event_type))
    for (const kind of ['best_bid_ask', 'new_market', 'market_resolved']) {
      expect(kinds(plain).has(kind)).toBe(false)
      expect(kinds(custom).has(kind)).toBe(true)
    }
    const { up } = currentWindow(sim)
    custom.send({ assets_ids: [up], operation: 'subscribe' })
    custom.clear()
    sim.step(20_000)
    expect(kinds(custom)).toContain('price_change')
    expect(kinds(custom)).not.toContain('best_bid_ask')
  })

  test('the book can come before the trade whose price is in its hash', async () => {
    const sim = await startSteppedSim({ bookFirst: true })
    const frames = subscribed(sim, false)
    sim.step(20_000)
    const events = frames.events()
    const first = events.findIndex((event) => event.event_type === 'last_trade_price')
    expect(events.slice(first - 2, first).map((event) => event.event_type)).toEqual(['book', 'book'])
    const books = new RebuiltBooks()
    for (const event of events) books.apply(event)
    expect(books.counts.wrongHashes).toBeGreaterThan(1)
    expect(books.counts.wrongDeltaHashes).toBe(0)
  })

  test('assets can be quoted at rates of their own', async () => {
    const sim = await startSteppedSim({ assets: ['BTC', 'ETH'], quoteMs: { BTC: 50, '*': 500 } })
    const frames = framesOf(sim.pm, 'market')
    const windows = sim.pm.windows()
    frames.send({ assets_ids: windows.flatMap(({ up, down }) => [up, down]), type: 'market' })
    frames.clear()
    sim.step(20_000)
    const count = (asset: string) => {
      const markets = windows.filter((window) => window.asset === asset).map(({ conditionId }) => conditionId)
      return frames.events().filter(({ market }) => markets.includes(String(market))).length
    }
    expect(count('BTC')).toBeGreaterThan(4 * count('ETH'))
    expect(count('ETH')).toBeGreaterThan(200)
  })

  test('a tick change in the middle of the window reaches both tokens, REST and Gamma', async () => {
    const sim = await startSteppedSim()
    const { slug, up, down } = currentWindow(sim)
    const frames = subscribed(sim)
    sim.pm.tick(slug, 0.001)
    expect(frames.events('tick_size_change').map((event) => [event.asset_id, event.new_tick_size])).toEqual([
      [up, '0.001'],
      [down, '0.001'],
    ])
    expect(ask(sim, 'clob', `/tick-size?token_id=${up}`).body).toEqual({ minimum_tick_size: 0.001 })
    expect(ask(sim, 'gamma', `/markets/slug/${slug}`).body).toMatchObject({ orderPriceMinTickSize: 0.001 })
  })

  test('hashes of deltas can differ from the checksum, and any hash can be wrong', async () => {
    const sim = await startSteppedSim({ deltaHashes: 'other' })
    const frames = subscribed(sim)
    const books = new RebuiltBooks()
    sim.pm.count('book-hash', 1)
    sim.step(30_000)
    for (const event of frames.events()) books.apply(event)
    expect(books.counts.wrongDeltaHashes).toBe(books.counts.deltas)
    expect(books.counts.wrongHashes - books.counts.wrongDeltaHashes).toBe(1)
  })
})

describe('REST', () => {
  test('book with the right hash, ghost book, quotes, terms and errors', async () => {
    const sim = await startSteppedSim()
    sim.step(2_000)
    const { up, conditionId } = currentWindow(sim)
    const book = ask(sim, 'clob', `/book?token_id=${up}`).body
    expect(book).toMatchObject({ hash: known(sim.pm.book(up)).hash, min_order_size: '5', neg_risk: false })
    sim.pm.ghost(up, 5_000)
    expect(ask(sim, 'clob', `/book?token_id=${up}`).body).toMatchObject({
      bids: [{ price: '0.01' }],
      asks: [{ price: '0.99' }],
    })
    sim.step(6_000)
    expect(ask(sim, 'clob', `/book?token_id=${up}`).body).not.toMatchObject({ bids: [{ price: '0.01' }] })
    expect(ask(sim, 'clob', '/book?token_id=1')).toMatchObject({ status: 404 })
    expect(ask(sim, 'clob', '/books')).toMatchObject({ status: 400 })
    expect(ask(sim, 'clob', `/clob-markets/${conditionId}`).body).toMatchObject({
      fd: { r: 0.07, e: 1, to: true },
      itode: true,
    })
    expect(ask(sim, 'clob', '/time').body).toBe(Math.floor(sim.sim.now() / 1000))
    sim.pm.clock('clob', 2_500)
    expect(ask(sim, 'clob', '/time').body).toBe(Math.floor((sim.sim.now() + 2_500) / 1000))
  })

  test.each([
    ['425', 425],
    ['429', 429],
    ['500', 500],
    ['503-post-only', 503],
    ['403-region', 403],
    ['html', 200],
  ] as const)('fault %s answers %i, once, and only where it was asked for', async (fault, status) => {
    const sim = await startSteppedSim()
    sim.pm.http(fault, { service: 'clob', path: '/time' })
    expect(ask(sim, 'gamma', '/markets').status).toBe(200)
    expect(ask(sim, 'clob', '/version').status).toBe(200)
    const reply = ask(sim, 'clob', '/time')
    expect(reply.status).toBe(status)
    if (fault === '429') expect(reply.headers).toMatchObject({ 'Retry-After': '1' })
    expect(ask(sim, 'clob', '/time').status).toBe(200)
  })

  test('over a real port: cut, half a body, and the HTTP switch', async () => {
    const sim = await startSteppedSim()
    const control = async (path: string) =>
      (await fetch(`${sim.sim.restUrl}/sim/pm/${path}`, { method: 'POST' })).status
    expect(await control('http?fault=cut&service=gamma')).toBe(200)
    await expect(fetch(`${sim.pm.gammaUrl}/markets`)).rejects.toThrow()
    expect(await control('http?fault=half&service=gamma')).toBe(200)
    await expect(fetch(`${sim.pm.gammaUrl}/markets`).then((reply) => reply.text())).rejects.toThrow()
    const offset = await control('clock?service=gamma&ms=7200000')
    const reply = await fetch(`${sim.pm.gammaUrl}/markets`)
    expect([offset, Date.parse(known(reply.headers.get('date')))]).toEqual([200, SIM_START + 7_200_000])
    expect(await control('http?fault=nonsense')).toBe(400)
    expect(await control('nothing')).toBe(404)
  })
})

test('the same seed plays the same frames at any step', async () => {
  const played = async (stepMs: number) => {
    const sim = await steppedSim({ assets: ['BTC'] })
    const frames = subscribed(sim)
    for (let i = 0; i < 60_000 / stepMs; i++) sim.step(stepMs)
    await sim.close()
    return createHash('sha256').update(frames.texts.join('\n')).digest('hex')
  }
  expect(await played(250)).toBe(await played(20_000))
})
