import { isoUtc } from '../../shared/domain/time.ts'

/** Exit codes of every command (design, "Command line"). */
export const EXIT = { done: 0, failed: 1, usage: 2, refused: 3 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Receives the exit code of a finished command. */
export type Finish = (code: ExitCode) => void

/** Wrong usage or configuration: printed as one line, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

export function printError(text: string): void {
  process.stderr.write(`baton: ${text}\n`)
}

/** Dollars with sign and true minus: `+$1.20`, `−$0.35`. */
export function money(micro: number): string {
  return `${micro < 0 ? '−' : '+'}$${(Math.abs(micro) / 1e6).toFixed(2)}`
}

export function percent(value: number | null): string {
  return value === null ? '–' : `${(value * 100).toFixed(1)} %`
}

/** ISO 8601 in UTC, to the second. */
export function iso(ms: number | null): string {
  return ms === null ? '–' : `${new Date(ms).toISOString().slice(0, 19)}Z`
}

interface Period {
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** The period given to a command, as fields of its JSON; null for an open end. */
export function periodOf({ from, to }: Period): { readonly from: string | null; readonly to: string | null } {
  return { from: from === undefined ? null : isoUtc(from), to: to === undefined ? null : isoUtc(to) }
}

/** The period as a line, which shows how the given times were parsed. */
export function periodText({ from, to }: Period): string {
  if (from === undefined && to === undefined) return 'Period: all data'
  const [start, end] = [from === undefined ? 'the beginning' : isoUtc(from), to === undefined ? 'the end' : isoUtc(to)]
  return `Period: ${start} to ${end}`
}

let outputHasFailed = false

/**
 * Handles errors of standard output. A closed pipe (`| head`) is not a failure: the remaining output is dropped. Any other
 * error is printed once.
 */
export function watchOutput(): void {
  process.stderr.on('error', () => undefined)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (outputHasFailed || error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return
    outputHasFailed = true
    printError(`output cannot be written: ${error.message}`)
  })
}

/** True once output could not be written for any reason other than a closed pipe. */
export function outputFailed(): boolean {
  return outputHasFailed
}

/**
 * Text table with aligned columns.
 * @param right indices of right-aligned columns
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number> = new Set(),
): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (right.has(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  return [line(head), ...rows.map(line)].join('\n')
}
