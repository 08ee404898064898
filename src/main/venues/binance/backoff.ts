import { MINUTE } from '../../../shared/domain/time.ts'

const BUDGET_WINDOW_MS = 5 * MINUTE

/**
 * Wait before attempt number `failures` + 1, in ms: doubles from the floor to the ceiling, and up to half as much again
 * at random, so that many clients cut at once do not return at once. Never below the floor.
 */
export function backoffMs(failures: number, floorMs: number, maxMs: number, random: () => number): number {
  const step = Math.min(maxMs, floorMs * 2 ** Math.min(failures, 30))
  return Math.round(step * (1 + 0.5 * random()))
}

/** Counts connection attempts over five minutes; the venue bans an address that makes more than 300. */
export class AttemptBudget {
  readonly #max: number
  #attempts: readonly number[] = []

  constructor(max: number) {
    this.#max = max
  }

  /** How long to wait before the next attempt, 0 for not at all. `now` in monotonic ms. */
  waitMs(now: number): number {
    this.#attempts = this.#attempts.filter((at) => now - at < BUDGET_WINDOW_MS)
    const oldest = this.#attempts.at(-this.#max)
    return oldest === undefined ? 0 : oldest + BUDGET_WINDOW_MS - now
  }

  spend(now: number): void {
    this.#attempts = [...this.#attempts, now]
  }
}
