import { describe, expect, test } from 'vitest'
import { ask, currentWindow, framesOf, known, startSteppedSim } from '../support/polymarket-sim.ts'
import { SIM_START } from '../support/venue-sim.ts'

describe('price services', () => {
  const subscribe = (window_seconds: number, symbol = 'btcusd') => ({
    op: 'subscribe',
    rid: 's',
    subscriptions: [{ channel: 'price.crypto.twap', filter: { symbol, window_seconds } }],
  })

  test('PolyBolt: login, empty and full snapshots, one sequence over all symbols, the strike among the stamps', async () => {
    const sim = await startSteppedSim({ assets: ['BTC', 'ETH'] })
    const frames = framesOf(sim.pm, 'polybolt')
    frames.send(subscribe(60))
    frames.send({ op: 'auth', rid: 'a', auth: sim.pm.credentials })
    for (const message of [subscribe(30), subscribe(60), subscribe(60, 'ethusd')]) frames.send(message)
    frames.send({ op: 'subscribe', subscriptions: [{ channel: 'price.crypto', filter: {} }] })
    const { slug } = currentWindow(sim)
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
    const sim = await startSteppedSim()
    const wrong = framesOf(sim.pm, 'polybolt')
    wrong.send({ op: 'auth', auth: { ...sim.pm.credentials, secret: 'x' } })
    expect(wrong.closed).toEqual({ code: 4001 })
    const frames = framesOf(sim.pm, 'polybolt')
    frames.send({ op: 'auth', auth: sim.pm.credentials })
    sim.pm.loseStamp(currentWindow(sim).slug, 'start')
    frames.send(subscribe(60))
    frames.clear()
    sim.step(4_000)
    const stamps = frames.events().map((event) => Object(event.payload).timestamp - SIM_START)
    expect(stamps).toEqual([-1_000, 1_000, 2_000])
    sim.pm.closePolyBolt(4003)
    expect(frames.closed).toEqual({ code: 4003 })
  })

  test('RTDS: a snapshot, then every second; a second filter replaces the first; one topic can be silent', async () => {
    const sim = await startSteppedSim({ assets: ['BTC', 'ETH'] })
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
    const sim = await startSteppedSim()
    const { slug, startMs, endMs } = currentWindow(sim)
    sim.step(3_000)
    const base = `/api/crypto/crypto-price?symbol=BTC&eventStartTime=${new Date(startMs).toISOString()}`
    const full = `${base}&endDate=${new Date(endMs).toISOString()}&variant=fiveminute&twapEnabled=true&twapLookbackSeconds=60`
    const price = (path: string) => Object(ask(sim, 'site', path).body).openPrice
    expect(price(full)).toBe(Number(sim.pm.strike(slug)))
    expect(price(base)).not.toBe(price(full))
    sim.pm.geoblock({ blocked: true, country: 'US', region: 'NY' })
    expect(ask(sim, 'site', '/api/geoblock').body).toMatchObject({ blocked: true, country: 'US' })
  })
})
