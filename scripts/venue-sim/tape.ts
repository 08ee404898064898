import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Row } from './market.ts'

const CANDLE_FILE = /([A-Z0-9]+USDT)-1m\.(?:json|csv)(?:\.gz)?$/

/**
 * Reads recorded one-minute candles by symbol and sorts them by time. Values are not validated.
 * @throws when a file cannot be read
 */
export function readTape(path: string): Map<string, Row[]> {
  const names = statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name))
    : [path]
  const tape = new Map<string, Row[]>()
  for (const name of names.sort()) {
    const symbol = CANDLE_FILE.exec(basename(name))?.[1]
    if (symbol !== undefined) tape.set(symbol, [...(tape.get(symbol) ?? []), ...readRows(name)])
  }
  if (tape.size === 0) throw new Error(`no candle file (BTCUSDT-1m.json.gz) at ${path}`)
  for (const rows of tape.values()) rows.sort((a, b) => a[0] - b[0])
  return tape
}

function readRows(path: string): Row[] {
  const bytes = readFileSync(path)
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  const lists: readonly unknown[] = path.includes('.csv')
    ? text.trim().split('\n').slice(1).map(csvRow)
    : JSON.parse(text)
  return lists.map((list) => {
    const [time, open, high, low, close, volume] = Array.isArray(list) ? list.map(Number) : []
    if (time === undefined || !Number.isFinite(time)) throw new Error(`${path}: not a candle: ${JSON.stringify(list)}`)
    return [time, open ?? 0, high ?? 0, low ?? 0, close ?? 0, volume ?? 0]
  })
}

function csvRow(line: string): number[] {
  const [time = '', ...numbers] = line.split(',')
  return [Date.parse(`${time.replace(' ', 'T')}Z`), ...numbers.map(Number)]
}
