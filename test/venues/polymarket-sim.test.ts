import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { bookHash } from '../../scripts/venue-sim/polymarket/book.ts'
import type { PolymarketOptions } from '../../scripts/venue-sim/polymarket/sim.ts'
import { type Frames, framesOf, known, type SteppedSim, steppedSim } from '../support/polymarket-sim.ts'
import { RebuiltBooks } from '../support/rebuilt-books.ts'
import { SIM_START } from '../support/venue-sim.ts'

const MINUTE = 60_000

let open: SteppedSim | undefined
afterEach(async () => {
  await open?.close()
  open = undefined
})

async function start(options: PolymarketOptions = {}): Promise<SteppedSim> {
  open = await steppedSim({ assets: ['BTC'], ...options })
  return open
}

const get = (sim: SteppedSim, service: 'gamma' | 'clob' | 'site', path: string) => {
  const url = new URL(path, 'http://127.0.0.1')
  return sim.pm.request(service, { method: 'GET', path: url.pathname, query: url.searchParams, body: '' })
}

/** A connection to the market channel subscribed to both tokens of the current 5-minute window. */
function subscribed(sim: SteppedSim, custom = true): Frames {
  const { up, down } = current(sim)
  const frames = framesOf(sim.pm, 'market')
  frames.send({ assets_ids: [up, down], type: 'market', custom_feature_enabled: custom })
  return frames
}

const current = (sim: SteppedSim) => known(sim.pm.windows().find(({ minutes }) => minutes === 5))

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
    const sim = await start()
    const rows = (slug: string, closed = '') => get(sim, 'gamma', `/markets?slug=${slug}${closed}`).body
    const at = (ms: number) => `btc-updown-5m-${ms / 1000}`
    expect(rows(at(SIM_START))).toMatchObject([{ slug: at(SIM_START), outcomes: '["Up", "Down"]', closed: false }])
    expect(rows(at(SIM_START + 86_000_000 - (86_000_000 % (5 * MINUTE))))).toHaveLength(1)
    expect(rows(at(SIM_START + 24 * 60 * MINUTE))).toEqual([])
    expect(rows(at(SIM_START + MINUTE))).toEqual([])
    expect(rows(`avax-updown-5m-${SIM_START / 1000}`)).toEqual([])
    // Finished windows need closed=true.
    expect(rows(at(SIM_START - 30 * MINUTE))).toEqual([])
    expect(rows(at(SIM_START - 30 * MINUTE), '&closed=true')).toMatchObject([{ closed: true, acceptingOrders: false }])
    expect(get(sim, 'gamma', `/events/slug/${at(SIM_START)}`).body).toMatchObject({ seriesSlug: 'btc-up-or-down-5m' })
  })

  test('the same seed gives the same ids, another one others', async () => {
    const ids = async (seed: number) => {
      const sim = await start({ seed })
      const { up, conditionId } = current(sim)
      await sim.close()
      return `${up}${conditionId}`
    }
    expect(await ids(1)).toBe(await ids(1))
    expect(await ids(1)).not.toBe(await ids(2))
    open = undefined
  })

  test('rows can be missing, late, without keys, reversed or of an unknown kind', async () => {
    const sim = await start()
    const { slug, up, down, startMs } = current(sim)
    const rows = () => get(sim, 'gamma', `/markets?slug=${slug}`).body
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
  })
})

