import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseFrames } from '../../../src/main/venues/polymarket/frames.ts'
import { parseMarkets, payoutOf, untradable, verifyMarket } from '../../../src/main/venues/polymarket/market-row.ts'
import { MICRO } from '../../../src/shared/domain/money.ts'
import { asset, makeSlot, windowAt } from '../../../src/shared/domain/slots.ts'
import { unixMs } from '../../../src/shared/domain/time.ts'

type Json = Record<string, unknown>

function payload(name: string): unknown {
  const path = join(import.meta.dirname, '../../fixtures/polymarket', `${name}.json`)
  return JSON.parse(readFileSync(path, 'utf8')).payload
}

const CAPTURED = payload('gamma_market_btc_5m_twap_active') as Json
const SLOT = makeSlot(asset('BTC'), '5m')
const WINDOW = windowAt(SLOT, unixMs(Date.parse('2026-08-22T16:02:00Z')))

/** What stands against a row; undefined if it is tradable. */
function against(row: Json): string | undefined {
  const parsed = parseMarkets([row])
  if (!parsed.ok) return parsed.error
  if (parsed.value === undefined) return 'no row'
  const verified = verifyMarket(parsed.value, SLOT, WINDOW, 150)
  return verified.ok ? untradable(parsed.value) : verified.error
}

describe('a market row of Gamma', () => {
  test('as captured gives the terms of its window, outcomes by their names', () => {
    const parsed = parseMarkets([CAPTURED])
    if (!parsed.ok || parsed.value === undefined) throw new Error('not read')
    const verified = verifyMarket(parsed.value, SLOT, WINDOW, 150)
    const swapped = verifyMarket({ ...parsed.value, outcomes: ['Down', 'Up'] }, SLOT, WINDOW, 150)
    if (!verified.ok || !swapped.ok) throw new Error('not verified')
    const { terms, tokens, meanSeconds, minOrderSize } = verified.value
    expect(terms).toEqual({
      slot: 'BTC-5m',
      tick: 10_000,
      minShares: 5 * MICRO,
      minStake: MICRO,
      takerFeePpm: 70_000,
      takerDelayMs: 150,
    })
    expect([meanSeconds, minOrderSize, tokens.up.slice(0, 6)]).toEqual([60, '5', '113013'])
    expect(swapped.value.tokens).toEqual({ up: tokens.down, down: tokens.up })
    expect(untradable(parsed.value)).toBeUndefined()
    expect(payoutOf(parsed.value)).toBeUndefined()
  })

  test('tolerates unknown keys and the absence of optional ones', () => {
    expect(against({ ...CAPTURED, somethingNew: { deep: 1 }, events: [] })).toBeUndefined()
    for (const key of [
      'id',
      'questionID',
      'question',
      'startDate',
      'outcomePrices',
      'makerBaseFee',
      'negRisk',
      'cryptoMarketConfig',
    ])
      expect(against(without(CAPTURED, key)), key).toBeUndefined()
  })

  const altered: readonly (readonly [key: string, value: unknown])[] = [
    ['slug', 'btc-updown-5m-1787414700'],
    ['conditionId', '0x12'],
    ['outcomes', '["Yes", "No"]'],
    ['outcomes', '["Up"]'],
    ['clobTokenIds', '["", ""]'],
    ['clobTokenIds', '["1", "1"]'],
    ['eventStartTime', '2026-08-22T16:05:00Z'],
    ['eventStartTime', 'yesterday'],
    ['endDate', '2026-08-22T16:10:00Z'],
    ['active', false],
    ['closed', true],
    ['acceptingOrders', false],
    ['enableOrderBook', false],
    ['orderPriceMinTickSize', 0.02],
    ['orderMinSize', 0],
    ['negRisk', true],
    ['feeSchedule', { exponent: 2, rate: 0.07, takerOnly: true }],
    ['feeSchedule', { exponent: 1, rate: 7, takerOnly: true }],
    ['feeType', 'flat_fees'],
    ['resolutionSource', 'https://data.chain.link/streams/eth-usd-twap-60s-streams'],
    ['resolutionSource', 'https://www.binance.com'],
    ['cryptoMarketConfig', { twapEnabled: true, twapLookbackSeconds: 30 }],
    ['version', 'v3'],
  ]
  test.each(altered)('is refused with another %s: %j', (key, value) => {
    expect(against({ ...CAPTURED, [key]: value })).toMatch(named(key))
  })

  test.each([
    'slug',
    'conditionId',
    'outcomes',
    'clobTokenIds',
    'eventStartTime',
    'endDate',
    'active',
    'closed',
    'acceptingOrders',
    'enableOrderBook',
    'orderPriceMinTickSize',
    'orderMinSize',
    'feeSchedule',
    'resolutionSource',
  ])('is refused without %s, which is named', (key) => {
    expect(against(without(CAPTURED, key))).toMatch(named(key))
  })

  test('pays only once it is resolved, a split only once that is stated', () => {
    const pays = (part: Json) => {
      const parsed = parseMarkets([{ ...CAPTURED, closed: true, ...part }])
      return parsed.ok && parsed.value !== undefined ? payoutOf(parsed.value) : 'unreadable'
    }
    expect(pays({ outcomePrices: '["1", "0"]' })).toBe(MICRO)
    expect(pays({ outcomePrices: '["0", "1"]' })).toBe(0)
    expect(pays({ outcomes: '["Down", "Up"]', outcomePrices: '["0", "1"]' })).toBe(MICRO)
    expect(pays({ outcomePrices: '["0.5", "0.5"]' })).toBeUndefined()
    expect(pays({ outcomePrices: '["0.5", "0.5"]', umaResolutionStatus: 'resolved' })).toBe(MICRO / 2)
    expect(pays({ outcomePrices: '["0.99", "0.01"]' })).toBeUndefined()
    expect(pays({ outcomePrices: '["1", "0"]', closed: false })).toBeUndefined()
  })
})

