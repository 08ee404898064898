import { parseArgs } from 'node:util'
import { messageOf } from '../src/shared/domain/base.ts'
import { parseTime } from '../src/shared/domain/dates.ts'
import { SERVICES } from './venue-sim/polymarket/faults.ts'
import { readBooks } from './venue-sim/polymarket/recorded.ts'
import type { PolymarketOptions } from './venue-sim/polymarket/sim.ts'
import { startVenueSim } from './venue-sim/sim.ts'
import { iso, openMarket } from './venue-sim/start.ts'

const HELP = `A simulated Binance and Polymarket on 127.0.0.1, for trying the desk and for tests.

node scripts/venue-sim.ts [--tape FILE|FOLDER]… [--generate BTC,ETH] [--seed N] [--speed N] [--port P]
                          [--from ISO] [--drop-every SECONDS] [--halted SYMBOLS] [--silent SYMBOLS]
                          [--books FILE] [--books-as deltas]
                          [--pm-assets BTC,ETH] [--pm-missing SHARE] [--pm-resolve SECONDS] [--pm-delta-hashes other]
                          [--pm-quote-ms BTC=30,*=300]

  --tape        recorded one-minute candles; may be repeated. Without it, candles are generated
  --now         market time starts at the real time; recorded candles are shifted by multiples of 15 minutes (default)
  --from        recorded time to start from; at a speed other than 1 the recorded times are kept
  --speed       market seconds per real second (1)
  --drop-every  real seconds after which all connections are cut, again and again
  --port        Binance's port; Polymarket's six services take the following ones (free ports)
  --halted      symbols listed without trading;  --silent  symbols that never push;  both lists (BTCUSDT,…)
  --books       recorded BTC 5-minute books, one {recv_s, slug, msg} a line; shifted to the next windows
  --books-as    snapshots, as recorded (default), or deltas
  --pm-assets   assets with Polymarket windows (those of BTC ETH SOL XRP DOGE BNB HYPE that have candles)
  --pm-missing  share of seconds that the settlement feeds leave out (0.07)
  --pm-resolve  seconds from a window's end to its resolution (15 to 85, by window)
  --pm-quote-ms market time between two quotes, by asset (*=500)
  --pm-delta-hashes other: hashes of deltas that are not the book's checksum

Controls: POST /sim/drop?refuse=MS  /sim/silence?ms=&symbol=  /sim/mute?symbol=  /sim/gap?symbol=&count=  /sim/shutdown?close=MS
          /sim/micros?ms=&symbol=  /sim/shock?symbol=&factor=&ms=  /sim/clock?ms=
          /sim/rest-fail?count=&status=&retryAfter=SECONDS  /sim/raw (body sent as a frame);  GET /sim/state
          POST /sim/pm/…: an unknown name lists them`

const list = (value: string | undefined) => (value ?? '').split(',').filter((name) => name !== '')

function positive(name: string, value: string | undefined, fallback: number): number {
  const number = value === undefined ? fallback : Number(value)
  if (!(number >= 0 && Number.isFinite(number))) throw new Error(`--${name}: not a number: ${value}`)
  return number
}

type Values = Readonly<
  Partial<
    Record<'books' | 'books-as' | 'pm-assets' | 'pm-missing' | 'pm-resolve' | 'pm-quote-ms' | 'pm-delta-hashes', string>
  >
>

/** Reads recorded books and moves them, by a multiple of 15 minutes, so that their first window is yet to come. */
async function recordedBooks(values: Values, startAt: number): Promise<Pick<PolymarketOptions, 'books'>> {
  const { books: file, 'books-as': as = 'snapshots' } = values
  if (as !== 'snapshots' && as !== 'deltas') throw new Error('--books-as: snapshots or deltas')
  if (file === undefined) return {}
  const windows = await readBooks(file)
  const first = Math.min(...windows.map(({ startMs }) => startMs))
  const quarter = 15 * 60_000
  return { books: { windows, as, shiftMs: Math.ceil((startAt - first) / quarter) * quarter } }
}

