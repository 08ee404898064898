import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { openMarket } from '../../scripts/venue-sim/start.ts'
import { some } from '../support/some.ts'
import { generatedSim, SIM_START, spawnVenueSim, type VenueSim } from '../support/venue-sim.ts'

const MINUTE = 60_000

let sim: VenueSim
beforeAll(async () => {
  sim = await generatedSim({ assets: ['BTC', 'ETH'], past: 1_500, speed: 60, startAt: SIM_START + 5_000 })
})
afterAll(() => sim.close())

async function get(path: string, url = sim.restUrl): Promise<{ status: number; body: unknown; headers: Headers }> {
  const response = await fetch(`${url}${path}`)
  return { status: response.status, body: await response.json(), headers: response.headers }
}

async function openTimes(query: string): Promise<number[]> {
  const { body } = await get(`/api/v3/klines?symbol=BTCUSDT&interval=1m&${query}`)
  return Array.isArray(body) ? body.map((row: unknown) => (Array.isArray(row) ? Number(row[0]) : Number.NaN)) : []
}

describe('REST', () => {
  test('klines: 500 by default, at most 1,000, the open one last', async () => {
    const newest = await openTimes('')
    expect(newest.length).toBe(500)
    expect(newest.at(-1)).toBeGreaterThanOrEqual(SIM_START)
    expect(newest.every((t, i) => i === 0 || t === (newest[i - 1] ?? 0) + MINUTE)).toBe(true)
    expect((await openTimes('limit=5000')).length).toBe(1_000)
    expect((await openTimes('limit=3')).length).toBe(3)
  })

  test('klines: start and end are inclusive; a start gives the oldest, an end alone the newest', async () => {
    const [a, b] = [SIM_START - 10 * MINUTE, SIM_START - 7 * MINUTE]
    expect(await openTimes(`startTime=${a}&endTime=${b}`)).toEqual([0, 1, 2, 3].map((i) => a + i * MINUTE))
    expect(await openTimes(`startTime=${a + 1}&endTime=${b - 1}`)).toEqual([a + MINUTE, a + 2 * MINUTE])
    expect(await openTimes(`startTime=${a}&limit=2`)).toEqual([a, a + MINUTE])
    expect(await openTimes(`endTime=${b}&limit=2`)).toEqual([b - MINUTE, b])
    expect(await openTimes(`startTime=${b}&endTime=${a}`)).toEqual([])
  })

  test('klines: rows have twelve columns, and longer intervals are made of the minutes', async () => {
    const start = SIM_START - 15 * MINUTE
    const { body } = await get(`/api/v3/klines?symbol=ETHUSDT&interval=15m&startTime=${start}&limit=1`)
    const minutes = Array.from({ length: 15 }, (_, i) => sim.candle('ETHUSDT', start + i * MINUTE))
    const high = Math.max(...minutes.map((row) => row?.[2] ?? 0))
    const row: readonly unknown[] = Array.isArray(body) && Array.isArray(body[0]) ? body[0] : []
    expect(row.length).toBe(12)
    expect([row[0], row[6], row[11]]).toEqual([start, SIM_START - 1, '0'])
    expect([row[1], row[2], row[4]]).toEqual(
      [minutes[0]?.[1], high, minutes[14]?.[4]].map((price) => price?.toFixed(8)),
    )
  })

  test.each([
    ['/api/v3/klines?interval=1m', 400, -1102],
    ['/api/v3/klines?symbol=BTCUSDT', 400, -1102],
    ['/api/v3/klines?symbol=btcusdt&interval=1m', 400, -1121],
    ['/api/v3/klines?symbol=BTCUSDT&interval=1M', 400, -1120],
    ['/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=x', 400, -1100],
    ['/api/v3/exchangeInfo?symbols=["BTCUSDT","NOPE"]', 400, -1121],
    ['/api/v3/nothing', 404, -5000],
  ])('%s is refused with %i and code %i', async (path, status, code) => {
    expect(await get(path)).toMatchObject({ status, body: { code } })
  })

  test('time, ping, exchangeInfo and the weight used', async () => {
    const { body, headers } = await get('/api/v3/time')
    expect(body).toEqual({ serverTime: expect.any(Number) })
    expect(Number(headers.get('x-mbx-used-weight-1m'))).toBeGreaterThan(0)
    expect((await get('/api/v3/ping')).body).toEqual({})
    expect((await get('/api/v3/exchangeInfo?symbols=["BTCUSDT"]')).body).toMatchObject({
      symbols: [{ symbol: 'BTCUSDT', status: 'TRADING' }],
    })
  })

  test('the controls answer to POST only', async () => {
    expect((await get('/sim/drop')).status).toBe(404)
    expect((await get('/sim/state')).body).toMatchObject({ speed: 60, symbols: ['BTCUSDT', 'ETHUSDT'] })
    const post = await fetch(`${sim.restUrl}/sim/rest-fail?count=1&status=429&retryAfter=3`, { method: 'POST' })
    expect(post.status).toBe(200)
    const limited = await get('/api/v3/ping')
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '3'])
  })
})

