import type { Source, TapeRecord } from './source.ts'

/** One source, read as far as its next record. */
class Cursor {
  #batch: readonly TapeRecord[] = []
  #at = 0
  readonly #batches: AsyncGenerator<readonly TapeRecord[]>

  constructor(source: Source) {
    this.#batches = source.records()
  }

  /** The next record, undefined where the next batch has to be fetched first. */
  get next(): TapeRecord | undefined {
    return this.#batch[this.#at]
  }

  step(): void {
    this.#at++
  }

  /** Fetches until there is a record; false at the end. */
  async fetch(): Promise<boolean> {
    while (this.next === undefined) {
      const { done, value } = await this.#batches.next()
      if (done === true) return false
      this.#batch = value
      this.#at = 0
    }
    return true
  }

  async close(): Promise<void> {
    await this.#batches.return(undefined)
  }
}

/**
 * Hands over the records of all sources in order of time, at equal times in the order of the sources. Each source is in
 * order by itself, and only a batch of it is in memory.
 */
export async function merge(sources: readonly Source[], take: (record: TapeRecord) => void): Promise<void> {
  let cursors = sources.map((source) => new Cursor(source))
  try {
    cursors = await fetched(cursors)
    while (cursors.length > 0) {
      drain(cursors, take)
      cursors = await fetched(cursors)
    }
  } finally {
    for (const cursor of cursors) await cursor.close()
  }
}

async function fetched(cursors: readonly Cursor[]): Promise<Cursor[]> {
  const alive: Cursor[] = []
  for (const cursor of cursors) if (await cursor.fetch()) alive.push(cursor)
  return alive
}

/** Takes the earliest record until some cursor needs its next batch. */
function drain(cursors: readonly Cursor[], take: (record: TapeRecord) => void): void {
  for (;;) {
    let earliest: Cursor | undefined
    for (const cursor of cursors) {
      if (cursor.next === undefined) return
      if (earliest?.next === undefined || cursor.next.ts < earliest.next.ts) earliest = cursor
    }
    if (earliest?.next === undefined) return
    take(earliest.next)
    earliest.step()
  }
}
