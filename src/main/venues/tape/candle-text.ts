import { parse } from 'csv-parse/sync'
import { err, ok, type Result } from '../../../shared/domain/base.ts'
import { saysSomething } from '../../recorded-files/lines.ts'
import type { RowFault } from '../../recorded-files/report-builder.ts'
import { CANDLE_COLUMNS, type CandleRow, candleRow, isCandleHeader, matchHeader } from './candle-fields.ts'

interface PlacedRow {
  readonly place: number
  readonly row: CandleRow | RowFault
}

/** Rows of one candle file, each parsed on its own. */
export interface CandleText {
  /** Unit of `place`: rows of the list in JSON, lines in CSV, both from 1. */
  readonly unit: 'row' | 'line'
  /** Parsed lazily; can be iterated once. */
  readonly rows: Iterable<PlacedRow>
  readonly notes: readonly string[]
}

/** Number of columns in Binance's archives; the first six are those of a candle. */
const ARCHIVE_COLUMNS = 12

/** Parses candles as JSON (a list of lists or of objects) or CSV; an error names the place of the first problem. */
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
  return candleRow(names.map((name): unknown => Reflect.get(value, name)))
}

function jsonList(text: string): Result<readonly unknown[]> {
  try {
    const parsed: unknown = JSON.parse(text)
    if (Array.isArray(parsed)) return ok(parsed)
    return err(`row 1: not a list of candles but ${JSON.stringify(parsed).slice(0, 80)}`)
  } catch {
    // The error has no row number, and Python writes NaN into JSON, so each row is parsed on its own.
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
  const separator = [';', '\t', ','].find((candidate) => first.includes(candidate)) ?? ','
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
    ? 'No header: assumed to be a Binance archive.'
    : `No header: its first columns are assumed to be ${CANDLE_COLUMNS.join(', ')}.`
}

function csvRow(line: string, separator: string, fields: number, columns: readonly number[]): CandleRow | RowFault {
  const found = fieldsOf(line, separator)
  if (found.length !== fields) return { fault: 'malformed', detail: `${found.length} fields instead of ${fields}` }
  return candleRow(columns.map((column) => found[column]))
}

function positions(fields: number): Result<readonly number[]> {
  return fields >= CANDLE_COLUMNS.length
    ? ok(CANDLE_COLUMNS.map((_, i) => i))
    : err(`${fields} fields and no header: needed are ${CANDLE_COLUMNS.join(', ')}`)
}

/** Fields of one line. Quoted fields are rare and never span lines; an unclosed quote is part of its field. */
function fieldsOf(line: string, separator: string): readonly string[] {
  if (!line.includes('"')) return line.split(separator)
  try {
    const records: string[][] = parse(line, { delimiter: separator, relax_quotes: true, relax_column_count: true })
    return records[0] ?? []
  } catch {
    return line.split(separator)
  }
}

/** True for the first row of a file without a header: a number or a date, then numbers. */
function isCandleStart(fields: readonly string[]): boolean {
  return /^\d/.test(fields[0] ?? '') && fields.slice(1, 5).every((field) => /^[\d.]+(e[+-]?\d+)?$/i.test(field.trim()))
}

/** True when the first line of a CSV file is a candle or a header of candles. */
export function startsCandles(line: string): boolean {
  const separator = [';', '\t', ','].find((candidate) => line.includes(candidate)) ?? ','
  const fields = fieldsOf(line.trim(), separator)
  return fields.length >= CANDLE_COLUMNS.length && (isCandleStart(fields) || isCandleHeader(fields))
}
