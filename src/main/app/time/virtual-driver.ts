import { CYCLE_MS } from '../../../engine/config.ts'
import type { Timeline } from '../../../engine/venue/port.ts'
import type { Clock } from '../../../shared/domain/feed.ts'
import { type UnixMs, unixMs } from '../../../shared/domain/time.ts'
import type { TradingLoop } from '../../runtime/trading-loop.ts'

export interface VirtualRun {
  readonly loop: TradingLoop
  readonly timeline: Timeline
  readonly clock: Clock
  readonly from: UnixMs
  readonly until: UnixMs
  /** Virtual seconds a real second; null = as fast as it goes. */
  readonly speed: number | null
  /** Checked between cycles; true ends the run early. */
  readonly stopped: () => boolean
  /** Called once prices are there and before the first cycle. */
  readonly onPrimed: () => Promise<void>
  /** Called after each cycle, in the yield interval. */
  readonly onCycle: (ts: UnixMs) => void
}

/** Delivers every event up to and including `ts`, in order. */
export function pump(loop: TradingLoop, timeline: Timeline, ts: UnixMs): void {
  for (;;) {
    const at = timeline.peek()
    if (at === undefined || at > ts) return
    const event = timeline.pop()
    if (event !== undefined) loop.deliver(event)
  }
}

/**
 * Runs a desk in virtual time. Every evaluation is awaited, so decisions are the same at every
 * speed; only the pauses between cycles differ.
 */
export async function runVirtual(run: VirtualRun): Promise<void> {
  const { loop, timeline, clock, from, until } = run
  const realStart = clock.monotonic()
  pump(loop, timeline, from)
  await run.onPrimed()
  let grid = from
  let now = from
  while (now < until && !run.stopped()) {
    pump(loop, timeline, now)
    await loop.cycle(now, now === grid ? null : loop.engine.wokenAt(now))
    await loop.runYieldJobs()
    run.onCycle(now)
    if (now === grid) grid = unixMs(grid - (grid % CYCLE_MS) + CYCLE_MS)
    const next = loop.engine.nextWake(now)
    now = unixMs(Math.min(grid, next?.ts ?? grid))
    if (timeline.peek() === undefined) break
    await pace(run, clock, realStart + (run.speed === null ? 0 : (now - from) / run.speed))
  }
  loop.settle()
}

/** Waits until the virtual moment is due; at full speed it only yields to other work. */
async function pace(run: VirtualRun, clock: Clock, due: number): Promise<void> {
  const waitMs = run.speed === null ? 0 : due - clock.monotonic()
  await new Promise<void>((resolve) => clock.after(waitMs, resolve))
}
