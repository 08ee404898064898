import type { UnixMs } from '../../shared/domain/time.ts'
import type { EngineEvent } from '../events.ts'

type Step = EngineEvent | ((ts: UnixMs) => void)

interface Entry {
  readonly ts: UnixMs
  readonly seq: number
  readonly what: Step
}

/** Steps by time, those of one time in the order in which they were added: a binary heap. */
export class Schedule {
  private readonly heap: Entry[] = []
  private seq = 0

  add(ts: UnixMs, what: Step): void {
    const { heap } = this
    const entry: Entry = { ts, seq: this.seq++, what }
    let at = heap.length
    heap.push(entry)
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent]
      if (above === undefined || before(above, entry)) break
      heap[at] = above
      at = parent
    }
    heap[at] = entry
  }

  peek(): UnixMs | undefined {
    return this.heap[0]?.ts
  }

  pop(): Entry | undefined {
    const { heap } = this
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top
    this.sink(last)
    return top
  }

  private sink(entry: Entry): void {
    const { heap } = this
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const right = left + 1
      const a = heap[left]
      const b = heap[right]
      if (a === undefined) break
      const useRight = b !== undefined && before(b, a)
      const child = useRight ? b : a
      if (before(entry, child)) break
      heap[at] = child
      at = useRight ? right : left
    }
    heap[at] = entry
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.ts < b.ts || (a.ts === b.ts && a.seq < b.seq)
}

/** The moment that a venue in the desk's own time has come to, in ms UTC. */
export interface VenueClock {
  now: number
}
