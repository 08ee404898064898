import type { Clock } from '../../../shared/domain/feed.ts'
import { MINUTE, plusMs, SECOND } from '../../../shared/domain/time.ts'
import type { StreamLink } from './link.ts'
import type { Level, Problems } from './problems.ts'
import { type BinanceRest, MAX_ROWS } from './rest.ts'
import type { Timers } from './timers.ts'
import type { Track } from './track.ts'

export interface SilenceOptions {
  readonly rest: BinanceRest
  readonly timers: Timers
  readonly link: StreamLink
  readonly problems: Problems
  /** An asset that delivered nothing readable for so long is silent. */
  readonly silenceMs: number
  /** Longer than a push is on its way. */
  readonly graceMs: number
  readonly clock: Clock
  /** Those that the stream delivers. */
  readonly tracks: () => readonly Track[]
  readonly report: (detail: string, level: Level) => void
}

/** Waits between two attempts at a silent asset grow to this many times the first. */
const LONGEST_WAIT = 8

/**
 * Notices a symbol that has fallen silent while the link stands. The venue is asked over REST whether it has traded since:
 * if it has not, the silence is the market's; if it has, or the venue does not answer, the stream is at fault, and another
 * connection takes over from this one. The asset is stale until the stream delivers it again.
 */
export class SilenceWatch {
  readonly #options: SilenceOptions
  /** Silent assets, how often something was tried, and when it is tried again in monotonic ms. */
  readonly #silent = new Map<Track, { tries: number; nextAt: number }>()

  constructor(options: SilenceOptions) {
    this.#options = options
  }

  start(): void {
    this.#options.timers.every(this.#options.silenceMs / 4, () => this.#look())
  }

  /** The stream has delivered something readable. */
  heard(track: Track): void {
    const now = this.#options.clock.monotonic()
    const seconds = Math.round((now - track.heardAt) / SECOND)
    track.heardAt = now
    if (!this.#silent.delete(track)) return
    this.#options.problems.clear(track.asset, 'silent', `${track.asset} delivers again after ${seconds} s`)
  }

  /** A link stands after there was none: nobody is blamed for the time without it. */
  linkUp(): void {
    const now = this.#options.clock.monotonic()
    for (const track of this.#options.tracks()) if (!this.#silent.has(track)) track.heardAt = now
  }

  #look(): void {
    const { link, tracks, clock, silenceMs } = this.#options
    if (!link.isUp) return
    const now = clock.monotonic()
    for (const track of tracks()) {
      if (now - track.heardAt < silenceMs) continue
      const state = this.#silent.get(track) ?? { tries: 0, nextAt: now }
      this.#silent.set(track, state)
      if (now < state.nextAt) continue
      state.nextAt = now + silenceMs * Math.min(2 ** state.tries, LONGEST_WAIT)
      state.tries++
      void this.#tryToRepair(track)
    }
  }

  async #tryToRepair(track: Track): Promise<void> {
    const { rest, timers, link, problems, report, silenceMs, graceMs } = this.#options
    const startTime = track.lastMinute
    const rows = await rest.klines(track.symbol, { startTime, endTime: plusMs(startTime, (MAX_ROWS - 1) * MINUTE) })
    // What has just traded is on its way.
    await timers.sleep(graceMs)
    if (timers.stopped || !this.#silent.has(track)) return
    const forSeconds = `for ${Math.round(silenceMs / SECOND)} s`
    if (rows.ok && !rows.value.some((candle) => track.isNews(candle))) {
      return problems.raise(track.asset, 'silent', `nothing has traded at the venue ${forSeconds}`, 'info')
    }
    const venue = rows.ok
      ? 'the venue has traded it meanwhile'
      : `the venue was asked and failed: ${rows.error.message}`
    const reason = `no readable price has come ${forSeconds} while the link stands; ${venue}`
    if (!problems.has(track.asset, 'unreadable')) problems.raise(track.asset, 'silent', reason)
    else report(`${track.asset}: another connection is opened, for nothing of it can be read`, 'warn')
    link.open()
  }
}
