import { z } from 'zod'
import { isoUtc, MINUTE, SECOND } from './domain/time.ts'

const count = z.number().int().nonnegative()
const stretches = z.object({ count, totalMs: z.number(), longestMs: z.number().nullable() })

/** Why a row was left out. */
export type LeftOutReason =
  /** Not as many fields as it must have, or a field that cannot be read. */
  | 'malformed'
  /** Every field can be read, but together they cannot be true: a high below its low. */
  | 'nonsense'
  | 'impossible time'
  /** Not on the grid of its times or prices. */
  | 'off-grid'
  /** The same row again: kept once. */
  | 'duplicate'
  /** Another row of the same moment says something else: the first is kept. */
  | 'conflict'
  /** A lone time, or a price, far away from everything beside it. */
  | 'outlier'
  /** Older than what was known already when it came. */
  | 'late'
  /** Sound, but of a kind that is not taken. */
  | 'other'

/** Rows left out for these reasons are not lost: what they say is there already, or was never meant to be taken. */
const NOT_LOST: ReadonlySet<string> = new Set<LeftOutReason>(['duplicate', 'other'])

/** What was found in one file, whatever kind of file it was; nothing that is left out or missing is silent. */
export const fileReport = z.object({
  /** Name of the file, without its folder. */
  file: z.string(),
  /** What kind of file it was taken for. */
  format: z.string(),
  /** Rows read: without header and blank lines. */
  rows: count,
  /** Rows that were taken. */
  kept: count,
  /** Tape records, or trades, made of them. */
  records: count,
  /** Rows left out, by reason (`LeftOutReason`). */
  leftOut: z.record(z.string(), count),
  /** Places where the time goes back from one row to the next. */
  backSteps: count,
  /** Stretches in which nothing was recorded. */
  gaps: stretches.extend({ longerThanMs: z.number() }),
  /** Stretches without a trade, as an exchange stores a halt; null where a file of this kind cannot tell. */
  flat: stretches.extend({ leastMs: z.number() }).nullable().default(null),
  /** Forms in which times are written, in words. */
  times: z.array(z.string()).default([]),
  /** ms; first and last moment that what was kept tells of, null where nothing was. */
  firstTs: z.number().nullable(),
  lastTs: z.number().nullable(),
  /** The first few of each kind, with the line or row. */
  examples: z.array(z.string()),
  notes: z.array(z.string()),
})
export type FileReport = z.infer<typeof fileReport>

const plural = (n: number, one: string, more = `${one}s`) => `${n} ${n === 1 ? one : more}`

/** A length of time for a person: `45 s`, `90 min`. */
function length(ms: number): string {
  return ms % MINUTE === 0 && ms >= MINUTE ? `${ms / MINUTE} min` : `${ms / SECOND} s`
}

function reasons({ leftOut }: FileReport): string {
  return Object.entries(leftOut)
    .map(([why, n]) => `${n} ${why}`)
    .join(', ')
}

/** Why a file is refused as a whole: nothing of it, or less than half, could be used. Undefined where it may be used. */
export function refusalOf(report: FileReport): string | undefined {
  const { rows, kept, leftOut, examples } = report
  if (rows === 0) return 'no rows'
  const lost = Object.entries(leftOut).reduce((sum, [why, n]) => sum + (NOT_LOST.has(why) ? 0 : n), 0)
  const first = examples.length === 0 ? '' : `; ${examples[0]}`
  if (kept === 0 && lost + (leftOut.other ?? 0) > 0) return `no usable row of ${rows} (${reasons(report)}${first})`
  if (lost * 2 <= rows - (leftOut.other ?? 0)) return undefined
  return `${lost} of ${rows} rows would be lost (${reasons(report)}${first}): correct the file first`
}

/** The report for a person, a heading and a few lines. */
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

/** What whoever reads results on these files should know of them: what is missing, and where nothing was traded. */
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
