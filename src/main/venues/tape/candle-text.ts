import { parse } from 'csv-parse/sync'
import { err, ok, type Result } from '../../../shared/domain/base.ts'
import { saysSomething } from '../../recorded-files/lines.ts'
import type { RowFault } from '../../recorded-files/report-builder.ts'
import { CANDLE_COLUMNS, type CandleRow, candleRow, isCandleHeader, matchHeader } from './candle-fields.ts'

interface PlacedRow {
  readonly place: number
  readonly row: CandleRow | RowFault
}

/** Rows of one candle file, each judged by itself. */
export interface CandleText {
  /** What a person counts in that file: rows of a list from 1 in JSON, lines in CSV. */
  readonly unit: 'row' | 'line'
  /** Read as they are taken: once. */
  readonly rows: Iterable<PlacedRow>
  readonly notes: readonly string[]
}

/** Columns of Binance's own archives, of which the first six are those of a candle. */
const ARCHIVE_COLUMNS = 12

/** Reads candles as JSON (a list of lists or of objects) or as CSV; an error names the place from which on it is no such file. */
export function readCandleText(text: string, asset: string): Result<CandleText> {
  return /^\s*[[{]/.test(text) ? readJson(text, asset) : readCsv(text, asset)
}

function readJson(text: string, asset: string): Result<CandleText> {
  const list = jsonList(text)
  if (!list.ok) return list
  const [first] = list.value
  const keys = typeof first === 'object' && first !== null && !Array.isArray(first) ? Object.keys(first) : null
  const columns = keys === null ? ok(CANDLE_COLUMNS.map((_, i) => i)) : matchHeader(keys, asset)
  if (!columns.ok) return err(`row 1: ${columns.error}`)
  const names = columns.value.map((column) => keys?.[column] ?? column)
  return ok({ unit: 'row', rows: jsonRows(list.value, names), notes: [] })
}

function* jsonRows(list: readonly unknown[], names: readonly (string | number)[]): Generator<PlacedRow> {
  for (const [i, value] of list.entries()) yield { place: i + 1, row: rowOf(value, names) }
}

function rowOf(value: unknown, names: readonly (string | number)[]): CandleRow | RowFault {
  if (typeof value !== 'object' || value === null) return { fault: 'malformed', detail: 'not a candle' }
  if (Array.isArray(value) && value.length < CANDLE_COLUMNS.length)
    return { fault: 'malformed', detail: `${value.length} fields, not ${CANDLE_COLUMNS.join(', ')}` }
  const fields = value as Readonly<Record<string | number, unknown>>
  return candleRow(names.map((name) => fields[name]))
}

function jsonList(text: string): Result<readonly unknown[]> {
  try {
    const parsed: unknown = JSON.parse(text)
    if (Array.isArray(parsed)) return ok(parsed)
    return err(`row 1: not a list of candles but ${JSON.stringify(parsed).slice(0, 80)}`)
  } catch {
    // The parser does not say in which row it failed, and Python writes NaN into JSON: each row is read by itself.
    return jsonElements(text)
  }
}

function jsonElements(text: string): Result<readonly unknown[]> {
  const elements: unknown[] = []
  let depth = 0
  let quoted = false
  let from = text.indexOf('[') + 1
  for (let i = from; i < text.length; i++) {
    const char = text[i]
    if (quoted) {
      if (char === '\\') i++
      else if (char === '"') quoted = false
    } else if (char === '"') quoted = true
    else if (char === '[' || char === '{') depth++
    else if (depth > 0 && (char === ']' || char === '}')) depth--
    else if (depth === 0 && (char === ',' || char === ']')) {
      const element = jsonElement(text.slice(from, i))
      if (!element.ok) return err(`row ${elements.length + 1}: ${element.error}`)
      elements.push(element.value)
      from = i + 1
      if (char === ']')
        return text.slice(from).trim() === '' ? ok(elements) : err(`row ${elements.length}: more text after the list`)
    }
  }
  return err(`row ${elements.length + 1}: not JSON: the file ends in the middle of it`)
}

function jsonElement(text: string): Result<unknown> {
  try {
    return ok(JSON.parse(text.replaceAll(/(?<=[[,:]\s*)(NaN|-?Infinity)(?=\s*[\],}])/g, '"$1"')))
  } catch {
    return err(`not JSON: ${JSON.stringify(text.trim().slice(0, 60))}`)
  }
}

function readCsv(text: string, asset: string): Result<CandleText> {
  const lines = text.split('\n')
  const start = lines.findIndex(saysSomething)
  const first = lines[start]?.trim()
  if (first === undefined) return err('the file is empty')
  const separator = [';', '\t', ','].find((one) => first.includes(one)) ?? ','
  const head = fieldsOf(first, separator)
  const headless = isCandleStart(head)
  const columns = headless ? positions(head.length) : matchHeader(head, asset)
  if (!columns.ok) return err(`line ${start + 1}: ${columns.error}`)
  const rows = csvRows(lines, headless ? start : start + 1, (line) =>
    csvRow(line, separator, head.length, columns.value),
  )
  return ok({ unit: 'line', rows, notes: headless ? [headlessNote(head.length)] : [] })
}

function* csvRows(
  lines: readonly string[],
  from: number,
  parseRow: (line: string) => CandleRow | RowFault,
): Generator<PlacedRow> {
  for (let at = from; at < lines.length; at++) {
    const line = lines[at]?.trim() ?? ''
    if (saysSomething(line)) yield { place: at + 1, row: parseRow(line) }
  }
}

function headlessNote(columns: number): string {
  return columns === ARCHIVE_COLUMNS
    ? "No header: taken for Binance's own archive."
    : `No header: its first columns are taken for ${CANDLE_COLUMNS.join(', ')}.`
}

function csvRow(line: string, separator: string, fields: number, columns: readonly number[]): CandleRow | RowFault {
  const found = fieldsOf(line, separator)
  if (found.length !== fields)
    return { fault: 'malformed', detail: `${found.length} fields where there should be ${fields}` }
  return candleRow(columns.map((column) => found[column]))
}

function positions(fields: number): Result<readonly number[]> {
  return fields >= CANDLE_COLUMNS.length
    ? ok(CANDLE_COLUMNS.map((_, i) => i))
    : err(`${fields} fields and no header: needed are ${CANDLE_COLUMNS.join(', ')}`)
}

/** Fields of one line; quoted ones are rare, and never go over its end. A quote that is not closed is part of its field. */
function fieldsOf(line: string, separator: string): readonly string[] {
  if (!line.includes('"')) return line.split(separator)
  try {
    const options = { delimiter: separator, relax_quotes: true, relax_column_count: true }
    const [fields = []] = parse(line, options) as string[][]
    return fields
  } catch {
    return line.split(separator)
  }
}

/** A first row of candles without a header: a number or a date, then numbers. */
function isCandleStart(fields: readonly string[]): boolean {
  return /^\d/.test(fields[0] ?? '') && fields.slice(1, 5).every((field) => /^[\d.]+(e[+-]?\d+)?$/i.test(field.trim()))
}

/** True where the first line of a CSV file says that candles are in it. */
export function startsCandles(line: string): boolean {
  const separator = [';', '\t', ','].find((one) => line.includes(one)) ?? ','
  const fields = fieldsOf(line.trim(), separator)
  return fields.length >= CANDLE_COLUMNS.length && (isCandleStart(fields) || isCandleHeader(fields))
}
