import type { CandleColumns } from '../../../engine/market/candle-columns.ts'
import { asset } from '../../../shared/domain/slots.ts'
import { MINUTE } from '../../../shared/domain/time.ts'
import type { ReportBuilder } from '../../recorded-files/report-builder.ts'
import type { Timed } from '../../recorded-files/time-order.ts'
import type { CandleRow } from './candle-fields.ts'

/** Minimum length of a reported stretch without trades, ms: the length of the shortest window. */
export const FLAT_MS = 5 * MINUTE

/** The sound rows of one file, in order of time. */
export interface SoundRows {
  readonly report: ReportBuilder
  readonly rows: readonly Timed<CandleRow>[]
}

interface Placed {
  readonly timed: Timed<CandleRow>
  readonly report: ReportBuilder
}

/**
 * Joins the files of one asset in order of time. A minute that occurs twice is taken from the file that starts first; equal
 * rows are reported as duplicates, others as conflicts. Missing minutes and stretches without trades are reported for the
 * file they are in. Prices and volumes are not changed.
 */
export function joinFiles(name: string, files: readonly SoundRows[]): CandleColumns {
  const inOrder = files.toSorted((a, b) => (a.rows[0]?.ts ?? 0) - (b.rows[0]?.ts ?? 0))
  const all: Placed[] = []
  for (const { report, rows } of inOrder) for (const timed of rows) all.push({ timed, report })
  const kept: Placed[] = []
  for (const placed of all.sort((a, b) => a.timed.ts - b.timed.ts)) {
    const { timed, report } = placed
    const last = kept.at(-1)?.timed
    if (last !== undefined && last.ts === timed.ts) reportDuplicate(last.row, timed, report)
    else {
      reportMissing(last, timed, report)
      report.keep(timed.ts, 1)
      report.keepUntil(timed.ts + MINUTE)
      kept.push(placed)
    }
  }
  reportFlat(kept)
  const series = emptyColumns(name, kept.length)
  const { openTime, open, high, low, close, volume } = series
  for (const [i, { timed }] of kept.entries()) {
    const { row } = timed
    openTime[i] = row.openTime
    open[i] = row.open
    high[i] = row.high
    low[i] = row.low
    close[i] = row.close
    volume[i] = row.volume
  }
  return series
}

const FIELDS = ['openTime', 'open', 'high', 'low', 'close', 'volume'] as const

function emptyColumns(name: string, length: number): CandleColumns {
  const column = () => new Float64Array(length)
  return {
    asset: asset(name),
    length,
    openTime: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  }
}

function reportDuplicate(kept: CandleRow, { place, row }: Timed<CandleRow>, report: ReportBuilder): void {
  const other = FIELDS.find((field) => kept[field] !== row[field])
  if (other === undefined) report.leave(place, 'duplicate', 'the same minute again')
  else report.leave(place, 'conflict', `the same minute again, but its ${other} is ${row[other]}, not ${kept[other]}`)
}

function reportMissing(
  last: Timed<CandleRow> | undefined,
  { place, ts }: Timed<CandleRow>,
  report: ReportBuilder,
): void {
  const missing = last === undefined ? 0 : (ts - last.ts) / MINUTE - 1
  if (missing > 0)
    report.missing(place, `${missing} missing ${missing === 1 ? 'minute' : 'minutes'} before it`, missing * MINUTE)
}

function reportFlat(kept: readonly Placed[]): void {
  let since: Placed | undefined
  let until = 0
  const end = () => since?.report.flat(since.timed.place, until - since.timed.ts)
  for (const placed of kept) {
    const { ts, row } = placed.timed
    const flat = row.volume === 0 && row.high === row.low
    if (since !== undefined && (!flat || ts !== until)) {
      end()
      since = undefined
    }
    if (!flat) continue
    since ??= placed
    until = ts + MINUTE
  }
  end()
}
