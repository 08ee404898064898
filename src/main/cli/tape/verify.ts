import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { engineBuild } from '../../platform/engine-build.ts'
import { packageRoot } from '../../platform/package-files.ts'
import { listTapes, type TapeLibrary } from '../../tape/library.ts'
import { damageText } from '../../tape/segment-reader.ts'
import { repairSegment } from '../../tape/segment-repair.ts'
import { verifySegment } from '../../tape/segment-verify.ts'
import { EXIT, type ExitCode, iso, periodOf, periodText, print, printError, UsageError } from '../output.ts'
import { chainFiles, checkFileDecisions, type DecisionCheck } from './decisions.ts'
import { filesOf, realPath, type TapeFlags, tapeFolder } from './tape-files.ts'

export interface VerifyFlags extends TapeFlags {
  /** Also replays the desk's own recordings and compares every decision. */
  readonly decisions?: boolean
  readonly from?: number
  readonly to?: number
}

/** Result of checking one file. */
interface FileCheck {
  readonly path: string
  /** The file is complete and undamaged. */
  readonly sound: boolean
  readonly problems: readonly string[]
  /** Remarks that are not problems: known missing records, a recording that is still being written. */
  readonly notes: readonly string[]
  readonly records: Readonly<Record<'prices' | 'books' | 'events' | 'candles', number>> | null
  /** Null when decisions were not requested, or the file has none. */
  readonly decisions: Omit<DecisionCheck, 'problems' | 'notes'> | null
}

/**
 * `baton tape verify`: reads and decodes the named tapes, or all of the home. Exit code 1 when one is not sound, and also
 * when there was nothing to check, because a script that reads only the exit code must not take that for a success.
 */
export function verify(names: readonly string[], flags: VerifyFlags): ExitCode {
  if (flags.from !== undefined && flags.to !== undefined && flags.from >= flags.to)
    throw new UsageError('--from is not before --to')
  const library = listTapes(tapeFolder(flags))
  const chain = chainFiles(library, flags.from ?? 0, flags.to ?? Number.POSITIVE_INFINITY)
  // The time of a damaged file is unknown, so it is checked for every period.
  const damaged = new Set(library.damaged.map((file) => realPath(file.path)))
  const isWholeTape = flags.from === undefined && flags.to === undefined
  const named = names.length === 0 ? allFiles(library) : names.flatMap((name) => filesOf(name, flags))
  const isRequested = (real: string) => isWholeTape || chain.has(real) || damaged.has(real)
  const growing = names.length === 0 ? newestOf(library) : undefined
  const build = engineBuild(packageRoot())
  const files = [...new Set(named)].flatMap((path) => {
    const real = realPath(path)
    if (!isRequested(real)) return []
    const checked = check(path, path === growing)
    // A file without an end can be replayed as far as it goes.
    if (flags.decisions !== true || checked.records === null) return checked
    const chained = chain.get(real)
    if (chained !== undefined) return withDecisions(checked, checkFileDecisions(path, chained.next, build))
    const why = 'decisions not checked: it is not a recording of this home, or it is empty'
    return { ...checked, notes: [...checked.notes, why] }
  })
  const gaps = gapsBetween(library, names)
  const sound = files.every((file) => file.sound) && gaps.length === 0
  const nothing = nothingChecked(files, flags)
  const lines = [...describe(files, gaps), ...(nothing === null ? [] : [nothing])]
  if (flags.json === true) print(JSON.stringify({ sound, period: periodOf(flags), files, gaps, nothing }))
  else
    print(
      [...(isWholeTape ? [] : [periodText(flags)]), lines.join('\n') || `No tape is in ${tapeFolder(flags)}.`].join(
        '\n',
      ),
    )
  return sound && nothing === null ? EXIT.done : EXIT.failed
}

/** Says that there was nothing to check; null when there was something. */
function nothingChecked(files: readonly FileCheck[], { from, to, decisions }: VerifyFlags): string | null {
  const period = `${from === undefined ? '' : ` from ${iso(from)}`}${to === undefined ? '' : ` to ${iso(to)}`}`
  if (files.length === 0 && period !== '') return `NOTHING CHECKED: no recording of this home is in the period${period}`
  const compared = files.some((file) => file.decisions !== null && file.decisions.outcome !== 'not comparable')
  if (decisions === true && !compared)
    return 'NOTHING CHECKED: the files have no decisions that this engine build can replay'
  return null
}

