import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import AdmZip from 'adm-zip'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { exportSegment } from '../../src/main/tape/export.ts'
import { importTape } from '../../src/main/tape/import/import-tape.ts'
import { readSegment } from '../../src/main/tape/segment-reader.ts'
import { isoUtc, unixMs } from '../../src/shared/domain/time.ts'
import { type CandleRow, randomCandles } from '../support/candle-tape.ts'
import { temporaryFolder } from '../support/cli.ts'
import { value } from '../support/tape.ts'

const tapes = process.env.BATON_TAPES

let folder = temporaryFolder()
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

const space = (ms: number) => isoUtc(ms).slice(0, 19).replace('T', ' ')
/** As a clock five and a half hours ahead of UTC shows it. */
const kolkata = (ms: number) => `${isoUtc(ms + 5.5 * 3_600_000).slice(0, 19)}+05:30`
const HEADER = 'timestamp,open,high,low,close,volume'
const BINANCE_HEADER =
  'open_time,open,high,low,close,volume,close_time,quote_asset_volume,number_of_trades,taker_buy_base_asset_volume,taker_buy_quote_asset_volume,ignore'

type Stamp = (ms: number) => string | number

function csv(rows: readonly CandleRow[], stamp: Stamp, header: string | null = HEADER, separator = ','): string {
  const lines = rows.map(([ts, ...rest]) => [stamp(ts), ...rest].join(separator))
  return [...(header === null ? [] : [header.replaceAll(',', separator)]), ...lines, ''].join('\n')
}

/** The twelve columns of Binance; text where its own interface answers in text. */
function klines(rows: readonly CandleRow[], perMs: number) {
  return rows.map(([ts, ...prices]) => {
    const texts = prices.map((price) => price.toFixed(8))
    return [ts * perMs, ...texts, (ts + 59_999) * perMs + (perMs - 1), '1.00000000', 7, '0.50000000', '0.50000000', '0']
  })
}

function zipped(name: string, text: string): Buffer {
  const zip = new AdmZip()
  zip.addFile(name, Buffer.from(text))
  return zip.toBuffer()
}

type Files = Readonly<Record<string, string | Buffer>>

