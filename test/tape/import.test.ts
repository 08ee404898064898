import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { importTape } from '../../src/main/tape/import/import-tape.ts'
import { readSegment } from '../../src/main/tape/segment-reader.ts'
import { verifySegment } from '../../src/main/tape/segment-verify.ts'
import type { Side } from '../../src/shared/domain/slots.ts'
import { unixMs } from '../../src/shared/domain/time.ts'
import { temporaryFolder } from '../support/cli.ts'
import { linesOf, value } from '../support/tape.ts'

/** 2026-06-08T00:00:00Z */
const T = 1_780_876_800_000
const FEED = 'feed_ts_ms,value,full_accuracy_value,server_ts_ms,recv_ms'
const BBO =
  'Timestamp,TargetTime,Expiration,UpBid,UpAsk,UpMid,UpSpread,UpBidLiquidity,UpAskLiquidity,DownBid,DownAsk,DownMid,DownSpread,DownBidLiquidity,DownAskLiquidity'
const OUTCOMES = 'timestamp,date,hour_utc,minute,outcome,up_price,down_price,btc_open,btc_close,btc_change_pct'

let folder = temporaryFolder()
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

function put(name: string, ...lines: readonly string[]): string {
  const path = join(folder.path, name)
  const text = `${lines.join('\n')}\n`
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text)
  return path
}

function run(paths: readonly string[], side: Side | null = null) {
  return importTape(paths, { out: join(folder.path, 'out.tape'), now: unixMs(T), engineBuild: 'test', side })
}

/** The reports, the header and the records of an import that must succeed. */
async function imported(paths: readonly string[], side: Side | null = null) {
  const { path, report } = value(await run(paths, side))
  const { segment } = value(verifySegment(path))
  expect(readdirSync(folder.path).filter((name) => /\.(part|records)$/.test(name))).toEqual([])
  const records = linesOf(segment).map((line) => JSON.parse(line.slice(line.indexOf(' ') + 1)))
  return { report, header: segment.header, records, source: report.sources[0] }
}

const feed = (second: number, received = second * 1000 + 900, price = '63000.5') =>
  `${T + second * 1000},${price},${price.replace('.', '')}${'0'.repeat(17)},${T + received},${T + received}`

describe('a settlement feed', () => {
  test('becomes prices at the time of receipt, with every planted fault counted and placed', async () => {
    const lines = [
      feed(0),
      feed(1),
      feed(1, 2000), // line 4: the same report again
      feed(5), // line 5: gap of 4 s
      feed(6, 5100), // line 6: received before the one above, which is late then
      feed(4, 6950), // line 7: an older report
      'a,b,c,d,e', // line 8
      `${T + 7500},63000.5,63000500000000000000000,${T},${T + 7600}`, // line 9
      `${T + 8000},63001,63000500000000000000000,${T},${T + 8100}`, // line 10
      `12,63000.5,63000500000000000000000,${T},${T + 8100}`, // line 11
      feed(9),
      feed(10),
      feed(11),
      feed(12),
    ]
    const { source, header, records } = await imported([put('BTCUSD-prices.csv.gz', FEED, ...lines)])
    expect(source).toMatchObject({
      format: 'settlement feed',
      rows: 14,
      kept: 7,
      leftOut: { duplicate: 1, late: 2, malformed: 1, 'off-grid': 1, nonsense: 1, 'impossible time': 1 },
      backSteps: 1,
      gaps: { count: 2, totalMs: 8000, longestMs: 5000 },
      times: ['milliseconds since 1970'],
      firstTs: T + 900,
      lastTs: T + 12_900,
    })
    expect(source?.examples).toContain('line 6: nothing for 5 s before it')
    expect(source?.examples.some((line) => line.startsWith('line 5: late'))).toBe(true)
    expect(records[0]).toEqual([T + 900, 0, T, 63_000.5, 0])
    expect(records).toHaveLength(7)
    expect(header).toMatchObject({ origin: 'import', feed: 'chainlink', assets: ['BTC'], sources: [source] })
  })
})

