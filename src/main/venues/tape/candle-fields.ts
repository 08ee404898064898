import { err, ok, type Result } from '../../../shared/domain/base.ts'
import { parseTime, type TimeForm, timeOfCount } from '../../../shared/domain/dates.ts'
import { isoUtc, MINUTE } from '../../../shared/domain/time.ts'
import type { RowFault } from '../../recorded-files/report-builder.ts'

/** One minute as read from a file. */
export interface CandleRow {
  /** ms */
  readonly openTime: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  readonly form: TimeForm
}

/** Required columns, in the order of files without a header. */
export const CANDLE_COLUMNS = ['open time', 'open', 'high', 'low', 'close', 'volume'] as const

/** Accepted names of each required column, normalised to letters and digits, most specific first. */
const NAMES: readonly (readonly string[])[] = [
  [
    'opentime',
    'klineopentime',
    'opentimems',
    'opentimeutc',
    'opentimestamp',
    'timestamp',
    'timestampms',
    'timestamputc',
    'starttime',
    'timeperiodstart',
    'candlebegintime',
    'unix',
    'unixtime',
    'unixtimestamp',
    'ts',
    'tsms',
    'datetime',
    'datetimeutc',
    'date',
    'dateutc',
    'time',
    'timeutc',
    'timems',
    't',
  ],
  ['open', 'openprice', 'priceopen', 'o'],
  ['high', 'highprice', 'pricehigh', 'h'],
  ['low', 'lowprice', 'pricelow', 'l'],
  ['close', 'closeprice', 'priceclose', 'c', 'last'],
  ['volume', 'vol', 'basevolume', 'volumebase', 'baseassetvolume', 'volumetraded', 'v'],
]

const normalised = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

/**
 * Finds the required columns in a header, in any order and among any others.
 * @param asset the volume column may be named after it
 * @returns index of each of `CANDLE_COLUMNS`
 */
export function matchHeader(header: readonly string[], asset: string): Result<readonly number[]> {
  const names = header.map(normalised)
  const missing: string[] = []
  const columns = NAMES.map((known, i) => {
    const all = i === 5 ? [...known, `volume${asset.toLowerCase()}`] : known
    const name = all.find((candidate) => names.includes(candidate))
    if (name === undefined) missing.push(CANDLE_COLUMNS[i] ?? '')
    return name === undefined ? -1 : names.indexOf(name)
  })
  if (missing.length > 0) return err(`no column for ${missing.join(', ')}; its columns are ${header.join(', ')}`)
  const twice = columns.find((at) => names.indexOf(names[at] ?? '') !== names.lastIndexOf(names[at] ?? ''))
  if (twice !== undefined) return err(`two columns are named "${header[twice]}"`)
  if (names[columns[0] ?? -1] === 'date' && names.includes('time'))
    return err('date and time are in separate columns: combine them into one, like 2025-03-01 03:00:00')
  return ok(columns)
}

/** True for names of candle columns: a header, or the keys of an object. */
export function isCandleHeader(header: readonly string[]): boolean {
  return (
    matchHeader(header, '').ok ||
    NAMES.slice(1, 5).every((known) => header.some((name) => known.includes(normalised(name))))
  )
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

/** A number from a cell, as text or not; NaN if it is not one. */
function numberOf(cell: unknown): number {
  if (typeof cell === 'number') return cell
  return typeof cell === 'string' && NUMBER.test(cell.trim()) ? Number(cell) : Number.NaN
}

/** Parses one row. @param cells in the order of `CANDLE_COLUMNS`; undefined where the row has no such field */
export function candleRow(cells: readonly unknown[]): CandleRow | RowFault {
  const time = timeOf(cells[0])
  if ('fault' in time) return time
  const open = numberOf(cells[1])
  const high = numberOf(cells[2])
  const low = numberOf(cells[3])
  const close = numberOf(cells[4])
  const volume = numberOf(cells[5])
  // One check instead of five per row: the sum is finite if all cells are. A sum that overflows cannot come from prices.
  if (!Number.isFinite(open + high + low + close + volume)) {
    const c = cells.findIndex((cell, i) => i > 0 && !Number.isFinite(numberOf(cell)))
    if (c > 0) return { fault: 'malformed', detail: `column ${CANDLE_COLUMNS[c]}: ${quoted(cells[c])} is not a number` }
  }
  const wrong = impossibleField(open, high, low, close, volume)
  if (wrong !== undefined) return { fault: 'nonsense', detail: wrong }
  if (time.ms % MINUTE !== 0)
    return { fault: 'off-grid', detail: `column open time: ${isoUtc(time.ms)} is not on a whole minute` }
  return { openTime: time.ms, open, high, low, close, volume, form: time.form }
}

function timeOf(cell: unknown): { readonly ms: number; readonly form: TimeForm } | RowFault {
  if (typeof cell === 'number') {
    const counted = timeOfCount(cell)
    return counted ?? { fault: 'impossible time', detail: `column open time: ${cell} is no time within 2009–2099` }
  }
  const parsed = typeof cell === 'string' ? parseTime(cell) : err(`${quoted(cell)} is no time`)
  return parsed.ok ? parsed.value : { fault: 'malformed', detail: `column open time: ${parsed.error}` }
}

function quoted(cell: unknown): string {
  return cell === undefined || cell === '' ? 'nothing' : (JSON.stringify(cell) ?? 'nothing').slice(0, 40)
}

function impossibleField(open: number, high: number, low: number, close: number, volume: number): string | undefined {
  if (!(low > 0)) return `column low: ${low} is not above 0`
  if (low > high) return `column low: ${low} is above the high, ${high}`
  if (open < low || open > high) return `column open: ${open} is not between low and high, ${low} and ${high}`
  if (close < low || close > high) return `column close: ${close} is not between low and high, ${low} and ${high}`
  return volume < 0 ? `column volume: ${volume} is below 0` : undefined
}
