import { MINUTE } from '../../shared/domain/time.ts'

const BUDGET_WINDOW_MS = 5 * MINUTE

/**
 * Delay after `failures` failed attempts, ms: doubles from `floorMs` to `maxMs`, plus up to 50 % at random, so that
 * clients disconnected together do not reconnect together.
 */
export function backoffMs(failures: number, floorMs: number, maxMs: number, random: () => number): number {
  const step = Math.min(maxMs, floorMs * 2 ** Math.min(failures, 30))
  return Math.round(step * (1 + 0.5 * random()))
}

/** Limits connection attempts in five minutes; the venue bans addresses with more than 300. */
export class AttemptBudget {
  readonly #max: number
  #attempts: readonly number[] = []

  constructor(max: number) {
    this.#max = max
  }

  /** Delay before the next attempt, ms; 0 for none. @param now monotonic ms */
  waitMs(now: number): number {
    this.#attempts = this.#attempts.filter((at) => now - at < BUDGET_WINDOW_MS)
    const oldest = this.#attempts.at(-this.#max)
    return oldest === undefined ? 0 : oldest + BUDGET_WINDOW_MS - now
  }

  spend(now: number): void {
    this.#attempts = [...this.#attempts, now]
  }
}