describe('best bid and ask', () => {
  const row = (time: string, bid: string, ask: string, sizes = '100.5,200') =>
    `2025-12-26 ${time},2025-12-26 10:30:00,2025-12-26 10:45:00,${bid},${ask},0,0,${sizes},0.1,0.2,0,0,1,1`

  test('0.0 is an empty side; faults are left out, counted and placed', async () => {
    const lines = [
      row('10:34:14', '0.09', '0.11'),
      row('10:34:15', '0.0', '0.11', '0.0,200'),
      row('10:34:15', '0.0', '0.11', '0.0,200'), // line 4: again
      row('10:34:13', '0.09', '0.11'), // line 5: back, and put where it belongs
      row('10:34:16', '0.12', '0.11'), // line 6: crossed
      row('10:34:17', '0.0955', '0.11'), // line 7: off the grid
      row('10:34:18', '0.09', '1.1'), // line 8
      row('10:34:19', '0.09', 'x'), // line 9
      row('10:50:19', '0.09', '0.11'), // line 10: after its window
      row('10:34:40', '0.095', '0.11'),
    ]
    const { source, records, header } = await imported([put('x_btc15m_bbo.csv', BBO, ...lines)])
    expect(source).toMatchObject({
      rows: 10,
      kept: 4,
      leftOut: { duplicate: 1, nonsense: 2, 'off-grid': 1, malformed: 1, 'impossible time': 1 },
      backSteps: 1,
      gaps: { count: 1, longestMs: 25_000 },
    })
    const start = Date.UTC(2025, 11, 26, 10, 30) / 1000
    const earlier = [start * 1000 + 253_000, 0, start, 10_000, [[90_000, 100_500_000]], [[110_000, 200_000_000]]]
    expect(records).toEqual([
      earlier,
      [start * 1000 + 254_000, 0, start, 10_000, [[90_000, 100_500_000]], [[110_000, 200_000_000]]],
      [start * 1000 + 255_000, 0, start, 10_000, [], [[110_000, 200_000_000]]],
      [start * 1000 + 280_000, 0, start, 1_000, [[95_000, 100_500_000]], [[110_000, 200_000_000]]],
    ])
    expect(header.slots).toEqual(['BTC-15m'])
    expect(header.notices.join(' ')).toContain('best five levels')
  })
})

describe('windows', () => {
  const market = (start: number, over: object = {}) =>
    JSON.stringify({
      slug: `btc-updown-5m-${start / 1000}`,
      start_sec: start / 1000,
      end_sec: start / 1000 + 300,
      resolved: true,
      outcome_prices: ['0', '1'],
      strike_value: '63123544863797618000000',
      raw: { outcomes: '["Up", "Down"]', closedTime: '2026-06-08 00:05:16+00' },
      ...over,
    })

  test('are known bit by bit: opened, strike, outcome', async () => {
    const lines = [
      market(T),
      market(T),
      market(T + 600_000, { strike_value: null, raw: null }),
      market(T + 1_000),
      market(T + 300_000, { slug: 'x' }),
      market(T + 300_000, { outcome_prices: ['0.5', '0.5'] }),
      '',
      market(T, { outcome_prices: ['1', '0'] }),
      ...[4, 5, 6, 7].map((n) => market(T + n * 300_000, { resolved: false, strike_value: null })),
      '{',
    ]
    const { source, records } = await imported([put('markets.jsonl', ...lines)])
    expect(source).toMatchObject({
      rows: 12,
      kept: 6,
      records: 9,
      leftOut: { duplicate: 1, conflict: 1, 'off-grid': 1, nonsense: 2, malformed: 1 },
      backSteps: 1,
      gaps: { count: 2, totalMs: 600_000 },
    })
    expect(source?.examples).toContain(`line 8: conflict: btc-updown-5m-${T / 1000} again, and not as before`)
    expect(source?.examples.some((line) => line.startsWith('line 13: malformed'))).toBe(true)
    const of = (ts: number, start: number, strike: number | null, outcome: string | null) => [
      ts,
      {
        kind: 'market',
        slot: 'BTC-5m',
        windowId: `btc-updown-5m-${start / 1000}`,
        start,
        end: start + 300_000,
        source: 'polymarket',
        ts,
        strike,
        outcome,
      },
    ]
    expect(records).toEqual([
      of(T, T, null, null),
      of(T + 2_000, T, 63_123.544863797615, null),
      of(T + 316_000, T, 63_123.544863797615, 'down'),
      of(T + 600_000, T + 600_000, null, null),
      of(T + 1_200_000, T + 1_200_000, null, null),
      of(T + 1_216_000, T + 600_000, null, 'down'),
      ...[5, 6, 7].map((n) => of(T + n * 300_000, T + n * 300_000, null, null)),
    ])
  })

  test('outcomes as a table, in any order', async () => {
    const row = (start: number, time: string, outcome: string, prices: string) =>
      `${start / 1000},2026-06-08,${time},${outcome},${prices},1,2,0.1`
    const lines = [
      row(T + 300_000, '0,5', 'down', '0.0,1.0'),
      row(T, '0,0', 'up', '1.0,0.0'),
      row(T + 600_000, '1,10', 'up', '1.0,0.0'),
      row(T + 900_000, '0,15', 'up', '0.0,1.0'),
    ]
    const { source, records } = await imported([put('x_btc_5m_outcomes.csv', OUTCOMES, ...lines)])
    expect(source).toMatchObject({ kept: 2, backSteps: 1, leftOut: { 'impossible time': 1, nonsense: 1 } })
    expect(records.map(([, record]) => [record.windowId.slice(-5), record.outcome])).toEqual([
      ['76800', null],
      ['77100', null],
      ['76800', 'up'],
      ['77100', 'down'],
    ])
  })
})

