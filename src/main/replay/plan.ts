import { statSync } from 'node:fs'
import type { CandleColumns } from '../../engine/market/candle-columns.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import { type Asset, asset, makeSlot, parseSlot, type Slot, TIMEFRAMES } from '../../shared/domain/slots.ts'
import { DAY, HOUR, isoUtc, type UnixMs, unixMs } from '../../shared/domain/time.ts'
import { reportNotices } from '../../shared/file-report.ts'
import { listTapes, type Recording, type TapeFile } from '../tape/library.ts'
import { KIND } from '../tape/record-format.ts'
import type { SegmentHeader } from '../tape/segment-header.ts'
import { readSegment } from '../tape/segment-reader.ts'
import { loadCandles } from '../venues/tape/candle-files.ts'
import { SETTLING_MS } from './day.ts'
import { TapeCursor } from './tape-cursor.ts'

/** What is played: candles whose columns threads share, or tape files that each thread reads for itself. */
export type ReplaySource =
  | { readonly kind: 'candles'; readonly series: readonly CandleColumns[] }
  | { readonly kind: 'prices' | 'recorded'; readonly paths: readonly string[] }

/** One stretch of market time, a recording of its own. */
export interface Stretch {
  readonly source: ReplaySource
  readonly from: UnixMs
  readonly to: UnixMs
}

/** A tape that can be replayed, and what must be known of results on it. */
export interface ReplayTape {
  readonly title: string
  readonly from: UnixMs
  readonly to: UnixMs
  readonly assets: readonly Asset[]
  /** Slots it has books of; empty where books are simulated for any slot of its assets. */
  readonly slots: readonly Slot[]
  readonly notices: readonly string[]
  readonly settlement: string
  /** Sources, oldest first; those of an own recording are one a recording. */
  readonly sources: readonly TapeSource[]
}

interface TapeSource {
  readonly source: ReplaySource
  readonly from: number
  readonly to: number
  /** When each file of an own recording begins: each has a snapshot to start from. */
  readonly begins?: readonly number[]
  /** Of an own recording: what its time without holes is, and the slots that it has. */
  readonly covers?: readonly { readonly from: number; readonly to: number }[]
  readonly slots?: readonly string[]
}

/** Recorded hours before a candle tape's first decision, for the strategies' history. */
const WARM_UP_MS = 2 * HOUR

const INTERPOLATED =
  'Prices are INTERPOLATED inside recorded one-minute candles: results that depend on timing inside a candle are not to be trusted.'
const SIMULATED_BOOKS = 'Order books and fills are SIMULATED around the price; settlement is computed from this tape.'

/** Opens what was named: candle files or folders of them, or tape files. */
export function openTapes(paths: readonly string[]): Result<ReplayTape> {
  const gone = paths.find((path) => statSync(path, { throwIfNoEntry: false }) === undefined)
  if (gone !== undefined) return err(`${gone}: there is no such file`)
  const tapes = paths.filter((path) => path.endsWith('.tape'))
  if (tapes.length === 0) return openCandles(paths)
  if (tapes.length < paths.length) return err('tape files and candle files cannot be replayed together: name one kind')
  const segments = tapes.map((path) => readSegment(path))
  const damaged = segments.find((segment) => !segment.ok)
  if (damaged !== undefined && !damaged.ok)
    return err(`${damaged.error.path} is damaged: ${damaged.error.message}; see "baton tape verify" and "tape repair"`)
  const sound = segments.flatMap((segment) => (segment.ok ? [segment.value] : []))
  const times = sound.flatMap(({ firstTs, lastTs }) => (firstTs === null || lastTs === null ? [] : [firstTs, lastTs]))
  const header = sound[0]?.header
  if (header === undefined || times.length === 0) return err('the tape holds no records')
  if (header.unlabelledBooks === true)
    return err('its books are of a token not known to be Up or Down: import it again with --side up or --side down')
  const span = { from: Math.min(...times), to: Math.max(...times) + 1 }
  return openImport(tapes, header.origin === 'desk' ? 'recorded' : null, span)
}

function openCandles(paths: readonly string[]): Result<ReplayTape> {
  const tape = loadCandles(paths)
  if (!tape.ok) return tape
  const { series, files } = tape.value
  const notices = reportNotices(files.map(({ report }) => report))
  return ok(candleTape(series, 'candles', notices))
}

