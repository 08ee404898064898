import { describe, expect, test } from 'vitest'
import {
  ask,
  currentWindow,
  framesOf,
  known,
  type SteppedSim,
  startSteppedSim,
  subscribed,
} from '../support/polymarket-sim.ts'
import { SIM_START } from '../support/venue-sim.ts'

describe('frame faults', () => {
  const run = async (arm: (sim: SteppedSim, token: string) => void) => {
    const sim = await startSteppedSim()
    const { up, down } = currentWindow(sim)
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

  test('a mute connection does not answer, and goes on afterwards', async () => {
    const { frames, sim } = await run(({ pm }) => pm.mute('market', 10_000))
    const resumed = frames.events('price_change').filter(({ timestamp }) => Number(timestamp) > SIM_START)
    expect(Number(known(resumed[0]).timestamp)).toBeGreaterThanOrEqual(SIM_START + 10_000)
    sim.pm.mute('market', 1_000)
    frames.clear()
    frames.send('PING')
    expect(frames.texts).toEqual([])
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

test('every fault has a switch over HTTP', async () => {
  const sim = await startSteppedSim()
  const { slug, up } = currentWindow(sim)
  const post = async (path: string, body = '') =>
    (await fetch(`${sim.sim.restUrl}/sim/pm/${path}`, { method: 'POST', body })).status
  const frames = subscribed(sim)
  const accepted = [
    'drop?service=market&refuse=0',
    `silence?service=market&ms=1000&id=${up}`,
    'frames?service=rtds&fault=delay&ms=500&count=2&kind=crypto_prices',
    'mute?service=polybolt&ms=1000',
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
  expect(ask(sim, 'gamma', `/markets/slug/${slug}`).body).toMatchObject({ version: 'v9', outcomes: '["Down", "Up"]' })
  expect(ask(sim, 'site', '/api/geoblock').body).toMatchObject({ blocked: true })
})

describe('resolution', () => {
  test('late, split and contradictory', async () => {
    const sim = await startSteppedSim({ resolveAfterMs: 20_000 })
    const [first, next] = [currentWindow(sim), known(sim.pm.windows().filter(({ minutes }) => minutes === 5)[1])]
    const frames = subscribed(sim)
    sim.pm.resolution(first.slug, { afterMs: 200_000, contradictory: true })
    sim.pm.resolution(next.slug, { winner: 'split' })
    const row = (slug: string) => ask(sim, 'gamma', `/markets?slug=${slug}&closed=true`).body
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
    expect(ask(sim, 'clob', `/markets/${next.conditionId}`).body).toMatchObject({ is_50_50_outcome: true })
  })

  test('the strike is the mean of the sixty seconds that end three seconds before the start', async () => {
    const sim = await startSteppedSim()
    const frames = framesOf(sim.pm, 'rtds')
    frames.send({ action: 'subscribe', subscriptions: [{ topic: 'crypto_prices_chainlink', type: 'update' }] })
    const { slug, endMs } = currentWindow(sim)
    sim.step(endMs + 2_000 - sim.sim.now())
    const seconds = frames.events().map((event) => Object(event.payload))
    const used = seconds.filter(({ timestamp }) => timestamp > endMs - 63_000 && timestamp <= endMs - 3_000)
    expect(used).toHaveLength(60)
    const sum = used.reduce((total, { full_accuracy_value }) => total + BigInt(full_accuracy_value), 0n)
    expect(known(sim.pm.final(slug)).replace('.', '')).toBe(String(sum / 60n))
  })
})
