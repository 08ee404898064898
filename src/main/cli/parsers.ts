import { type Command, InvalidArgumentError } from 'commander'
import { DIMENSIONS, type Dimension } from '../../shared/attribution/trade-columns.ts'
import { parseTime } from '../../shared/domain/dates.ts'
import { type FeedKind, MARKETS, type Market } from '../../shared/domain/market.ts'
import { parseDuration, type UnixMs } from '../../shared/domain/time.ts'
import { UsageError } from './output.ts'

/** Milliseconds. */
export type Duration = number

export function parseNumber(text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value
  throw new InvalidArgumentError('expected a whole number')
}

/** A whole number from 1. */
export function parseCount(text: string): number {
  const value = parseNumber(text)
  if (value >= 1) return value
  throw new InvalidArgumentError('expected a whole number from 1')
}

export function parseLength(text: string): Duration {
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  throw new InvalidArgumentError('a duration is written like 90s, 15m, 6h or 2d')
}

/** A time in any form that `parseTime` accepts; the commands print the period that they use. */
export function parseDate(text: string): UnixMs {
  const parsed = parseTime(text)
  if (parsed.ok) return parsed.value.ms
  throw new InvalidArgumentError(parsed.error)
}

export function parseMarket(text: string): Market {
  const market = MARKETS.find((name) => name === text)
  if (market !== undefined) return market
  throw new InvalidArgumentError(`expected one of ${MARKETS.join(', ')}`)
}

/** Options that choose a home. */
export function addHomeOptions(command: Command): Command {
  return command
    .option('--home <dir>', 'home folder (default: BATON_HOME, else the user-data folder)')
    .option(
      '--market <name>',
      'simulated, paper or live (default: the one that runs, else that has records)',
      parseMarket,
    )
}

export function parseFeed(text: string): FeedKind {
  if (text === 'simulated' || text === 'tape' || text === 'binance') return text
  throw new InvalidArgumentError('expected one of simulated, tape, binance')
}

/** Reads `version,regime`. */
export function parseDimensions(text: string): readonly Dimension[] {
  return text.split(',').map((part) => {
    const name = part.trim()
    const dimension = DIMENSIONS.find((known) => known === name)
    if (dimension === undefined) throw new UsageError(`--by takes ${DIMENSIONS.join(', ')}, not "${name}"`)
    return dimension
  })
}