function candleTape(found: readonly CandleColumns[], title: string, more: readonly string[]): ReplayTape {
  const series = found.map(shared)
  const first = Math.max(...series.map((one) => one.openTime[0] ?? 0))
  const from = Math.ceil((first + WARM_UP_MS) / (15 * 60_000)) * 15 * 60_000
  const to = Math.max(...series.map((one) => one.openTime.at(-1) ?? 0)) + 60_000
  return {
    title,
    from: unixMs(from),
    to: unixMs(Math.max(from, to)),
    assets: series.map((one) => one.asset),
    slots: [],
    notices: [INTERPOLATED, SIMULATED_BOOKS, ...more],
    settlement: 'estimate: interpolated candles',
    sources: [{ source: { kind: 'candles', series }, from, to }],
  }
}

/** Columns in memory that every thread sees. */
function shared(series: CandleColumns): CandleColumns {
  const column = (from: Float64Array) => {
    const into = new Float64Array(new SharedArrayBuffer(from.length * 8))
    into.set(from)
    return into
  }
  return {
    asset: series.asset,
    length: series.length,
    openTime: column(series.openTime),
    open: column(series.open),
    high: column(series.high),
    low: column(series.low),
    close: column(series.close),
    volume: column(series.volume),
  }
}

/** What its header says, and what the import found in each file. */
function noticesOf({ notices, sources = [] }: SegmentHeader): string[] {
  return [...notices, ...reportNotices(sources)]
}

/** A tape file is played by what it holds: books, prices, or candles alone. */
function openImport(
  paths: readonly string[],
  kind: 'recorded' | null,
  span: { readonly from: number; readonly to: number },
): Result<ReplayTape> {
  const opened = TapeCursor.open(paths)
  if (!opened.ok) return opened
  const cursor = opened.value
  const { header } = cursor
  const counts = kind === null ? countKinds(cursor) : { price: 1, book: 1, candle: 0 }
  if (counts.price === 0 && counts.candle > 0) return candlesOf(paths, noticesOf(header))
  if (counts.price === 0) return err('this tape holds no prices of an underlying: there is nothing to decide on')
  const recorded = counts.book > 0
  const notices = recorded
    ? ['Fills are SIMULATED against the recorded books.', ...noticesOf(header)]
    : [SIMULATED_BOOKS, ...noticesOf(header)]
  const source = { kind: recorded ? ('recorded' as const) : ('prices' as const), paths }
  const warmUp = kind === null ? WARM_UP_MS : 0
  return ok({
    title: header.session,
    from: unixMs(Math.ceil((span.from + warmUp) / 5_000) * 5_000),
    to: unixMs(span.to),
    assets: header.assets.map(asset),
    slots: recorded ? header.slots.flatMap((name) => parseSlot(name) ?? []) : [],
    notices,
    settlement: recorded ? header.settlement : 'estimate: recorded prices',
    sources: [{ source, ...span }],
  })
}

function countKinds(cursor: TapeCursor): { price: number; book: number; candle: number } {
  const counts = { price: 0, book: 0, candle: 0 }
  while (cursor.next()) {
    const { kind } = cursor.reader
    if (kind === KIND.price) counts.price++
    if (kind === KIND.book) counts.book++
    if (kind === KIND.candle) counts.candle++
  }
  return counts
}

/** One-minute candles of an imported tape, as columns. */
function candlesOf(paths: readonly string[], notices: readonly string[]): Result<ReplayTape> {
  const opened = TapeCursor.open(paths)
  if (!opened.ok) return opened
  const cursor = opened.value
  const rows = new Map<string, number[][]>()
  while (cursor.next()) {
    const { reader, header } = cursor
    if (reader.kind !== KIND.candle || reader.frame !== '1m') continue
    const name = header.assets[reader.asset] ?? ''
    const row = [reader.openTime, reader.open, reader.high, reader.low, reader.close, reader.volume]
    const found = rows.get(name)
    if (found === undefined) rows.set(name, [row])
    else found.push(row)
  }
  const series = [...rows].map(([name, all]): CandleColumns => {
    const column = (at: number) => Float64Array.from(all, (row) => row[at] ?? Number.NaN)
    return {
      asset: asset(name),
      length: all.length,
      openTime: column(0),
      open: column(1),
      high: column(2),
      low: column(3),
      close: column(4),
      volume: column(5),
    }
  })
  return series.length === 0
    ? err('this tape holds no minutes')
    : ok(candleTape(series, cursor.header.session, notices))
}

