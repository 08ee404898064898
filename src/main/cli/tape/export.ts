import { createWriteStream, existsSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { CSV_HEADERS, type ExportKind, type ExportOptions, exportSegment } from '../../tape/export.ts'
import { damageText, readSegment } from '../../tape/segment-reader.ts'
import { complain, EXIT, type ExitCode, periodText, UsageError } from '../output.ts'
import { filesOf, type TapeFlags } from './found.ts'

export interface ExportFlags extends TapeFlags {
  readonly format: 'jsonl' | 'csv'
  readonly kind?: ExportKind
  readonly from?: number
  readonly to?: number
  readonly out?: string
}

/** `baton tape export`: the records of a tape as text, streamed. */
export async function exportTape(name: string, flags: ExportFlags): Promise<ExitCode> {
  const { format, kind = null, from = 0, to = Number.POSITIVE_INFINITY, out } = flags
  if (format === 'csv' && kind === null)
    throw new UsageError('a CSV file holds records of one kind: add --kind price, book, candle or event')
  if (from >= to) throw new UsageError('--from is not before --to')
  if (out !== undefined && existsSync(out)) throw new UsageError(`${out} is there already: name another with --out`)
  const paths = filesOf(name, flags)
  // Beside the output, which holds records alone.
  process.stderr.write(`${periodText(flags)}\n`)
  const target = out === undefined ? process.stdout : createWriteStream(out, { flags: 'wx' })
  // Each write gets its own error; an event that nobody listens to would end the process.
  target.on('error', () => undefined)
  try {
    const failure = await writeAll(target, paths, { format, kind, from, to })
    if (out !== undefined) {
      target.end()
      await finished(target)
    }
    if (failure === undefined) return EXIT.done
    complain(failure)
    return EXIT.failed
  } catch (error) {
    // Whoever read the output has enough of it: `… | head`.
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return EXIT.done
    throw error
  }
}

/** Writes every segment; what went wrong with one, in a line. */
async function writeAll(
  target: Writable,
  paths: readonly string[],
  options: ExportOptions,
): Promise<string | undefined> {
  if (options.format === 'csv' && options.kind !== null) await put(target, `${CSV_HEADERS[options.kind]}\n`)
  for (const path of paths) {
    const segment = readSegment(path)
    if (!segment.ok) return damageText(segment.error)
    for (const text of exportSegment(segment.value, options)) {
      if (!text.ok) return damageText(text.error)
      await put(target, text.value)
    }
    const { torn } = segment.value.report
    if (torn !== null) complain(`${path}: half a block of ${torn.bytes} bytes at its end is left out`)
  }
  return undefined
}

/** Resolves once the text is taken, so that no more than a block waits. */
function put(target: Writable, text: string): Promise<void> {
  return new Promise((done, reject) => {
    target.write(text, (error) => (error ? reject(error) : done()))
  })
}
