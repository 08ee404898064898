import type { TimeForm } from '../../shared/domain/dates.ts'
import { readLines, saysSomething } from './lines.ts'
import type { ReportBuilder, RowFault } from './report-builder.ts'
import { type Timed, TimeOrder } from './time-order.ts'

export interface LineParser<T> {
  /** The first line that is not blank names the columns. */
  readonly hasHeader: boolean
  readonly parse: (line: string) => T | RowFault
}

interface Told {
  /** ms */
  readonly ts: number
  readonly form: TimeForm
}

/** Every line of a file that says something and is no header, with its number. */
export async function* rowsOf(
  path: string,
  hasHeader: boolean,
): AsyncGenerator<readonly (readonly [number, string])[]> {
  let header = hasHeader
  for await (const { firstLine, lines } of readLines(path)) {
    const rows: (readonly [number, string])[] = []
    for (const [i, line] of lines.entries()) {
      if (!saysSomething(line)) continue
      if (!header) rows.push([firstLine + i, line])
      header = false
    }
    yield rows
  }
}

/** The sound rows of a file in order of time, a row that is there twice once; the report counts everything else. */
export async function* timedRows<T extends Told>(
  path: string,
  report: ReportBuilder,
  { hasHeader, parse }: LineParser<T>,
): AsyncGenerator<readonly Timed<T>[]> {
  const order = new TimeOrder<{ readonly told: T; readonly text: string }>(report)
  let at = Number.NaN
  const texts = new Set<string>()
  const once = (timed: readonly Timed<{ readonly told: T; readonly text: string }>[]): Timed<T>[] =>
    timed.flatMap(({ ts, place, row }) => {
      if (ts !== at) texts.clear()
      at = ts
      if (texts.has(row.text)) {
        report.leave(place, 'duplicate', 'the same row again')
        return []
      }
      texts.add(row.text)
      return [{ ts, place, row: row.told }]
    })
  for await (const rows of rowsOf(path, hasHeader)) {
    for (const [place, text] of rows) {
      report.row()
      const told = parse(text)
      if ('fault' in told) report.leave(place, told.fault, told.detail)
      else {
        report.time(told.form)
        order.add(place, told.ts, { told, text }, text.length)
      }
    }
    yield once(order.ready())
  }
  yield once(order.rest())
}
