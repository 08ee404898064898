import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { CandleColumns } from '../../../engine/market/candle-columns.ts'
import { err, ok, type Result } from '../../../shared/domain/base.ts'
import { parseCsvRows, parseJsonRows, type RawRows } from './candle-rows.ts'
import { type CandleFileReport, SeriesBuilder } from './series-builder.ts'

export type { CandleFileReport } from './series-builder.ts'

/** Recorded one-minute candles of some assets, and what was wrong with the files they came from. */
export interface CandleTape {
  /** One an asset, in the order the assets were first met. */
  readonly series: readonly CandleColumns[]
  /** One a file, in the order read. */
  readonly report: readonly CandleFileReport[]
}

const FILE_NAME = /^([A-Z0-9]{2,10})USDT-1m\.(json|csv)(\.gz)?$/
/** A month of minutes is 3 MB of text: anything far above is not a candle file. */
const MAX_BYTES = 512 * 1024 * 1024

interface ReadFile {
  readonly path: string
  readonly asset: string
  readonly rows: RawRows
}

/**
 * Reads recorded one-minute candles (`BTCUSDT-1m.json`, `.csv`, each also `.gz`), all at once and synchronously.
 * Rows that cannot be true are left out and counted in the report, gaps are counted; several files of an asset are
 * joined in time order.
 * @param paths files, and folders whose candle files (and those of their folders) are taken
 * @returns an error that names the first file, and its row or line, that could not be used at all
 */
export function loadCandles(paths: readonly string[]): Result<CandleTape> {
  const found = listFiles(paths)
  if (!found.ok) return found
  const files: ReadFile[] = []
  for (const path of found.value) {
    const file = readCandleFile(path)
    if (!file.ok) return err(`${path}: ${file.error}`)
    files.push(file.value)
  }
  return join1m(files)
}

function listFiles(paths: readonly string[]): Result<readonly string[]> {
  const files = new Set<string>()
  for (const path of paths) {
    const listed = listOne(path)
    if (!listed.ok) return listed
    for (const file of listed.value) files.add(file)
  }
  return files.size > 0 ? ok([...files]) : err('no candle file was named')
}

function listOne(path: string): Result<readonly string[]> {
  try {
    if (!statSync(path).isDirectory()) return ok([path])
    const files = readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => FILE_NAME.test(basename(name)))
      .sort()
    return files.length > 0 ? ok(files.map((name) => join(path, name))) : err(`${path}: no candle file in this folder`)
  } catch (error) {
    return err(`${path}: ${messageOf(error)}`)
  }
}

function readCandleFile(path: string): Result<ReadFile> {
  const match = FILE_NAME.exec(basename(path))
  const name = match?.[1]
  if (name === undefined) return err('not named like BTCUSDT-1m.json or BTCUSDT-1m.csv (.gz)')
  const text = readText(path, match?.[3] !== undefined)
  if (!text.ok) return text
  const rows = match?.[2] === 'json' ? parseJsonRows(text.value) : parseCsvRows(text.value)
  return rows.ok ? ok({ path, asset: name, rows: rows.value }) : rows
}

function readText(path: string, zipped: boolean): Result<string> {
  try {
    const bytes = readFileSync(path)
    return ok((zipped ? gunzipSync(bytes, { maxOutputLength: MAX_BYTES }) : bytes).toString('utf8'))
  } catch (error) {
    return err(`row 1: cannot be read (${messageOf(error)})`)
  }
}

/** One series an asset; a file of which no row was usable is an error, since it is not what its name says. */
function join1m(files: readonly ReadFile[]): Result<CandleTape> {
  const byAsset = Map.groupBy(files, (file) => file.asset)
  const series: CandleColumns[] = []
  const report: CandleFileReport[] = []
  for (const [name, group] of byAsset) {
    const builder = new SeriesBuilder(
      name,
      group.reduce((sum, file) => sum + file.rows.count, 0),
    )
    const inTimeOrder = group.toSorted((a, b) => (a.rows.cells[0] ?? 0) - (b.rows.cells[0] ?? 0))
    for (const file of inTimeOrder) {
      const judged = builder.add(file.path, file.rows)
      if (judged.kept === 0)
        return err(`${file.path}: no usable candle (${judged.examples[0] ?? 'row 1: the file is empty'})`)
      report.push(judged)
    }
    series.push(builder.build())
  }
  return ok({ series, report })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