/** Ways in which people have one series of candles: its header, unit of time, order and container. */
const FORMS: Readonly<Record<string, (rows: readonly CandleRow[]) => Files>> = {
  'a header and times with a space': (rows) => ({ 'BTCUSDT-1m.csv': csv(rows, space) }),
  'times with T and Z': (rows) => ({ 'BTCUSDT-1m.csv': csv(rows, isoUtc) }),
  'times with +00:00, as pandas writes them': (rows) => ({
    'BTCUSDT-1m.csv': csv(rows, (ms) => `${space(ms)}+00:00`, 'date,open,high,low,close,volume'),
  }),
  'times of another offset': (rows) => ({ 'BTCUSDT-1m.csv': csv(rows, kolkata) }),
  'epoch seconds': (rows) => ({ 'BTCUSDT-1m.csv': csv(rows, (ms) => ms / 1000, 'unix,open,high,low,close,volume') }),
  'epoch nanoseconds': (rows) => ({
    'BTCUSDT-1m.csv': csv(rows, (ms) => `${ms}000000`, 'ts,open,high,low,close,volume'),
  }),
  'open_time and eleven more columns': (rows) => ({
    'BTCUSDT-1m.csv': [BINANCE_HEADER, ...klines(rows, 1).map((row) => row.join(','))].join('\n'),
  }),
  "Binance's own archive, milliseconds": (rows) => ({
    'BTCUSDT-1m-2024-03.csv': `${klines(rows, 1)
      .map((row) => row.join(','))
      .join('\n')}\n`,
  }),
  "Binance's own archive, microseconds, zip": (rows) => ({
    'BTCUSDT-1m-2025-03-01.zip': zipped(
      'BTCUSDT-1m-2025-03-01.csv',
      `${klines(rows, 1000)
        .map((row) => row.join(','))
        .join('\n')}\n`,
    ),
  }),
  'raw REST klines': (rows) => ({ 'BTCUSDT-1m.json': JSON.stringify(klines(rows, 1)) }),
  "freqtrade's JSON": (rows) => ({ 'BTC_USDT-1m.json': JSON.stringify(rows) }),
  "freqtrade's JSON, gzip": (rows) => ({ 'BTC_USDT-1m.json.gz': gzipSync(JSON.stringify(rows)) }),
  'JSON objects': (rows) => ({
    'btc-usdt-1m.json': JSON.stringify(rows.map(([t, o, h, l, c, v]) => ({ v, c, l, h, o, t, symbol: 'BTCUSDT' }))),
  }),
  'newest first': (rows) => ({ 'BTCUSDT-1m.csv': csv(rows.toReversed(), space) }),
  'newest first, with title and other columns, as CryptoDataDownload writes it': (rows) => ({
    'Binance_BTCUSDT_2025_minute.csv': [
      'https://www.CryptoDataDownload.com',
      'Unix,Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USDT,tradecount',
      ...rows.toReversed().map(([ts, ...rest]) => [ts, space(ts), 'BTCUSDT', ...rest, 1, 2].join(',')),
    ].join('\n'),
  }),
  'two halves exchanged, gzip': (rows) => ({
    'BTCUSDT-1m.csv.gz': gzipSync(csv([...rows.slice(500), ...rows.slice(0, 500)], space)),
  }),
  'ends of lines and byte-order mark of Windows, zip': (rows) => ({
    'BTCUSDT-1m.csv.zip': zipped('x.csv', `\uFEFF${csv(rows, space).replaceAll('\n', '\r\n')}`),
  }),
  semicolons: (rows) => ({ 'BTCUSDT-1m.csv': csv(rows, space, HEADER, ';') }),
  tabs: (rows) => ({ 'BTCUSDT-1m.txt': csv(rows, space, HEADER, '\t') }),
  'columns in another order, quoted': (rows) => ({
    'BTCUSDT-1m.csv': [
      '"Volume","Close","Low","High","Open","Open time"',
      ...rows.map(([t, o, h, l, c, v]) => [v, c, l, h, o, space(t)].map((cell) => `"${cell}"`).join(',')),
    ].join('\n'),
  }),
  'blank lines and a comment': (rows) => ({
    'BTCUSDT-1m.csv': `# from somewhere\n\n${csv(rows, space).replaceAll('\n', '\n\n')}`,
  }),
  'every row twice': (rows) => ({ 'BTCUSDT-1m.json': JSON.stringify([...rows, ...rows]) }),
  'milliseconds first, microseconds then': (rows) => ({
    'BTCUSDT-1m.csv': csv(rows, (ms) => (ms < (rows[500]?.[0] ?? 0) ? ms : `${ms}000`), null),
  }),
  'files that overlap, one of them contained in another': (rows) => ({
    'a/BTCUSDT-1m.json': JSON.stringify(rows.slice(0, 700)),
    'b/BTCUSDT-1m.csv': csv(rows.slice(600), space),
    'c/BTCUSDT-1m.json': JSON.stringify(rows.slice(100, 200)),
  }),
}

/** What `tape export` prints of the import of some files. */
async function exported(name: string, files: Files): Promise<string> {
  const paths = Object.entries(files).map(([file, content]) => {
    const path = join(folder.path, name, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    return path
  })
  const out = join(folder.path, name, 'out.tape')
  value(await importTape(paths, { out, now: unixMs(0), engineBuild: 'test', side: null }))
  const segment = value(readSegment(out))
  const options = { format: 'jsonl', kind: null, from: 0, to: Number.POSITIVE_INFINITY } as const
  return [...exportSegment(segment, options)].map((text) => value(text)).join('')
}

async function expectAllEqual(rows: readonly CandleRow[]): Promise<void> {
  const expected = rows.map(([ts, open, high, low, close, volume], i) => ({
    time: isoUtc(ts + 60_000),
    seq: i,
    kind: 'candle',
    asset: 'BTC',
    frame: '1m',
    openTime: isoUtc(ts),
    open,
    high,
    low,
    close,
    volume,
    backfill: false,
  }))
  let n = 0
  for (const [name, form] of Object.entries(FORMS)) {
    const text = await exported(String(n++), form(rows))
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
      name,
    ).toEqual(expected)
  }
}

