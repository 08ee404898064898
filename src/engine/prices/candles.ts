import type { Candle } from '../../shared/domain/feed.ts'
import { type Asset, type CandleFrame, frameMs } from '../../shared/domain/slots.ts'
import { unixMs } from '../../shared/domain/time.ts'
import type { MinuteRemainder } from './prices.ts'

/** Closed candles kept a series: half a day of minutes, more than a strategy may ask for. */
export const KEPT_CANDLES = 720
const CAPACITY = 2 * KEPT_CANDLES
const FIRST_CAPACITY = 64

/**
 * Closed candles as columns, oldest first, valid below `end`. The object stays the same for the life of a series, so
 * that a view can read them where they lie; the arrays grow.
 */
export interface CandleColumns {
  openTime: Float64Array
  open: Float64Array
  high: Float64Array
  low: Float64Array
  close: Float64Array
  volume: Float64Array
  end: number
}

function emptyColumns(capacity: number): CandleColumns {
  const column = () => new Float64Array(capacity)
  return {
    openTime: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
    end: 0,
  }
}

/** Candles of one asset and frame; a candle the venue reports replaces the one built from prices. */
export class CandleSeries {
  readonly asset: Asset
  readonly frame: CandleFrame
  readonly columns = emptyColumns(FIRST_CAPACITY)
  /** The forming candle: open, high, low, close, volume. */
  private readonly forming = new Float64Array(5)
  private formingFrom = -1
  private formingEnd = -1
  private readonly span: number
  /** Counts changes to candles that had closed before; readers that copy must copy anew. */
  edits = 0

  constructor(asset: Asset, frame: CandleFrame) {
    this.asset = asset
    this.frame = frame
    this.span = frameMs(frame)
  }

  /**
   * Adds a price; true when it closed a candle, which is then `ago(0)`.
   * @param cells receipt time, venue time, price and volume from `at` on
   */
  take(cells: Float64Array, at: number): boolean {
    const f = this.forming
    const ts = cells[at + 1] ?? 0
    const price = cells[at + 2] ?? 0
    if (ts >= this.formingEnd) return this.begin(ts, price, cells[at + 3] ?? 0)
    if (ts < this.formingFrom) return false
    if (price > (f[1] ?? 0)) f[1] = price
    if (price < (f[2] ?? 0)) f[2] = price
    f[3] = price
    f[4] = (f[4] ?? 0) + (cells[at + 3] ?? 0)
    return false
  }

  /** Takes in what is left of the forming candle. */
  takeRemainder({ tsVenue, low, high, close, volume }: MinuteRemainder): void {
    const f = this.forming
    if (tsVenue < this.formingFrom || tsVenue >= this.formingEnd) return
    f[1] = Math.max(f[1] ?? 0, high)
    f[2] = Math.min(f[2] ?? 0, low)
    f[3] = close
    f[4] = volume
  }

  private begin(ts: number, price: number, volume: number): boolean {
    const openTime = ts - (ts % this.span)
    // A candle that is closed stays as it is: after a restart some of its prices are told again.
    if (openTime <= this.lastOpenTime()) return false
    const closes = this.formingFrom >= 0
    if (closes) {
      const [open = 0, high = 0, low = 0, close = 0, total = 0] = this.forming
      this.append(this.formingFrom, open, high, low, close, total)
    }
    this.formingFrom = openTime
    this.formingEnd = openTime + this.span
    this.forming.fill(price, 0, 4)
    this.forming[4] = volume
    return closes
  }

  /** Puts a candle that is known to be closed in its place; true when it is new or differs. */
  put(candle: Candle): boolean {
    const { openTime, open, high, low, close, volume } = candle
    const c = this.columns
    if (openTime > this.lastOpenTime()) {
      this.append(openTime, open, high, low, close, volume)
      if (this.formingFrom <= openTime) this.forget()
      return true
    }
    const at = this.indexFrom(openTime)
    if (c.openTime[at] === openTime) {
      if (sameCandle(this.at(at), candle)) return false
    } else {
      this.makeRoom()
      for (const column of columnsOf(c)) column.copyWithin(at + 1, at, c.end)
      c.end++
    }
    this.edits++
    this.write(at, openTime, open, high, low, close, volume)
    return true
  }

  /** Goes on with a candle that was forming when the desk stopped. */
  resume(candle: Candle): void {
    if (candle.openTime <= this.lastOpenTime()) return
    this.formingFrom = candle.openTime
    this.formingEnd = candle.openTime + this.span
    this.forming.set([candle.open, candle.high, candle.low, candle.close, candle.volume])
  }

  private forget(): void {
    this.formingFrom = -1
    this.formingEnd = -1
  }

  /** The candle still forming. */
  current(): Candle | undefined {
    if (this.formingFrom < 0) return undefined
    const [open = 0, high = 0, low = 0, close = 0, volume = 0] = this.forming
    return { openTime: unixMs(this.formingFrom), open, high, low, close, volume }
  }

  get length(): number {
    return this.columns.end
  }

  /** Of the newest closed candle; −1 without one. */
  lastOpenTime(): number {
    const { end, openTime } = this.columns
    return end === 0 ? -1 : (openTime[end - 1] ?? -1)
  }

  /** `ago` 0 is the newest closed candle. */
  ago(ago: number): Candle | undefined {
    const at = this.columns.end - 1 - ago
    return at < 0 ? undefined : this.at(at)
  }

  /** Closed candles that opened after `openTime`, oldest first. */
  after(openTime: number): readonly Candle[] {
    return this.range(this.indexFrom(openTime + 1))
  }

