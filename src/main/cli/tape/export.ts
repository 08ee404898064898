import { createWriteStream, existsSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { CSV_HEADERS, type ExportKind, type ExportOptions, exportSegment } from '../../tape/export.ts'
import { damageText, readSegment } from '../../tape/segment-reader.ts'
import { EXIT, type ExitCode, periodText, printError, UsageError } from '../output.ts'
import { filesOf, type TapeFlags } from './tape-files.ts'

export interface ExportFlags extends TapeFlags {
  readonly format: 'jsonl' | 'csv'
  readonly kind?: ExportKind
  readonly from?: number
  readonly to?: number
  readonly out?: string
}

/** `baton tape export`: streams the records of a tape as text. */
export async function exportTape(name: string, flags: ExportFlags): Promise<ExitCode> {
  const { format, kind = null, from = 0, to = Number.POSITIVE_INFINITY, out } = flags
  if (format === 'csv' && kind === null)
    throw new UsageError('a CSV file holds records of one kind: add --kind price, book, candle or event')
  if (from >= to) throw new UsageError('--from is not before --to')
  if (out !== undefined && existsSync(out)) throw new UsageError(`${out} exists already: choose another with --out`)
  const paths = filesOf(name, flags)
  // To stderr, because stdout contains only records.
  process.stderr.write(`${periodText(flags)}\n`)
  const target = out === undefined ? process.stdout : createWriteStream(out, { flags: 'wx' })
  // Each write reports its own error; without a listener the error event would end the process.
  target.on('error', () => undefined)
  try {
    const failure = await writeAll(target, paths, { format, kind, from, to })
    if (out !== undefined) {
      target.end()
      await finished(target)
    }
    if (failure === undefined) return EXIT.done
    printError(failure)
    return EXIT.failed
  } catch (error) {
    // A closed pipe (`| head`) is not a failure.
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return EXIT.done
    throw error
  }
}

/** Writes every segment. @returns the failure as one line */
async function writeAll(
  target: Writable,
  paths: readonly string[],
  options: ExportOptions,
): Promise<string | undefined> {
  if (options.format === 'csv' && options.kind !== null) await write(target, `${CSV_HEADERS[options.kind]}\n`)
  for (const path of paths) {
    const segment = readSegment(path)
    if (!segment.ok) return damageText(segment.error)
    for (const text of exportSegment(segment.value, options)) {
      if (!text.ok) return damageText(text.error)
      await write(target, text.value)
    }
    const { torn } = segment.value.report
    if (torn !== null) printError(`${path}: an incomplete block of ${torn.bytes} bytes at its end is skipped`)
  }
  return undefined
}

/** Resolves once the text is written, so that at most one block is buffered. */
function write(target: Writable, text: string): Promise<void> {
  return new Promise((done, reject) => {
    target.write(text, (error) => (error ? reject(error) : done()))
  })
}
