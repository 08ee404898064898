import { err, ok, type Result } from '../../shared/domain/base.ts'
import { BLOCK } from '../tape/block.ts'
import { RecordReader } from '../tape/record-reader.ts'
import type { SegmentHeader } from '../tape/segment-header.ts'
import { damageText, loadSegment, type Segment } from '../tape/segment-reader.ts'

/** Iterates over the records of several segments in order, with one segment in memory. */
export class TapeCursor {
  readonly reader = new RecordReader(new Uint8Array(0), 0)
  private readonly paths: readonly string[]
  private segment: Segment
  private at = 0
  private block = -1
  /** Called when the cursor moves to another segment. */
  onSegment: (header: SegmentHeader) => void = () => {}
  /** Bytes of the block that `reader` walks over. */
  bytes: Uint8Array = new Uint8Array(0)

  private constructor(paths: readonly string[], first: Segment) {
    this.paths = paths
    this.segment = first
  }

  static open(paths: readonly string[]): Result<TapeCursor> {
    const [first] = paths
    if (first === undefined) return err('no tape was named')
    const segment = loadSegment(first)
    return segment.ok ? ok(new TapeCursor(paths, segment.value)) : err(damageText(segment.error))
  }

  /** Over one segment that is in memory. */
  static over(segment: Segment): TapeCursor {
    return new TapeCursor([segment.path], segment)
  }

  /** Of the segment that the cursor stands in. */
  get header(): SegmentHeader {
    return this.segment.header
  }

  /** The snapshot at the beginning of the first segment; undefined if it has none. To be read before the first record. */
  firstSnapshot(): Result<Uint8Array | undefined> {
    const { segment } = this
    const index = segment.blocks.findIndex((block) => block.type === BLOCK.snapshot)
    if (index < 0) return ok(undefined)
    const bytes = segment.inflate(index)
    return bytes.ok ? bytes : err(damageText(bytes.error))
  }

  /** Moves to the next record; false at the end. Throws on damage that appeared after the tape was opened. */
  next(): boolean {
    while (!this.reader.next()) {
      const { error } = this.reader
      if (error !== null)
        throw new Error(`the tape cannot be read at byte ${error.offset} of a block: ${error.message}`)
      if (!this.nextBlock()) return false
    }
    return true
  }

  private nextBlock(): boolean {
    for (;;) {
      const { segment } = this
      this.block++
      const info = segment.blocks[this.block]
      if (info === undefined) {
        if (!this.nextSegment()) return false
        continue
      }
      if (info.type !== BLOCK.records) continue
      const bytes = segment.inflate(this.block)
      if (!bytes.ok) throw new Error(damageText(bytes.error))
      this.bytes = bytes.value
      this.reader.reset(this.bytes, info.firstTs)
      return true
    }
  }

  private nextSegment(): boolean {
    const path = this.paths[this.at + 1]
    if (path === undefined) return false
    const loaded = loadSegment(path)
    if (!loaded.ok) throw new Error(damageText(loaded.error))
    this.at++
    this.segment = loaded.value
    this.block = -1
    this.onSegment(this.segment.header)
    return true
  }
}