describe('raw books', () => {
  const message = (ms: number, over: object = {}, token = 'A') =>
    JSON.stringify({
      recv_s: (T + ms) / 1000,
      slug: `btc-updown-5m-${T / 1000}`,
      msg: {
        asset_id: token,
        event_type: 'book',
        bids: [
          { price: '0.4', size: '5' },
          { price: '0.45', size: '10.123' },
        ],
        asks: [
          { price: '0.99', size: '1' },
          { price: '0.5', size: '2' },
        ],
        tick_size: '0.01',
        ...over,
      },
    })
  const lines = [
    message(0, {}, 'B'), // line 1: the other token
    message(5),
    message(5), // line 3: again
    message(6, { bids: [{ price: '0.6', size: '5' }] }), // line 4: crossed
    message(7, { bids: [{ price: '1.6', size: '5' }] }), // line 5
    message(8, { event_type: 'price_change' }), // line 6
    message(2), // line 7: back, and put where it belongs
    message(9e9), // line 8
    message(20_005, { bids: [] }),
    '?',
  ]

  test('come best first; without a side the tape says that nobody knows which token it is', async () => {
    const { source, records, header } = await imported([put('raw.jsonl.gz', ...lines)])
    expect(source).toMatchObject({
      rows: 10,
      kept: 3,
      leftOut: { other: 2, duplicate: 1, nonsense: 2, 'impossible time': 1, malformed: 1 },
      gaps: { count: 1, longestMs: 20_000 },
    })
    const bids = [
      [450_000, 10_123_000],
      [400_000, 5_000_000],
    ]
    const asks = [
      [500_000, 2_000_000],
      [990_000, 1_000_000],
    ]
    expect(records).toEqual([
      [T + 2, 0, T / 1000, 10_000, bids, asks],
      [T + 5, 0, T / 1000, 10_000, bids, asks],
      [T + 20_005, 0, T / 1000, 10_000, [], asks],
    ])
    expect(header.unlabelledBooks).toBe(true)
    expect(header.notices.join(' ')).toContain('--side up')
  })

  test("the Down token's book is mirrored", async () => {
    const { records, header } = await imported([put('raw.jsonl', ...lines)], 'down')
    expect(records[0]?.slice(4)).toEqual([
      [
        [500_000, 2_000_000],
        [10_000, 1_000_000],
      ],
      [
        [550_000, 10_123_000],
        [600_000, 5_000_000],
      ],
    ])
    expect(header.unlabelledBooks).toBe(false)
  })
})

