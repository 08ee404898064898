import { InvalidArgumentError } from 'commander'
import { parseDuration, type UnixMs, unixMs } from '../../shared/domain/time.ts'
import type { FeedKind } from '../../shared/ipc/contract.ts'

/** Milliseconds. */
export type Duration = number

export function parseNumber(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= 0) return value
  throw new InvalidArgumentError('it is a whole number')
}

/** A whole number from 1. */
export function parseCount(text: string): number {
  const value = parseNumber(text)
  if (value >= 1) return value
  throw new InvalidArgumentError('it is a whole number from 1')
}

export function parseLength(text: string): Duration {
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  throw new InvalidArgumentError('a duration is written like 90s, 15m, 6h or 2d')
}

export function parseDate(text: string): UnixMs {
  const ms = Date.parse(/Z|[+-]\d\d:?\d\d$/.test(text) || !text.includes('T') ? text : `${text}Z`)
  if (Number.isFinite(ms) && ms >= 0) return unixMs(ms)
  throw new InvalidArgumentError('a date is written in ISO 8601 UTC, like 2026-06-08T14:00:00Z')
}

export function parseFeed(text: string): FeedKind {
  if (text === 'simulated' || text === 'tape' || text === 'binance') return text
  throw new InvalidArgumentError('it is one of simulated, tape, binance')
}
