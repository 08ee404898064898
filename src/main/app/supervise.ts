import { messageOf } from '../../shared/domain/base.ts'
import { systemClock } from '../platform/system.ts'
import type { Station } from './station.ts'

/** A stop that takes longer than this is cut off: what cannot be written by then will not be. */
const MOST_STOP_MS = 20_000

/** How a desk came to its end. */
export interface DeskEnd {
  readonly reason: string
  /** False where something went wrong. */
  readonly clean: boolean
}

/**
 * Shuts a desk down exactly once, for whatever reason: a signal, an uncaught error, trading that had to stop, or a call of `end`.
 * The status file and the log say so before this resolves.
 */
export class Supervisor {
  /** Resolves once the desk is down. */
  readonly ended: Promise<DeskEnd>
  private readonly station: Station
  private ending = false
  private tell: (end: DeskEnd) => void = () => {}

  constructor(station: Station) {
    this.station = station
    this.ended = new Promise((resolve) => {
      this.tell = resolve
    })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => void this.end({ reason: `stopped by ${signal}`, clean: true }))
    for (const kind of ['uncaughtException', 'unhandledRejection'] as const)
      process.on(kind, (error: unknown) => this.broken(error))
    void station.desk.life.done.then(() => {
      const { panicked } = station.desk.life
      if (panicked !== null) void this.end({ reason: `trading stopped: ${messageOf(panicked)}`, clean: false })
    })
  }

  /** Starts the desk; one that cannot start is ended. */
  async start(): Promise<void> {
    try {
      await this.station.start()
    } catch (error) {
      await this.end({ reason: `it could not start: ${messageOf(error)}`, clean: false })
    }
  }

  /** An uncaught error: shuts the gate and ends the desk. */
  private broken(error: unknown): void {
    this.station.desk.emergency.shutAndTrip(error)
    void this.end({ reason: `an unexpected error: ${messageOf(error)}`, clean: false })
  }

  /** Stops the desk; the first reason holds. */
  async end(end: DeskEnd): Promise<DeskEnd> {
    if (this.ending) return this.ended
    this.ending = true
    let dispose = () => {}
    const late = new Promise<'late'>((resolve) => {
      dispose = systemClock.after(MOST_STOP_MS, () => resolve('late'))
    })
    const stopped = this.station.stop(end.reason).catch((error: unknown) => messageOf(error))
    const failed = await Promise.race([stopped, late])
    dispose()
    const problem = failed === 'late' ? `it did not stop within ${MOST_STOP_MS / 1_000} s` : failed
    // Whether the journal lost anything is known only once it is closed.
    const { panicked } = this.station.desk.life
    const lost = end.clean && panicked !== null ? messageOf(panicked) : undefined
    const more = [problem, lost].filter((text) => text !== undefined)
    const whole: DeskEnd = more.length === 0 ? end : { reason: [end.reason, ...more].join('; '), clean: false }
    this.station.noteEnd(whole.reason)
    this.tell(whole)
    return whole
  }
}
