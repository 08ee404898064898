import { type Dirent, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import { lostText, type SegmentHeader } from './segment-header.ts'
import { damageText, readSegment, type Segment } from './segment-reader.ts'
import type { Hole } from './tally.ts'

/** One file of a recording. */
export interface TapeFile {
  readonly path: string
  readonly segment: number
  readonly bytes: number
  readonly records: number
  readonly firstSeq: number
  readonly nextSeq: number
  /** ms; null without records. */
  readonly firstTs: number | null
  readonly lastTs: number | null
  /** It has its end, and nothing after it. */
  readonly sealed: boolean
  readonly holes: readonly Hole[]
}

/** Something that a recording lacks. */
export interface TapeGap {
  /** Between two segments rather than inside one. */
  readonly between: boolean
  readonly text: string
}

/** Segments that belong together: one run of a desk, or one import. */
export interface Recording {
  /** Name used by commands: the recording's own, or an import's file name. */
  readonly name: string
  readonly imported: boolean
  /** Of the first segment; assets and slots may grow in later ones. */
  readonly header: SegmentHeader
  /** By number. */
  readonly files: readonly TapeFile[]
  readonly bytes: number
  readonly records: number
  readonly firstTs: number | null
  readonly lastTs: number | null
  readonly gaps: readonly TapeGap[]
}

/** Contents of a tape folder. */
export interface TapeLibrary {
  /** Own recordings in order of time, then imports by name. */
  readonly recordings: readonly Recording[]
  /** Files that cannot be used as they are: repair or remove them. */
  readonly damaged: readonly { readonly path: string; readonly error: string }[]
}

const EXTENSION = '.tape'

/** Whether a folder holds any recording of a desk. */
export function hasTapes(folder: string): boolean {
  return tapeFiles(folder).length > 0
}

/** Lists `<folder>/*.tape` and `<folder>/imported/*.tape`; a folder that is not there is empty. */
export function listTapes(folder: string): TapeLibrary {
  const damaged: { path: string; error: string }[] = []
  const read = (where: string) => readAll(where, damaged)
  const own = groupBySession(read(folder))
  const imported = read(join(folder, 'imported')).map((one) => recordingOf(basename(one.path, EXTENSION), true, [one]))
  const recordings = own
    .map((segments) => recordingOf(segments[0]?.header.session ?? '', false, segments))
    .sort((a, b) => (a.firstTs ?? a.header.createdAt) - (b.firstTs ?? b.header.createdAt))
  return { recordings: [...recordings, ...imported], damaged }
}

/**
 * The files of a tape that a person named: a path, or a name from the list.
 * @returns an error that says what there is when the name means nothing
 */
export function findTape(folder: string, name: string): Result<readonly string[]> {
  if (statSync(name, { throwIfNoEntry: false })?.isFile() === true) return ok([name])
  const { recordings, damaged } = listTapes(folder)
  const found = recordings.find((recording) => recording.name === name)
  if (found !== undefined) return ok(found.files.map((file) => file.path))
  const broken = damaged.find((file) => basename(file.path, EXTENSION) === name)
  if (broken !== undefined) return ok([broken.path])
  const names = recordings.map((recording) => recording.name).join(', ')
  return err(`there is no tape "${name}"; ${names === '' ? `none is in ${folder}` : `there are: ${names}`}`)
}

function readAll(folder: string, damaged: { path: string; error: string }[]): Segment[] {
  const segments: Segment[] = []
  for (const path of tapeFiles(folder)) {
    const segment = readSegment(path)
    if (segment.ok) segments.push(segment.value)
    else damaged.push({ path, error: damageText(segment.error) })
  }
  return segments
}

function tapeFiles(folder: string): string[] {
  let entries: Dirent[]
  try {
    entries = readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(EXTENSION))
    .map((entry) => join(folder, entry.name))
    .sort()
}

function groupBySession(segments: readonly Segment[]): Segment[][] {
  const groups = Map.groupBy(segments, (segment) => segment.header.session)
  return [...groups.values()].map((group) => group.toSorted((a, b) => a.header.segment - b.header.segment))
}

function recordingOf(name: string, imported: boolean, segments: readonly Segment[]): Recording {
  const [first] = segments
  if (first === undefined) throw new Error('a recording has a segment')
  const times = segments.flatMap((one) =>
    one.firstTs === null || one.lastTs === null ? [] : [one.firstTs, one.lastTs],
  )
  return {
    name,
    imported,
    header: first.header,
    files: segments.map(fileOf),
    bytes: segments.reduce((sum, one) => sum + one.bytes, 0),
    records: segments.reduce((sum, one) => sum + one.records, 0),
    firstTs: times.length === 0 ? null : Math.min(...times),
    lastTs: times.length === 0 ? null : Math.max(...times),
    gaps: segments.flatMap((one, i) => gapsOf(one, segments[i - 1])),
  }
}

function fileOf(segment: Segment): TapeFile {
  const { path, bytes, records, firstSeq, nextSeq, firstTs, lastTs, report } = segment
  const { sealed, holes } = report
  return { path, segment: segment.header.segment, bytes, records, firstSeq, nextSeq, firstTs, lastTs, sealed, holes }
}

function gapsOf(segment: Segment, before: Segment | undefined): TapeGap[] {
  const between = gapsBefore(segment, before).map((text) => ({ between: true, text }))
  return [...between, ...gapsWithin(segment).map((text) => ({ between: false, text }))]
}

/** What is missing between a segment and the one before. */
function gapsBefore(segment: Segment, before: Segment | undefined): string[] {
  const { segment: number, lost } = segment.header
  const named = lost === undefined ? [] : [`${lostText(lost)} before segment ${number} could not be written`]
  // Older segments were removed for age or size, which is no gap.
  if (before === undefined) return number === 0 ? named : []
  const last = before.header.segment
  if (number === last) return [`segment ${number} is there twice: ${before.path} and ${segment.path}`]
  const gaps = number > last + 1 ? [missing(last + 1, number)] : []
  const expected = before.nextSeq + (lost?.records ?? 0)
  if (before.records > 0 && segment.records > 0 && segment.firstSeq !== expected)
    gaps.push(`segment ${number} begins with record ${segment.firstSeq}, not ${expected}`)
  return [...gaps, ...named]
}

function missing(from: number, to: number): string {
  return to - from === 1 ? `segment ${from} is missing` : `segments ${from} to ${to - 1} are missing`
}

function gapsWithin(segment: Segment): string[] {
  const { holes, torn, sealed } = segment.report
  const number = segment.header.segment
  const gaps = holes.map((hole) => `segment ${number} lacks records ${hole.fromSeq} to ${hole.toSeq - 1}`)
  if (torn !== null) gaps.push(`segment ${number} ends in half a block of ${torn.bytes} bytes`)
  else if (!sealed) gaps.push(`segment ${number} has no end: it is being written, or its desk was stopped`)
  return gaps
}
