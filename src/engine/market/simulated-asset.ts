import type { Asset } from '../../shared/domain/slots.ts'
import { MINUTE, SECOND } from '../../shared/domain/time.ts'
import type { AssetState } from '../prices/asset-state.ts'
import { TimeMean, VolMeter } from '../prices/estimate.ts'
import { HALT_MINUTES, type LazyPrices, type MinuteRemainder, SILENCE_MS } from '../prices/prices.ts'
import { TICK_PRICE, TICK_TS, TICK_VENUE, TICK_VOLUME } from '../prices/tick-cells.ts'
import type { SlotState } from '../slot-state.ts'
import { PriceGrid } from './price-grid.ts'

/** Prices remembered: more than a feed sends within the slowest reaction of makers. A power of two. */
const KEPT = 8
const MASK = KEPT - 1
/** Layout of a remembered price. */
const TS = 0
const VENUE = 1
const PRICE = 2
const VOL = 3
const MEAN = 4
const HALTED = 5
const WIDTH = 6

/** Gaps remembered: more than can occur while a window waits for its outcome. */
const GAPS_KEPT = 64
/** Missing part of a minute, ms, up to which a candle built from prices is still used. */
const MAX_MISSING_MS = 5_000

/** The simulated venue's state of one underlying: its current price, which the desk receives later. */
export class SimulatedAsset<S = unknown> {
  readonly name: Asset
  private readonly startsWithFeed: boolean
  readonly slots: S[] = []
  /** The engine's state of the same underlying, for prices applied without events; null otherwise. */
  desk: AssetState<SlotState> | null = null
  /** Pending prices of a lazy source; null when every price is pushed. */
  source: LazyPrices | null = null
  readonly vol = new VolMeter(5e-5)
  readonly mean = new TimeMean()
  meanStarted = false
  /** Next time at which a window may end, in venue time. */
  boundary = 0
  price = 0
  volPerSec = 5e-5
  /** Venue time of the last price. */
  lastVenue = 0
  readonly grid = new PriceGrid()
  /** True once the feed reported a volume: without volumes, a flat price does not show a halt. */
  private reportsVolume = false
  /** Base volume of the forming minute. */
  private minuteVolume = 0
  /** Consecutive closed minutes without a trade or a move. */
  private flatMinutes = 0
  /** Most recent gaps in venue time, oldest first: from the last price before to the first after. */
  private readonly gaps: { readonly from: number; readonly to: number }[] = []
  private minuteEnd = 0
  private high = 0
  private low = 0
  private count = 0
  private readonly memory = new Float64Array(KEPT * WIDTH)
  /** Until `calmUntil`, a price between these cannot change any window's price grid; see `BookMaker.calmWithin`. */
  calmLow = 0
  calmHigh = 0
  calmUntil = 0

  /** @param startsWithFeed true when nothing precedes the first price, so that it ends no gap */
  constructor(name: Asset, startsWithFeed: boolean) {
    this.name = name
    this.startsWithFeed = startsWithFeed
  }

  /** Remembers the gap that a price ends; called before the price is applied. */
  noteGap(tsVenue: number): void {
    const isGap = this.lastVenue === 0 ? !this.startsWithFeed : tsVenue - this.lastVenue > SILENCE_MS
    if (!isGap) return
    this.gaps.push({ from: this.lastVenue || tsVenue - (tsVenue % MINUTE), to: tsVenue })
    if (this.gaps.length > GAPS_KEPT) this.gaps.shift()
  }

  /** True when too much of a minute is missing to use a candle built from its prices. */
  hasGapIn(minute: number): boolean {
    return this.gaps.some(({ from, to }) => Math.min(to, minute + MINUTE) - Math.max(from, minute) > MAX_MISSING_MS)
  }

  /** Applies a price. */
  observe(tick: Float64Array, meanSec: number): void {
    const tsVenue = tick[TICK_VENUE] ?? 0
    const price = tick[TICK_PRICE] ?? 0
    const before = this.price
    this.grid.include(price)
    if (this.meanStarted) this.mean.tick(tsVenue, price)
    else if (meanSec > 0 && tsVenue >= this.boundary - meanSec * SECOND) {
      this.mean.begin(this.boundary - meanSec * SECOND, before > 0 ? before : price)
      this.mean.tick(tsVenue, price)
      this.meanStarted = true
    }
    this.updateMinute(tsVenue, price, tick[TICK_VOLUME] ?? 0)
    this.remember(tick[TICK_TS] ?? 0, tsVenue, price)
  }

