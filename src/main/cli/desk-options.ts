import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import type { FeedKind } from '../../shared/domain/market.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import { homeAt } from '../app/start/home.ts'
import type { StationOptions } from '../app/station.ts'
import { DeskClock } from '../platform/desk-clock.ts'
import { systemClock } from '../platform/system.ts'
import { UsageError } from './output.ts'
import { type Duration, parseDate, parseFeed, parseLength, parseNumber } from './parsers.ts'

/** What `desk` and `run` both take. */
export interface DeskFlags {
  readonly market: 'simulated' | 'paper' | 'live'
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
    .option('--feed <name>', 'where prices come from: simulated, tape or binance', parseFeed)
    .option('--tape <file...>', 'recorded candles, files or folders, for --feed tape')
    .option(
      '--slots <list>',
      'BTC-5m,ETH-15m … or BTC for both timeframes, or all of the feed (default: the configured ones)',
    )
    .option('--seed <n>', 'seed of everything simulated', parseNumber, 7)
    .option('--speed <n|max>', 'virtual seconds a real second; max = as fast as it goes', parseSpeed)
    .option('--from <date>', 'virtual start, ISO 8601 UTC', parseDate)
    .option('--for <duration>', 'market time to run: 90s, 15m, 6h, 2d', parseLength)
    .option('--home <dir>', 'home folder (default: BATON_HOME, else the user-data folder)')
    .option('--strategies <dir>', 'strategies folder')
    .option('--port <n>', 'port of the browser desk and the API on 127.0.0.1, 0 = none', parseNumber)
}

function parseMarket(text: string): DeskFlags['market'] {
  if (text === 'simulated' || text === 'paper' || text === 'live') return text
  throw new InvalidArgumentError('it is one of simulated, paper, live')
}

function parseSpeed(text: string): number | 'max' {
  if (text === 'max') return 'max'
  const speed = Number(text)
  if (Number.isFinite(speed) && speed > 0) return speed
  throw new InvalidArgumentError('it is a number of virtual seconds a real second, or max')
}

/**
 * Flags as a desk takes them.
 * @param virtual what the command is without a --speed of its own
 * @param strict settings that cannot be read are an error; otherwise the desk starts held and names them
 */
export function stationOptions(flags: DeskFlags, virtual: number | null | undefined, strict = false): StationOptions {
  if (flags.market === 'live')
    throw new UsageError(
      '--market live is not there yet: the venue adapter comes with a later version; use simulated or paper',
    )
  const feed = flags.feed ?? (flags.market === 'paper' ? 'binance' : flags.tape === undefined ? 'simulated' : 'tape')
  if (feed === 'binance' && flags.speed !== undefined)
    throw new UsageError(
      '--speed goes with a feed that can be played faster: simulated or tape; binance runs in real time',
    )
  if (feed !== 'tape' && flags.tape !== undefined) throw new UsageError('--tape goes with --feed tape')
  const played = feed === 'tape' ? (virtual ?? 1) : virtual
  const speed =
    feed === 'binance' ? undefined : flags.speed === undefined ? played : flags.speed === 'max' ? null : flags.speed
  return {
    home: homeAt(flags.home, flags.strategies),
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
