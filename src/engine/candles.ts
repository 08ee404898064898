import type { Candle } from '../shared/domain/feed.ts'
import { type Asset, type CandleFrame, frameMs } from '../shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../shared/domain/time.ts'

/** Closed candles kept a series: half a day of minutes, more than a strategy may ask for. */
const KEPT = 720

/** Candles of one asset and frame, built from ticks; a candle the venue reports replaces the built one. */
export class CandleSeries {
  readonly asset: Asset
  readonly frame: CandleFrame
  private readonly closed: Candle[] = []
  private open: Candle | undefined
  /** Counts changes to candles that had closed before; readers that copy must copy anew. */
  edits = 0

  constructor(asset: Asset, frame: CandleFrame) {
    this.asset = asset
    this.frame = frame
  }

  /** Adds a tick; returns the candle that it closed, if it did. */
  tick(ts: UnixMs, price: number, volume: number): Candle | undefined {
    const length = frameMs(this.frame)
    const openTime = unixMs(ts - (ts % length))
    const current = this.open
    // A candle that is closed stays as it is: after a restart some of its prices are told again.
    if (openTime <= (this.closed.at(-1)?.openTime ?? -1)) return undefined
    if (current === undefined || openTime > current.openTime) {
      this.open = { openTime, open: price, high: price, low: price, close: price, volume }
      return current === undefined ? undefined : this.close(current)
    }
    this.open = {
      openTime: current.openTime,
      open: current.open,
      high: Math.max(price, current.high),
      low: Math.min(price, current.low),
      close: price,
      volume: current.volume + volume,
    }
    return undefined
  }

  /** Puts a candle that is known to be closed in its place; true when it is new or differs. */
  put(candle: Candle): boolean {
    const last = this.closed.at(-1)
    if (last === undefined || candle.openTime > last.openTime) {
      this.close(candle)
      if (this.open !== undefined && this.open.openTime <= candle.openTime) this.open = undefined
      return true
    }
    const at = this.indexFrom(candle.openTime)
    const there = this.closed[at]
    if (there?.openTime === candle.openTime) {
      if (sameCandle(there, candle)) return false
      this.closed[at] = candle
      this.edits++
      return true
    }
    this.edits++
    this.closed.splice(at, 0, candle)
    return true
  }

  /** Goes on with a candle that was forming when the desk stopped. */
  resume(forming: Candle): void {
    if (forming.openTime > (this.closed.at(-1)?.openTime ?? -1)) this.open = forming
  }

  /** The candle still forming. */
  current(): Candle | undefined {
    return this.open
  }

  get length(): number {
    return this.closed.length
  }

  /** `ago` 0 is the newest closed candle. */
  ago(ago: number): Candle | undefined {
    return this.closed[this.closed.length - 1 - ago]
  }

  /** Closed candles that opened after `openTime`, oldest first. */
  after(openTime: number): readonly Candle[] {
    return this.closed.slice(this.indexFrom(openTime + 1))
  }

  /** The newest `count` closed candles, oldest first. */
  newest(count: number): readonly Candle[] {
    return this.closed.slice(-count)
  }

  private close(candle: Candle): Candle {
    this.closed.push(candle)
    // Trimmed in blocks, so that the cost of shifting is paid rarely.
    if (this.closed.length > KEPT * 2) this.closed.splice(0, this.closed.length - KEPT)
    return candle
  }

  /** First index whose openTime is at least `openTime`; the newest are asked for most. */
  private indexFrom(openTime: number): number {
    let at = this.closed.length
    while (at > 0 && (this.closed[at - 1]?.openTime ?? 0) >= openTime) at--
    return at
  }
}

function sameCandle(a: Candle, b: Candle): boolean {
  return a.open === b.open && a.high === b.high && a.low === b.low && a.close === b.close && a.volume === b.volume
}

/** All series of the desk's assets. */
export class CandleBook {
  private readonly series = new Map<string, CandleSeries>()

  get(asset: Asset, frame: CandleFrame): CandleSeries {
    const key = `${asset}:${frame}`
    let found = this.series.get(key)
    if (found === undefined) {
      found = new CandleSeries(asset, frame)
      this.series.set(key, found)
    }
    return found
  }

  /** Adds closed minutes older than anything there, and folds them into the longer frames. */
  seed(asset: Asset, minutes: readonly Candle[], frames: readonly CandleFrame[]): void {
    for (const frame of frames) {
      const target = this.get(asset, frame)
      for (const candle of frame === '1m' ? minutes : foldMinutes(minutes, frame)) target.put(candle)
    }
  }
}

/** Whole candles of `frame` from gapless one-minute candles; an incomplete one is left out. */
export function foldMinutes(minutes: readonly Candle[], frame: CandleFrame): Candle[] {
  const length = frameMs(frame)
  const need = length / frameMs('1m')
  const folded: Candle[] = []
  let group: Candle[] = []
  for (const minute of minutes) {
    if (minute.openTime % length === 0) group = []
    group.push(minute)
    const first = group[0]
    if (group.length === need && first !== undefined && first.openTime % length === 0) {
      folded.push({
        openTime: first.openTime,
        open: first.open,
        high: Math.max(...group.map((c) => c.high)),
        low: Math.min(...group.map((c) => c.low)),
        close: minute.close,
        volume: group.reduce((sum, c) => sum + c.volume, 0),
      })
      group = []
    }
  }
  return folded
}
