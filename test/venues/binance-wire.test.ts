import { describe, expect, test } from 'vitest'
import {
  parseErrorBody,
  parseFrame,
  parseKlines,
  parseServerTime,
  parseTradingSymbols,
} from '../../src/main/venues/binance/schema.ts'

/** Written after the venue's documentation; the simulator is not asked. */
const KLINE = {
  e: 'kline',
  E: 1_672_515_782_136,
  s: 'BTCUSDT',
  k: {
    t: 1_672_515_780_000,
    T: 1_672_515_839_999,
    s: 'BTCUSDT',
    i: '1m',
    f: 100,
    L: 200,
    o: '16541.23000000',
    c: '16543.10000000',
    h: '16544.00000000',
    l: '16541.00000000',
    v: '12.50000000',
    n: 100,
    x: false,
    q: '206788.75000000',
    V: '500',
    Q: '0.500',
    B: '123456',
  },
}
const UPDATE = {
  kind: 'kline',
  update: {
    symbol: 'BTCUSDT',
    eventTime: 1_672_515_782_136,
    final: false,
    candle: { openTime: 1_672_515_780_000, open: 16541.23, high: 16544, low: 16541, close: 16543.1, volume: 12.5 },
  },
}

describe('stream frames', () => {
  test.each([
    ['raw', KLINE, UPDATE],
    ['combined', { stream: 'btcusdt@kline_1m', data: KLINE }, UPDATE],
    ['shutdown, raw', { e: 'serverShutdown', E: 1_770_123_456_789 }, { kind: 'shutdown' }],
    [
      'shutdown, combined',
      { stream: '!serverShutdown', data: { e: 'serverShutdown', E: 1_770_123_456_789 } },
      { kind: 'shutdown' },
    ],
    ['acknowledgement', { result: null, id: 1 }, { kind: 'ack' }],
    ['list of subscriptions', { result: ['btcusdt@kline_1m'], id: 'a' }, { kind: 'ack' }],
    [
      'error',
      { code: 2, msg: 'Invalid request: too many parameters' },
      { kind: 'error', message: '2: Invalid request: too many parameters' },
    ],
  ])('%s is read', (_name, frame, expected) => {
    expect(parseFrame(JSON.stringify(frame))).toEqual({ ok: true, value: expected })
  })

  test.each([
    ['no JSON', '<html>', 'not JSON'],
    ['an unknown event', '{"e":"aggTrade","E":1}', ''],
    ['a price that is no decimal', JSON.stringify({ ...KLINE, k: { ...KLINE.k, c: '1e400' } }), ''],
    ['a negative volume', JSON.stringify({ ...KLINE, k: { ...KLINE.k, v: '-1' } }), ''],
    [
      'a close above the high',
      JSON.stringify({ ...KLINE, k: { ...KLINE.k, c: '99999' } }),
      'impossible candle at 1672515780000',
    ],
    ['a candle off the minute', JSON.stringify({ ...KLINE, k: { ...KLINE.k, t: 1_672_515_780_001 } }), 'not a minute'],
    ['two symbols', JSON.stringify({ ...KLINE, s: 'ETHUSDT' }), 'symbols disagree'],
    ['an event before its candle', JSON.stringify({ ...KLINE, E: 1_672_515_779_999 }), 'before its candle'],
  ])('%s is refused', (_name, text, reason) => {
    const frame = parseFrame(text)
    expect(frame.ok ? undefined : frame.error.message).toContain(reason)
  })
})

describe('REST replies', () => {
  const row = [
    1_499_040_000_000,
    '0.01634790',
    '0.80000000',
    '0.01575800',
    '0.01577100',
    '148976.11427815',
    1_499_040_059_999,
    '2434.19055334',
    308,
    '1756.87402397',
    '28.46694368',
    '0',
  ]

  test('klines are read, later columns ignored', () => {
    const candle = {
      openTime: row[0],
      open: 0.0163479,
      high: 0.8,
      low: 0.015758,
      close: 0.015771,
      volume: 148976.11427815,
    }
    expect(parseKlines([row])).toEqual({ ok: true, value: [candle] })
    expect(parseKlines([[...row, 'new']])).toEqual({ ok: true, value: [candle] })
    expect(parseKlines([])).toEqual({ ok: true, value: [] })
  })

  test.each([
    ['not a list', { code: -1 }],
    ['a short row', [row.slice(0, 5)]],
    ['numbers for strings', [row.with(1, 0.0163479)]],
    ['another interval', [row.with(6, 1_499_644_799_999)]],
    ['rows out of order', [row, row]],
    ['low above open', [row.with(3, '0.5')]],
  ])('klines with %s are refused', (_name, value) => {
    expect(parseKlines(value).ok).toBe(false)
  })

  test('time, trading symbols and errors are read', () => {
    expect(parseServerTime({ serverTime: 1_499_827_319_559 })).toEqual({ ok: true, value: 1_499_827_319_559 })
    expect(parseServerTime({ serverTime: '1' }).ok).toBe(false)
    const symbols = [
      { symbol: 'BTCUSDT', status: 'TRADING', baseAsset: 'BTC' },
      { symbol: 'MATICUSDT', status: 'BREAK', baseAsset: 'MATIC' },
    ]
    expect(parseTradingSymbols({ timezone: 'UTC', symbols })).toEqual({ ok: true, value: ['BTCUSDT'] })
    expect(parseTradingSymbols({}).ok).toBe(false)
    expect(parseErrorBody({ code: -1121, msg: 'Invalid symbol.' })).toEqual({ code: -1121, msg: 'Invalid symbol.' })
    expect(parseErrorBody('<html>')).toBeUndefined()
  })
})
