import type { Asset } from '../../../shared/domain/slots.ts'
import { HOUR, type UnixMs, unixMs } from '../../../shared/domain/time.ts'
import { minuteOf } from './history.ts'
import type { Track } from './track.ts'

/** Maximum lead of a frame over the known venue time, which is sampled every minute and after each reconnection. */
const MAX_JUMP_MS = HOUR

/** All tracks of the feed, and the latest known venue time. */
export class TrackBook {
  readonly #bySymbol: ReadonlyMap<string, Track>
  #marketTime = 0

  constructor(tracks: readonly Track[]) {
    this.#bySymbol = new Map(tracks.map((track) => [track.symbol, track]))
  }

  get all(): readonly Track[] {
    return [...this.#bySymbol.values()]
  }

  get delivering(): readonly Track[] {
    return this.all.filter((track) => track.delivered)
  }

  get allDeliver(): boolean {
    return this.all.every((track) => track.delivered)
  }

  get listed(): ReadonlySet<Asset> {
    return new Set(this.delivering.map((track) => track.asset))
  }

  /** Which of the configured assets are unlisted, as an addition to a message; empty if none are. */
  describeMissing(configured: readonly Asset[]): string {
    const { listed } = this
    const missing = configured.filter((asset) => !listed.has(asset))
    return missing.length === 0 ? '' : `, unlisted: ${missing.join(' ')}`
  }

  get(symbol: string): Track | undefined {
    return this.#bySymbol.get(symbol)
  }

  /** True when an event's time is impossibly far ahead; accepting it would create a hole that cannot be filled. */
  isAhead(eventTime: UnixMs): boolean {
    return this.#marketTime > 0 && eventTime > this.#marketTime + MAX_JUMP_MS
  }

  /** Notes that the venue has reached `time`. */
  reach(time: UnixMs): void {
    this.#marketTime = Math.max(this.#marketTime, time)
  }

  /** Tracks with a hole, silent ones included: a candle is missing when its minute ended more than `lateMs` ago. */
  withHole(lateMs: number): readonly Track[] {
    const ended = minuteOf(unixMs(Math.max(0, this.#marketTime - lateMs)))
    return this.delivering.filter((track) => {
      track.chain.reach(ended)
      return track.chain.hole() !== undefined
    })
  }
}