/** Which part of the desk's own recording. */
export interface OwnTapeSpan {
  /** First moment wanted; 0 = from the beginning. */
  readonly since: number
  /** First moment not wanted; null = all that is there. */
  readonly until: number | null
  /** Of this recording alone; null = of every one. */
  readonly only: string | null
  /** Of this feed alone: another is another market. Null = the newest recording's. */
  readonly feed: string | null
}

/**
 * The desk's own recording, recording by recording.
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
 * newest run's word counts, and an older one is played up to where that begins.
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

/** A desk tells its tape something every five seconds: a longer silence is a hole. */
const SILENCE_MS = 30_000

/** The parts of a span that a recording's files hold, without the holes in and between them. */
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

/** Hours of an own recording in which a slot was recorded, holes not counted. */
export function hoursOf(tape: ReplayTape, slot: Slot): number {
  const sources = tape.sources.filter((source) => source.slots?.includes(slot.id) === true)
  const parts = sources.flatMap((source) => source.covers ?? [])
  return parts.reduce((sum, part) => sum + part.to - part.from, 0) / HOUR
}

/** Only the files that a stretch needs, from the one that holds its beginning. */
function within({ source, begins }: TapeSource, from: number, to: number): ReplaySource {
  if (source.kind === 'candles' || begins === undefined) return source
  const first = begins.findLastIndex((at) => at <= from)
  const until = playedUntil(to)
  const paths = source.paths.filter((_, i) => i >= first && (begins[i] ?? 0) <= until)
  return { kind: source.kind, paths }
}

export interface Span {
  readonly from: UnixMs | undefined
  readonly to: UnixMs | undefined
}

/** Cuts a tape at every UTC midnight: days are recordings of their own, so that threads can share them. */
export function stretchesOf(tape: ReplayTape, span: Span): Result<readonly Stretch[]> {
  if (tape.from >= tape.to)
    return err(
      `the tape ends at ${isoUtc(tape.to)}: its first ${WARM_UP_MS / HOUR} h are the strategies' history, and nothing is left to replay`,
    )
  const from = span.from ?? tape.from
  const to = Math.min(span.to ?? tape.to, tape.to)
  if (from < tape.from || from >= tape.to)
    return err(
      `${isoUtc(from)} is outside the tape, which can be replayed from ${isoUtc(tape.from)} to ${isoUtc(tape.to)}`,
    )
  if (to <= from) return err(`--to ${isoUtc(to)} is not after --from ${isoUtc(from)}`)
  const stretches: Stretch[] = []
  for (const source of tape.sources) {
    let at = Math.max(source.from, from)
    const end = Math.min(source.to, to)
    while (at < end) {
      const midnight = at - (at % DAY) + DAY
      const until = Math.min(midnight, end)
      stretches.push({ source: within(source, at, until), from: unixMs(at), to: unixMs(until) })
      at = until
    }
  }
  return ok(stretches)
}

/** Slots that were asked for, as far as the tape has them: `BTC-5m`, `BTC` for both of an asset, `all`. */
export function slotsOf(tape: ReplayTape, words: readonly string[] | null): Result<readonly Slot[]> {
  const every =
    tape.slots.length > 0
      ? tape.slots
      : TIMEFRAMES.flatMap((timeframe) => tape.assets.map((name) => makeSlot(name, timeframe)))
  if (words === null) return ok(every)
  const chosen = every.filter((slot) => words.some((word) => word === 'all' || word === slot.id || word === slot.asset))
  if (chosen.length > 0) return ok(chosen)
  return err(`the tape has none of the slots ${words.join(', ')}; it has: ${every.map((slot) => slot.id).join(', ')}`)
}

/** Prices past the end of a stretch that settlements need. */
export function playedUntil(to: number): UnixMs {
  return unixMs(to + SETTLING_MS + 60_000)
}