/** The words by which a field is named in a refusal. */
function named(key: string): RegExp {
  const words: Readonly<Record<string, string>> = {
    slug: 'another market|slug',
    clobTokenIds: 'token ids|clobTokenIds',
    active: 'not active',
    closed: 'closed',
    acceptingOrders: 'not accepting orders',
    enableOrderBook: 'no order book',
    feeSchedule: 'feeSchedule|fee rate',
    cryptoMarketConfig: 'cryptoMarketConfig',
  }
  return new RegExp(words[key] ?? key)
}

function without(row: Json, key: string): Json {
  const { [key]: _removed, ...rest } = row
  return rest
}

describe('frames of the market channel', () => {
  const FRAMES: readonly (readonly [file: string, kind: string, required: readonly string[]])[] = [
    ['clob_ws_book', 'book', ['market', 'asset_id', 'timestamp', 'hash', 'bids', 'asks']],
    ['clob_ws_price_change', 'changes', ['market', 'price_changes', 'timestamp']],
    ['clob_ws_last_trade_price', 'trade', ['asset_id', 'price']],
    ['clob_ws_tick_size_change', 'tick', ['asset_id', 'new_tick_size']],
    ['clob_ws_market_resolved', 'resolved', ['market', 'winning_asset_id']],
    ['clob_ws_new_market', 'new-market', ['market']],
    ['clob_ws_best_bid_ask', 'best-prices', ['asset_id']],
  ]

  test.each(FRAMES)(
    '%s is read as %s; without a required field it is unreadable, and the field is named',
    (file, kind, required) => {
      const body = payload(file)
      const [frame] = (Array.isArray(body) ? body : [body]) as Json[]
      if (frame === undefined) throw new Error('an empty file')
      const read = parseFrames(JSON.stringify(body))
      if (!read.ok) throw new Error(read.error)
      expect(read.value.every((each) => each.ok && each.frame.kind === kind)).toBe(true)
      expect(parseFrames(JSON.stringify({ ...frame, extra: 1 }))).toMatchObject({ value: [{ ok: true }] })
      for (const key of required) {
        for (const broken of [without(frame, key), { ...frame, [key]: 7 }]) {
          const refused = parseFrames(JSON.stringify(broken))
          expect(refused, key).toMatchObject({
            value: [{ ok: false, unknown: false, reason: expect.stringContaining(key) }],
          })
        }
      }
    },
  )

  test('unknown kinds are told apart from unreadable frames; control texts are no frames', () => {
    expect(parseFrames('{"event_type":"something_new"}')).toMatchObject({ value: [{ ok: false, unknown: true }] })
    expect(parseFrames('[]')).toEqual({ ok: true, value: [] })
    for (const text of ['PONG', 'NO NEW ASSETS']) expect(parseFrames(text)).toEqual({ ok: true, value: [] })
    // Only events about books make books unusable, and only their own.
    expect(parseFrames('{"event_type":"price_change","price_changes":[{"asset_id":"7","side":"odd"}]}')).toMatchObject({
      value: [{ ok: false, books: ['7'] }],
    })
    for (const text of [
      '{"event_type":"new_market","slug":7}',
      '{"status":"ok"}',
      'null',
      '{"event_type":"market_resolved"}',
    ])
      expect(parseFrames(text), text).toMatchObject({ value: [{ ok: false, books: [] }] })
    for (const name of ['constructor', 'toString', '__proto__'])
      expect(parseFrames(JSON.stringify({ event_type: name }))).toMatchObject({ value: [{ ok: false, unknown: true }] })
    for (const text of ['{"event_type":"bo', '<html>', '']) expect(parseFrames(text).ok, text).toBe(false)
  })
})
