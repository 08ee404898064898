import { type Brand, broken } from './base.ts'

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type UnixMs = Brand<number, 'UnixMs'>

export const SECOND = 1_000
export const MINUTE = 60_000
export const HOUR = 3_600_000
export const DAY = 86_400_000

export function unixMs(ms: number): UnixMs {
  if (!(Number.isSafeInteger(ms) && ms >= 0)) broken(`time not whole milliseconds ≥ 0: ${ms}`)
  return ms as UnixMs
}

export function plusMs(ts: UnixMs, ms: number): UnixMs {
  return unixMs(ts + ms)
}

/** Start of the UTC day that contains `ts`. */
export function utcDay(ts: UnixMs): UnixMs {
  return unixMs(ts - (ts % DAY))
}

/** ISO 8601 in UTC with milliseconds. */
export function isoUtc(ts: number): string {
  return new Date(ts).toISOString()
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY }

/** Longest accepted duration, a century; longer ones would leave the range of valid times. */
const LONGEST = 36_500 * DAY

/** Parses `90s`, `15m`, `6h`, `2d` (and sums such as `1h30m`); undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(ms|s|m|h|d))+$/.test(text)) return undefined
  let total = 0
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) total += Number(count) * (UNITS[unit ?? ''] ?? 0)
  return total > 0 && total <= LONGEST ? total : undefined
}
