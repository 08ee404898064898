import { isoUtc } from '../../shared/domain/time.ts'

/** Exit codes of every command (design, "Command line"). */
export const EXIT = { done: 0, failed: 1, usage: 2, refused: 3 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Takes the exit code of a command that has run. */
export type Finish = (code: ExitCode) => void

/** A failure that is the caller's to mend: one line, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

export function complain(text: string): void {
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

/** The period that a command was told to use, as fields; null where it was told nothing. */
export function periodOf({ from, to }: Period): { readonly from: string | null; readonly to: string | null } {
  return { from: from === undefined ? null : isoUtc(from), to: to === undefined ? null : isoUtc(to) }
}

/** The same as a line, so that a time that was written is seen as it was understood. */
export function periodText({ from, to }: Period): string {
  if (from === undefined && to === undefined) return 'Period: all that is there'
  const [start, end] = [from === undefined ? 'the beginning' : isoUtc(from), to === undefined ? 'the end' : isoUtc(to)]
  return `Period: ${start} to ${end}`
}

let failedOutput = false

/**
 * A reader that has gone away (`| head`) ends no command and is no failure of it; what is left to print is dropped. Anything
 * else that output cannot be written for is said once.
 */
export function watchOutput(): void {
  process.stderr.on('error', () => undefined)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (failedOutput || error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return
    failedOutput = true
    complain(`output cannot be written: ${error.message}`)
  })
}

/** True once output could not be written for another reason than that nobody reads it any more. */
export function outputFailed(): boolean {
  return failedOutput
}

/** Lines up columns; numbers are right-aligned by the caller's choice of `right`. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number> = new Set(),
): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (right.has(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  return [line(head), ...rows.map(line)].join('\n')
}
