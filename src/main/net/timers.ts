import type { Disposer } from '../../shared/domain/base.ts'
import type { Clock } from '../../shared/domain/feed.ts'

/** Timers of one owner. `stop` cancels them all and resolves pending sleeps, so that no promise is left unresolved. */
export class Timers {
  readonly #clock: Clock
  readonly #pending = new Set<Disposer>()
  #stopped = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get stopped(): boolean {
    return this.#stopped
  }

  after(delayMs: number, run: () => void): Disposer {
    return this.#add(delayMs, run, () => {})
  }

  /** Resolves after `delayMs`, or at once when the owner stops. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#add(delayMs, resolve, resolve)
    })
  }

  /** Runs `run` every `delayMs` until the owner stops. */
  every(delayMs: number, run: () => void): void {
    this.after(delayMs, () => {
      run()
      this.every(delayMs, run)
    })
  }

  stop(): void {
    this.#stopped = true
    for (const cancel of [...this.#pending]) cancel()
  }

  #add(delayMs: number, run: () => void, cancelled: () => void): Disposer {
    if (this.#stopped) {
      cancelled()
      return () => {}
    }
    const dispose = this.#clock.after(delayMs, () => {
      this.#pending.delete(cancel)
      run()
    })
    const cancel = () => {
      if (!this.#pending.delete(cancel)) return
      dispose()
      cancelled()
    }
    this.#pending.add(cancel)
    return cancel
  }
}
