import { CYCLE_MS } from '../../../engine/config.ts'
import type { Timeline, Venue } from '../../../engine/venue/port.ts'
import type { Disposer } from '../../../shared/domain/base.ts'
import type { Clock, FeedEvent } from '../../../shared/domain/feed.ts'
import type { SlotId } from '../../../shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../../../shared/domain/time.ts'
import type { TradingLoop } from '../../runtime/trading-loop.ts'
import { pump } from './virtual-driver.ts'

/** Longest pause between two advances of the timeline, ms: a fill or a settlement may be due. */
const LONGEST_NAP_MS = 250

export interface LiveRun {
  readonly loop: TradingLoop
  /** Events that occur in the desk's own time. */
  readonly timeline: Timeline
  readonly venue: Venue
  readonly clock: Clock
  readonly until: UnixMs
  /** Called several times a second, before any event is delivered: time may have jumped. */
  readonly onTime: () => void
  readonly onCycle: (ts: UnixMs, lateMs: number) => void
  readonly onEnd: () => void
}

/**
 * Runs a desk in real time: prices as they arrive, a cycle at the start and every 5 s on the UTC grid, and extra cycles where a
 * strategy asked for them. The desk's clock follows the monotonic clock, so setting the computer's clock moves no cycle.
 */
export class LiveDriver {
  private readonly run: LiveRun
  private cancelPump: Disposer = () => {}
  private cancelCycle: Disposer = () => {}
  private stopped = false
  private underWay: Promise<void> = Promise.resolve()

  constructor(run: LiveRun) {
    this.run = run
  }

  start(): void {
    this.guard(() => this.pump())
    const now = this.run.clock.now()
    this.begin(now, null, 0)
    this.scheduleCycle(now)
  }

  /** Takes an event of a feed that pushes. */
  onFeed(event: FeedEvent): void {
    if (this.stopped) return
    const { loop, timeline, venue } = this.run
    this.guard(() => {
      // Events due before this one are delivered first.
      pump(loop, timeline, event.ts)
      loop.deliver(event)
      venue.local?.onFeedEvent(event)
      this.pump()
    })
  }

  /** An exception here means broken books or a failed disk: stops the driver and reports it. */
  private guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.broken(error)
    }
  }

  private broken(error: unknown): void {
    void this.stop()
    this.run.loop.panicked.emit(error)
  }

  /** Starts no further cycle; resolves when the running one is over. */
  async stop(): Promise<void> {
    this.stopped = true
    this.cancelPump()
    this.cancelCycle()
    await this.underWay
  }

  private pump(): void {
    if (this.stopped) return
    this.cancelPump()
    const { loop, timeline, clock } = this.run
    this.run.onTime()
    const now = clock.now()
    pump(loop, timeline, now)
    loop.settle()
    const next = timeline.peek() ?? Number.POSITIVE_INFINITY
    this.cancelPump = clock.after(Math.max(1, Math.min(next - now, LONGEST_NAP_MS)), () =>
      this.guard(() => this.pump()),
    )
  }

  /** @param after the last moment that had its cycle: a timer may fire a millisecond early, and must not find it again */
  private scheduleCycle(after: UnixMs): void {
    if (this.stopped) return
    const { clock, loop } = this.run
    const now = unixMs(Math.max(clock.now(), after))
    const grid = now - (now % CYCLE_MS) + CYCLE_MS
    const wake = loop.engine.nextWake(now)
    const due = Math.min(grid, wake?.ts ?? grid)
    const woken = wake !== null && due < grid ? wake.slots : null
    const waitMs = due - clock.now()
    const dueAt = clock.monotonic() + waitMs
    this.cancelCycle = clock.after(waitMs, () => {
      const lateMs = clock.monotonic() - dueAt
      this.begin(unixMs(Math.max(due, clock.now())), woken, lateMs)
      this.scheduleCycle(unixMs(due))
    })
  }

  private begin(ts: UnixMs, slots: readonly SlotId[] | null, lateMs: number): void {
    const { loop } = this.run
    if (this.stopped) return
    if (ts >= this.run.until) {
      void this.stop()
      this.run.onEnd()
      return
    }
    if (loop.inCycle || lateMs >= CYCLE_MS) {
      // Counts a cycle of the grid that began before the previous one ended, or after the next was due.
      if (slots === null) loop.figures.missedCycles += Math.max(1, Math.floor(lateMs / CYCLE_MS))
      return
    }
    this.underWay = this.cycle(ts, slots, lateMs).catch((error: unknown) => this.broken(error))
  }

  private async cycle(ts: UnixMs, slots: readonly SlotId[] | null, lateMs: number): Promise<void> {
    const { loop } = this.run
    this.pump()
    await loop.cycle(ts, slots)
    this.run.onCycle(ts, lateMs)
    // Not awaited: a swap that waits for a thread must not count as part of the cycle.
    void loop.runYieldJobs()
  }
}
