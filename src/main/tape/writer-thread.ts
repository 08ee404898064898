import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort } from 'node:worker_threads'
import { err, messageOf, ok, type Result } from '../../shared/domain/base.ts'
import { HOUR } from '../../shared/domain/time.ts'
import { joinChunks } from './join-chunks.ts'
import { RawFiles } from './raw-files.ts'
import type { Chunk } from './record-writer.ts'
import type { LostRecords, SegmentHeader } from './segment-header.ts'
import { SegmentWriter } from './segment-writer.ts'

/** What a desk's own recordings may take. */
export interface TapeCaps {
  /** Files last written before this many hours ago are removed. */
  readonly keepHours: number
  readonly maxBytes: number
}

/** A segment to be written. */
interface NewSegment {
  readonly header: SegmentHeader
  readonly snapshot: Uint8Array
  /** Of the first record to come. */
  readonly seq: number
  readonly ts: number
}

/** Both ends are this program's own. */
export type ToWriter =
  | {
      readonly kind: 'open'
      /** Counts what was begun. */
      readonly attempt: number
      readonly folder: string
      /** The thread assigns the segment's number once its file exists, so that failures use up no numbers. */
      readonly segment: Omit<NewSegment, 'header'> & { readonly header: Omit<SegmentHeader, 'segment'> }
      readonly caps: TapeCaps
      /** Wall clock, for the age of files. */
      readonly now: number
    }
  | { readonly kind: 'chunk'; readonly chunk: Chunk; readonly firstSeq: number }
  /** Lines of raw frames. */
  | {
      readonly kind: 'raw'
      readonly lines: Uint8Array
      readonly folder: string
      readonly name: string
      readonly maxBytes: number
    }
  /** Both are answered: a flush once everything before it is in the file, a close once the segment has its end. */
  | { readonly kind: 'flush' | 'close'; readonly id: number }

export type FromWriter =
  /** The segment of this attempt has its file and its snapshot; null where nothing is missing before it. */
  | { readonly kind: 'opened'; readonly attempt: number; readonly lost: LostRecords | null }
  /** Records of this attempt's segment are lost, from now to its end; there may be no file of it at all. */
  | { readonly kind: 'failed'; readonly attempt: number; readonly hasFile: boolean; readonly message: string }
  /** A failure that loses no record; each message is sent once. */
  | { readonly kind: 'warned'; readonly message: string }
  | { readonly kind: 'rawFailed'; readonly message: string }
  | { readonly kind: 'done'; readonly id: number }

/** The thread that writes a desk's tape, so that compression and slow disks never delay the trading loop. */
const port = parentPort
if (port === null) throw new Error('writer-thread.ts runs in a worker thread')
const tell = (message: FromWriter) => port.postMessage(message)

/** Raw bytes of a block of a finished segment: a replay unpacks few large blocks faster than many small ones. */
const BLOCK_BYTES = 256 * 1024

/** The segment being written, and what is in it. */
interface Current {
  readonly attempt: number
  readonly path: string
  readonly segment: NewSegment
  readonly writer: SegmentWriter
  readonly chunks: Chunk[]
}

let current: Current | null = null
/** Of the next segment that gets a file. */
let number = 0
/** Position of the recording: number of the next record and time of the last one; null before it begins. */
let reached: { readonly seq: number; readonly ts: number } | null = null
let raw: RawFiles | null = null

const warned = new Set<string>()

function warn(message: string): void {
  if (warned.has(message)) return
  warned.add(message)
  tell({ kind: 'warned', message })
}

/** Runs work that may throw, a broken invariant included: a failure must not end the thread. */
function attempted<T>(work: () => Result<T>): Result<T> {
  try {
    return work()
  } catch (error) {
    return err(messageOf(error))
  }
}

/** Removes a file; a missing one is no failure. */
function remove(path: string): void {
  const removed = attempted(() => ok(rmSync(path, { force: true })))
  if (!removed.ok) warn(`${path} cannot be removed: ${removed.error}`)
}

function open({ attempt, folder, segment: asked, caps, now }: Extract<ToWriter, { kind: 'open' }>): void {
  seal()
  reached ??= asked
  const { seq, ts } = asked
  const lost = seq > reached.seq ? { records: seq - reached.seq, fromTs: reached.ts, toTs: ts } : null
  const header = { ...asked.header, segment: number, ...(lost === null ? {} : { lost }) }
  const segment = { ...asked, header }
  const path = join(folder, `${header.session}-${String(number).padStart(5, '0')}.tape`)
  const opened = attempted(() => {
    mkdirSync(folder, { recursive: true })
    const cleared = attempted(() => ok(removeOld(folder, caps, now)))
    if (!cleared.ok) warn(`old recordings cannot be looked through: ${cleared.error}`)
    return begin(path, segment)
  })
  if (!opened.ok) return tell({ kind: 'failed', attempt, hasFile: false, message: opened.error })
  current = { attempt, path, segment, writer: opened.value, chunks: [] }
  number++
  tell({ kind: 'opened', attempt, lost })
}

