import { err, ok, type Result } from '../../../shared/domain/base.ts'
import { isoUtc } from '../../../shared/domain/time.ts'

export const COLUMNS = 6
const CSV_HEADER = 'timestamp,open,high,low,close,volume'

/** Rows of one candle file as read, not yet judged: six numbers a row, NaN where a field was no number. */
export interface RawRows {
  /** What a person counts in that file: `row` (from 1) in JSON, `line` (the header is line 1) in CSV. */
  readonly unit: 'row' | 'line'
  /** Number of the first row in that unit. */
  readonly firstNumber: number
  readonly count: number
  /** openTime ms, open, high, low, close, base volume; repeated. */
  readonly cells: Float64Array
}

/** Reads `[[openTimeMs, open, high, low, close, volume], …]`; an error names the place where the file is no such list. */
export function parseJsonRows(text: string): Result<RawRows> {
  const parsed = parseJson(text)
  if (!parsed.ok) return parsed
  const rows: unknown = parsed.value
  if (!Array.isArray(rows)) return err('row 1: not a list of candles')
  const cells = new Float64Array(rows.length * COLUMNS)
  for (let r = 0; r < rows.length; r++) {
    const row: unknown = rows[r]
    const fields: readonly unknown[] = Array.isArray(row) && row.length === COLUMNS ? row : []
    for (let c = 0; c < COLUMNS; c++) {
      const field = fields[c]
      cells[r * COLUMNS + c] = typeof field === 'number' ? field : Number.NaN
    }
  }
  return ok({ unit: 'row', firstNumber: 1, count: rows.length, cells })
}

function parseJson(text: string): Result<unknown> {
  try {
    return ok(JSON.parse(text))
  } catch (error) {
    // The parser names a position; a person looks for the row: rows before it are the `[` seen so far less the outer.
    const detail = error instanceof Error ? error.message : String(error)
    const position = /position (\d+)/.exec(detail)?.[1]
    const end = position === undefined ? text.length : Number(position)
    const row = Math.max(1, (text.slice(0, end).match(/\[/g)?.length ?? 1) - 1)
    return err(`row ${row}: not JSON (${detail})`)
  }
}

/** Reads CSV with the header `timestamp,open,high,low,close,volume`, times as UTC `YYYY-MM-DD HH:MM:SS`. */
export function parseCsvRows(text: string): Result<RawRows> {
  const lines = text.split('\n')
  const header = (lines[0] ?? '').replace(/^\uFEFF/, '').trim()
  if (header !== CSV_HEADER) return err(`line 1: header is not "${CSV_HEADER}"`)
  // A file normally ends with a line break; any other empty line is a fault of the file and counted as one.
  const count = lines.at(-1) === '' ? lines.length - 2 : lines.length - 1
  const cells = new Float64Array(count * COLUMNS).fill(Number.NaN)
  for (let r = 0; r < count; r++) readCsvLine(lines[r + 1] ?? '', cells, r * COLUMNS)
  return ok({ unit: 'line', firstNumber: 2, count, cells })
}

function readCsvLine(line: string, cells: Float64Array, at: number): void {
  const fields = line.trimEnd().split(',')
  if (fields.length !== COLUMNS) return
  cells[at] = parseUtc(fields[0] ?? '')
  for (let c = 1; c < COLUMNS; c++) {
    const field = fields[c] ?? ''
    cells[at + c] = /^\d+(\.\d+)?([eE][+-]?\d+)?$/.test(field) ? Number(field) : Number.NaN
  }
}

const UTC_TIME = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/

/** Milliseconds since 1970 of a UTC `YYYY-MM-DD HH:MM:SS`; NaN when it is none, 30 February included. */
function parseUtc(text: string): number {
  const match = UTC_TIME.exec(text)
  if (match === null) return Number.NaN
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number)
  const ms = Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second)
  return isoUtc(ms).slice(0, 19) === `${text.slice(0, 10)}T${text.slice(11)}` ? ms : Number.NaN
}