function allFiles({ recordings, damaged }: TapeLibrary): string[] {
  return [
    ...recordings.flatMap((recording) => recording.files.map((file) => file.path)),
    ...damaged.map((file) => file.path),
  ]
}

function withDecisions(file: FileCheck, { problems, notes, ...decisions }: DecisionCheck): FileCheck {
  const all = [...file.problems, ...problems]
  return { ...file, sound: all.length === 0, problems: all, notes: [...file.notes, ...notes], decisions }
}

/** The file that a running desk may be writing. */
function newestOf({ recordings }: TapeLibrary): string | undefined {
  return recordings.findLast((recording) => !recording.imported)?.files.at(-1)?.path
}

/** Gaps between the segments of recordings; a single named file has no neighbours to compare with. */
function gapsBetween({ recordings }: TapeLibrary, names: readonly string[]): string[] {
  return recordings
    .filter(({ name }) => names.length === 0 || names.includes(name))
    .flatMap(({ name, gaps }) => gaps.filter((gap) => gap.between).map((gap) => `${name}: ${gap.text}`))
}

function check(path: string, growing: boolean): FileCheck {
  const verified = verifySegment(path)
  if (!verified.ok)
    return { path, sound: false, problems: [damageText(verified.error)], notes: [], records: null, decisions: null }
  const { segment, prices, books, events, candles } = verified.value
  const { sealed, torn, holes } = segment.report
  const notes = holes.map(
    (hole) => `records ${hole.fromSeq} to ${hole.toSeq - 1} are missing, as the file itself states`,
  )
  const cut =
    torn !== null
      ? [`it ends in an incomplete block of ${torn.bytes} bytes at byte ${torn.offset}`]
      : sealed
        ? []
        : ['it has no end: its writer was stopped, or it was cut off']
  if (growing && cut.length > 0) notes.push('it has no end yet')
  const problems = growing ? [] : cut
  const records = { prices, books, events, candles }
  return { path, sound: problems.length === 0, problems, notes, records, decisions: null }
}

function describe(files: readonly FileCheck[], gaps: readonly string[]): string[] {
  const lines = files.flatMap(({ path, sound, problems, notes, records, decisions }) => {
    const counts = Object.entries(records ?? {}).map(([kind, count]) => `${count} ${kind}`)
    const foreign = decisions?.outcome === 'not comparable'
    if (decisions !== null && !foreign) counts.push(`${decisions.decisions} decisions replayed`)
    const head = `${!sound ? 'DAMAGED' : foreign ? 'FOREIGN' : 'sound  '}  ${path}${counts.length > 0 ? `: ${counts.join(', ')}` : ''}`
    return [head, ...problems.map((line) => `  ${line}`), ...notes.map((line) => `  ${line}`)]
  })
  const advice = files.some((file) => !file.sound && file.decisions === null)
    ? ['The undamaged parts can be copied: baton tape repair FILE --out FILE']
    : []
  return [...lines, ...gaps.map((gap) => `MISSING  ${gap}`), ...advice]
}

export interface RepairFlags extends TapeFlags {
  readonly out: string
}

/** `baton tape repair`: copies the undamaged parts of a tape and lists the rest. */
export function repair(name: string, flags: RepairFlags): ExitCode {
  const [path, ...more] = filesOf(name, flags)
  if (path === undefined || more.length > 0)
    throw new UsageError(`"${name}" has ${more.length + 1} files: name one of them, such as ${basename(path ?? '')}`)
  if (existsSync(flags.out)) throw new UsageError(`${join(flags.out)} exists already: choose another with --out`)
  const repaired = repairSegment(path, flags.out)
  if (!repaired.ok) {
    printError(repaired.error)
    return EXIT.failed
  }
  const { out, blocks, records, moved, duplicates, leftOut, holes } = repaired.value
  if (flags.json === true) {
    print(JSON.stringify(repaired.value))
    return EXIT.done
  }
  const lines = [
    `${out}: ${records} records in ${blocks} blocks copied`,
    ...(moved > 0 ? [`  ${moved} blocks put back in order`] : []),
    ...(duplicates > 0 ? [`  ${duplicates} duplicate blocks dropped`] : []),
    ...leftOut.map((line) => `  lost: ${line}`),
    ...holes.map((hole) => `  records ${hole.fromSeq} to ${hole.toSeq - 1} are missing`),
  ]
  print(lines.join('\n'))
  return EXIT.done
}
