import type { Asset } from '../../../shared/domain/slots.ts'
import { HOUR, type UnixMs, unixMs } from '../../../shared/domain/time.ts'
import { minuteOf } from './history.ts'
import type { Track } from './track.ts'

/** The venue's time is sampled each minute and after each reconnection: frames never run ahead of it by so much. */
const MAX_JUMP_MS = HOUR

/** All tracks of the feed, and the venue's time as far as anything has told it. */
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

  get(symbol: string): Track | undefined {
    return this.#bySymbol.get(symbol)
  }

  /** Whether an event claims a time that cannot be: believed, it would open a hole that nothing can fill. */
  isAhead(eventTime: UnixMs): boolean {
    return this.#marketTime > 0 && eventTime > this.#marketTime + MAX_JUMP_MS
  }

  /** The venue has got to `time`. */
  reach(time: UnixMs): void {
    this.#marketTime = Math.max(this.#marketTime, time)
  }

  /** Tracks with a hole, silent ones included: a candle is missing once it ended `lateMs` ago, whoever told the time. */
  withHole(lateMs: number): readonly Track[] {
    const ended = minuteOf(unixMs(Math.max(0, this.#marketTime - lateMs)))
    return this.delivering.filter((track) => {
      track.chain.reach(ended)
      return track.chain.hole() !== undefined
    })
  }
}