describe('trades of an exchange', () => {
  const TICKS = 'recv_ns,trade_us,event_us,symbol,price,qty,is_sell'
  const tick = (ms: number, price: string, symbol = 'BTCUSDT', late = 40) =>
    `${T + ms + late}000000,${T + ms}123,${T + ms}456,${symbol},${price},0.5,1`

  test('B1: become prices at the time of receipt; an absurd one and another currency are left out', async () => {
    const lines = [
      tick(0, '63000.10000000'),
      tick(1000, '63000.20000000'),
      tick(1000, '63000.20000000'), // line 4: again
      tick(500, '63000.15'), // line 5: put where it belongs
      tick(2000, '190000'), // line 6
      tick(3000, '63000.3'),
      '', // line 8
      tick(4000, '58000', 'BTCEUR'), // line 9
      tick(5000, '63000.4', 'BTCUSDT', -2500), // line 10: the recorder's clock was behind
      tick(9000, 'x'), // line 11
      tick(20_000, '63000.5'),
    ]
    const { source, records, header } = await imported([put('ticks.csv.gz', TICKS, ...lines)])
    expect(source).toMatchObject({
      format: 'trades of an exchange',
      rows: 10,
      kept: 6,
      leftOut: { duplicate: 1, outlier: 1, other: 1, malformed: 1 },
      backSteps: 1,
      gaps: { count: 1, longestMs: 15_040 },
      times: ['microseconds since 1970'],
    })
    expect(source?.notes[0]).toMatch(/clock was behind/)
    expect(source?.examples.map((line) => line.slice(0, 19))).toContain('line 6: outlier: 19')
    expect(records.slice(0, 2)).toEqual([
      [T + 40, 0, T, 63_000.1, 0.5],
      [T + 540, 0, T + 500, 63_000.15, 0.5],
    ])
    expect(records.map(([ts]) => ts - T)).toEqual([40, 540, 1040, 3040, 5000, 20_040])
    expect(header).toMatchObject({ feed: 'binance', settlement: 'none', assets: ['BTC'] })
  })

  test("B1: frames of Binance's stream: trades are read, other kinds refused by name", async () => {
    const frame = (ms: number, price: string) =>
      JSON.stringify({ e: 'trade', E: T + ms + 5, s: 'BTCUSDT', t: ms, p: price, q: '0.5', T: T + ms, m: true })
    const { records } = await imported([put('trades.jsonl', frame(0, '63000.1'), frame(10, '63000.2'))])
    expect(records).toEqual([
      [T + 5, 0, T, 63_000.1, 0.5],
      [T + 15, 0, T + 10, 63_000.2, 0.5],
    ])
    const made = await importTape([put('kline.jsonl', JSON.stringify({ e: 'kline', E: T, s: 'BTCUSDT' }))], {
      out: join(folder.path, 'other.tape'),
      now: unixMs(T),
      engineBuild: 'test',
      side: null,
    })
    expect(made.ok ? '' : made.error).toMatch(/kline\.jsonl: frames of type "kline" from a stream of Binance/)
  })
})

