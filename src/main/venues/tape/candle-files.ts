import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { CandleColumns } from '../../../engine/market/candle-columns.ts'
import { err, messageOf, ok, type Result } from '../../../shared/domain/base.ts'
import { MINUTE } from '../../../shared/domain/time.ts'
import { type FileReport, refusalOf } from '../../../shared/file-report.ts'
import { textOf, unpack } from '../../recorded-files/container.ts'
import { PriceJudge } from '../../recorded-files/price-judge.ts'
import { ReportBuilder } from '../../recorded-files/report-builder.ts'
import { type Timed, TimeOrder } from '../../recorded-files/time-order.ts'
import type { CandleRow } from './candle-fields.ts'
import { candleFilesAmong, candleName } from './candle-names.ts'
import { type CandleText, readCandleText } from './candle-text.ts'
import { FLAT_MS, joinFiles, type SoundRows } from './series-builder.ts'

/** Recorded one-minute candles of some assets, with a report on each file. */
export interface CandleTape {
  /** One per asset, in order of first occurrence. */
  readonly series: readonly CandleColumns[]
  /** One per file, in the order read. */
  readonly files: readonly CandleFile[]
}

export interface CandleFile {
  readonly path: string
  readonly asset: string
  readonly report: FileReport
}

interface ReadFile extends SoundRows {
  readonly path: string
  readonly asset: string
}

/**
 * Reads recorded one-minute candles synchronously: CSV with or without a header, and JSON, as exchanges and freqtrade write
 * them, each also compressed with gzip or zip. Rows may be in any order; impossible ones are left out and counted in the
 * report; several files of an asset are joined.
 * @param paths files, and folders that are searched recursively for candle files
 * @returns an error names the first unusable file with line, column and reason
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
  const series = [...Map.groupBy(files, (file) => file.asset)].map(([name, group]) => joinFiles(name, group))
  const reported = files.map(({ path, asset, report }) => ({ path, asset, report: report.build() }))
  for (const { path, report } of reported) {
    const refusal = refusalOf(report)
    if (refusal !== undefined) return err(`${path}: ${refusal}`)
  }
  return ok({ series, files: reported })
}

function listFiles(paths: readonly string[]): Result<readonly string[]> {
  const files = new Set<string>()
  for (const path of paths) {
    const listed = listOne(path)
    if (!listed.ok) return listed
    for (const file of listed.value) files.add(file)
  }
  return files.size > 0 ? ok([...files]) : err('no candle file was given')
}

function listOne(path: string): Result<readonly string[]> {
  try {
    if (!statSync(path).isDirectory()) return ok([path])
    const files = candleFilesAmong(readdirSync(path, { recursive: true, encoding: 'utf8' }))
    return files.length > 0 ? ok(files.map((name) => join(path, name))) : err(`${path}: no candle file in this folder`)
  } catch (error) {
    return err(`${path}: ${messageOf(error)}`)
  }
}

function readCandleFile(path: string): Result<ReadFile> {
  const name = candleName(basename(path))
  if (!name.ok) return name
  const { asset } = name.value
  const text = readText(path)
  if (!text.ok) return text
  const read = readCandleText(text.value, asset)
  if (!read.ok) return read
  const report = new ReportBuilder(basename(path), 'candles', MINUTE, read.value.unit)
  report.canTellFlat(FLAT_MS)
  const rows = soundRows(read.value, report)
  const step = otherStep(rows, report.rows)
  if (step !== undefined) return err(`its rows are ${step / MINUTE} minutes apart: one-minute candles are needed`)
  return ok({ path, asset, report, rows })
}

function readText(path: string): Result<string> {
  try {
    return ok(textOf(unpack(readFileSync(path))))
  } catch (error) {
    return err(`it cannot be read (${messageOf(error)})`)
  }
}

function soundRows({ rows, notes }: CandleText, report: ReportBuilder): readonly Timed<CandleRow>[] {
  for (const note of notes) report.note(note)
  const order = new TimeOrder<CandleRow>(report)
  const prices = new PriceJudge<CandleRow>(report)
  for (const { place, row } of rows) {
    report.row()
    if ('fault' in row) report.leave(place, row.fault, row.detail)
    else {
      report.time(row.form)
      order.add(place, row.openTime, row)
    }
  }
  const sound = prices.add(order.rest())
  for (const last of prices.end()) sound.push(last)
  return sound
}

/** Interval between most rows of a file, if it is longer than a minute; undefined otherwise. */
function otherStep(rows: readonly Timed<CandleRow>[], total: number): number | undefined {
  const steps = new Map<number, number>()
  for (let i = 1; i < rows.length; i++) {
    const step = (rows[i]?.ts ?? 0) - (rows[i - 1]?.ts ?? 0)
    steps.set(step, (steps.get(step) ?? 0) + 1)
  }
  const [most] = [...steps].toSorted((a, b) => b[1] - a[1])
  return most !== undefined && most[0] > MINUTE && most[1] > 2 && most[1] * 2 > total ? most[0] : undefined
}
