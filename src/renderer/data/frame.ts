/** Calls its argument before the next paint. */
export type Schedule = (run: () => void) => void

/** Gathers items and hands them over together, once a frame, in the order they came. */
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

/** At most one run per `everyMs`, the last request is never lost. */
export function createThrottle(
  everyMs: number,
  run: () => void,
  after: (delayMs: number, run: () => void) => void,
): () => void {
  let resting = false
  let again = false
  const fire = (): void => {
    resting = true
    again = false
    run()
    after(everyMs, () => {
      resting = false
      if (again) fire()
    })
  }
  return () => {
    if (resting) again = true
    else fire()
  }
}