describe('an import', () => {
  test('A3: a feed newest first is put in order of receipt', async () => {
    const seconds = Array.from({ length: 50 }, (_, i) => feed(i))
    const { source, records } = await imported([put('BTCUSD-prices.csv', FEED, ...seconds.toReversed())])
    expect(source).toMatchObject({ rows: 50, kept: 50, leftOut: {}, backSteps: 49, gaps: { count: 0 } })
    expect(records.map(([ts]) => ts - T)).toEqual(seconds.map((_, i) => i * 1000 + 900))
  })

  test('A3: a report whose year is wrong, and one of three times the price, are left out alone', async () => {
    const wrong = Array.from({ length: 50 }, (_, i) =>
      i === 20 ? feed(i + 365 * 86_400) : feed(i, i * 1000 + 900, i === 30 ? '190000.5' : '63000.5'),
    )
    const { source } = await imported([put('BTCUSD-prices.csv', FEED, ...wrong)])
    expect(source).toMatchObject({ kept: 48, leftOut: { outlier: 2 }, backSteps: 1, lastTs: T + 49_900 })
  })

  test('A3: of two reports of one second that differ the first received is kept, the other named', async () => {
    const lines = [feed(0), feed(1), feed(1, 2000, '63001.5'), feed(2, 2900)]
    const { source } = await imported([put('BTCUSD-prices.csv', FEED, ...lines)])
    expect(source).toMatchObject({ kept: 3, leftOut: { conflict: 1 } })
    expect(source?.examples).toEqual(['line 4: conflict: the same second again, with another price'])
  })

  test('A3: where most rows would be lost nothing is imported', async () => {
    const made = await run([put('BTCUSD-prices.csv', FEED, feed(0), 'x', 'y', '', feed(1))])
    expect(made.ok).toBe(true)
    rmSync(join(folder.path, 'out.tape'))
    const most = await run([put('BTCUSD-prices.csv', FEED, feed(0), 'x', 'y', 'z', feed(1))])
    expect(most.ok ? '' : most.error).toBe(
      'BTCUSD-prices.csv: 3 of 5 rows would be lost (3 malformed; line 3: malformed: not five numbers): correct the file first',
    )
    expect(existsSync(join(folder.path, 'out.tape'))).toBe(false)
  })

  test('puts files in order of time, candles at their close', async () => {
    const candles = JSON.stringify([
      [T - 60_000, 1.2, 2, 1, 1.5, 9],
      [T + 60_000, 1.2, 2, 1, 1.5, 9],
    ])
    const { records, source, header } = await imported([
      put('BTCUSD-prices.csv', FEED, feed(0), feed(119, 119_999), feed(121)),
      put('ETHUSDT-1m.json', candles),
    ])
    expect(records.map(([ts]) => ts - T)).toEqual([0, 900, 119_999, 120_000, 121_900])
    expect(source).toMatchObject({ format: 'candles', gaps: { count: 1, totalMs: 60_000 } })
    expect(header.assets).toEqual(['ETH', 'BTC'])
  })

  test.each([
    ['what is not there', () => join(folder.path, 'nothing.csv'), 'is not there'],
    ['a header alone', () => put('BTCUSD-prices.csv', FEED, ''), 'BTCUSD-prices.csv: no rows'],
    ['an empty file', () => put('x.csv', ''), 'the file is empty'],
    ['windows in one list', () => put('x.json', '[{"slug":"btc-updown-5m-1"}]'), 'one JSON object a line'],
    ['an unknown kind', () => put('x.csv', 'a,b', '1,2'), 'known are'],
    ['an unknown object', () => put('x.jsonl', '{"a":1}'), 'known are'],
    ['a feed of who knows what', () => put('prices.csv', FEED, feed(0)), 'name it like BTCUSD-prices.csv'],
    ['windows of who knows what', () => put('bbo.csv', BBO), 'name it like btc15m.csv'],
    [
      'no usable row',
      () => put('BTCUSD-prices.csv', FEED, 'x'),
      'no usable row of 1 (1 malformed; line 2: malformed: not five numbers)',
    ],
  ])('refuses %s in one line and leaves nothing behind', async (_, make, message) => {
    const made = await run([make()])
    expect(made.ok ? '' : made.error).toContain(message)
    expect(made.ok ? '' : made.error).not.toContain('\n')
    expect(existsSync(join(folder.path, 'out.tape'))).toBe(false)
  })

  test('refuses a cut archive, naming it, and an existing tape', async () => {
    const whole = gzipSync([FEED, ...Array.from({ length: 500 }, (_, i) => feed(i))].join('\n'))
    const cut = join(folder.path, 'BTCUSD-cut.csv.gz')
    writeFileSync(cut, whole.subarray(0, whole.length / 2))
    const made = await run([cut])
    expect(made.ok ? '' : made.error).toContain('BTCUSD-cut.csv.gz cannot be read')
    const path = put('BTCUSD-prices.csv', FEED, feed(0))
    value(await run([path]))
    const again = await run([path])
    expect(again.ok ? '' : again.error).toContain('is there already')
    expect(value(readSegment(join(folder.path, 'out.tape'))).records).toBe(1)
  })
})
