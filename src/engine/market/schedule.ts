import type { UnixMs } from '../../shared/domain/time.ts'
import type { EngineEvent } from '../events.ts'

/** An event to emit or a function to run. */
type Step = EngineEvent | ((ts: UnixMs) => void)

interface Entry {
  readonly ts: UnixMs
  readonly seq: number
  readonly step: Step
}

/** Steps in order of time, then of insertion; a binary heap. */
export class Schedule {
  private readonly heap: Entry[] = []
  private seq = 0

  add(ts: UnixMs, step: Step): void {
    const { heap } = this
    const entry: Entry = { ts, seq: this.seq++, step }
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

  /**
   * Takes the next step and moves the clock to it; a function is run.
   * @returns the event; undefined for a function, or if nothing is left
   */
  next(clock: VenueClock): EngineEvent | undefined {
    const next = this.pop()
    if (next === undefined) return undefined
    if (next.ts > clock.now) clock.now = next.ts
    if (typeof next.step !== 'function') return next.step
    next.step(next.ts)
    return undefined
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

/** Current time of a venue simulated in desk time, ms UTC. */
export interface VenueClock {
  now: number
}
