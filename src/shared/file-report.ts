import { z } from 'zod'
import { isoUtc, MINUTE, SECOND } from './domain/time.ts'

const count = z.number().int().nonnegative()
const stretches = z.object({ count, totalMs: z.number(), longestMs: z.number().nullable() })

/** Why a row was left out. */
export type LeftOutReason =
  /** Wrong number of fields, or an unreadable field. */
  | 'malformed'
  /** Readable but impossible fields: a high below its low. */
  | 'nonsense'
  | 'impossible time'
  /** Not on the grid of times or prices. */
  | 'off-grid'
  /** Repeats an earlier row, which is kept. */
  | 'duplicate'
  /** Contradicts an earlier row of the same time, which is kept. */
  | 'conflict'
  /** An isolated time or price far from its neighbours. */
  | 'outlier'
  /** Too old to be sorted in. */
  | 'late'
  /** Valid, but of a kind that is not used. */
  | 'other'

/** Reasons that do not count as lost data: duplicates, and kinds that are not used. */
const NOT_LOST: ReadonlySet<string> = new Set<LeftOutReason>(['duplicate', 'other'])

/** Report on one file of any kind, with everything left out or missing. */
export const fileReport = z.object({
  /** Name of the file, without its folder. */
  file: z.string(),
  /** Detected format. */
  format: z.string(),
  /** Rows read, without header and blank lines. */
  rows: count,
  /** Rows used. */
  kept: count,
  /** Tape records or trades created from them. */
  records: count,
  /** Rows left out, by reason (`LeftOutReason`). */
  leftOut: z.record(z.string(), count),
  /** Number of places where time goes back between neighbouring rows. */
  backSteps: count,
  /** Gaps in the recording. */
  gaps: stretches.extend({ longerThanMs: z.number() }),
  /** Stretches without a trade, which may be halts; null if the format does not show them. */
  flat: stretches.extend({ leastMs: z.number() }).nullable().default(null),
  /** Forms in which times are written, in words. */
  times: z.array(z.string()).default([]),
  /** Time span of the rows used, ms; null without any. */
  firstTs: z.number().nullable(),
  lastTs: z.number().nullable(),
  /** The first few of each kind, with the line or row. */
  examples: z.array(z.string()),
  notes: z.array(z.string()),
})
export type FileReport = z.infer<typeof fileReport>

const plural = (n: number, one: string, more = `${one}s`) => `${n} ${n === 1 ? one : more}`

/** A duration for display: `45 s`, `90 min`. */
function length(ms: number): string {
  return ms % MINUTE === 0 && ms >= MINUTE ? `${ms / MINUTE} min` : `${ms / SECOND} s`
}

function reasons({ leftOut }: FileReport): string {
  return Object.entries(leftOut)
    .map(([why, n]) => `${n} ${why}`)
    .join(', ')
}

/** Why a file is refused: less than half of it can be used. Undefined if it is accepted. */
export function refusalOf(report: FileReport): string | undefined {
  const { rows, kept, leftOut, examples } = report
  if (rows === 0) return 'no rows'
  const lost = Object.entries(leftOut).reduce((sum, [why, n]) => sum + (NOT_LOST.has(why) ? 0 : n), 0)
  const first = examples.length === 0 ? '' : `; ${examples[0]}`
  if (kept === 0 && lost + (leftOut.other ?? 0) > 0) return `no usable row of ${rows} (${reasons(report)}${first})`
  if (lost * 2 <= rows - (leftOut.other ?? 0)) return undefined
  return `${lost} of ${rows} rows would be lost (${reasons(report)}${first}): correct the file first`
}

/** The report as text: a heading and a few lines. */
export function reportLines(report: FileReport): string[] {
  const { file, format, rows, kept, backSteps, gaps, flat, times, firstTs, lastTs, examples, notes } = report
  const left = reasons(report)
  const lines = [
    `${file}: ${format}, ${kept} of ${plural(rows, 'row')} kept${left === '' ? '' : `; left out: ${left}`}`,
  ]
  if (firstTs !== null && lastTs !== null) lines.push(`${isoUtc(firstTs)} to ${isoUtc(lastTs)}`)
  if (times.length > 0) lines.push(`times are ${times.join(', and ')}`)
  if (backSteps > 0) lines.push(`time goes back in ${plural(backSteps, 'place')}: put in order of time`)
  if (gaps.count > 0) lines.push(`${plural(gaps.count, 'gap')}, ${together(gaps)}`)
  if (flat !== null && flat.count > 0)
    lines.push(
      `${plural(flat.count, 'stretch', 'stretches')} of ${length(flat.leastMs)} or more without a trade, ${together(flat)}`,
    )
  return [lines[0] ?? '', ...[...lines.slice(1), ...examples, ...notes].map((line) => `  ${line}`)]
}

function together({ totalMs, longestMs }: { readonly totalMs: number; readonly longestMs: number | null }): string {
  return `${length(totalMs)} together${longestMs === null ? '' : `, the longest ${length(longestMs)}`}`
}

/** Notices for results based on these files: missing data, and stretches without trades. */
export function reportNotices(reports: readonly FileReport[]): string[] {
  return reports.flatMap((report) => {
    const { file, gaps, flat } = report
    const left = Object.entries(report.leftOut).filter(([why]) => !NOT_LOST.has(why))
    const notices: string[] = []
    if (gaps.count > 0) notices.push(`${file} has ${plural(gaps.count, 'gap')}, ${together(gaps)}.`)
    if (left.length > 0)
      notices.push(`Rows of ${file} were left out: ${left.map(([why, n]) => `${n} ${why}`).join(', ')}.`)
    if (flat !== null && flat.count > 0)
      notices.push(
        `${file} has ${plural(flat.count, 'stretch', 'stretches')} of ${length(flat.leastMs)} or more without a trade, ${together(flat)}: the exchange may have halted trading.`,
      )
    return notices
  })
}
