import type { Candle, CandleClosed } from '../../../shared/domain/feed.ts'
import { MINUTE, plusMs, type UnixMs, unixMs } from '../../../shared/domain/time.ts'

export interface ClosedCandle {
  readonly candle: Candle
  readonly origin: CandleClosed['origin']
}

/** Missing minutes by open time, both ends inclusive. */
export interface Hole {
  readonly from: UnixMs
  readonly to: UnixMs
}

/**
 * One asset's closed candles in strict order. A candle leaves the chain only once the one before it has left, so its
 * reader never sees one missing, twice or late; candles behind a hole wait here until the hole is filled.
 */
export class CandleChain {
  #last: UnixMs | undefined
  /** Minutes before this one have ended, whether their candles came or not. */
  #reached: UnixMs | undefined
  readonly #waiting = new Map<UnixMs, ClosedCandle>()

  /** Open time of the last candle that left. */
  get last(): UnixMs | undefined {
    return this.#last
  }

  /** Takes history as it is; minutes missing inside it are ones that the venue does not have. */
  load(candles: readonly Candle[]): void {
    for (const { openTime } of candles) if (openTime > (this.#last ?? -1)) this.#last = openTime
  }

  /** The venue has got to the candle that opens at `openTime`. */
  reach(openTime: UnixMs): void {
    if (openTime > (this.#reached ?? -1)) this.#reached = openTime
  }

  /** Takes a closed candle; gives those that may leave, in order. A candle that was there before changes nothing. */
  offer(closed: ClosedCandle): readonly ClosedCandle[] {
    const { openTime } = closed.candle
    this.reach(plusMs(openTime, MINUTE))
    if (this.#last === undefined) this.#last = unixMs(openTime - MINUTE)
    if (openTime > this.#last && !this.#waiting.has(openTime)) this.#waiting.set(openTime, closed)
    return this.#release()
  }

  /** The first stretch of missing minutes; undefined when there is none. */
  hole(): Hole | undefined {
    if (this.#last === undefined || this.#reached === undefined) return undefined
    const from = plusMs(this.#last, MINUTE)
    const next = Math.min(this.#reached, ...this.#waiting.keys())
    return from < next ? { from, to: unixMs(next - MINUTE) } : undefined
  }

  /** Gives the hole up: the venue does not have these minutes. Gives the candles that waited behind it. */
  skip({ to }: Hole): readonly ClosedCandle[] {
    if (to > (this.#last ?? -1)) this.#last = to
    return this.#release()
  }

  #release(): readonly ClosedCandle[] {
    const released: ClosedCandle[] = []
    if (this.#last === undefined) return released
    for (let next = plusMs(this.#last, MINUTE); ; next = plusMs(next, MINUTE)) {
      const closed = this.#waiting.get(next)
      if (closed === undefined) return released
      this.#waiting.delete(next)
      this.#last = next
      released.push(closed)
    }
  }
}

/** Turns a candle's running volume into the volume since the update before. */
export class VolumeMeter {
  #openTime = -1
  #volume = 0

  /** Undefined when the candle is older than the one last seen: a late update says nothing new. */
  take(openTime: UnixMs, volume: number): number | undefined {
    if (openTime < this.#openTime) return undefined
    const before = openTime === this.#openTime ? this.#volume : 0
    this.#openTime = openTime
    this.#volume = Math.max(before, volume)
    return this.#volume - before
  }
}
