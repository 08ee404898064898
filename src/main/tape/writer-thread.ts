import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parentPort } from 'node:worker_threads'
import type { Result } from '../../shared/domain/base.ts'
import { HOUR } from '../../shared/domain/time.ts'
import type { Chunk } from './record-writer.ts'
import type { SegmentHeader } from './segment-header.ts'
import { SegmentWriter } from './segment-writer.ts'

/** What a desk's own recordings may take. */
export interface TapeCaps {
  /** Files last written before this many hours ago are removed. */
  readonly keepHours: number
  readonly maxBytes: number
}

/** Both ends are this program's own. */
export type ToWriter =
  | {
      readonly kind: 'open'
      readonly path: string
      readonly header: SegmentHeader
      readonly snapshot: Uint8Array
      /** Of the first record to come. */
      readonly seq: number
      readonly ts: number
      readonly caps: TapeCaps
      /** Wall clock, for the age of files. */
      readonly now: number
    }
  | { readonly kind: 'chunk'; readonly chunk: Chunk; readonly firstSeq: number }
  /** Answered once everything before it is in the file. */
  | { readonly kind: 'flush'; readonly id: number }
  | { readonly kind: 'close' }

export type FromWriter =
  | { readonly kind: 'opened'; readonly segment: number }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'flushed'; readonly id: number }
  | { readonly kind: 'closed' }

/** The thread that puts a desk's tape on disk: compression and slow disks never hold up the loop. */
const port = parentPort
if (port === null) throw new Error('writer-thread.ts runs in a worker thread')
const tell = (message: FromWriter) => port.postMessage(message)

let writer: SegmentWriter | null = null

/** Says what went wrong, once a segment; what follows is let go until the next one is opened. */
function check(result: Result<void>): void {
  if (result.ok) return
  writer?.close()
  writer = null
  tell({ kind: 'failed', message: result.error })
}

function open({ path, header, snapshot, seq, ts, caps, now }: Extract<ToWriter, { kind: 'open' }>): void {
  if (writer !== null) check(writer.seal())
  writer = null
  try {
    mkdirSync(dirname(path), { recursive: true })
    removeOld(dirname(path), caps, now)
  } catch (error) {
    return tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
  const made = SegmentWriter.create(path, header)
  if (!made.ok) return tell({ kind: 'failed', message: made.error })
  writer = made.value
  check(writer.snapshot(snapshot, { seq, ts }))
  if (writer === null) rmSync(path, { force: true })
  else tell({ kind: 'opened', segment: header.segment })
}

/** Removes the oldest recordings beyond the caps; imported tapes lie elsewhere and are nobody's to remove. */
function removeOld(folder: string, { keepHours, maxBytes }: TapeCaps, now: number): void {
  const files = readdirSync(folder)
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
      if (writer !== null) check(writer.records(message.chunk, message.firstSeq))
      return
    case 'flush':
      return tell({ kind: 'flushed', id: message.id })
    case 'close':
      if (writer !== null) check(writer.seal())
      writer = null
      return tell({ kind: 'closed' })
  }
})
