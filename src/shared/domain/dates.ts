import { z } from 'zod'
import { err, ok, type Result } from './base.ts'
import { type UnixMs, unixMs } from './time.ts'

/** Form of a written time: text, or a count since 1970 whose unit follows from its magnitude. */
export type TimeForm = 'text' | 's' | 'ms' | 'µs' | 'ns'

export interface WrittenTime {
  /** Whole milliseconds; fractions are truncated. */
  readonly ms: UnixMs
  readonly form: TimeForm
}

/** 2009-01-01: no traded asset had a price before. */
export const EARLIEST_TIME = 1_230_768_000_000
/** 2100-01-01, exclusive. */
export const TOO_LATE_TIME = 4_102_444_800_000

/** True for whole milliseconds within 2009–2099. */
export function isPossibleTime(ms: number): boolean {
  return Number.isSafeInteger(ms) && ms >= EARLIEST_TIME && ms < TOO_LATE_TIME
}

const FORM_NAMES: Readonly<Record<TimeForm, string>> = {
  text: 'written as text, UTC where no offset is given',
  s: 'seconds since 1970',
  ms: 'milliseconds since 1970',
  µs: 'microseconds since 1970',
  ns: 'nanoseconds since 1970',
}

/** The form in words, for reports. */
export function formName(form: TimeForm): string {
  return FORM_NAMES[form]
}

/** Units per second. Within 2009–2099 no count is valid in two units. */
const UNITS = [
  ['s', 1],
  ['ms', 1e3],
  ['µs', 1e6],
  ['ns', 1e9],
] as const
/** Half a microsecond: the precision of nanoseconds stored as a double. */
const ROUNDING_MS = 5e-4

/** Time of a count since 1970 in seconds, milliseconds, microseconds or nanoseconds, by its magnitude; undefined outside 2009–2099. */
export function timeOfCount(count: number): WrittenTime | undefined {
  for (const [form, perSecond] of UNITS) {
    const ms = Math.floor((count / perSecond) * 1000 + ROUNDING_MS)
    if (isPossibleTime(ms)) return { ms: unixMs(ms), form }
  }
  return undefined
}

const HOW = 'write ISO 8601, UTC where no offset is given, like 2026-06-08T14:00:00Z'
const COUNT = /^\d{1,20}(\.\d+)?$/
const TEXT =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?: ?(Z|UTC|[+-]\d\d(?::?\d\d)?))?)?$/i

/**
 * Parses all times written by people and in files: ISO 8601 with `T` or a space, with `Z`, `UTC`, an offset or none (then
 * UTC, whatever the machine's time zone), a date (its midnight), and counts since 1970 whose unit follows from the magnitude.
 * Times outside 2009–2099 and ambiguous texts are errors that say what to do.
 */
export function parseTime(text: string): Result<WrittenTime> {
  const trimmed = text.trim()
  if (COUNT.test(trimmed)) {
    const counted = countedIn(trimmed)
    return counted === undefined
      ? err(
          `${shown(trimmed)} is no time in seconds, milliseconds, microseconds or nanoseconds within 2009–2099; ${HOW}`,
        )
      : ok(counted)
  }
  const match = TEXT.exec(trimmed)
  if (match === null) return err(`${shown(trimmed)} is no time: ${HOW}`)
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const [hour, minute, second] = [Number(match[4] ?? 0), Number(match[5] ?? 0), Number(match[6] ?? 0)]
  const written = Date.UTC(year, month - 1, day, hour, minute, second)
  const same =
    month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month) && hour < 24 && minute < 60 && second < 60
  const offset = offsetMs(match[8])
  if (!same || offset === undefined) return err(`${shown(trimmed)} is no time of any calendar day: ${HOW}`)
  const fraction = match[7] === undefined ? 0 : Number(match[7].slice(0, 3).padEnd(3, '0'))
  const ms = written - offset + fraction
  return isPossibleTime(ms) ? ok({ ms: unixMs(ms), form: 'text' }) : err(`${shown(trimmed)} is outside 2009–2099`)
}

/** Schema of a text for `parseTime`. */
export const timeText = z.string().transform((text, context): WrittenTime => {
  const parsed = parseTime(text)
  if (parsed.ok) return parsed.value
  context.addIssue({ code: 'custom', message: parsed.error })
  return z.NEVER
})

/** A text in quotes, on one line and cut to 60 characters. */
function shown(text: string): string {
  if (text === '') return 'an empty text'
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
}

/** Parses a count; of nanoseconds the last three digits are cut off, since they exceed the precision of a double. */
function countedIn(digits: string): WrittenTime | undefined {
  if (!/^\d{18,19}$/.test(digits)) return timeOfCount(Number(digits))
  const counted = timeOfCount(Number(digits.slice(0, -3)))
  return counted && { ms: counted.ms, form: 'ns' }
}

/** Offset of `Z`, `UTC`, `+05:30`, `+0530`, `+05` or nothing; undefined for an impossible one. */
function offsetMs(text: string | undefined): number | undefined {
  if (text === undefined || /^(Z|UTC)$/i.test(text)) return 0
  const hours = Number(text.slice(1, 3))
  const minutes = Number(text.slice(3).replace(':', ''))
  if (hours > 14 || minutes > 59) return undefined
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}