function polymarketOptions(values: Values, seed: number, port: number): PolymarketOptions {
  const assets = list(values['pm-assets'])
  const resolve = values['pm-resolve']
  const hashes = values['pm-delta-hashes']
  if (hashes !== undefined && hashes !== 'other' && hashes !== 'checksum') {
    throw new Error('--pm-delta-hashes: checksum or other')
  }
  return {
    seed,
    quoteMs: Object.fromEntries(
      list(values['pm-quote-ms']).map((item) => {
        const [asset = '', ms] = item.split('=')
        const every = positive('pm-quote-ms', ms ?? '', 0)
        if (every < 1) throw new Error(`--pm-quote-ms: ${item}`)
        return [asset, every]
      }),
    ),
    missingSeconds: positive('pm-missing', values['pm-missing'], 0.07),
    ...(assets.length === 0 ? {} : { assets }),
    ...(resolve === undefined ? {} : { resolveAfterMs: 1000 * positive('pm-resolve', resolve, 0) }),
    ...(hashes === undefined ? {} : { deltaHashes: hashes }),
    ports: port === 0 ? {} : Object.fromEntries(SERVICES.map((service, i) => [service, port + 1 + i])),
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      tape: { type: 'string', multiple: true },
      generate: { type: 'string' },
      seed: { type: 'string' },
      speed: { type: 'string' },
      port: { type: 'string' },
      from: { type: 'string' },
      now: { type: 'boolean' },
      'drop-every': { type: 'string' },
      halted: { type: 'string' },
      silent: { type: 'string' },
      books: { type: 'string' },
      'books-as': { type: 'string' },
      'pm-assets': { type: 'string' },
      'pm-missing': { type: 'string' },
      'pm-resolve': { type: 'string' },
      'pm-quote-ms': { type: 'string' },
      'pm-delta-hashes': { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return console.log(HELP)
  if (values.from !== undefined && values.now) throw new Error('--from and --now exclude each other')
  const parsed = values.from === undefined ? undefined : parseTime(values.from)
  if (parsed?.ok === false) throw new Error(`--from: ${parsed.error}`)
  const from = parsed?.value.ms
  const speed = positive('speed', values.speed, 1)
  if (speed === 0) throw new Error('--speed: must be above 0')
  const generate = list(values.generate ?? 'BTC,ETH,SOL,XRP,DOGE,AVAX,LINK,MATIC,BNB,HYPE')
  const began = Date.now()
  const seed = positive('seed', values.seed, 7)
  const start = openMarket({ tapes: values.tape ?? [], generate, seed, from, speed, now: began })
  const books = await recordedBooks(values, start.startAt)
  const port = positive('port', values.port, 0)
  const dropEvery = positive('drop-every', values['drop-every'], 0)
  const sim = await startVenueSim({
    market: start.market,
    // Read again, because reading a tape takes time and market time must equal the real time.
    startAt: start.startAt === began ? Date.now() : start.startAt,
    speed,
    port,
    polymarket: { ...polymarketOptions(values, seed, port), ...books },
    halted: list(values.halted),
    silent: list(values.silent),
    ...(dropEvery > 0 ? { dropEveryMs: dropEvery * 1000 } : {}),
  })
  const moved = start.shiftMs === 0 ? '' : `, recorded candles shifted by ${start.shiftMs / 3_600_000} h`
  const pm = sim.polymarket
  if (pm !== undefined) {
    const { gammaUrl, clobUrl, marketWsUrl, rtdsUrl, polyboltUrl, siteUrl, credentials } = pm
    console.log(
      `gamma=${gammaUrl} clob=${clobUrl} market=${marketWsUrl} rtds=${rtdsUrl} polybolt=${polyboltUrl} site=${siteUrl}`,
    )
    console.log(`polybolt credentials: ${JSON.stringify(credentials)}`)
  }
  console.log(`venue-sim ready rest=${sim.restUrl} ws=${sim.wsUrl}`)
  console.log(`${start.market.symbols.join(' ')} from ${iso(start.startAt)} at speed ${speed}${moved}`)
  const stop = () => sim.close().then(() => process.exit(0))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}

main().catch((error: unknown) => {
  console.error(`venue-sim: ${messageOf(error)}`)
  process.exit(2)
})
