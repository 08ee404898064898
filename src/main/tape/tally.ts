import { AFTER_HOLE, BLOCK, type BlockFields, MAX_PAYLOAD, STEPS_BACK } from './block.ts'
import type { SegmentEnd } from './segment-header.ts'

/** Sequence numbers that are not in the file, and the file says so. */
export interface Hole {
  /** First missing sequence number, and the first that is there again. */
  readonly fromSeq: number
  readonly toSeq: number
  /** Time before and after it, ms. */
  readonly fromTs: number
  readonly toTs: number
}

/** Running totals over blocks in order, the same for writer and reader. */
export class Tally {
  blocks = 0
  snapshots = 0
  records = 0
  firstSeq = 0
  nextSeq = 0
  firstTs = 0
  lastTs = 0
  prev = 0
  readonly holes: Hole[] = []
  /** `nextSeq` is known: from the first snapshot or record on. */
  #started = false

  /** The header values that the next block of records must have. */
  flagsFor(firstSeq: number, firstTs: number): number {
    const hole = this.#started && firstSeq > this.nextSeq ? AFTER_HOLE : 0
    return hole | (this.records > 0 && firstTs < this.lastTs ? STEPS_BACK : 0)
  }

  /** Why the block cannot follow here; undefined if it can. */
  objection(block: BlockFields): string | undefined {
    if (block.number !== this.blocks)
      return `block ${block.number} stands where block ${this.blocks} belongs: blocks are missing, doubled or moved`
    if (block.prev !== this.prev) return 'the block does not follow the one before it: they are of different recordings'
    if ((block.type === BLOCK.header) !== (block.number === 0)) return 'the first block, and no other, is the header'
    if (block.rawLength > MAX_PAYLOAD || block.storedLength > MAX_PAYLOAD) return 'the block is longer than any can be'
    return block.type === BLOCK.records ? this.#recordsObjection(block) : this.#otherObjection(block)
  }

  add(block: BlockFields): void {
    this.blocks++
    this.prev = block.crc
    if (block.type === BLOCK.snapshot) {
      this.snapshots++
      if (!this.#started) this.#start(block)
    }
    if (block.type !== BLOCK.records) return
    if (!this.#started) this.#start(block)
    if (block.firstSeq > this.nextSeq) this.holes.push(this.#holeBefore(block))
    if (this.records === 0) this.firstTs = block.firstTs
    this.records += block.count
    this.nextSeq = block.firstSeq + block.count
    this.lastTs = block.lastTs
  }

  end(): SegmentEnd {
    const { blocks, snapshots, records, firstSeq, nextSeq, firstTs, lastTs } = this
    return { blocks, snapshots, records, firstSeq, nextSeq, firstTs, lastTs }
  }

  #start(block: BlockFields): void {
    this.#started = true
    this.firstSeq = block.firstSeq
    this.nextSeq = block.firstSeq
    this.firstTs = block.firstTs
    this.lastTs = block.firstTs
  }

  #holeBefore(block: BlockFields): Hole {
    return { fromSeq: this.nextSeq, toSeq: block.firstSeq, fromTs: this.lastTs, toTs: block.firstTs }
  }

  #recordsObjection(block: BlockFields): string | undefined {
    const { firstSeq, firstTs, lastTs } = block
    if (block.count === 0) return 'a block of records without records'
    if (!isCount(firstSeq) || !isCount(firstTs) || !isCount(lastTs)) return 'a sequence number or a time that is none'
    if (this.#started && firstSeq < this.nextSeq)
      return `record ${firstSeq} follows record ${this.nextSeq - 1}: sequence numbers go back`
    if (block.flags === this.flagsFor(firstSeq, firstTs)) return undefined
    if (this.#started && firstSeq > this.nextSeq)
      return `record ${firstSeq} follows record ${this.nextSeq - 1}: records are missing that the file does not call missing`
    return 'time goes back where the file does not say so'
  }

  #otherObjection(block: BlockFields): string | undefined {
    if (block.count !== 0 || block.flags !== 0) return 'a block without records that counts some'
    if (block.type === BLOCK.header || !this.#started) return undefined
    return block.firstSeq === this.nextSeq ? undefined : `the block is of record ${block.firstSeq}, not ${this.nextSeq}`
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
