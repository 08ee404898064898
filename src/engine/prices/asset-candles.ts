import type { Candle } from '../../shared/domain/feed.ts'
import { type Asset, type CandleFrame, frameMs } from '../../shared/domain/slots.ts'
import { unixMs } from '../../shared/domain/time.ts'
import { CandleSeries } from './candles.ts'

const LONGER = ['5m', '15m'] as const
const SHORTEST = frameMs('5m')
const NONE: readonly CandleFrame[] = []

/** The three series of one asset. Longer candles are aggregated from closed minutes, never built from prices. */
export class AssetCandles {
  readonly '1m': CandleSeries
  readonly '5m': CandleSeries
  readonly '15m': CandleSeries

  constructor(asset: Asset) {
    this['1m'] = new CandleSeries(asset, '1m')
    this['5m'] = new CandleSeries(asset, '5m')
    this['15m'] = new CandleSeries(asset, '15m')
  }

  /**
   * Closes the longer candles that end with the minute closed by a price at `ts`.
   * @returns the frames in which a candle closed; each is then `ago(0)`
   */
  closeLonger(ts: number): readonly CandleFrame[] {
    const last = this['1m'].lastOpenTime()
    if (last < 0 || ts < last - (last % SHORTEST) + SHORTEST) return NONE
    const closed: CandleFrame[] = []
    for (const frame of LONGER) {
      const from = last - (last % frameMs(frame))
      if (ts < from + frameMs(frame)) continue
      const whole = this['1m'].foldedFrom(from)
      if (whole !== undefined && this[frame].put(whole)) closed.push(frame)
    }
    return closed
  }

  /** Aggregates the longer candles of a corrected minute again, where all their minutes are known; returns those that changed. */
  refold(minute: Candle): { frame: CandleFrame; candle: Candle }[] {
    return LONGER.flatMap((frame) => {
      const from = minute.openTime - (minute.openTime % frameMs(frame))
      const inside = this['1m'].after(from - 1).filter(({ openTime }) => openTime < from + frameMs(frame))
      return foldMinutes(inside, frame)
        .filter((candle) => this[frame].put(candle))
        .map((candle) => ({ frame, candle }))
    })
  }

  /** The forming candle of a frame, aggregated from its closed minutes and the forming one. */
  current(frame: CandleFrame): Candle | undefined {
    const minute = this['1m'].current()
    if (frame === '1m' || minute === undefined) return minute
    const from = minute.openTime - (minute.openTime % frameMs(frame))
    const whole = foldAll([...this['1m'].after(from - 1), minute])
    return whole === undefined ? undefined : { ...whole, openTime: unixMs(from) }
  }

  /** Adds closed minutes from before the start and aggregates them into the longer frames. */
  seed(minutes: readonly Candle[]): void {
    for (const candle of minutes) this['1m'].put(candle)
    for (const frame of LONGER) for (const candle of foldMinutes(minutes, frame)) this[frame].put(candle)
  }
}

function foldAll(minutes: readonly Candle[]): Candle | undefined {
  const [first] = minutes
  if (first === undefined) return undefined
  return minutes.slice(1).reduce(
    (whole, minute) => ({
      openTime: whole.openTime,
      open: whole.open,
      high: Math.max(whole.high, minute.high),
      low: Math.min(whole.low, minute.low),
      close: minute.close,
      volume: whole.volume + minute.volume,
    }),
    first,
  )
}

/** Complete candles of `frame` from one-minute candles without gaps; incomplete ones are omitted. */
export function foldMinutes(minutes: readonly Candle[], frame: CandleFrame): Candle[] {
  const length = frameMs(frame)
  const need = length / frameMs('1m')
  const folded: Candle[] = []
  let group: Candle[] = []
  for (const minute of minutes) {
    if (minute.openTime % length === 0) group = []
    group.push(minute)
    const first = group[0]
    const whole = group.length === need && first !== undefined && first.openTime % length === 0 && foldAll(group)
    if (whole) {
      folded.push(whole)
      group = []
    }
  }
  return folded
}
