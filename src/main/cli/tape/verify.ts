import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { engineBuild } from '../../platform/engine-build.ts'
import { packageRoot } from '../../platform/package-files.ts'
import { listTapes, type TapeLibrary } from '../../tape/library.ts'
import { damageText } from '../../tape/segment-reader.ts'
import { repairSegment } from '../../tape/segment-repair.ts'
import { verifySegment } from '../../tape/segment-verify.ts'
import { complain, EXIT, type ExitCode, iso, periodOf, periodText, print, UsageError } from '../output.ts'
import { chainOf, type DecisionsFound, decisionsOf } from './decisions.ts'
import { filesOf, realPath, type TapeFlags, tapeFolder } from './found.ts'

export interface VerifyFlags extends TapeFlags {
  /** Replays the desk's own recordings, too, and compares every decision. */
  readonly decisions?: boolean
  readonly from?: number
  readonly to?: number
}

/** What was found of one file. */
interface Checked {
  readonly path: string
  /** Nothing in it is damaged or cut off. */
  readonly sound: boolean
  readonly problems: readonly string[]
  /** True, and no fault: missing records that the file names itself, a recording that goes on. */
  readonly notes: readonly string[]
  readonly records: Readonly<Record<'prices' | 'books' | 'events' | 'candles', number>> | null
  /** Null where they were not asked for, or it holds none. */
  readonly decisions: Omit<DecisionsFound, 'problems' | 'notes'> | null
}

/**
 * `baton tape verify`: reads and decodes all of the named tapes, or of the home's; exit code 1 when one is not sound, and
 * when nothing was there to be checked as it was asked for: whoever reads the code alone must not take that for a proof.
 */
export function verify(names: readonly string[], flags: VerifyFlags): ExitCode {
  if (flags.from !== undefined && flags.to !== undefined && flags.from >= flags.to)
    throw new UsageError('--from is not before --to')
  const library = listTapes(tapeFolder(flags))
  const within = chainOf(library, flags.from ?? 0, flags.to ?? Number.POSITIVE_INFINITY)
  // When a damaged file is of cannot be known: no period leaves it out.
  const damaged = new Set(library.damaged.map((file) => realPath(file.path)))
  const whole = flags.from === undefined && flags.to === undefined
  const named = names.length === 0 ? allFiles(library) : names.flatMap((name) => filesOf(name, flags))
  const asked = (real: string) => whole || within.has(real) || damaged.has(real)
  const growing = names.length === 0 ? newestOf(library) : undefined
  const build = engineBuild(packageRoot())
  const files = [...new Set(named)].flatMap((path) => {
    const real = realPath(path)
    if (!asked(real)) return []
    const checked = check(path, path === growing)
    // What lacks its end can be replayed as far as it goes.
    if (flags.decisions !== true || checked.records === null) return checked
    const link = within.get(real)
    if (link !== undefined) return withDecisions(checked, decisionsOf(path, link.next, build))
    const why = 'decisions not checked: it is no recording of this home, or an empty one'
    return { ...checked, notes: [...checked.notes, why] }
  })
  const gaps = gapsBetween(library, names)
  const sound = files.every((file) => file.sound) && gaps.length === 0
  const nothing = nothingChecked(files, flags)
  const lines = [...describe(files, gaps), ...(nothing === null ? [] : [nothing])]
  if (flags.json === true) print(JSON.stringify({ sound, period: periodOf(flags), files, gaps, nothing }))
  else
    print([...(whole ? [] : [periodText(flags)]), lines.join('\n') || `No tape is in ${tapeFolder(flags)}.`].join('\n'))
  return sound && nothing === null ? EXIT.done : EXIT.failed
}

/** What there was nothing of to check, although it was asked for; null when there was something. */
function nothingChecked(files: readonly Checked[], { from, to, decisions }: VerifyFlags): string | null {
  const period = `${from === undefined ? '' : ` from ${iso(from)}`}${to === undefined ? '' : ` to ${iso(to)}`}`
  if (files.length === 0 && period !== '')
    return `NOTHING CHECKED: no recording of this home lies in the period${period}`
  const compared = files.some((file) => file.decisions !== null && file.decisions.outcome !== 'not comparable')
  if (decisions === true && !compared)
    return 'NOTHING CHECKED: no decisions that this engine build can make again are on what was looked at'
  return null
}