  /**
   * True during a halt: no trade and no move for `HALT_MINUTES`. Makers do not quote until the next trade. Depends only on
   * closed minutes and the forming one, so that it is the same whichever prices of the minute were applied one by one.
   */
  get isHalted(): boolean {
    return this.flatMinutes >= HALT_MINUTES && this.minuteVolume === 0 && this.high === this.low
  }

  private remember(ts: number, tsVenue: number, price: number): void {
    this.price = price
    this.lastVenue = tsVenue
    const { memory } = this
    const at = (this.count++ & MASK) * WIDTH
    memory[at + TS] = ts
    memory[at + VENUE] = tsVenue
    memory[at + PRICE] = price
    memory[at + VOL] = this.volPerSec
    memory[at + MEAN] = this.meanStarted ? (this.mean.mean(tsVenue) ?? Number.NaN) : Number.NaN
    memory[at + HALTED] = this.isHalted ? 1 : 0
  }

  /** True when a remainder lies within the calm range, so that `takeRemainder` may apply it at once. */
  isCalmWithin({ low, high, ts }: MinuteRemainder): boolean {
    return ts < this.calmUntil && low > this.calmLow && high < this.calmHigh
  }

  /** Applies the remainder of a minute whose first price was observed. */
  takeRemainder({ ts, tsVenue, low, high, close, volume }: MinuteRemainder): void {
    for (const price of [low, high, close]) this.grid.include(price)
    this.minuteVolume = volume
    if (high > this.high || low < this.low) this.widen(high, low)
    this.remember(ts, tsVenue, close)
  }

  private updateMinute(tsVenue: number, price: number, volume: number): void {
    if (volume > 0) this.reportsVolume = true
    if (tsVenue >= this.minuteEnd) {
      if (this.minuteEnd > 0) this.closeMinute(tsVenue, price)
      this.minuteVolume = volume
      this.volPerSec = this.vol.perSecond()
      this.minuteEnd = tsVenue - (tsVenue % MINUTE) + MINUTE
      this.calmUntil = 0
      this.high = price
      this.low = price
      return
    }
    this.minuteVolume += volume
    if (price > this.high || price < this.low) this.widen(price, price)
  }

  /** @param price first price of the next minute */
  private closeMinute(tsVenue: number, price: number): void {
    this.vol.minute(this.high, this.low, 2 * this.grid.halfStep)
    const adjoins = tsVenue < this.minuteEnd + MINUTE
    const flat = this.reportsVolume && this.minuteVolume === 0 && this.high === this.low && price === this.price
    this.flatMinutes = flat && adjoins ? this.flatMinutes + 1 : 0
  }

  private widen(high: number, low: number): void {
    this.high = Math.max(high, this.high)
    this.low = Math.min(low, this.low)
    this.volPerSec = this.vol.perSecondWithin(this.high, this.low, 2 * this.grid.halfStep)
  }

  /** True when the newest price, received at `ts`, lies within the calm range. */
  isCalm(ts: number): boolean {
    return ts < this.calmUntil && this.price > this.calmLow && this.price < this.calmHigh
  }

  /** Closing mean of a window ending at `end`, rounded to the price grid; null when no mean was running. */
  closingValue(end: number): number | null {
    const mean = this.meanStarted ? this.mean.mean(end) : null
    return mean === null ? null : this.grid.nearest(mean)
  }

  /**
   * True when a gap overlaps the closing mean that ends now, so that its value is unknown. `noteGap` must have been called
   * for the price that ends it.
   * @param meanSec length of the closing mean in seconds
   */
  isClosingValueUnknown(meanSec: number): boolean {
    return (this.gaps.at(-1)?.to ?? Number.NEGATIVE_INFINITY) >= this.boundary - meanSec * SECOND
  }

  /** `isHalted` as of the price `ago` prices ago. */
  haltedAt(ago: number): boolean {
    return this.at(ago, HALTED) === 1
  }

  /** Number of remembered prices. */
  get kept(): number {
    return Math.min(this.count, KEPT)
  }

  private at(ago: number, field: number): number {
    return this.memory[((this.count - 1 - ago) & MASK) * WIDTH + field] ?? 0
  }

  tsAt(ago: number): number {
    return this.at(ago, TS)
  }

  tsVenueAt(ago: number): number {
    return this.at(ago, VENUE)
  }

  priceAt(ago: number): number {
    return this.at(ago, PRICE)
  }

  /** Standard deviation of the log return over one second, as estimated then. */
  volAt(ago: number): number {
    return this.at(ago, VOL)
  }

  /** Closing mean up to then; null when none was running. */
  meanAt(ago: number): number | null {
    const mean = this.at(ago, MEAN)
    return Number.isNaN(mean) ? null : mean
  }
}
