import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { packageRoot } from '../../app/home.ts'
import { engineBuild } from '../../platform/engine-build.ts'
import { listTapes, type TapeLibrary } from '../../tape/library.ts'
import { damageText, repairSegment, verifySegment } from '../../tape/segment.ts'
import { complain, EXIT, type ExitCode, print, UsageError } from '../output.ts'
import { chainOf, type DecisionsFound, decisionsOf } from './decisions.ts'
import { filesOf, type TapeFlags, tapeFolder } from './found.ts'

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
  readonly decisions: Omit<DecisionsFound, 'problems'> | null
}

/** `baton tape verify`: reads and decodes all of the named tapes, or of the home's; exit code 1 when one is not sound. */
export function verify(names: readonly string[], flags: VerifyFlags): ExitCode {
  const library = listTapes(tapeFolder(flags))
  const within = chainOf(library, flags.from ?? 0, flags.to ?? Number.POSITIVE_INFINITY)
  const whole = flags.from === undefined && flags.to === undefined
  const named = names.length === 0 ? allFiles(library) : names.flatMap((name) => filesOf(name, flags))
  const paths = whole ? named : named.filter((path) => within.has(resolve(path)))
  const growing = names.length === 0 ? newestOf(library) : undefined
  const build = engineBuild(packageRoot())
  const files = [...new Set(paths)].map((path) => {
    const checked = check(path, path === growing)
    const link = within.get(resolve(path))
    // What lacks its end can be replayed as far as it goes.
    if (flags.decisions !== true || checked.records === null) return checked
    if (link !== undefined) return withDecisions(checked, decisionsOf(path, link.next, build))
    return { ...checked, notes: [...checked.notes, 'decisions not checked: it is no recording in this home'] }
  })
  const gaps = gapsBetween(library, names)
  const sound = files.every((file) => file.sound) && gaps.length === 0
  if (flags.json === true) print(JSON.stringify({ sound, files, gaps }))
  else print(describe(files, gaps).join('\n') || `No tape is in ${tapeFolder(flags)}.`)
  return sound ? EXIT.done : EXIT.failed
}

function allFiles({ sessions, damaged }: TapeLibrary): string[] {
  return [...sessions.flatMap((one) => one.files.map((file) => file.path)), ...damaged.map((file) => file.path)]
}

function withDecisions(file: Checked, { problems, ...decisions }: DecisionsFound): Checked {
  const all = [...file.problems, ...problems]
  const lost = decisions.unchecked === 0 ? [] : [`${decisions.unchecked} decisions of versions whose code is lost`]
  return { ...file, sound: all.length === 0, problems: all, notes: [...file.notes, ...lost], decisions }
}

/** The file that a running desk may be writing just now. */
function newestOf({ sessions }: TapeLibrary): string | undefined {
  return sessions.findLast((one) => !one.imported)?.files.at(-1)?.path
}

/** What the segments of a session lack between them; a single named file has no neighbours to compare with. */
function gapsBetween({ sessions }: TapeLibrary, names: readonly string[]): string[] {
  return sessions
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
    if (decisions !== null) counts.push(`${decisions.decisions} decisions made again`)
    const head = `${sound ? 'sound  ' : 'DAMAGED'}  ${path}${counts.length > 0 ? `: ${counts.join(', ')}` : ''}`
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
