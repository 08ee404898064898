import type { TimeSource } from '../../src/main/platform/desk-clock.ts'
import { systemClock } from '../../src/main/platform/system.ts'
import { unixMs } from '../../src/shared/domain/time.ts'

/** A machine whose clock can be set and that can seem to have slept; its monotonic clock and timers are the real ones. */
export class SteppedTime implements TimeSource {
  private steppedMs = 0
  private sleptMs = 0
  readonly monotonic = systemClock.monotonic
  readonly after = systemClock.after

  now() {
    return unixMs(systemClock.now() + this.steppedMs + this.sleptMs)
  }

  uptime(): number {
    return systemClock.uptime() + this.sleptMs
  }

  /** Somebody sets the clock. */
  step(ms: number): void {
    this.steppedMs += ms
  }

  /** The computer was asleep for so long. */
  sleep(ms: number): void {
    this.sleptMs += ms
  }
}
