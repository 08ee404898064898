import { readFileSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { z } from 'zod'
import type { Side } from '../../../shared/domain/slots.ts'
import { packageRoot } from '../../app/home.ts'
import { systemClock } from '../../platform/system.ts'
import { type ImportReport, importTape } from '../../tape/import/import-tape.ts'
import type { SourceReport } from '../../tape/segment.ts'
import { EXIT, type ExitCode, iso, print, UsageError } from '../output.ts'
import { size, type TapeFlags, tapeFolder } from './found.ts'

export interface ImportFlags extends TapeFlags {
  readonly out?: string
  readonly side?: Side
}

/** `baton tape import`: makes a tape of recorded files and says what it left out. */
export async function importFiles(paths: readonly string[], flags: ImportFlags): Promise<ExitCode> {
  const [first = ''] = paths
  for (const path of paths)
    if (statSync(path, { throwIfNoEntry: false }) === undefined) throw new UsageError(`${path} is not there`)
  const name = basename(first).replace(/(\.(csv|json|jsonl))?(\.gz)?$/, '')
  const out = resolve(flags.out ?? join(tapeFolder(flags), 'imported', `${name}.tape`))
  const made = await importTape(paths, { out, now: systemClock.now(), engineBuild: build(), side: flags.side ?? null })
  if (!made.ok) throw new UsageError(made.error)
  const { path, report } = made.value
  if (flags.json === true) print(JSON.stringify({ path, ...report }))
  else print([...report.sources.flatMap(describe), ...summary(path, report)].join('\n'))
  return EXIT.done
}

const manifest = z.object({ version: z.string() })

function build(): string {
  const { version } = manifest.parse(JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')))
  return `baton ${version}`
}

function summary(path: string, report: ImportReport): string[] {
  const { records, bytes, firstTs, lastTs, notices } = report
  return [
    ...notices.map((notice) => `Note: ${notice}`),
    `${path}: ${records} records, ${size(bytes)}, ${iso(firstTs)} to ${iso(lastTs)}`,
  ]
}

/** What one file gave and did not, in a few lines. */
export function describe(source: SourceReport): string[] {
  const { file, format, rows, kept, leftOut, backSteps, gaps, examples, notes } = source
  const left = Object.entries(leftOut).map(([why, count]) => `${count} ${why}`)
  const lines = [
    `${file}: ${format}, ${kept} of ${rows} rows kept${left.length > 0 ? `; left out: ${left.join(', ')}` : ''}`,
  ]
  if (backSteps > 0) lines.push(`  time goes back in ${backSteps} places`)
  if (gaps.count > 0) {
    const longest = gaps.longestMs === null ? '' : `, the longest ${gaps.longestMs / 1000} s`
    lines.push(`  ${gaps.count} gaps, ${gaps.totalMs / 1000} s together${longest}`)
  }
  return [...lines, ...examples.map((example) => `  ${example}`), ...notes.map((note) => `  ${note}`)]
}
