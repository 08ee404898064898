/**
 * Estimates the remaining time of running work from the progress it reports. Times are real: the desk's time may be
 * virtual, and a window that was opened late has not seen the start.
 */
export class RemainingTime {
  private readonly monotonic: () => number
  /** By key: when the work was first seen, and its progress then. */
  private readonly firstSeen = new Map<string, { readonly at: number; readonly progress: number }>()

  constructor(monotonic: () => number) {
    this.monotonic = monotonic
  }

  /**
   * @param progress share of the work that is done, 0 … 1
   * @returns real milliseconds left, from the mean speed since the work was first seen; null until there is progress
   */
  estimate(key: string, progress: number): number | null {
    const first = this.firstSeen.get(key)
    const now = this.monotonic()
    if (first === undefined || progress < first.progress) {
      this.firstSeen.set(key, { at: now, progress })
      return null
    }
    const done = progress - first.progress
    const spentMs = now - first.at
    return done <= 0 || spentMs <= 0 ? null : (spentMs * Math.max(0, 1 - progress)) / done
  }

  forget(key: string): void {
    this.firstSeen.delete(key)
  }
}

/** A shorter remaining time would only flicker. */
const MIN_SHOWN_MS = 300

/** True where a remaining time is known and long enough to be shown. */
export function isWorthShowing(remainingMs: number | null): remainingMs is number {
  return remainingMs !== null && remainingMs > MIN_SHOWN_MS
}
