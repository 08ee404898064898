import type { TimeSource } from '../../src/main/platform/desk-clock.ts'
import { systemClock } from '../../src/main/platform/system.ts'
import { unixMs } from '../../src/shared/domain/time.ts'

/** The computer's time, passing `speed` times as fast from now on, for tests that wait for a window in real time. */
export function fastTime(speed: number): TimeSource {
  const start = { now: systemClock.now(), monotonic: systemClock.monotonic(), uptime: systemClock.uptime() }
  const passed = () => (systemClock.monotonic() - start.monotonic) * speed
  return {
    now: () => unixMs(Math.floor(start.now + passed())),
    monotonic: () => start.monotonic + passed(),
    uptime: () => start.uptime + passed(),
    after: (delayMs, run) => systemClock.after(delayMs / speed, run),
  }
}