describe('WebSocket', () => {
  /** Sends `requests` one after the other and gives every message until `enough`. */
  function talk(
    path: string,
    requests: readonly string[],
    enough: (messages: readonly string[]) => boolean,
  ): Promise<string[]> {
    return new Promise((resolve, reject) => {
      const messages: string[] = []
      const socket = new WebSocket(`${sim.wsUrl}${path}`)
      socket.on('open', () => {
        for (const request of requests) socket.send(request)
      })
      socket.on('message', (data) => {
        messages.push(String(data))
        if (!enough(messages)) return
        socket.close()
        resolve(messages)
      })
      socket.on('close', (code) => reject(new Error(`closed with ${code}`)))
      socket.on('error', reject)
    })
  }

  test('control messages are acknowledged or refused', async () => {
    const answers = await talk(
      '/ws',
      [
        '{"method":"SUBSCRIBE","params":["nope@kline_1m"],"id":1}',
        '{"method":"LIST_SUBSCRIPTIONS","id":"two"}',
        '{"method":"UNSUBSCRIBE","params":["nope@kline_1m"],"id":null}',
        '{"method":"DANCE","id":4}',
        'nonsense',
      ],
      (messages) => messages.length === 5,
    )
    expect(answers.map((answer) => JSON.parse(answer))).toMatchObject([
      { result: null, id: 1 },
      { result: ['nope@kline_1m'], id: 'two' },
      { result: null, id: null },
      { code: 2 },
      { code: 3 },
    ])
  })

  test('a sixth message in a second ends the connection', async () => {
    const six = Array.from({ length: 6 }, (_, id) => `{"method":"LIST_SUBSCRIPTIONS","id":${id}}`)
    await expect(talk('/ws', six, (messages) => messages.length === 6)).rejects.toThrow('closed with 1008')
  })

  test('klines come raw or wrapped, every two seconds, and one final frame after the end', async () => {
    const isFinal = (text: string) => text.includes('"x":true')
    const two = (messages: readonly string[]) => messages.filter(isFinal).length === 2
    const frames = (await talk('/stream?streams=btcusdt@kline_1m', [], two)).map((text) => JSON.parse(text))
    expect(frames.every((frame) => frame.stream === 'btcusdt@kline_1m')).toBe(true)
    const firstFinal = frames.findIndex((frame) => frame.data.k.x)
    const minute = frames.slice(firstFinal + 1).map((frame) => frame.data)
    expect(minute.length).toBe(30)
    const { k, E } = minute.at(-1)
    expect(E).toBeGreaterThan(k.T)
    const row = sim.candle('BTCUSDT', k.t)
    expect([k.o, k.h, k.l, k.c, k.v]).toEqual(row?.slice(1).map((value) => value.toFixed(8)))
    for (const event of some(minute))
      expect(Number(event.k.l) <= Number(event.k.c) && Number(event.k.c) <= Number(event.k.h)).toBe(true)
    const [raw] = await talk('/ws/ethusdt@kline_1m', [], (messages) => messages.length === 1)
    expect(JSON.parse(raw ?? '')).toMatchObject({ e: 'kline', s: 'ETHUSDT' })
  })

  test('quotes and trades follow the price several times a second; the clock can be off', async () => {
    const streams = ['btcusdt@bookTicker', 'btcusdt@aggTrade', 'btcusdt@trade']
    sim.clock(90_000)
    const enough = (messages: readonly string[]) => messages.length >= 60
    const frames = (await talk(`/stream?streams=${streams.join('/')}`, [], enough)).map((text) => JSON.parse(text))
    const { body } = await get('/api/v3/time')
    sim.clock(0)
    expect(new Set(frames.map(({ stream }) => stream))).toEqual(new Set(streams))
    const trades = frames.filter(({ data }) => data.e === 'trade').map(({ data }) => data)
    for (const [i, trade] of some(trades.slice(1)).entries()) {
      expect(trade.p).not.toBe(trades[i].p)
      expect(trade.T - trades[i].T).toBeLessThan(2_000)
    }
    for (const { data } of some(frames.filter(({ stream }) => stream === 'btcusdt@bookTicker'))) {
      expect(Number(data.b)).toBeLessThan(Number(data.a))
    }
    expect(body).toMatchObject({ serverTime: expect.any(Number) })
    expect(Number(Object(body).serverTime) - sim.now()).toBeGreaterThan(80_000)
    expect(trades.at(-1).T - sim.now()).toBeGreaterThan(60_000)
  })
})

test('generated candles depend on the seed and the origin only', () => {
  const at = (seed: number) => {
    const { market } = openMarket({ tapes: [], generate: ['BTC'], seed, from: undefined, speed: 1, now: SIM_START })
    return market.candle('BTCUSDT', SIM_START)
  }
  expect(at(7)).toEqual(at(7))
  expect(at(7)).not.toEqual(at(8))
})

test('it runs as a program of its own and says what is wrong with its arguments', async () => {
  const child = await spawnVenueSim(['--generate', 'BTC,SOL', '--seed', '7', '--speed', '10', '--port', '0'])
  const { body } = await get('/api/v3/klines?symbol=SOLUSDT&interval=1m&limit=2', child.restUrl)
  expect(body).toMatchObject([expect.any(Array), expect.any(Array)])
  const url = (name: string) => new RegExp(`\\b${name}=(\\S+)`).exec(child.output)?.[1] ?? ''
  expect((await get('/markets', url('gamma'))).body).toHaveLength(8)
  expect((await get('/version', url('clob'))).body).toEqual({ version: 2 })
  const services = ['market', 'rtds', 'polybolt', 'site']
  expect(services.map((name) => url(name).slice(0, 4))).toEqual(['ws:/', 'ws:/', 'ws:/', 'http'])
  await child.stop()
  await expect(spawnVenueSim(['--speed', '0'])).rejects.toThrow('--speed: must be above 0')
  await expect(spawnVenueSim(['--tape', '/nowhere'])).rejects.toThrow('ENOENT')
})
