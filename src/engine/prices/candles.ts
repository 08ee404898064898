import type { Candle } from '../../shared/domain/feed.ts'
import { type Asset, type CandleFrame, frameMs } from '../../shared/domain/slots.ts'
import { unixMs } from '../../shared/domain/time.ts'
import type { MinuteRemainder } from './prices.ts'

/** Closed candles kept per series: half a day of minutes, more than a strategy may request. */
export const KEPT_CANDLES = 720
const CAPACITY = 2 * KEPT_CANDLES
const FIRST_CAPACITY = 64

/**
 * Closed candles as columns, oldest first, valid below `end`. The object is the same for the life of a series, so that views
 * can read it in place; the arrays are replaced as they grow.
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

/** Candles of one asset and frame; a candle reported by the venue replaces the one built from prices. */
export class CandleSeries {
  readonly asset: Asset
  readonly frame: CandleFrame
  readonly columns = emptyColumns(FIRST_CAPACITY)
  /** The forming candle: open, high, low, close, volume. */
  private readonly forming = new Float64Array(5)
  private formingFrom = -1
  private formingEnd = -1
  private readonly span: number
  /** Incremented when a closed candle is inserted or corrected; copies are then outdated. */
  edits = 0

  constructor(asset: Asset, frame: CandleFrame) {
    this.asset = asset
    this.frame = frame
    this.span = frameMs(frame)
  }

  /**
   * Adds a price; true when it closed a candle, which is then `ago(0)`.
   * @param cells four numbers from index `at`, laid out by `tick-cells.ts`
   */
  take(cells: Float64Array, at: number): boolean {
    const { forming } = this
    const ts = cells[at + 1] ?? 0
    const price = cells[at + 2] ?? 0
    if (ts >= this.formingEnd) return this.begin(ts, price, cells[at + 3] ?? 0)
    if (ts < this.formingFrom) return false
    if (price > (forming[1] ?? 0)) forming[1] = price
    if (price < (forming[2] ?? 0)) forming[2] = price
    forming[3] = price
    forming[4] = (forming[4] ?? 0) + (cells[at + 3] ?? 0)
    return false
  }

  /** Adds the remainder of the forming candle. */
  takeRemainder({ tsVenue, low, high, close, volume }: MinuteRemainder): void {
    const { forming } = this
    if (tsVenue < this.formingFrom || tsVenue >= this.formingEnd) return
    forming[1] = Math.max(forming[1] ?? 0, high)
    forming[2] = Math.min(forming[2] ?? 0, low)
    forming[3] = close
    forming[4] = volume
  }

  private begin(ts: number, price: number, volume: number): boolean {
    const openTime = ts - (ts % this.span)
    // A closed candle does not change: after a restart some of its prices arrive again.
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

  /** Inserts or replaces a closed candle; true when it is new or differs. */
  put(candle: Candle): boolean {
    const { openTime, open, high, low, close, volume } = candle
    const { columns } = this
    if (openTime > this.lastOpenTime()) {
      this.append(openTime, open, high, low, close, volume)
      if (this.formingFrom <= openTime) this.discardForming()
      return true
    }
    const at = this.indexFrom(openTime)
    if (columns.openTime[at] === openTime) {
      if (sameCandle(this.at(at), candle)) return false
    } else {
      this.makeRoom()
      for (const column of columnsOf(columns)) column.copyWithin(at + 1, at, columns.end)
      columns.end++
    }
    this.edits++
    this.write(at, openTime, open, high, low, close, volume)
    return true
  }

  /** Continues a candle that was forming when the desk stopped. */
  resume(candle: Candle): void {
    if (candle.openTime <= this.lastOpenTime()) return
    this.formingFrom = candle.openTime
    this.formingEnd = candle.openTime + this.span
    this.forming.set([candle.open, candle.high, candle.low, candle.close, candle.volume])
  }

  private discardForming(): void {
    this.formingFrom = -1
    this.formingEnd = -1
  }

  /** The forming candle; undefined before the first price. */
  current(): Candle | undefined {
    if (this.formingFrom < 0) return undefined
    const [open = 0, high = 0, low = 0, close = 0, volume = 0] = this.forming
    return { openTime: unixMs(this.formingFrom), open, high, low, close, volume }
  }

  get length(): number {
    return this.columns.end
  }

  /** Open time of the newest closed candle; −1 without one. */
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

  /** The closed candles that opened at or after `openTime`, aggregated; undefined without any. */
  foldedFrom(openTime: number): Candle | undefined {
    const { columns } = this
    const first = this.indexFrom(openTime)
    if (first === columns.end) return undefined
    let high = columns.high[first] ?? 0
    let low = columns.low[first] ?? 0
    let volume = columns.volume[first] ?? 0
    for (let i = first + 1; i < columns.end; i++) {
      high = Math.max(high, columns.high[i] ?? 0)
      low = Math.min(low, columns.low[i] ?? 0)
      volume += columns.volume[i] ?? 0
    }
    return {
      openTime: unixMs(openTime),
      open: columns.open[first] ?? 0,
      high,
      low,
      close: columns.close[columns.end - 1] ?? 0,
      volume,
    }
  }

  private range(from: number): Candle[] {
    const candles: Candle[] = []
    for (let i = from; i < this.columns.end; i++) candles.push(this.at(i))
    return candles
  }

  private at(i: number): Candle {
    const { columns } = this
    return {
      openTime: unixMs(columns.openTime[i] ?? 0),
      open: columns.open[i] ?? 0,
      high: columns.high[i] ?? 0,
      low: columns.low[i] ?? 0,
      close: columns.close[i] ?? 0,
      volume: columns.volume[i] ?? 0,
    }
  }

  private append(openTime: number, open: number, high: number, low: number, close: number, volume: number): void {
    this.makeRoom()
    this.write(this.columns.end++, openTime, open, high, low, close, volume)
  }

  private write(at: number, openTime: number, open: number, high: number, low: number, close: number, volume: number) {
    const { columns } = this
    columns.openTime[at] = openTime
    columns.open[at] = open
    columns.high[at] = high
    columns.low[at] = low
    columns.close[at] = close
    columns.volume[at] = volume
  }

  /** Grows the columns up to `CAPACITY`, then moves the newest half to the front, so that the cost is rare. */
  private makeRoom(): void {
    const { columns } = this
    if (columns.end < columns.openTime.length) return
    if (columns.end < CAPACITY) {
      const wider = emptyColumns(Math.min(CAPACITY, columns.end * 3))
      for (const name of COLUMN_NAMES) {
        wider[name].set(columns[name])
        columns[name] = wider[name]
      }
      return
    }
    for (const column of columnsOf(columns)) column.copyWithin(0, CAPACITY - KEPT_CANDLES, CAPACITY)
    columns.end = KEPT_CANDLES
  }

  /** First index whose open time is at least `openTime`, searched from the end: recent candles are read most. */
  private indexFrom(openTime: number): number {
    const { columns } = this
    let at = columns.end
    while (at > 0 && (columns.openTime[at - 1] ?? 0) >= openTime) at--
    return at
  }
}

const COLUMN_NAMES = ['openTime', 'open', 'high', 'low', 'close', 'volume'] as const

function columnsOf(columns: CandleColumns): readonly Float64Array[] {
  return COLUMN_NAMES.map((name) => columns[name])
}

function sameCandle(a: Candle, b: Candle): boolean {
  return a.open === b.open && a.high === b.high && a.low === b.low && a.close === b.close && a.volume === b.volume
}
