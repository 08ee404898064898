import { err, ok, type Result } from '../../shared/domain/base.ts'
import { BLOCK } from '../tape/block.ts'
import { RecordReader } from '../tape/record-reader.ts'
import type { SegmentHeader } from '../tape/segment-header.ts'
import { damageText, loadSegment, type Segment } from '../tape/segment-reader.ts'

/** Walks over the records of some segments, in order, a segment in memory at a time. */
export class TapeCursor {
  readonly reader = new RecordReader(new Uint8Array(0), 0)
  private readonly paths: readonly string[]
  private segment: Segment
  private at = 0
  private block = -1
  /** Told when the cursor goes on to another segment. */
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

  /** The snapshot that the first segment begins with, to be asked before the first record; undefined where it has none. */
  firstSnapshot(): Result<Uint8Array | undefined> {
    const { segment } = this
    const index = segment.blocks.findIndex((block) => block.type === BLOCK.snapshot)
    if (index < 0) return ok(undefined)
    const bytes = segment.inflate(index)
    return bytes.ok ? bytes : err(damageText(bytes.error))
  }

  /** Goes to the next record; false at the end. Damage throws: it was found when the tape was opened, or it is new. */
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
