import { readFileSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { z } from 'zod'
import type { Side } from '../../../shared/domain/slots.ts'
import { reportLines } from '../../../shared/file-report.ts'
import { packageRoot } from '../../platform/package-files.ts'
import { systemClock } from '../../platform/system.ts'
import { type ImportReport, importTape } from '../../tape/import/import-tape.ts'
import { EXIT, type ExitCode, iso, print, UsageError } from '../output.ts'
import { size, type TapeFlags, tapeFolder } from './tape-files.ts'

export interface ImportFlags extends TapeFlags {
  readonly out?: string
  readonly side?: Side
}

/** `baton tape import`: converts recorded files to a tape and reports what was skipped. */
export async function importFiles(paths: readonly string[], flags: ImportFlags): Promise<ExitCode> {
  const [first = ''] = paths
  for (const path of paths)
    if (statSync(path, { throwIfNoEntry: false }) === undefined) throw new UsageError(`${path} does not exist`)
  const name = basename(first).replace(/(\.(csv|json|jsonl|txt))?(\.gz|\.zip)?$/i, '')
  const out = resolve(flags.out ?? join(tapeFolder(flags), 'imported', `${name}.tape`))
  const imported = await importTape(paths, {
    out,
    now: systemClock.now(),
    engineBuild: build(),
    side: flags.side ?? null,
  })
  if (!imported.ok) throw new UsageError(imported.error)
  const { path, report } = imported.value
  if (flags.json === true) print(JSON.stringify({ path, ...report }))
  else print([...report.sources.flatMap(reportLines), ...summary(path, report)].join('\n'))
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