describe('market channel', () => {
  test('snapshots first, as an array; unknown tokens are left out; PING; no new assets', async () => {
    const sim = await start()
    const { up, down } = current(sim)
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
    const sim = await start({ resolveAfterMs: 20_000 })
    const { slug, up, down, endMs } = current(sim)
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
    expect(get(sim, 'clob', `/book?token_id=${up}`).status).toBe(404)
    expect(get(sim, 'gamma', `/markets?slug=${slug}&closed=true`).body).toMatchObject([
      { outcomePrices: outcome === 'Up' ? '["1","0"]' : '["0","1"]' },
    ])
  })

  test('custom events only on demand, and a later subscription switches them off', async () => {
    const sim = await start()
    const plain = subscribed(sim, false)
    const custom = subscribed(sim, true)
    sim.step(6 * MINUTE)
    const kinds = (frames: Frames) => new Set(frames.events().map((event) => event.event_type))
    for (const kind of ['best_bid_ask', 'new_market', 'market_resolved']) {
      expect(kinds(plain).has(kind)).toBe(false)
      expect(kinds(custom).has(kind)).toBe(true)
    }
    const { up } = current(sim)
    custom.send({ assets_ids: [up], operation: 'subscribe' })
    custom.clear()
    sim.step(20_000)
    expect(kinds(custom)).toContain('price_change')
    expect(kinds(custom)).not.toContain('best_bid_ask')
  })

  test('a tick change in the middle of the window reaches both tokens, REST and Gamma', async () => {
    const sim = await start()
    const { slug, up, down } = current(sim)
    const frames = subscribed(sim)
    sim.pm.tick(slug, 0.001)
    expect(frames.events('tick_size_change').map((event) => [event.asset_id, event.new_tick_size])).toEqual([
      [up, '0.001'],
      [down, '0.001'],
    ])
    expect(get(sim, 'clob', `/tick-size?token_id=${up}`).body).toEqual({ minimum_tick_size: 0.001 })
    expect(get(sim, 'gamma', `/markets/slug/${slug}`).body).toMatchObject({ orderPriceMinTickSize: 0.001 })
  })

  test('hashes of deltas can differ from the checksum, and any hash can be wrong', async () => {
    const sim = await start({ deltaHashes: 'other' })
    const frames = subscribed(sim)
    const books = new RebuiltBooks()
    sim.pm.count('book-hash', 1)
    sim.step(30_000)
    for (const event of frames.events()) books.apply(event)
    expect(books.counts.wrongDeltaHashes).toBe(books.counts.deltas)
    expect(books.counts.wrongHashes - books.counts.wrongDeltaHashes).toBe(1)
  })
})

describe('frame faults', () => {
  const run = async (arm: (sim: SteppedSim, token: string) => void) => {
    const sim = await start()
    const { up, down } = current(sim)
    const clean = subscribed(sim)
    const first = clean.texts.length
    arm(sim, up)
    sim.step(20_000)
    return { sim, up, down, texts: clean.texts.slice(first), frames: clean }
  }

  test('half, duplicated, dropped and reordered frames', async () => {
    const { texts, up, down } = await run(({ pm }) => {
      pm.frames('market', 'half', { kind: 'price_change' })
      pm.frames('market', 'duplicate', { kind: 'last_trade_price', count: 2 })
      pm.frames('market', 'drop', { kind: 'best_bid_ask', count: 3 })
      pm.frames('market', 'reorder', { kind: 'book' })
    })
    expect(texts.filter((text) => !text.endsWith('}'))).toHaveLength(1)
    const trades = texts.filter((text) => text.includes('last_trade_price'))
    expect(trades.length - new Set(trades).size).toBe(2)
    const books = texts.filter((text) => text.includes('"book"')).map((text): string => JSON.parse(text).asset_id)
    expect(books.slice(0, 4)).toEqual([down, up, up, down])
  })

  test('one token silent while the other goes on and PONG is answered', async () => {
    const { frames, up, texts } = await run(({ pm }, token) => pm.silence('market', 15_000, { id: token }))
    frames.send('PING')
    const rows = texts
      .filter((text) => text.includes('price_change'))
      .flatMap((text): { asset_id: string }[] => JSON.parse(text).price_changes)
    expect(rows.filter((row) => row.asset_id !== up).length).toBeGreaterThan(20)
    expect(rows.filter((row) => row.asset_id === up).length).toBeLessThan(rows.length / 2)
    expect(frames.texts.at(-1)).toBe('PONG')
  })

  test('a delayed frame comes later, a missing snapshot never', async () => {
    const { sim, texts, up } = await run(({ pm }) => pm.frames('market', 'delay', { ms: 5_000, kind: 'book' }))
    const times = texts.map((text) => Number(JSON.parse(text).timestamp))
    expect(Math.max(...times.map((at, i) => (times[i - 1] ?? at) - at))).toBeGreaterThanOrEqual(4_000)
    const late = framesOf(sim.pm, 'market')
    sim.pm.count('snapshot', 1)
    late.send({ assets_ids: [up], type: 'market' })
    expect(late.texts).toEqual([])
    sim.step(3_000)
    expect(late.events('price_change').length).toBeGreaterThan(0)
  })
})

