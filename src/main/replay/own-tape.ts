import { err, ok, type Result } from '../../shared/domain/base.ts'
import { asset, parseSlot, type Slot } from '../../shared/domain/slots.ts'
import { HOUR, unixMs } from '../../shared/domain/time.ts'
import { listTapes, type Recording, type TapeFile } from '../tape/library.ts'
import type { ReplayTape, TapeSource } from './tape-types.ts'

/** The part of the desk's own recordings to open. */
export interface OwnTapeSpan {
  /** First moment wanted; 0 = from the beginning. */
  readonly since: number
  /** First moment not wanted; null = all that is there. */
  readonly until: number | null
  /** Of this recording alone; null = of every one. */
  readonly only: string | null
  /** Only recordings of this feed, since another is another market. Null = the newest recording's feed. */
  readonly feed: string | null
}

/**
 * Opens the desk's own recordings as one tape.
 * @returns an error when nothing of that time is there
 */
export function openOwnTape(folder: string, { since, until, only, feed }: OwnTapeSpan): Result<ReplayTape> {
  const recent = listTapes(folder).recordings.filter(
    (recording) =>
      !recording.imported &&
      recording.lastTs !== null &&
      recording.lastTs > since &&
      (only === null || recording.name === only),
  )
  const newestFirst = recent.toSorted((a, b) => (a.name < b.name ? 1 : -1))
  const wanted = feed ?? newestFirst[0]?.header.feed
  const recordings = newestFirst.filter((recording) => recording.header.feed === wanted)
  const sources = sourcesOf(recordings, since, until ?? Number.POSITIVE_INFINITY)
  const [first] = sources
  const [newest] = recordings
  if (first === undefined || newest === undefined) return err('this desk has recorded nothing of that time yet')
  const names = (pick: (recording: Recording) => readonly string[]) => [...new Set(recordings.flatMap(pick))]
  return ok({
    title: "this desk's own tape",
    from: unixMs(first.from),
    to: unixMs(Math.max(...sources.map((one) => one.to))),
    assets: names(({ header }) => header.assets).map(asset),
    slots: names(({ header }) => header.slots).flatMap((name) => parseSlot(name) ?? []),
    notices: ['Fills are SIMULATED against the recorded books.', ...newest.header.notices],
    settlement: newest.header.settlement,
    sources,
  })
}

/**
 * The recordings' time since `since`, oldest first. Runs in virtual time can record the same market time twice: there the
 * newer recording is used, and the older one only up to its beginning.
 */
function sourcesOf(newestFirst: readonly Recording[], since: number, until: number): readonly TapeSource[] {
  const sources: TapeSource[] = []
  for (const { files, firstTs, lastTs, header } of newestFirst) {
    if (firstTs === null || lastTs === null) continue
    const from = Math.ceil(Math.max(firstTs, since) / 5_000) * 5_000
    const over = sources.filter((newer) => newer.from <= lastTs && newer.to > from)
    const to = Math.min(lastTs + 1, until, ...over.map((newer) => newer.from))
    if (to - from < 5_000) continue
    const paths = files.map((file) => file.path)
    const begins = files.map((file) => file.firstTs ?? Number.POSITIVE_INFINITY)
    const covers = coverOf(files, from, to)
    sources.push({ source: { kind: 'recorded', paths }, from, to, begins, covers, slots: header.slots })
  }
  return sources.toSorted((a, b) => a.from - b.from)
}

/** A recording has events at least every 5 s; a longer silence counts as a gap, ms. */
const SILENCE_MS = 30_000

/** The parts of a span covered by a recording's files, without gaps in and between them. */
function coverOf(files: readonly TapeFile[], from: number, to: number): { from: number; to: number }[] {
  const parts: { from: number; to: number }[] = []
  const add = (begin: number, end: number) => {
    const last = parts.at(-1)
    const part = { from: Math.max(begin, from), to: Math.min(end, to) }
    if (part.to <= part.from) return
    if (last !== undefined && part.from - last.to <= SILENCE_MS) last.to = part.to
    else parts.push(part)
  }
  for (const { firstTs, lastTs, holes } of files) {
    let at = firstTs ?? 0
    for (const hole of holes) {
      add(at, hole.fromTs)
      at = hole.toTs
    }
    add(at, (lastTs ?? 0) + 1)
  }
  return parts
}

/** Recorded hours of a slot in the desk's own recordings, without gaps. */
export function hoursOf(tape: ReplayTape, slot: Slot): number {
  const sources = tape.sources.filter((source) => source.slots?.includes(slot.id) === true)
  const parts = sources.flatMap((source) => source.covers ?? [])
  return parts.reduce((sum, part) => sum + part.to - part.from, 0) / HOUR
}
