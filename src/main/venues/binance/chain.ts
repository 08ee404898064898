import type { Candle, CandleClosed } from '../../../shared/domain/feed.ts'
import { MINUTE, plusMs, type UnixMs, unixMs } from '../../../shared/domain/time.ts'

export interface ClosedCandle {
  readonly candle: Candle
  readonly origin: CandleClosed['origin']
}

/** A gap of missing minutes by open time, both ends inclusive. */
export interface Hole {
  readonly from: UnixMs
  readonly to: UnixMs
}

/**
 * One asset's closed candles in strict order, without gaps or duplicates. A candle is released only after its predecessor;
 * candles behind a hole wait until it is filled.
 */
export class CandleChain {
  #last: UnixMs | undefined
  /** Minutes before this one have ended, whether or not their candles have arrived. */
  #reached: UnixMs | undefined
  readonly #waiting = new Map<UnixMs, ClosedCandle>()

  /** Open time of the last released candle. */
  get last(): UnixMs | undefined {
    return this.#last
  }

  /** Starts after history; minutes missing in it do not exist at the venue. */
  load(candles: readonly Candle[]): void {
    for (const { openTime } of candles) if (openTime > (this.#last ?? -1)) this.#last = openTime
  }

  /** Notes that the venue has reached the candle that opens at `openTime`. */
  reach(openTime: UnixMs): void {
    if (openTime > (this.#reached ?? -1)) this.#reached = openTime
  }

  /** Adds a closed candle; a known one is ignored. @returns the candles released by it, in order */
  offer(closed: ClosedCandle): readonly ClosedCandle[] {
    const { openTime } = closed.candle
    this.reach(plusMs(openTime, MINUTE))
    if (this.#last === undefined) this.#last = unixMs(openTime - MINUTE)
    if (openTime > this.#last && !this.#waiting.has(openTime)) this.#waiting.set(openTime, closed)
    return this.#release()
  }

  /** The first hole; undefined without one. */
  hole(): Hole | undefined {
    if (this.#last === undefined || this.#reached === undefined) return undefined
    const from = plusMs(this.#last, MINUTE)
    const next = Math.min(this.#reached, ...this.#waiting.keys())
    return from < next ? { from, to: unixMs(next - MINUTE) } : undefined
  }

  /** Skips a hole that the venue has no candles for. @returns the candles that waited behind it */
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

/** Converts a candle's cumulative volume to the volume since the previous update. */
export class VolumeMeter {
  #openTime = -1
  #volume = 0

  /** Volume since the previous update; undefined for a late update of an older candle. */
  take(openTime: UnixMs, volume: number): number | undefined {
    if (openTime < this.#openTime) return undefined
    const before = openTime === this.#openTime ? this.#volume : 0
    this.#openTime = openTime
    this.#volume = Math.max(before, volume)
    return this.#volume - before
  }
}