describe('REST', () => {
  test('book with the right hash, ghost book, quotes, terms and errors', async () => {
    const sim = await start()
    sim.step(2_000)
    const { up, conditionId } = current(sim)
    const book = get(sim, 'clob', `/book?token_id=${up}`).body
    expect(book).toMatchObject({ hash: known(sim.pm.book(up)).hash, min_order_size: '5', neg_risk: false })
    sim.pm.ghost(up, 5_000)
    expect(get(sim, 'clob', `/book?token_id=${up}`).body).toMatchObject({
      bids: [{ price: '0.01' }],
      asks: [{ price: '0.99' }],
    })
    sim.step(6_000)
    expect(get(sim, 'clob', `/book?token_id=${up}`).body).not.toMatchObject({ bids: [{ price: '0.01' }] })
    expect(get(sim, 'clob', '/book?token_id=1')).toMatchObject({ status: 404 })
    expect(get(sim, 'clob', '/books')).toMatchObject({ status: 400 })
    expect(get(sim, 'clob', `/clob-markets/${conditionId}`).body).toMatchObject({
      fd: { r: 0.07, e: 1, to: true },
      itode: true,
    })
    expect(get(sim, 'clob', '/time').body).toBe(Math.floor(sim.sim.now() / 1000))
    sim.pm.clock('clob', 2_500)
    expect(get(sim, 'clob', '/time').body).toBe(Math.floor((sim.sim.now() + 2_500) / 1000))
  })

  test.each([
    ['425', 425],
    ['429', 429],
    ['500', 500],
    ['503-post-only', 503],
    ['403-region', 403],
    ['html', 200],
  ] as const)('fault %s answers %i, once, and only where it was asked for', async (fault, status) => {
    const sim = await start()
    sim.pm.http(fault, { service: 'clob', path: '/time' })
    expect(get(sim, 'gamma', '/markets').status).toBe(200)
    expect(get(sim, 'clob', '/version').status).toBe(200)
    const reply = get(sim, 'clob', '/time')
    expect(reply.status).toBe(status)
    if (fault === '429') expect(reply.headers).toMatchObject({ 'Retry-After': '1' })
    expect(get(sim, 'clob', '/time').status).toBe(200)
  })

  test('over a real port: cut, half a body, and the HTTP switch', async () => {
    const sim = await start()
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

test('every fault has a switch over HTTP', async () => {
  const sim = await start()
  const { slug, up } = current(sim)
  const post = async (path: string, body = '') =>
    (await fetch(`${sim.sim.restUrl}/sim/pm/${path}`, { method: 'POST', body })).status
  const frames = subscribed(sim)
  const accepted = [
    'drop?service=market&refuse=0',
    `silence?service=market&ms=1000&id=${up}`,
    'frames?service=rtds&fault=delay&ms=500&count=2&kind=crypto_prices',
    'count?fault=book-hash&count=1',
    'http?fault=503-disabled&service=clob&path=/book',
    'http-clear',
    `ghost?token=${up}&ms=1000`,
    `tick?slug=${slug}&tick=0.001`,
    `lose-stamp?slug=${slug}&at=end`,
    `resolution?target=${slug}&winner=split&after=30000`,
    `row?target=${slug}&reversed=1&without=bestBid&version=v9&late=-600000`,
    'clock?service=rtds&ms=1500',
    'geoblock?blocked=1&country=US',
    'close-polybolt?code=4003',
  ]
  for (const path of accepted) expect([path, await post(path)]).toEqual([path, 200])
  expect(await post('raw?service=market', 'not JSON')).toBe(200)
  expect(frames.texts.at(-1)).toBe('not JSON')
  for (const path of [
    'tick?slug=nope',
    'silence?service=gamma',
    'frames?service=rtds&fault=burn',
    'clock?service=clob&ms=x',
  ]) {
    expect([path, await post(path)]).toEqual([path, 400])
  }
  expect(get(sim, 'gamma', `/markets/slug/${slug}`).body).toMatchObject({ version: 'v9', outcomes: '["Down", "Up"]' })
  expect(get(sim, 'site', '/api/geoblock').body).toMatchObject({ blocked: true })
})

describe('resolution', () => {
  test('late, split and contradictory', async () => {
    const sim = await start({ resolveAfterMs: 20_000 })
    const [first, next] = [current(sim), known(sim.pm.windows().filter(({ minutes }) => minutes === 5)[1])]
    const frames = subscribed(sim)
    sim.pm.resolution(first.slug, { afterMs: 200_000, contradictory: true })
    sim.pm.resolution(next.slug, { winner: 'split' })
    const row = (slug: string) => get(sim, 'gamma', `/markets?slug=${slug}&closed=true`).body
    sim.step(first.endMs + 199_000 - sim.sim.now())
    expect([row(first.slug), frames.events('market_resolved')]).toEqual([[], []])
    sim.step(2_000)
    const told = known(frames.events('market_resolved')[0])
    expect(told.winning_outcome).not.toBe(sim.pm.outcome(first.slug))
    expect(row(first.slug)).toMatchObject([
      { outcomePrices: sim.pm.outcome(first.slug) === 'Up' ? '["1","0"]' : '["0","1"]' },
    ])
    sim.step(next.endMs + 21_000 - sim.sim.now())
    expect(row(next.slug)).toMatchObject([{ outcomePrices: '["0.5","0.5"]' }])
    expect(get(sim, 'clob', `/markets/${next.conditionId}`).body).toMatchObject({ is_50_50_outcome: true })
  })

  test('the strike is the mean of the sixty seconds that end three seconds before the start', async () => {
    const sim = await start()
    const frames = framesOf(sim.pm, 'rtds')
    frames.send({ action: 'subscribe', subscriptions: [{ topic: 'crypto_prices_chainlink', type: 'update' }] })
    const { slug, endMs } = current(sim)
    sim.step(endMs + 2_000 - sim.sim.now())
    const seconds = frames.events().map((event) => Object(event.payload))
    const used = seconds.filter(({ timestamp }) => timestamp > endMs - 63_000 && timestamp <= endMs - 3_000)
    expect(used).toHaveLength(60)
    const sum = used.reduce((total, { full_accuracy_value }) => total + BigInt(full_accuracy_value), 0n)
    expect(known(sim.pm.final(slug)).replace('.', '')).toBe(String(sum / 60n))
  })
})

describe('price services', () => {
  const subscribe = (window_seconds: number, symbol = 'btcusd') => ({
    op: 'subscribe',
    rid: 's',
    subscriptions: [{ channel: 'price.crypto.twap', filter: { symbol, window_seconds } }],
  })

  test('PolyBolt: login, empty and full snapshots, one sequence over all symbols, the strike among the stamps', async () => {
    const sim = await start({ assets: ['BTC', 'ETH'] })
    const frames = framesOf(sim.pm, 'polybolt')
    frames.send(subscribe(60))
    frames.send({ op: 'auth', rid: 'a', auth: sim.pm.credentials })
    for (const message of [subscribe(30), subscribe(60), subscribe(60, 'ethusd')]) frames.send(message)
    frames.send({ op: 'subscribe', subscriptions: [{ channel: 'price.crypto', filter: {} }] })
    const { slug } = current(sim)
    sim.step(5_000)
    const ops = frames.events().filter((event) => 'op' in event)
    expect(ops.map((event) => event.code ?? event.op)).toEqual([
      'auth_required',
      'authed',
      'subscribed',
      'subscribed',
      'subscribed',
      'bad_filter',
    ])
    const data = frames.events().filter((event) => event.channel === 'price.crypto.twap' && 'seq' in event)
    expect(data.map((event) => event.seq)).toEqual(data.map((_, i) => i + 1))
    expect(data.slice(0, 3).map((event) => Object(event.payload).data.length)).toEqual([0, 120, 120])
    const stamp = data.find((event) => Object(event.payload).timestamp === SIM_START)
    expect(Object(known(stamp).payload).full_accuracy_value).toBe(sim.pm.strike(slug))
  })

  test('PolyBolt: wrong credentials, a lost boundary stamp, a close code', async () => {
    const sim = await start()
    const wrong = framesOf(sim.pm, 'polybolt')
    wrong.send({ op: 'auth', auth: { ...sim.pm.credentials, secret: 'x' } })
    expect(wrong.closed).toEqual({ code: 4001 })
    const frames = framesOf(sim.pm, 'polybolt')
    frames.send({ op: 'auth', auth: sim.pm.credentials })
    sim.pm.loseStamp(current(sim).slug, 'start')
    frames.send(subscribe(60))
    frames.clear()
    sim.step(4_000)
    const stamps = frames.events().map((event) => Object(event.payload).timestamp - SIM_START)
    expect(stamps).toEqual([-1_000, 1_000, 2_000])
    sim.pm.closePolyBolt(4003)
    expect(frames.closed).toEqual({ code: 4003 })
  })

  test('RTDS: a snapshot, then every second; a second filter replaces the first; one topic can be silent', async () => {
    const sim = await start({ assets: ['BTC', 'ETH'] })
    const frames = framesOf(sim.pm, 'rtds')
    const ask = (symbol: string) => ({
      action: 'subscribe',
      subscriptions: [{ topic: 'crypto_prices_twap_sixty', type: 'update', filters: JSON.stringify({ symbol }) }],
    })
    frames.send('PING')
    frames.send(ask('btc/usd'))
    frames.send(ask('eth/usd'))
    frames.send({ action: 'subscribe', subscriptions: [{ topic: 'crypto_prices_chainlink', type: 'update' }] })
    expect(frames.texts[0]).toBe('PONG')
    expect(frames.events().map((event) => [event.type, Object(event.payload).symbol])).toEqual([
      ['subscribe', 'btc/usd'],
      ['subscribe', 'eth/usd'],
      ['subscribe', 'btc/usd'],
      ['subscribe', 'eth/usd'],
    ])
    frames.clear()
    sim.pm.silence('rtds', 60_000, { kind: 'crypto_prices_chainlink' })
    sim.step(3_000)
    expect(frames.events().map((event) => [event.topic, Object(event.payload).symbol])).toEqual(
      Array.from({ length: 3 }, () => ['crypto_prices_twap_sixty', 'eth/usd']),
    )
  })

  test('the site gives the TWAP with the right parameters, the spot price without them, and the geoblock', async () => {
    const sim = await start()
    const { slug, startMs, endMs } = current(sim)
    sim.step(3_000)
    const base = `/api/crypto/crypto-price?symbol=BTC&eventStartTime=${new Date(startMs).toISOString()}`
    const full = `${base}&endDate=${new Date(endMs).toISOString()}&variant=fiveminute&twapEnabled=true&twapLookbackSeconds=60`
    const price = (path: string) => Object(get(sim, 'site', path).body).openPrice
    expect(price(full)).toBe(Number(sim.pm.strike(slug)))
    expect(price(base)).not.toBe(price(full))
    sim.pm.geoblock({ blocked: true, country: 'US', region: 'NY' })
    expect(get(sim, 'site', '/api/geoblock').body).toMatchObject({ blocked: true, country: 'US' })
  })
})

test('the same seed plays the same frames at any step', async () => {
  const played = async (stepMs: number) => {
    const sim = await start()
    const frames = subscribed(sim)
    for (let i = 0; i < 60_000 / stepMs; i++) sim.step(stepMs)
    await sim.close()
    return createHash('sha256').update(frames.texts.join('\n')).digest('hex')
  }
  expect(await played(250)).toBe(await played(20_000))
  open = undefined
})
