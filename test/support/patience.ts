import { availableParallelism, loadavg } from 'node:os'

/** However busy the machine is, nothing is waited for longer than this. */
export const MOST_WAIT_MS = 240_000

/** How many programs want each processor, at least one. */
function crowding(): number {
  return Math.max(1, (loadavg()[0] ?? 1) / availableParallelism())
}

/** A bound on how long something takes on a machine that does nothing else, as it is on this machine now, in ms. */
export function scaled(ms: number): number {
  return ms * crowding()
}

/** `decisionDeadlineMs` of a desk under test: its default of a second, or more of it on a busy machine. */
export function patientDeadlineMs(): number {
  return Math.min(4_000, Math.round(scaled(1_000)))
}

/** How long something is still waited for: time counts less the more programs want the machine's processors. */
export class Patience {
  private readonly limitMs: number
  private readonly started = performance.now()
  private before = this.started
  private counted = 0

  /** @param limitMs of a machine that does nothing else */
  constructor(limitMs: number) {
    this.limitMs = limitMs
  }

  /** True once it has waited long enough; to be asked often. */
  get isOver(): boolean {
    const now = performance.now()
    this.counted += (now - this.before) / crowding()
    this.before = now
    return this.counted >= this.limitMs || now - this.started >= MOST_WAIT_MS
  }
}