  /** The newest `count` closed candles, oldest first. */
  newest(count: number): readonly Candle[] {
    return this.range(Math.max(0, this.columns.end - count))
  }

  /** The closed candles that opened at or after `openTime` as one; undefined when there is none. */
  foldedFrom(openTime: number): Candle | undefined {
    const c = this.columns
    const first = this.indexFrom(openTime)
    if (first === c.end) return undefined
    let high = c.high[first] ?? 0
    let low = c.low[first] ?? 0
    let volume = c.volume[first] ?? 0
    for (let i = first + 1; i < c.end; i++) {
      high = Math.max(high, c.high[i] ?? 0)
      low = Math.min(low, c.low[i] ?? 0)
      volume += c.volume[i] ?? 0
    }
    return {
      openTime: unixMs(openTime),
      open: c.open[first] ?? 0,
      high,
      low,
      close: c.close[c.end - 1] ?? 0,
      volume,
    }
  }

  private range(from: number): Candle[] {
    const candles: Candle[] = []
    for (let i = from; i < this.columns.end; i++) candles.push(this.at(i))
    return candles
  }

  private at(i: number): Candle {
    const c = this.columns
    return {
      openTime: unixMs(c.openTime[i] ?? 0),
      open: c.open[i] ?? 0,
      high: c.high[i] ?? 0,
      low: c.low[i] ?? 0,
      close: c.close[i] ?? 0,
      volume: c.volume[i] ?? 0,
    }
  }

  private append(openTime: number, open: number, high: number, low: number, close: number, volume: number): void {
    this.makeRoom()
    this.write(this.columns.end++, openTime, open, high, low, close, volume)
  }

  private write(at: number, openTime: number, open: number, high: number, low: number, close: number, volume: number) {
    const c = this.columns
    c.openTime[at] = openTime
    c.open[at] = open
    c.high[at] = high
    c.low[at] = low
    c.close[at] = close
    c.volume[at] = volume
  }

  /** Lets the columns grow, and once they are full shifts the newest half to the front: the cost is paid rarely. */
  private makeRoom(): void {
    const c = this.columns
    if (c.end < c.openTime.length) return
    if (c.end < CAPACITY) {
      const wider = emptyColumns(Math.min(CAPACITY, c.end * 3))
      for (const name of COLUMN_NAMES) {
        wider[name].set(c[name])
        c[name] = wider[name]
      }
      return
    }
    for (const column of columnsOf(c)) column.copyWithin(0, CAPACITY - KEPT_CANDLES, CAPACITY)
    c.end = KEPT_CANDLES
  }

  /** First index whose openTime is at least `openTime`; the newest are asked for most. */
  private indexFrom(openTime: number): number {
    const c = this.columns
    let at = c.end
    while (at > 0 && (c.openTime[at - 1] ?? 0) >= openTime) at--
    return at
  }
}

const COLUMN_NAMES = ['openTime', 'open', 'high', 'low', 'close', 'volume'] as const

function columnsOf(c: CandleColumns): readonly Float64Array[] {
  return COLUMN_NAMES.map((name) => c[name])
}

function sameCandle(a: Candle, b: Candle): boolean {
  return a.open === b.open && a.high === b.high && a.low === b.low && a.close === b.close && a.volume === b.volume
}

const LONGER = ['5m', '15m'] as const
const SHORTEST = frameMs('5m')
const NONE: readonly CandleFrame[] = []

/** The three series of one asset. Longer candles are folded from minutes, never built beside them. */
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
   * To be called when a price at `ts` closed a minute: closes the longer candles that are over then.
   * @returns the frames in which a candle closed, each now `ago(0)`
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

  /** Folds the longer candles anew whose minutes are all there; gives the frames that changed. */
  refold(minute: Candle): { frame: CandleFrame; candle: Candle }[] {
    return LONGER.flatMap((frame) => {
      const from = minute.openTime - (minute.openTime % frameMs(frame))
      const inside = this['1m'].after(from - 1).filter((m) => m.openTime < from + frameMs(frame))
      return foldMinutes(inside, frame)
        .filter((candle) => this[frame].put(candle))
        .map((candle) => ({ frame, candle }))
    })
  }

  /** The forming candle of a frame, put together from its closed minutes and the forming one. */
  current(frame: CandleFrame): Candle | undefined {
    const minute = this['1m'].current()
    if (frame === '1m' || minute === undefined) return minute
    const from = minute.openTime - (minute.openTime % frameMs(frame))
    const whole = foldAll([...this['1m'].after(from - 1), minute])
    return whole === undefined ? undefined : { ...whole, openTime: unixMs(from) }
  }

  /** Adds closed minutes older than anything there, and folds them into the longer frames. */
  seed(minutes: readonly Candle[]): void {
    for (const candle of minutes) this['1m'].put(candle)
    for (const frame of LONGER) for (const candle of foldMinutes(minutes, frame)) this[frame].put(candle)
  }
}

function foldAll(minutes: readonly Candle[]): Candle | undefined {
  const [first] = minutes
  if (first === undefined) return undefined
  return minutes.slice(1).reduce(
    (whole, m) => ({
      openTime: whole.openTime,
      open: whole.open,
      high: Math.max(whole.high, m.high),
      low: Math.min(whole.low, m.low),
      close: m.close,
      volume: whole.volume + m.volume,
    }),
    first,
  )
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
    const whole = group.length === need && first !== undefined && first.openTime % length === 0 && foldAll(group)
    if (whole) {
      folded.push(whole)
      group = []
    }
  }
  return folded
}