describe('A3, B1: one thousand candles', () => {
  test(`in ${Object.keys(FORMS).length} forms give equal records and an equal export`, () =>
    expectAllEqual(randomCandles('BTC', 1, 3, 0).slice(0, 1000)))

  test('recorded ones, too', async () => {
    if (tapes === undefined) return console.log('not run, BATON_TAPES is not set: recorded candles in every form')
    const text = gunzipSync(readFileSync(join(tapes, 'binance-1m/2025-03/BTCUSDT-1m.csv.gz'))).toString()
    const rows = text
      .split('\n')
      .slice(1, 1001)
      .map((line): CandleRow => {
        const [time = '', open, high, low, close, volume] = line.split(',')
        return [
          Date.parse(`${time.replace(' ', 'T')}Z`),
          Number(open),
          Number(high),
          Number(low),
          Number(close),
          Number(volume),
        ]
      })
    await expectAllEqual(rows)
  })

  it('B1: units of time are said', async () => {
    const rows = randomCandles('BTC', 1, 3, 0).slice(0, 1000)
    const path = join(folder.path, 'BTCUSDT-1m.csv')
    writeFileSync(
      path,
      csv(rows, (ms) => (ms < (rows[400]?.[0] ?? 0) ? ms : `${ms}000`), null),
    )
    const out = join(folder.path, 'out.tape')
    const { report } = value(await importTape([path], { out, now: unixMs(0), engineBuild: 'test', side: null }))
    expect(report.sources[0]).toMatchObject({
      times: ['milliseconds since 1970 (400 rows)', 'microseconds since 1970 (600 rows)'],
      notes: ['No header: its first columns are assumed to be open time, open, high, low, close, volume.'],
    })
  })

  it.each([
    ['BTC_USDT-1m.feather', 'ARROW1', /BTC_USDT-1m\.feather: a Feather file .*freqtrade convert-data/],
    ['BTCUSDT-1m.parquet', 'PAR1', /a Parquet file, which is not read as candles: convert it to CSV/],
    ['BTCUSDT-5m.csv', `${HEADER}\n`, /candles of "5m" by its name/],
    ['candles.csv', `${HEADER}\n`, /does not contain the asset/],
    ['BTCUSDT-1m.csv', Buffer.from(`\uFEFF${HEADER}\n`, 'utf16le'), /text in UTF-16: save it as UTF-8/],
    ['BTCUSDT-1m.zip', zipped('a.csv', 'x').subarray(0, 40), /cannot be read/],
    ['BTCUSDT-1m.csv', `${HEADER}\n`, /BTCUSDT-1m\.csv: no rows/],
  ])('B1: %s is refused by name, with what to do', async (name, content, reason) => {
    const path = join(folder.path, name)
    writeFileSync(path, content)
    const out = join(folder.path, 'out.tape')
    const made = await importTape([path], { out, now: unixMs(0), engineBuild: 'test', side: null })
    expect(made.ok ? '' : made.error).toMatch(reason)
    expect(made.ok ? '' : made.error).not.toContain('\n')
  })

  it('B1: an archive whose bytes were changed is refused, and one of several files', async () => {
    const sound = zipped('BTCUSDT-1m.csv', csv(randomCandles('BTC', 1, 3, 0).slice(0, 1000), space))
    const broken = Buffer.from(sound)
    broken.writeUInt8(broken.readUInt8(2000) ^ 1, 2000)
    const two = new AdmZip()
    for (const name of ['a.csv', 'b.csv']) two.addFile(name, Buffer.from('x'))
    const options = { out: join(folder.path, 'out.tape'), now: unixMs(0), engineBuild: 'test', side: null }
    for (const [bytes, reason] of [
      [broken, /cannot be read \(/],
      [two.toBuffer(), /it holds 2 files, not one: unpack it first/],
    ] as const) {
      const path = join(folder.path, 'BTCUSDT-1m.zip')
      writeFileSync(path, bytes)
      const made = await importTape([path], options)
      expect(made.ok ? '' : made.error).toMatch(reason)
    }
  })
})
