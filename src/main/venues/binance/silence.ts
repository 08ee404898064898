import type { Clock } from '../../../shared/domain/feed.ts'
import { MINUTE, plusMs, SECOND } from '../../../shared/domain/time.ts'
import type { StreamLink } from '../../net/link.ts'
import type { Timers } from '../../net/timers.ts'
import type { Level, Problems } from './problems.ts'
import { type BinanceRest, MAX_ROWS } from './rest.ts'
import type { Track } from './track.ts'

export interface SilenceOptions {
  readonly rest: BinanceRest
  readonly timers: Timers
  readonly link: StreamLink
  readonly problems: Problems
  /** Time without readable frames after which an asset is silent, ms. */
  readonly silenceMs: number
  /** Longer than the latency of a push, ms. */
  readonly graceMs: number
  readonly clock: Clock
  /** Tracks that the stream delivers. */
  readonly tracks: () => readonly Track[]
  readonly report: (detail: string, level: Level) => void
}

/** Maximum delay between two attempts for a silent asset, as a multiple of the first. */
const MAX_DELAY_FACTOR = 8

/**
 * Detects symbols without frames while the link is up. If REST shows trades since the last frame, or does not answer, the
 * stream is assumed to be faulty and the connection is replaced; otherwise the market is simply quiet. The asset is stale
 * until the stream delivers it again.
 */
export class SilenceWatch {
  readonly #options: SilenceOptions
  /** Silent assets: number of attempts, and time of the next one in monotonic ms. */
  readonly #silent = new Map<Track, { tries: number; nextAt: number }>()

  constructor(options: SilenceOptions) {
    this.#options = options
  }

  start(): void {
    this.#options.timers.every(this.#options.silenceMs / 4, () => this.#check())
  }

  /** Notes a readable frame. */
  delivered(track: Track): void {
    const now = this.#options.clock.monotonic()
    const seconds = Math.round((now - track.deliveredAt) / SECOND)
    track.deliveredAt = now
    if (!this.#silent.delete(track)) return
    this.#options.problems.clear(track.asset, 'silent', `${track.asset} delivers again after ${seconds} s`)
  }

  /** Restarts the timing after a reconnection, so that the time without a link does not count. */
  linkUp(): void {
    const now = this.#options.clock.monotonic()
    for (const track of this.#options.tracks()) if (!this.#silent.has(track)) track.deliveredAt = now
  }

  #check(): void {
    const { link, tracks, clock, silenceMs } = this.#options
    if (!link.isUp) return
    const now = clock.monotonic()
    for (const track of tracks()) {
      if (now - track.deliveredAt < silenceMs) continue
      const state = this.#silent.get(track) ?? { tries: 0, nextAt: now }
      this.#silent.set(track, state)
      if (now < state.nextAt) continue
      state.nextAt = now + silenceMs * Math.min(2 ** state.tries, MAX_DELAY_FACTOR)
      state.tries++
      void this.#investigate(track)
    }
  }

  async #investigate(track: Track): Promise<void> {
    const { rest, timers, link, problems, report, silenceMs, graceMs } = this.#options
    const startTime = track.lastMinute
    const rows = await rest.klines(track.symbol, { startTime, endTime: plusMs(startTime, (MAX_ROWS - 1) * MINUTE) })
    // A push for a trade that has just happened may still be in flight.
    await timers.sleep(graceMs)
    if (timers.stopped || !this.#silent.has(track)) return
    const forSeconds = `for ${Math.round(silenceMs / SECOND)} s`
    if (rows.ok && !rows.value.some((candle) => track.isNewer(candle))) {
      return problems.raise(track.asset, 'silent', `no trades at the venue ${forSeconds}`, 'info')
    }
    const venue = rows.ok
      ? 'the venue reports trades meanwhile'
      : `the venue did not answer a query: ${rows.error.message}`
    const reason = `no readable price ${forSeconds} while the link is up; ${venue}`
    if (!problems.has(track.asset, 'unreadable')) problems.raise(track.asset, 'silent', reason)
    else report(`${track.asset}: opening another connection because its frames are unreadable`, 'warn')
    link.open()
  }
}
