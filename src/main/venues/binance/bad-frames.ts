import type { Timers } from './timers.ts'

/** Counts frames that could not be read and reports them: the first at once, more at most once in a while. */
export class BadFrames {
  readonly #timers: Timers
  readonly #everyMs: number
  readonly #report: (detail: string) => void
  #count = 0
  #reported = 0
  #quiet = false
  #last = ''

  constructor(timers: Timers, everyMs: number, report: (detail: string) => void) {
    this.#timers = timers
    this.#everyMs = everyMs
    this.#report = report
  }

  get count(): number {
    return this.#count
  }

  add(reason: string): void {
    this.#count++
    this.#last = reason
    if (!this.#quiet) this.#tell()
  }

  #tell(): void {
    const fresh = this.#count - this.#reported
    this.#quiet = fresh > 0
    if (fresh === 0) return
    this.#reported = this.#count
    this.#report(`${fresh} unreadable frame${fresh === 1 ? '' : 's'} (${this.#count} in all): ${this.#last}`)
    this.#timers.after(this.#everyMs, () => this.#tell())
  }
}
