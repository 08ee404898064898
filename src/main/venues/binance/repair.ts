import { isoUtc, MINUTE } from '../../../shared/domain/time.ts'
import { backoffMs } from '../../net/backoff.ts'
import type { Timers } from '../../net/timers.ts'
import type { ClosedCandle, Hole } from './chain.ts'
import { minuteOf } from './history.ts'
import type { FeedTimings } from './options.ts'
import type { Level, Problems } from './problems.ts'
import type { BinanceRest, TimeSample } from './rest.ts'
import type { Track } from './track.ts'

export interface RepairOptions {
  readonly rest: BinanceRest
  readonly timers: Timers
  readonly random: () => number
  readonly timings: FeedTimings
  deliver(track: Track, closed: readonly ClosedCandle[]): void
  sampled(sample: TimeSample): void
  readonly problems: Problems
  /** Reports an event to the user. */
  report(detail: string, level: Level): void
}

interface Failure {
  readonly message: string
  readonly waitMs: number
}

/** Fills holes of the candle chains over REST. An asset is stale while a hole cannot be filled. */
export class Repairer {
  readonly #options: RepairOptions

  constructor(options: RepairOptions) {
    this.#options = options
  }

  /** Fills a hole seen on the stream, after the grace period and with as many attempts as needed. */
  schedule(track: Track): void {
    if (track.repairing) return
    track.repairing = true
    const { timers, timings } = this.#options
    timers.after(timings.repairGraceMs, () => void this.#keepFilling(track, 0))
  }

  /** Fills the track's holes now; after a failure it returns and continues in the background. */
  async fillNow(track: Track): Promise<void> {
    const failure = await this.#fill(track)
    if (failure === undefined) return this.#markWhole(track)
    this.#markStale(track, failure)
    if (track.repairing) return
    track.repairing = true
    const waitMs = this.#waitMs(failure, 0)
    this.#options.timers.after(waitMs, () => void this.#keepFilling(track, 1))
  }

  async #keepFilling(track: Track, failuresBefore: number): Promise<void> {
    const { timers } = this.#options
    for (let failures = failuresBefore; !timers.stopped; failures++) {
      const failure = await this.#fill(track)
      if (timers.stopped) return
      if (failure === undefined) {
        track.repairing = false
        return this.#markWhole(track)
      }
      this.#markStale(track, failure)
      await timers.sleep(this.#waitMs(failure, failures))
    }
  }

  #waitMs(failure: Failure, failures: number): number {
    const { timings, random } = this.#options
    return Math.max(failure.waitMs, backoffMs(failures, timings.backoffFloorMs, timings.backoffMaxMs, random))
  }

  /** Fetches hole after hole until the chain has none, or until the first failure. */
  async #fill(track: Track): Promise<Failure | undefined> {
    const { rest } = this.#options
    if (track.uncertain) {
      const sample = await rest.serverTime()
      if (!sample.ok) return failureOf(sample.error)
      this.#options.sampled(sample.value)
      track.chain.reach(minuteOf(sample.value.serverTime))
      track.uncertain = false
    }
    for (let hole = track.chain.hole(); hole !== undefined; hole = track.chain.hole()) {
      const failure = await this.#fillOne(track, hole)
      if (failure !== undefined) return failure
    }
    return undefined
  }

  async #fillOne(track: Track, { from, to }: Hole): Promise<Failure | undefined> {
    const { rest, deliver, report, timings } = this.#options
    const rows = await rest.klines(track.symbol, { startTime: from, endTime: to })
    if (!rows.ok) return failureOf(rows.error)
    for (const candle of rows.value) {
      const isRequested = candle.openTime >= from && candle.openTime <= to
      if (isRequested) deliver(track, track.chain.offer({ candle, origin: 'backfill' }))
    }
    const left = track.chain.hole()
    if (left?.from !== from) {
      track.emptyReplies = 0
      return undefined
    }
    track.emptyReplies++
    const where = `${track.asset} from ${isoUtc(left.from)}`
    if (track.emptyReplies < timings.emptyReplies) return { message: `no candle yet for ${where}`, waitMs: 0 }
    track.emptyReplies = 0
    deliver(track, track.chain.skip(left))
    report(`the venue has no candle for ${where}, ${(left.to - left.from) / MINUTE + 1} min`, 'warn')
    return undefined
  }

  #markStale(track: Track, { message }: Failure): void {
    this.#options.problems.raise(track.asset, 'hole', `minutes are missing and could not be fetched: ${message}`)
  }

  #markWhole(track: Track): void {
    this.#options.problems.clear(track.asset, 'hole', `${track.asset} has no missing minutes any more`)
  }
}

function failureOf(error: { readonly kind: string; readonly message: string; readonly waitMs?: number }): Failure {
  return { message: error.message, waitMs: error.waitMs ?? 0 }
}
