import { parseArgs } from 'node:util'
import { messageOf } from '../src/shared/domain/base.ts'
import { parseTime } from '../src/shared/domain/dates.ts'
import { startVenueSim } from './venue-sim/sim.ts'
import { iso, openMarket } from './venue-sim/start.ts'

const HELP = `A simulated Binance on 127.0.0.1, for trying the desk and for tests.

node scripts/venue-sim.ts [--tape FILE|FOLDER]… [--generate BTC,ETH] [--seed N] [--speed N] [--port P]
                          [--from ISO] [--drop-every SECONDS] [--halted SYMBOLS] [--silent SYMBOLS]

  --tape        recorded one-minute candles; may be repeated. Without it, candles are generated
  --now         market time starts at the real time; recorded candles are shifted by multiples of 15 minutes (default)
  --from        recorded time to start from; at a speed other than 1 the recorded times are kept
  --speed       market seconds per real second (1)
  --drop-every  real seconds after which all connections are cut, again and again
  --halted      symbols listed without trading;  --silent  symbols that never push;  both lists (BTCUSDT,…)

Controls: POST /sim/drop?refuse=MS  /sim/silence?ms=&symbol=  /sim/mute?symbol=  /sim/gap?symbol=&count=  /sim/shutdown?close=MS
          /sim/micros?ms=&symbol=  /sim/shock?symbol=&factor=&ms=
          /sim/rest-fail?count=&status=&retryAfter=SECONDS  /sim/raw (body sent as a frame);  GET /sim/state`

const list = (value: string | undefined) => (value ?? '').split(',').filter((name) => name !== '')

function positive(name: string, value: string | undefined, fallback: number): number {
  const number = value === undefined ? fallback : Number(value)
  if (!(number >= 0 && Number.isFinite(number))) throw new Error(`--${name}: not a number: ${value}`)
  return number
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
  const generate = list(values.generate ?? 'BTC,ETH,SOL,XRP,DOGE,AVAX,LINK,MATIC')
  const began = Date.now()
  const seed = positive('seed', values.seed, 7)
  const start = openMarket({ tapes: values.tape ?? [], generate, seed, from, speed, now: began })
  const dropEvery = positive('drop-every', values['drop-every'], 0)
  const sim = await startVenueSim({
    market: start.market,
    // Read again, because reading a tape takes time and market time must equal the real time.
    startAt: start.startAt === began ? Date.now() : start.startAt,
    speed,
    port: positive('port', values.port, 0),
    halted: list(values.halted),
    silent: list(values.silent),
    ...(dropEvery > 0 ? { dropEveryMs: dropEvery * 1000 } : {}),
  })
  const moved = start.shiftMs === 0 ? '' : `, recorded candles shifted by ${start.shiftMs / 3_600_000} h`
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
