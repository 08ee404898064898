import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parentPort } from 'node:worker_threads'
import { ok, type Result } from '../../shared/domain/base.ts'
import { HOUR } from '../../shared/domain/time.ts'
import { joinChunks } from './join-chunks.ts'
import type { Chunk } from './record-writer.ts'
import type { SegmentHeader } from './segment-header.ts'
import { RawFiles } from './raw-files.ts'
import { SegmentWriter } from './segment-writer.ts'

/** What a desk's own recordings may take. */
export interface TapeCaps {
  /** Files last written before this many hours ago are removed. */
  readonly keepHours: number
  readonly maxBytes: number
}

/** A segment to be written. */
interface NewSegment {
  readonly path: string
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
      readonly segment: NewSegment
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
  /** Answered once everything before it is in the file. */
  | { readonly kind: 'flush'; readonly id: number }
  | { readonly kind: 'close' }

export type FromWriter =
  | { readonly kind: 'opened' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'flushed'; readonly id: number }
  | { readonly kind: 'rawFailed'; readonly message: string }
  | { readonly kind: 'closed' }

/** The thread that puts a desk's tape on disk: compression and slow disks never hold up the loop. */
const port = parentPort
if (port === null) throw new Error('writer-thread.ts runs in a worker thread')
const tell = (message: FromWriter) => port.postMessage(message)

/** Raw bytes of a block of a finished segment: a replay unpacks few large blocks faster than many small ones. */
const BLOCK_BYTES = 256 * 1024

/** The segment being written, and what is in it. */
interface Current {
  readonly segment: NewSegment
  readonly writer: SegmentWriter
  readonly chunks: Chunk[]
}

let current: Current | null = null
let raw: RawFiles | null = null

/** Says what went wrong, once a segment; what follows is let go until the next one is opened. */
function check(result: Result<void>): void {
  if (result.ok) return
  current?.writer.close()
  current = null
  tell({ kind: 'failed', message: result.error })
}

function open({ segment, caps, now }: Extract<ToWriter, { kind: 'open' }>): void {
  seal()
  const { path } = segment
  try {
    mkdirSync(dirname(path), { recursive: true })
    removeOld(dirname(path), caps, now)
  } catch (error) {
    return tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
  const writer = begin(path, segment)
  if (!writer.ok) return tell({ kind: 'failed', message: writer.error })
  current = { segment, writer: writer.value, chunks: [] }
  tell({ kind: 'opened' })
}

function begin(path: string, { header, snapshot, seq, ts }: NewSegment): Result<SegmentWriter> {
  const made = SegmentWriter.create(path, header)
  if (!made.ok) return made
  const written = made.value.snapshot(snapshot, { seq, ts })
  if (written.ok) return made
  made.value.close()
  rmSync(path, { force: true })
  return written
}

function add(chunk: Chunk, firstSeq: number): void {
  if (current === null) return
  current.chunks.push(chunk)
  check(current.writer.records(chunk, firstSeq))
}

/** Ends the segment. What was written every few seconds, so that a crash loses little, is written anew in large blocks. */
function seal(): void {
  if (current === null) return
  const { segment, writer, chunks } = current
  check(writer.seal())
  if (current === null) return
  current = null
  const packed = `${segment.path}.new`
  rmSync(packed, { force: true })
  // The sealed file is whole as it is: a disk that has no room for the better one changes nothing.
  if (pack(packed, segment, chunks).ok) renameSync(packed, segment.path)
  else rmSync(packed, { force: true })
}

function pack(path: string, segment: NewSegment, chunks: readonly Chunk[]): Result<void> {
  const made = begin(path, segment)
  if (!made.ok) return made
  const writer = made.value
  let waiting: Chunk[] = []
  let bytes = 0
  for (const [i, chunk] of chunks.entries()) {
    waiting.push(chunk)
    bytes += chunk.bytes.length
    if (bytes < BLOCK_BYTES && i < chunks.length - 1) continue
    const joined = joinChunks(waiting)
    const written = writer.records(joined, writer.recordsWritten === 0 ? segment.seq : writer.nextSeq)
    if (!written.ok) {
      writer.close()
      return written
    }
    waiting = []
    bytes = 0
  }
  const sealed = writer.seal()
  return sealed.ok ? ok(undefined) : sealed
}

/** Removes the oldest recordings beyond the caps; imported tapes lie elsewhere and are nobody's to remove. */
function removeOld(folder: string, { keepHours, maxBytes }: TapeCaps, now: number): void {
  const names = readdirSync(folder)
  // What a crash left half packed; the sealed file is beside it.
  for (const name of names) if (name.endsWith('.tape.new')) rmSync(join(folder, name), { force: true })
  const files = names
    .filter((name) => name.endsWith('.tape'))
    .map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name))
      return { path: join(folder, name), size, mtimeMs }
    })
    .sort((a, b) => b.mtimeMs - a.mtimeMs)
  let kept = 0
  for (const { path, size, mtimeMs } of files) {
    kept += size
    if (kept > maxBytes || mtimeMs < now - keepHours * HOUR) rmSync(path, { force: true })
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
      return tell({ kind: 'flushed', id: message.id })
    case 'close':
      seal()
      return tell({ kind: 'closed' })
  }
})
