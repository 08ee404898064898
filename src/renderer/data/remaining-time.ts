/** Estimates of how much longer running work takes, from the progress it reports. */
export interface TimeEstimator {
  /** Real milliseconds left, judged by all progress since the work was first seen; null until there is some. */
  remainingMs(key: string, progress: number): number | null
  forget(key: string): void
}

/**
 * Paces are kept in this window's own time: a desk's time may be virtual, and a window that opens late has not seen
 * the beginning.
 */
export function createTimeEstimator(monotonic: () => number): TimeEstimator {
  const seen = new Map<string, { readonly at: number; readonly progress: number }>()
  return {
    remainingMs(key, progress) {
      const first = seen.get(key)
      const now = monotonic()
      if (first === undefined || progress < first.progress) {
        seen.set(key, { at: now, progress })
        return null
      }
      const done = progress - first.progress
      const spent = now - first.at
      return done <= 0 || spent <= 0 ? null : (spent * Math.max(0, 1 - progress)) / done
    },
    forget(key) {
      seen.delete(key)
    },
  }
}

/** Below this, a bar and a time left would only flicker. */
const WORTH_SAYING_MS = 300

/** `0:24 left`, or how far the work has come while the time left is unknown or not worth saying. */
export function isWorthShowing(remainingMs: number | null): remainingMs is number {
  return remainingMs !== null && remainingMs > WORTH_SAYING_MS
}
