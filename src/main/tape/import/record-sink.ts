import { parseSlot } from '../../../shared/domain/slots.ts'
import { type Chunk, RecordWriter } from '../record-writer.ts'
import type { TapeRecord } from './source.ts'

/** A block of this size is unpacked in about a millisecond and packs well. */
const CHUNK_BYTES = 256 * 1024
const MAX_ASSETS = 256
const MAX_SLOTS = 65_536

/** Turns records with names into chunks with indices, and collects the names for the header. */
export class RecordSink {
  readonly #writer = new RecordWriter()
  readonly #assets = new Map<string, number>()
  readonly #slots = new Map<string, number>()
  readonly #flush: (chunk: Chunk) => void

  /** @param flush is given each chunk; may throw */
  constructor(flush: (chunk: Chunk) => void) {
    this.#flush = flush
  }

  get assets(): string[] {
    return [...this.#assets.keys()]
  }

  get slots(): string[] {
    return [...this.#slots.keys()]
  }

  take(record: TapeRecord): void {
    const writer = this.#writer
    if (record.kind === 'price') {
      const { ts, asset, tsVenue, price, volume } = record
      writer.price(ts, this.#asset(asset), tsVenue, price, volume)
    } else if (record.kind === 'book') {
      const { ts, slot, windowStart, tick, bids, asks } = record
      writer.book(ts, this.#slot(slot), windowStart, tick, bids, asks)
    } else if (record.kind === 'candle') {
      writer.candle(record.ts, this.#asset(record.asset), record.frame, false, record.candle)
    } else {
      this.#slot(record.value.slot)
      writer.json(record.ts, record.value)
    }
    if (writer.bytes >= CHUNK_BYTES) this.flush()
  }

  /** Hands over what is left. */
  flush(): void {
    if (this.#writer.count > 0) this.#flush(this.#writer.take())
  }

  #asset(name: string): number {
    return indexIn(this.#assets, name, MAX_ASSETS)
  }

  #slot(name: string): number {
    if (!this.#slots.has(name)) this.#asset(parseSlot(name)?.asset ?? name)
    return indexIn(this.#slots, name, MAX_SLOTS)
  }
}

function indexIn(names: Map<string, number>, name: string, most: number): number {
  const known = names.get(name)
  if (known !== undefined) return known
  if (names.size === most) throw new Error(`more than ${most} names in one tape: import fewer files at once`)
  names.set(name, names.size)
  return names.size - 1
}
