import type { CandleColumns } from '../../../engine/market/candle-columns.ts'
import { asset } from '../../../shared/domain/slots.ts'
import { MINUTE } from '../../../shared/domain/time.ts'
import type { ReportBuilder } from '../../recorded-files/report-builder.ts'
import type { Timed } from '../../recorded-files/time-order.ts'
import type { CandleRow } from './candle-fields.ts'

/** A window is five minutes: one in which nothing was traded at all has no price that moved. */
export const FLAT_MS = 5 * MINUTE

/** The sound rows of one file, in order of time. */
export interface SoundRows {
  readonly report: ReportBuilder
  readonly rows: readonly Timed<CandleRow>[]
}

interface Placed extends Timed<CandleRow> {
  readonly report: ReportBuilder
}

/**
 * Joins the files of one asset in order of time. A minute that is there twice is kept once: as the file that begins first has
 * it, and equal ones are duplicates, others conflicts. Minutes that are missing, and stretches without a trade, are told to
 * the report of the file that they are in. Prices and volumes go into the columns as they were read.
 */
export function joinFiles(name: string, files: readonly SoundRows[]): CandleColumns {
  const inOrder = files.toSorted((a, b) => (a.rows[0]?.ts ?? 0) - (b.rows[0]?.ts ?? 0))
  const all: Placed[] = inOrder.flatMap(({ report, rows }) => rows.map((timed) => ({ ...timed, report })))
  const kept: Placed[] = []
  for (const placed of all.sort((a, b) => a.ts - b.ts)) {
    const last = kept.at(-1)
    if (last !== undefined && last.ts === placed.ts) leaveSecond(last.row, placed)
    else {
      noteMissing(last, placed)
      placed.report.keep(placed.ts, 1)
      placed.report.keepUntil(placed.ts + MINUTE)
      kept.push(placed)
    }
  }
  noteFlat(kept)
  const column = (field: Exclude<keyof CandleRow, 'form'>) => Float64Array.from(kept, ({ row }) => row[field])
  return {
    asset: asset(name),
    length: kept.length,
    openTime: column('openTime'),
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: column('volume'),
  }
}

function leaveSecond(kept: CandleRow, { report, place, row }: Placed): void {
  const fields = ['open', 'high', 'low', 'close', 'volume'] as const
  const other = fields.find((field) => kept[field] !== row[field])
  if (other === undefined) report.leave(place, 'duplicate', 'the same minute again')
  else report.leave(place, 'conflict', `the same minute again, but its ${other} is ${row[other]}, not ${kept[other]}`)
}

function noteMissing(last: Placed | undefined, { report, place, ts }: Placed): void {
  const missing = last === undefined ? 0 : (ts - last.ts) / MINUTE - 1
  if (missing > 0)
    report.missing(place, `${missing} missing ${missing === 1 ? 'minute' : 'minutes'} before it`, missing * MINUTE)
}

function noteFlat(kept: readonly Placed[]): void {
  let since: Placed | undefined
  let until = 0
  const end = () => since?.report.flat(since.place, until - since.ts)
  for (const placed of kept) {
    const { ts, row } = placed
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
