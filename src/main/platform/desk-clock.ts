import type { Disposer } from '../../shared/domain/base.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import { SECOND, type UnixMs, unixMs } from '../../shared/domain/time.ts'

/** What a machine tells of time. */
export interface TimeSource extends Clock {
  /** Milliseconds since the machine started, sleep included, to a second or better; only differences mean anything. */
  uptime(): number
}

/** Something that happened to time since it was last looked at. */
export type TimeNote =
  /** The computer slept, or the process stood still: nothing was heard or done for so long. */
  | { readonly kind: 'stood-still'; readonly ms: number }
  /** The computer's clock was set. @see DeskClock.skewMs for where it is now */
  | { readonly kind: 'clock-set'; readonly byMs: number }

/** Differences between two clocks that are no step but reading them one after the other. */
const UNSEEN_MS = 250
/** Longer between two looks than any load explains. */
const STOOD_STILL_MS = 10 * SECOND
/** The machine tells its uptime to a second. */
const SLEPT_MS = 2 * SECOND
/** A correction backwards slows the desk's clock down by this share until it is made: time never goes back. */
const SLEW = 0.1
/** A venue's time may be that far off after the start and still be followed; more than this is for a person. */
const MOST_SLEW_MS = SECOND

/**
 * The one place that knows the desk's time. It starts from the computer's clock, or the venue's where that is known, and
 * then goes on by the monotonic clock and what the machine slept: setting the computer's clock moves nothing, and is noticed.
 * The desk's time never goes back.
 */
export class DeskClock implements Clock {
  private readonly source: TimeSource
  private base: number
  private readonly started: { readonly monotonic: number; readonly uptime: number }
  private slept = 0
  private slew = { since: 0, ms: 0 }
  private last = 0
  private lookedAt: number
  private notedSkew = 0
  private followed = false

  constructor(source: TimeSource) {
    this.source = source
    this.base = source.now()
    this.started = { monotonic: source.monotonic(), uptime: source.uptime() }
    this.lookedAt = this.started.monotonic
  }

  /** The desk's time, UTC. */
  now(): UnixMs {
    const elapsed = this.source.monotonic() - this.started.monotonic
    const slewed = Math.min(this.slew.ms, SLEW * (this.source.monotonic() - this.slew.since))
    this.last = Math.max(this.last, Math.floor(this.base + elapsed + this.slept - Math.max(0, slewed)))
    return unixMs(this.last)
  }

  /** What the computer's clock says, as the times of files do. */
  wall(): UnixMs {
    return this.source.now()
  }

  monotonic(): number {
    return this.source.monotonic()
  }

  after(delayMs: number, run: () => void): Disposer {
    return this.source.after(delayMs, run)
  }

  /** The computer's clock less the desk's time, in ms: above 0 it is ahead. */
  get skewMs(): number {
    return this.source.now() - this.now()
  }

  /** True once a venue's time is followed. */
  get followsVenue(): boolean {
    return this.followed
  }

  /** What has happened to time since the last look; to be called several times a second. */
  look(): readonly TimeNote[] {
    const notes: TimeNote[] = []
    const monotonic = this.source.monotonic()
    const still = monotonic - this.lookedAt
    this.lookedAt = monotonic
    const slept = this.source.uptime() - this.started.uptime - (monotonic - this.started.monotonic) - this.slept
    const awoke = slept > SLEPT_MS
    if (awoke) {
      this.slept += slept
      notes.push({ kind: 'stood-still', ms: slept + still })
    } else if (still > STOOD_STILL_MS) notes.push({ kind: 'stood-still', ms: still })
    const skew = this.skewMs
    if (this.isSlewing) this.notedSkew = skew
    else if (Math.abs(skew - this.notedSkew) > UNSEEN_MS) {
      // After a sleep the uptime tells how long only to a second: what is left of that is no step.
      if (!awoke || Math.abs(skew - this.notedSkew) > SLEPT_MS)
        notes.push({ kind: 'clock-set', byMs: skew - this.notedSkew })
      else this.base += skew - this.notedSkew
      this.notedSkew = this.skewMs
    }
    return notes
  }

  /**
   * Follows a venue's time: at once the first time, before anything was told; later forward at once and backward by running
   * slower, a second at the most.
   * @param offsetMs venue time less the desk's
   * @param roundTripMs of the request that measured it; half of it is how far off the measurement may be
   */
  follow(offsetMs: number, roundTripMs: number): void {
    const first = !this.followed
    this.followed = true
    if (Math.abs(offsetMs) <= Math.max(5, roundTripMs / 2)) return
    if (first) {
      this.base += offsetMs
      this.last = 0
      this.notedSkew = this.skewMs
    } else if (offsetMs > 0) {
      this.base += Math.min(offsetMs, MOST_SLEW_MS)
      this.notedSkew = this.skewMs
    } else {
      this.settleSlew()
      this.slew = { since: this.source.monotonic(), ms: Math.min(-offsetMs, MOST_SLEW_MS) }
    }
  }

  /** True while the desk's time runs slower because of a correction. */
  private get isSlewing(): boolean {
    return this.slew.ms > 0 && SLEW * (this.source.monotonic() - this.slew.since - UNSEEN_MS) < this.slew.ms
  }

  /** Makes what is left of an earlier correction part of the base, so that the next one starts from here. */
  private settleSlew(): void {
    this.base -= Math.max(0, Math.min(this.slew.ms, SLEW * (this.source.monotonic() - this.slew.since)))
  }
}
