import type { TimeSource } from '../../src/main/platform/desk-clock.ts'
import { unixMs } from '../../src/shared/domain/time.ts'

/** Market time of a step, ms: far less than anything a desk waits for. */
const STEP_MS = 25

interface Timer {
  readonly at: number
  readonly run: () => void
}

/**
 * Time for a desk and a simulated venue in one process, that goes on step by step. Between two steps sockets, threads and disks
 * get real time, and while `isBusy` market time stands still: a slow machine makes a run longer and changes nothing else.
 */
export class MarketTime implements TimeSource {
  /** Market time, ms UTC. */
  private time: number
  private readonly timers = new Set<Timer>()
  private isOver = false
  private ended: Promise<void> = Promise.resolve()
  /** Real ms a step takes at least. */
  pauseMs = STEP_MS
  /** Plays what the venue has to do until now. */
  onTime: () => void = () => {}
  /** Called after every step. */
  onStep: () => void = () => {}
  isBusy: () => boolean = () => false

  constructor(startAt: number) {
    this.time = startAt
  }

  readonly now = () => unixMs(this.time)
  readonly monotonic = () => this.time
  readonly uptime = () => this.time

  readonly after = (delayMs: number, run: () => void): (() => void) => {
    const timer = { at: this.time + Math.max(0, delayMs), run }
    this.timers.add(timer)
    return () => this.timers.delete(timer)
  }

  start(): void {
    this.ended = this.go()
  }

  async stop(): Promise<void> {
    this.isOver = true
    await this.ended
  }

  private async go(): Promise<void> {
    while (!this.isOver) {
      this.step(this.time + STEP_MS)
      this.onStep()
      await new Promise((resolve) => setTimeout(resolve, this.pauseMs))
      while (this.isBusy() && !this.isOver) await new Promise((resolve) => setImmediate(resolve))
    }
    // What closes sockets late must not keep the process.
    for (const { run } of this.timers) run()
  }

  private step(until: number): void {
    for (let next = this.next(until); next !== undefined; next = this.next(until)) {
      this.timers.delete(next)
      this.time = Math.max(this.time, next.at)
      this.onTime()
      next.run()
    }
    this.time = until
    this.onTime()
  }

  private next(until: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.timers)
      if (timer.at <= until && timer.at < (first?.at ?? Number.POSITIVE_INFINITY)) first = timer
    return first
  }
}