function allFiles({ recordings, damaged }: TapeLibrary): string[] {
  return [...recordings.flatMap((one) => one.files.map((file) => file.path)), ...damaged.map((file) => file.path)]
}

function withDecisions(file: Checked, { problems, notes, ...decisions }: DecisionsFound): Checked {
  const all = [...file.problems, ...problems]
  return { ...file, sound: all.length === 0, problems: all, notes: [...file.notes, ...notes], decisions }
}

/** The file that a running desk may be writing just now. */
function newestOf({ recordings }: TapeLibrary): string | undefined {
  return recordings.findLast((one) => !one.imported)?.files.at(-1)?.path
}

/** What the segments of a recording lack between them; a single named file has no neighbours to compare with. */
function gapsBetween({ recordings }: TapeLibrary, names: readonly string[]): string[] {
  return recordings
    .filter((one) => names.length === 0 || names.includes(one.name))
    .flatMap(({ name, gaps }) => gaps.filter((gap) => gap.between).map((gap) => `${name}: ${gap.text}`))
}

function check(path: string, growing: boolean): Checked {
  const verified = verifySegment(path)
  if (!verified.ok)
    return { path, sound: false, problems: [damageText(verified.error)], notes: [], records: null, decisions: null }
  const { segment, prices, books, events, candles } = verified.value
  const { sealed, torn, holes } = segment.report
  const notes = holes.map((hole) => `records ${hole.fromSeq} to ${hole.toSeq - 1} are missing, as it says itself`)
  const cut =
    torn !== null
      ? [`it ends in half a block of ${torn.bytes} bytes at byte ${torn.offset}`]
      : sealed
        ? []
        : ['it has no end: whoever wrote it was stopped, or it was cut']
  if (growing && cut.length > 0) notes.push('it has no end yet')
  const problems = growing ? [] : cut
  const records = { prices, books, events, candles }
  return { path, sound: problems.length === 0, problems, notes, records, decisions: null }
}

function describe(files: readonly Checked[], gaps: readonly string[]): string[] {
  const lines = files.flatMap(({ path, sound, problems, notes, records, decisions }) => {
    const counts = Object.entries(records ?? {}).map(([kind, count]) => `${count} ${kind}`)
    const foreign = decisions?.outcome === 'not comparable'
    if (decisions !== null && !foreign) counts.push(`${decisions.decisions} decisions made again`)
    const head = `${!sound ? 'DAMAGED' : foreign ? 'FOREIGN' : 'sound  '}  ${path}${counts.length > 0 ? `: ${counts.join(', ')}` : ''}`
    return [head, ...problems.map((line) => `  ${line}`), ...notes.map((line) => `  ${line}`)]
  })
  const advice = files.some((file) => !file.sound && file.decisions === null)
    ? ['What is sound can be saved: baton tape repair FILE --out FILE']
    : []
  return [...lines, ...gaps.map((gap) => `MISSING  ${gap}`), ...advice]
}

export interface RepairFlags extends TapeFlags {
  readonly out: string
}

/** `baton tape repair`: saves what is sound in a damaged tape and names the rest. */
export function repair(name: string, flags: RepairFlags): ExitCode {
  const [path, ...more] = filesOf(name, flags)
  if (path === undefined || more.length > 0)
    throw new UsageError(`"${name}" is ${more.length + 1} files: name one, such as ${basename(path ?? '')}`)
  if (existsSync(flags.out)) throw new UsageError(`${join(flags.out)} is there already: name another with --out`)
  const repaired = repairSegment(path, flags.out)
  if (!repaired.ok) {
    complain(repaired.error)
    return EXIT.failed
  }
  const { out, blocks, records, moved, duplicates, leftOut, holes } = repaired.value
  if (flags.json === true) {
    print(JSON.stringify(repaired.value))
    return EXIT.done
  }
  const lines = [
    `${out}: ${records} records in ${blocks} blocks saved`,
    ...(moved > 0 ? [`  ${moved} blocks put back in order`] : []),
    ...(duplicates > 0 ? [`  ${duplicates} doubled blocks dropped`] : []),
    ...leftOut.map((line) => `  left out: ${line}`),
    ...holes.map((hole) => `  records ${hole.fromSeq} to ${hole.toSeq - 1} are missing`),
  ]
  print(lines.join('\n'))
  return EXIT.done
}
