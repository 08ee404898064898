import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import type { FeedKind, Market } from '../../shared/domain/market.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import { homeAt } from '../app/start/home.ts'
import type { StationOptions } from '../app/station.ts'
import { DeskClock } from '../platform/desk-clock.ts'
import { systemClock } from '../platform/system.ts'
import { UsageError } from './output.ts'
import { type Duration, parseDate, parseFeed, parseLength, parseMarket, parseNumber } from './parsers.ts'

/** Options of `desk` and `run`. */
export interface DeskFlags {
  readonly market: Market
  readonly feed?: FeedKind
  readonly tape?: readonly string[]
  readonly slots?: string
  readonly seed: number
  readonly speed?: number | 'max'
  readonly from?: UnixMs
  readonly for?: Duration
  readonly home?: string
  readonly strategies?: string
  readonly port?: number
}

export function addDeskFlags(command: Command): Command {
  return command
    .option('--market <name>', 'simulated, paper or live', parseMarket, 'simulated')
    .option('--feed <name>', 'source of prices: simulated, tape or binance', parseFeed)
    .option('--tape <file...>', 'recorded candles, files or folders, for --feed tape')
    .option(
      '--slots <list>',
      'BTC-5m,ETH-15m …, BTC for both timeframes, or all of the feed (default: the configured ones)',
    )
    .option('--seed <n>', 'random seed of the simulation', parseNumber, 7)
    .option('--speed <n|max>', 'virtual seconds per real second; max = as fast as possible', parseSpeed)
    .option('--from <date>', 'virtual start, ISO 8601 UTC', parseDate)
    .option('--for <duration>', 'market time to run: 90s, 15m, 6h, 2d', parseLength)
    .option('--home <dir>', 'home folder (default: BATON_HOME, else the user-data folder)')
    .option('--strategies <dir>', 'strategies folder')
    .option('--port <n>', 'port of the browser desk and the API on 127.0.0.1, 0 = none', parseNumber)
}

function parseSpeed(text: string): number | 'max' {
  if (text === 'max') return 'max'
  const speed = Number(text)
  if (Number.isFinite(speed) && speed > 0) return speed
  throw new InvalidArgumentError('expected a number of virtual seconds per real second, or max')
}

/**
 * Options of a desk from the flags.
 * @param defaultSpeed virtual seconds per real second without --speed; null = as fast as possible, undefined = real time
 * @param strict unreadable settings are an error; otherwise the desk starts with entries held
 */
export function stationOptions(
  flags: DeskFlags,
  defaultSpeed: number | null | undefined,
  strict = false,
): StationOptions {
  if (flags.market === 'live') throw new UsageError('--market live is not implemented yet; use simulated or paper')
  const feed = flags.feed ?? (flags.market === 'paper' ? 'binance' : flags.tape === undefined ? 'simulated' : 'tape')
  if (flags.market === 'paper' && feed !== 'binance')
    throw new UsageError(`--market paper needs real prices: --feed binance, not ${feed}`)
  if (feed === 'binance' && flags.speed !== undefined)
    throw new UsageError('--speed needs the feed simulated or tape; binance runs in real time')
  if (feed !== 'tape' && flags.tape !== undefined) throw new UsageError('--tape goes with --feed tape')
  const feedSpeed = feed === 'tape' ? (defaultSpeed ?? 1) : defaultSpeed
  const speed =
    feed === 'binance' ? undefined : flags.speed === undefined ? feedSpeed : flags.speed === 'max' ? null : flags.speed
  return {
    home: homeAt(flags.home, flags.strategies, flags.market),
    market: flags.market,
    feed,
    tapes: flags.tape ?? [],
    slots: flags.slots,
    seed: flags.seed,
    speed,
    from: flags.from,
    forMs: flags.for,
    clock: new DeskClock(systemClock),
    strict,
    port: flags.port,
  }
}