/** Creates the file, replacing one of the same name that an earlier attempt could not remove. */
function begin(path: string, { header, snapshot, seq, ts }: NewSegment): Result<SegmentWriter> {
  rmSync(path, { force: true })
  const made = SegmentWriter.create(path, header)
  if (!made.ok) return made
  const written = made.value.snapshot(snapshot, { seq, ts })
  if (written.ok) return made
  made.value.close()
  remove(path)
  return written
}

/** Writes a chunk; after a failure, chunks are dropped until the next segment is opened. */
function add(chunk: Chunk, firstSeq: number): void {
  if (current === null) return
  const { attempt, writer, chunks } = current
  const written = attempted(() => writer.records(chunk, firstSeq))
  if (written.ok) {
    chunks.push(chunk)
    reached = { seq: writer.nextSeq, ts: chunk.lastTs }
    return
  }
  writer.close()
  current = null
  tell({ kind: 'failed', attempt, hasFile: true, message: written.error })
}

/** Ends the segment and rewrites it in large blocks; it was written every few seconds so that a crash loses little. */
function seal(): void {
  if (current === null) return
  const { path, segment, writer, chunks } = current
  current = null
  const sealed = attempted(() => writer.seal())
  if (!sealed.ok) {
    writer.close()
    return warn(`${path} has all its records, and no end: ${sealed.error}`)
  }
  // The sealed file is complete: without the rewritten one, replays are only slower.
  const packed = `${path}.new`
  const replaced = attempted(() => {
    const made = pack(packed, segment, chunks)
    return made.ok ? ok(renameSync(packed, path)) : made
  })
  if (replaced.ok) return
  warn(`${path} stays in small blocks: ${replaced.error}`)
  remove(packed)
}

function pack(path: string, segment: NewSegment, chunks: readonly Chunk[]): Result<void> {
  const made = begin(path, segment)
  if (!made.ok) return made
  const writer = made.value
  const written = attempted(() => writeLarge(writer, segment, chunks))
  if (!written.ok) writer.close()
  return written
}

function writeLarge(writer: SegmentWriter, segment: NewSegment, chunks: readonly Chunk[]): Result<void> {
  let waiting: Chunk[] = []
  let bytes = 0
  for (const [i, chunk] of chunks.entries()) {
    waiting.push(chunk)
    bytes += chunk.bytes.length
    if (bytes < BLOCK_BYTES && i < chunks.length - 1) continue
    const joined = joinChunks(waiting)
    const written = writer.records(joined, writer.recordsWritten === 0 ? segment.seq : writer.nextSeq)
    if (!written.ok) return written
    waiting = []
    bytes = 0
  }
  return writer.seal()
}

/** Removes the oldest recordings beyond the limits; imported tapes are never removed. */
function removeOld(folder: string, { keepHours, maxBytes }: TapeCaps, now: number): void {
  const names = readdirSync(folder)
  // A rewrite cut short by a crash; the sealed file is beside it.
  for (const name of names) if (name.endsWith('.tape.new')) remove(join(folder, name))
  const files = names
    .filter((name) => name.endsWith('.tape'))
    .flatMap((name) => {
      const path = join(folder, name)
      // A person may take one away at any time.
      const stat = statSync(path, { throwIfNoEntry: false })
      return stat === undefined ? [] : [{ path, size: stat.size, mtimeMs: stat.mtimeMs }]
    })
    .sort((a, b) => b.mtimeMs - a.mtimeMs)
  let kept = 0
  for (const { path, size, mtimeMs } of files) {
    kept += size
    if (kept > maxBytes || mtimeMs < now - keepHours * HOUR) remove(path)
  }
}

port.on('message', (message: ToWriter) => {
  switch (message.kind) {
    case 'open':
      return open(message)
    case 'chunk':
      return add(message.chunk, message.firstSeq)
    case 'raw': {
      raw ??= new RawFiles(message.folder, message.name, message.maxBytes)
      const written = raw.append(message.lines)
      if (!written.ok) tell({ kind: 'rawFailed', message: written.error })
      return
    }
    case 'flush':
      return tell({ kind: 'done', id: message.id })
    case 'close':
      seal()
      return tell({ kind: 'done', id: message.id })
  }
})
