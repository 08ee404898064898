import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { err, messageOf, ok, type Result } from '../../../shared/domain/base.ts'
import type { Side } from '../../../shared/domain/slots.ts'
import type { UnixMs } from '../../../shared/domain/time.ts'
import { type FileReport, refusalOf } from '../../../shared/file-report.ts'
import { BLOCK } from '../block.ts'
import type { SegmentHeader } from '../segment-header.ts'
import { damageText, readSegment } from '../segment-reader.ts'
import { SegmentWriter } from '../segment-writer.ts'
import { candleSources } from './candles.ts'
import { detect } from './detect.ts'
import { merge } from './merge.ts'
import { RecordSink } from './record-sink.ts'
import type { Source } from './source.ts'

export interface ImportOptions {
  /** The tape to make; an existing file is refused. */
  readonly out: string
  readonly now: UnixMs
  readonly engineBuild: string
  /** The outcome that raw books belong to; null if unknown. */
  readonly side: Side | null
}

export interface ImportReport {
  readonly records: number
  readonly bytes: number
  readonly firstTs: number | null
  readonly lastTs: number | null
  readonly assets: readonly string[]
  readonly slots: readonly string[]
  readonly notices: readonly string[]
  readonly unlabelledBooks: boolean
  readonly sources: readonly FileReport[]
}

/** 2026-08-07, when the venue began to settle on 60-second means instead of single prices. */
const MEANS_SINCE = 1_786_060_800_000

/**
 * Makes one tape of recorded files of any known kind, in order of time. Nothing is repaired or invented: rows that cannot
 * be true are left out, and the report, which is also in the tape's header, counts and shows them.
 * @param paths files, or folders whose files are taken
 * @returns an error naming the first file that cannot be used at all; no tape is left then
 */
export async function importTape(
  paths: readonly string[],
  options: ImportOptions,
): Promise<Result<{ readonly path: string; readonly report: ImportReport }>> {
  const { out } = options
  if (existsSync(out)) return err(`${out} is there already: remove it, or name another with --out`)
  const sources = await sourcesOf(paths, options.side)
  if (!sources.ok) return sources
  const first = `${out}.records`
  const second = `${out}.part`
  try {
    mkdirSync(dirname(out), { recursive: true })
    for (const path of [first, second]) rmSync(path, { force: true })
    // The report and the names belong into the first block and are known last: so records are written, then copied.
    const sink = await writeRecords(first, sources.value, options)
    const header = headerOf(sources.value, sink, options)
    for (const source of header.sources ?? []) {
      const refusal = refusalOf(source)
      if (refusal !== undefined) return err(`${source.file}: ${refusal}`)
    }
    const report = copyRecords(first, second, header)
    renameSync(second, out)
    return ok({ path: out, report })
  } catch (error) {
    return err(`the import failed: ${messageOf(error)}`)
  } finally {
    for (const path of [first, second]) rmSync(path, { force: true })
  }
}

async function sourcesOf(paths: readonly string[], side: Side | null): Promise<Result<readonly Source[]>> {
  const listed = listFiles(paths)
  if (!listed.ok) return listed
  const sources: Source[] = []
  const candles: string[] = []
  for (const path of listed.value) {
    const detected = await detect(path, side)
    if (!detected.ok) return detected
    if (detected.value.kind === 'candles') candles.push(path)
    else sources.push(detected.value.source)
  }
  if (candles.length === 0) return ok(sources)
  const loaded = candleSources(candles)
  return loaded.ok ? ok([...loaded.value, ...sources]) : loaded
}

function listFiles(paths: readonly string[]): Result<readonly string[]> {
  const files = new Set<string>()
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return err(`${path} is not there`)
    const inside = stat.isDirectory() ? readdirSync(path).sort() : []
    if (stat.isFile()) files.add(path)
    for (const name of inside)
      if (/\.(csv|json|jsonl|txt|feather)(\.gz|\.zip)?$|\.zip$/i.test(name)) files.add(join(path, name))
  }
  return files.size > 0 ? ok([...files]) : err('there is no file to import')
}

/** First pass. Throws what cannot be read or written. */
async function writeRecords(path: string, sources: readonly Source[], options: ImportOptions): Promise<RecordSink> {
  const created = SegmentWriter.create(path, emptyHeader(options))
  if (!created.ok) throw new Error(created.error)
  const writer = created.value
  try {
    const sink = new RecordSink((chunk) => {
      const written = writer.records(chunk, writer.nextSeq)
      if (!written.ok) throw new Error(written.error)
    })
    await merge(sources, (record) => sink.take(record))
    sink.flush()
    return sink
  } finally {
    writer.close()
  }
}

/** Second pass. Throws what cannot be read or written. */
function copyRecords(from: string, to: string, header: SegmentHeader): ImportReport {
  const read = readSegment(from)
  if (!read.ok) throw new Error(damageText(read.error))
  const created = SegmentWriter.create(to, header)
  if (!created.ok) throw new Error(created.error)
  const writer = created.value
  for (const [index, fields] of read.value.blocks.entries()) {
    if (fields.type !== BLOCK.records) continue
    const stored = read.value.stored(index)
    if (!stored.ok) throw new Error(damageText(stored.error))
    const copied = writer.copy({ fields, stored: stored.value })
    if (!copied.ok) throw new Error(copied.error)
  }
  const sealed = writer.seal()
  if (!sealed.ok) throw new Error(sealed.error)
  const { records, firstTs, lastTs } = read.value
  const { assets, slots, notices, unlabelledBooks = false, sources = [] } = header
  return { records, bytes: writer.bytesWritten, firstTs, lastTs, assets, slots, notices, unlabelledBooks, sources }
}

function emptyHeader({ out, now, engineBuild }: ImportOptions): SegmentHeader {
  return {
    format: 1,
    origin: 'import',
    session: basename(out, '.tape'),
    segment: 0,
    createdAt: now,
    engineBuild,
    market: 'none',
    feed: 'none',
    settlement: 'none',
    notices: [],
    assets: [],
    slots: [],
    config: {},
  }
}

function headerOf(sources: readonly Source[], sink: RecordSink, options: ImportOptions): SegmentHeader {
  const reports = sources.flatMap((source) => source.reports())
  const last = Math.max(...reports.map((report) => report.lastTs ?? 0))
  const notices = new Set(sources.flatMap((source) => source.notices))
  if (sink.slots.length > 0 && last < MEANS_SINCE)
    notices.add('Recorded before 2026-08-07: windows were settled on single prices, not on 60-second means.')
  return {
    ...emptyHeader(options),
    market: sink.slots.length > 0 ? 'polymarket' : 'none',
    feed: joined(sources.map((source) => source.feed)),
    settlement: joined(sources.map((source) => source.settlement)),
    notices: [...notices],
    assets: sink.assets,
    slots: sink.slots,
    unlabelledBooks: sources.some((source) => source.unlabelledBooks),
    sources: reports,
  }
}

function joined(parts: readonly (string | null)[]): string {
  const named = new Set(parts.filter((part) => part !== null))
  return named.size === 0 ? 'none' : [...named].join(' + ')
}
