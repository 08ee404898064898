/** Calls `run` before the next paint. */
export type Schedule = (run: () => void) => void

/** Collects items and flushes them once per frame, in order of arrival. */
export function createBatcher<T>(schedule: Schedule, flush: (items: readonly T[]) => void): (item: T) => void {
  let waiting: T[] = []
  let scheduled = false
  return (item) => {
    waiting.push(item)
    if (scheduled) return
    scheduled = true
    schedule(() => {
      const items = waiting
      waiting = []
      scheduled = false
      flush(items)
    })
  }
}

/** Runs at once, then at most once per `everyMs`; a request made meanwhile runs at the end of the period. */
export function createThrottle(
  everyMs: number,
  run: () => void,
  after: (delayMs: number, run: () => void) => void,
): () => void {
  let pausing = false
  let requested = false
  const fire = (): void => {
    pausing = true
    requested = false
    run()
    after(everyMs, () => {
      pausing = false
      if (requested) fire()
    })
  }
  return () => {
    if (pausing) requested = true
    else fire()
  }
}
