import { err, ok, type Result } from '../../shared/domain/base.ts'
import { RecordReader } from '../tape/records.ts'
import { BLOCK, damageText, readSegment, type Segment, type SegmentHeader } from '../tape/segment.ts'

/** Walks over the records of some segments, in order, a block in memory at a time. */
export class TapeCursor {
  readonly reader = new RecordReader(new Uint8Array(0), 0)
  private readonly segments: readonly Segment[]
  private at = 0
  private block = -1
  /** Bytes of the block that `reader` walks over. */
  bytes: Uint8Array = new Uint8Array(0)

  private constructor(segments: readonly Segment[]) {
    this.segments = segments
  }

  static open(paths: readonly string[]): Result<TapeCursor> {
    const segments: Segment[] = []
    for (const path of paths) {
      const segment = readSegment(path)
      if (!segment.ok) return err(damageText(segment.error))
      segments.push(segment.value)
    }
    return segments.length === 0 ? err('no tape was named') : ok(new TapeCursor(segments))
  }

  get header(): SegmentHeader {
    const segment = this.segments[Math.min(this.at, this.segments.length - 1)]
    if (segment === undefined) throw new Error('a cursor has a segment')
    return segment.header
  }

  /** The snapshot that the first segment begins with; undefined where it has none. */
  firstSnapshot(): Result<Uint8Array | undefined> {
    const [segment] = this.segments
    const index = segment?.blocks.findIndex((block) => block.type === BLOCK.snapshot) ?? -1
    if (segment === undefined || index < 0) return ok(undefined)
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
      const segment = this.segments[this.at]
      if (segment === undefined) return false
      this.block++
      const info = segment.blocks[this.block]
      if (info === undefined) {
        this.at++
        this.block = -1
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
}
