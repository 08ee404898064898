import { closeSync, fsyncSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { err, invariant, messageOf, ok, type Result } from '../../shared/domain/base.ts'
import { BLOCK, BLOCK_HEAD, type BlockFields, type BlockType, encodeHead, MAX_PAYLOAD, pack } from './block.ts'
import type { Chunk } from './record-writer.ts'
import type { SegmentHeader } from './segment-header.ts'
import { Tally } from './tally.ts'

/** What a segment's file is written with; tests give one that fails. */
export interface SegmentFile {
  /** Makes a new file; throws where one is there already. */
  readonly open: (path: string) => number
  /** Writes at a position; may write less than it was given. */
  readonly write: (fd: number, bytes: Uint8Array, position: number) => number
  readonly truncate: (fd: number, length: number) => void
  readonly sync: (fd: number) => void
  readonly close: (fd: number) => void
}

const REAL_FILE: SegmentFile = {
  open: (path) => openSync(path, 'wx'),
  write: (fd, bytes, position) => writeSync(fd, bytes, 0, bytes.length, position),
  truncate: ftruncateSync,
  sync: fsyncSync,
  close: closeSync,
}

/** A block as it lies in another segment: its content is taken over without being unpacked. */
export interface StoredBlock {
  readonly fields: BlockFields
  readonly stored: Uint8Array
}

interface NewBlock {
  readonly type: BlockType
  readonly rawLength: number
  readonly stored: Uint8Array
  readonly count: number
  readonly firstSeq: number
  readonly firstTs: number
  readonly lastTs: number
}

/**
 * Writes one segment, synchronously: it belongs in a thread of its own. A failed write (a full disk) comes back as an
 * error, what it had written of the block is cut off again, and the next call may be tried when there is room.
 */
export class SegmentWriter {
  readonly path: string
  readonly #file: SegmentFile
  readonly #fd: number
  readonly #tally = new Tally()
  #length = 0
  /** Why nothing more can be written; null while it can. */
  #closed: string | null = null

  private constructor(path: string, file: SegmentFile, fd: number) {
    this.path = path
    this.#file = file
    this.#fd = fd
  }

  /** Makes the file and writes its header; an existing file is refused. */
  static create(path: string, header: SegmentHeader, file: SegmentFile = REAL_FILE): Result<SegmentWriter> {
    let fd: number
    try {
      fd = file.open(path)
    } catch (error) {
      return err(`${path} cannot be made (${messageOf(error)})`)
    }
    const writer = new SegmentWriter(path, file, fd)
    const written = writer.#json(BLOCK.header, header)
    if (written.ok) return ok(writer)
    file.close(fd)
    rmSync(path, { force: true })
    return written
  }

  /** Length of the file, all whole blocks. */
  get bytesWritten(): number {
    return this.#length
  }

  get recordsWritten(): number {
    return this.#tally.records
  }

  /** Sequence number the next record should have. */
  get nextSeq(): number {
    return this.#tally.nextSeq
  }

  /**
   * Writes opaque bytes from which a replay can start.
   * @param at what follows it: by default the next record, at the time of the last
   */
  snapshot(bytes: Uint8Array, at: { readonly seq: number; readonly ts: number } | null = null): Result<void> {
    const seq = at?.seq ?? this.#tally.nextSeq
    const ts = at?.ts ?? this.#tally.lastTs
    return this.#pack(BLOCK.snapshot, bytes, { count: 0, firstSeq: seq, firstTs: ts, lastTs: ts })
  }

  /** Writes a chunk; a sequence number above the expected one is written down as a hole. An empty chunk is nothing. */
  records(chunk: Chunk, firstSeq: number): Result<void> {
    if (chunk.count === 0) return ok(undefined)
    return this.#pack(BLOCK.records, chunk.bytes, { ...chunk, firstSeq })
  }

  /** Takes over a block of another segment: an import's second pass, a repair. */
  copy({ fields, stored }: StoredBlock): Result<void> {
    return this.#append({ ...fields, stored })
  }

  /** What was written so far survives a power failure once this gives ok. */
  sync(): Result<void> {
    return this.#attempt(() => this.#file.sync(this.#fd))
  }

  /** Writes the totals, syncs and closes. */
  seal(): Result<void> {
    const ended = this.#json(BLOCK.end, this.#tally.end())
    if (!ended.ok) return ended
    const synced = this.sync()
    const closed = this.close()
    return synced.ok ? closed : synced
  }

  /** Closes without totals: the segment stays readable and is seen to lack its end. */
  close(): Result<void> {
    const closed = this.#attempt(() => this.#file.close(this.#fd))
    this.#closed ??= 'it is closed'
    return closed
  }

  #json(type: BlockType, value: unknown): Result<void> {
    const { nextSeq, lastTs } = this.#tally
    const bytes = new TextEncoder().encode(JSON.stringify(value))
    return this.#pack(type, bytes, { count: 0, firstSeq: nextSeq, firstTs: lastTs, lastTs })
  }

  #pack(
    type: BlockType,
    raw: Uint8Array,
    rest: Pick<NewBlock, 'count' | 'firstSeq' | 'firstTs' | 'lastTs'>,
  ): Result<void> {
    if (raw.length > MAX_PAYLOAD) return err(`${this.path}: a block of ${raw.length} bytes is too long`)
    const { count, firstSeq, firstTs, lastTs } = rest
    return this.#append({ type, rawLength: raw.length, stored: pack(raw), count, firstSeq, firstTs, lastTs })
  }

  #append(block: NewBlock): Result<void> {
    const { type, rawLength, stored, count, firstSeq, firstTs, lastTs } = block
    const head = {
      type,
      flags: type === BLOCK.records ? this.#tally.flagsFor(firstSeq, firstTs) : 0,
      number: this.#tally.blocks,
      rawLength,
      storedLength: stored.length,
      count,
      firstSeq,
      firstTs,
      lastTs,
      payloadCrc: crc32(stored),
      prev: this.#tally.prev,
    }
    const { bytes, crc } = encodeHead(head)
    const objection = this.#tally.objection({ ...head, crc })
    invariant(objection === undefined, `tape ${this.path}: ${objection}`)
    const written = this.#attempt(() => {
      this.#put(bytes, this.#length)
      this.#put(stored, this.#length + BLOCK_HEAD)
    })
    if (!written.ok) return this.#cut(written)
    this.#tally.add({ ...head, crc })
    this.#length += BLOCK_HEAD + stored.length
    return written
  }

  #put(bytes: Uint8Array, position: number): void {
    let done = 0
    while (done < bytes.length) {
      const count = this.#file.write(this.#fd, bytes.subarray(done), position + done)
      if (count === 0) throw new Error('nothing more can be written')
      done += count
    }
  }

  /** After a failed write: the file ends with its last whole block again. */
  #cut(failure: Result<void>): Result<void> {
    if (this.#closed !== null) return failure
    const cut = this.#attempt(() => this.#file.truncate(this.#fd, this.#length))
    if (!cut.ok) this.#closed = 'half a block could not be cut off again'
    return failure
  }

  #attempt(work: () => void): Result<void> {
    if (this.#closed !== null) return err(`${this.path} cannot be written: ${this.#closed}`)
    try {
      work()
      return ok(undefined)
    } catch (error) {
      return err(`${this.path} cannot be written (${messageOf(error)})`)
    }
  }
}
