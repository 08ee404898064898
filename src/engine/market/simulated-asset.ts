import type { Asset } from '../../shared/domain/slots.ts'
import { MINUTE, SECOND } from '../../shared/domain/time.ts'
import type { AssetState } from '../prices/asset-state.ts'
import { TimeMean, VolMeter } from '../prices/estimate.ts'
import { HALT_MINUTES, type LazyPrices, type MinuteRemainder, SILENCE_MS } from '../prices/prices.ts'
import { TICK_PRICE, TICK_TS, TICK_VENUE, TICK_VOLUME } from '../prices/tick-cells.ts'
import type { SlotState } from '../state.ts'
import { PriceGrid } from './price-grid.ts'

/** Prices remembered: more than a feed tells within the slowest reaction. A power of two. */
const KEPT = 8
const MASK = KEPT - 1
/** Where the figures of a remembered price stand among its own. */
const TS = 0
const VENUE = 1
const PRICE = 2
const VOL = 3
const MEAN = 4
const HALTED = 5
const WIDTH = 6

/** Silences remembered: more than there are while a window waits for its outcome. */
const KEPT_SILENCES = 64
/** Of a minute that a candle made of prices still tells. */
const MAX_SILENT_MS = 5_000

/** What the market knows of one underlying: its true price, before the desk hears of it. */
export class SimulatedAsset<S = unknown> {
  readonly name: Asset
  private readonly startsWithFeed: boolean
  readonly slots: S[] = []
  /** The desk's side of the same underlying, where prices go without an event. */
  desk: AssetState<SlotState> | null = null
  /** Null where every price is told. */
  source: LazyPrices | null = null
  readonly vol = new VolMeter(5e-5)
  readonly mean = new TimeMean()
  meanStarted = false
  /** Next moment, in the venue's time, at which a window may end. */
  boundary = 0
  price = 0
  volPerSec = 5e-5
  /** Venue time of the last price. */
  lastVenue = 0
  readonly grid = new PriceGrid()
  /** Whether this feed tells volumes at all: without them a price that stands still says nothing. */
  private reportsVolume = false
  /** Base volume of the minute that is forming. */
  private minuteVolume = 0
  /** Closed minutes in a row without a trade and without a move. */
  private flatMinutes = 0
  /** Newest silences, in the venue's time, oldest first: from the last price before to the first after. */
  private readonly silences: { readonly from: number; readonly to: number }[] = []
  private minuteEnd = 0
  private high = 0
  private low = 0
  private count = 0
  private readonly memory = new Float64Array(KEPT * WIDTH)
  /** A price between these and before then decides no window by itself; see `BookMaker.calmWithin`. */
  calmLow = 0
  calmHigh = 0
  calmUntil = 0

  /** @param beginsHere nothing came before the first price, so that it ends no silence */
  constructor(name: Asset, startsWithFeed: boolean) {
    this.name = name
    this.startsWithFeed = startsWithFeed
  }

  /** To be called before anything is made of a price: remembers the silence that it ends. */
  noteSilence(tsVenue: number): void {
    const silent = this.lastVenue === 0 ? !this.startsWithFeed : tsVenue - this.lastVenue > SILENCE_MS
    if (!silent) return
    this.silences.push({ from: this.lastVenue || tsVenue - (tsVenue % MINUTE), to: tsVenue })
    if (this.silences.length > KEPT_SILENCES) this.silences.shift()
  }

  /** True when so much of a minute was silent that a candle made of what was heard does not tell it. */
  wasSilentIn(minute: number): boolean {
    return this.silences.some(({ from, to }) => Math.min(to, minute + MINUTE) - Math.max(from, minute) > MAX_SILENT_MS)
  }

  /** Takes a price in. */
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
    this.range(tsVenue, price, tick[TICK_VOLUME] ?? 0)
    this.remember(tick[TICK_TS] ?? 0, tsVenue, price)
  }

  /**
   * No trade and no move for so long that an exchange would call it a halt: nobody quotes. The first trade ends it.
   * Known from closed minutes and the one that is forming, so that it makes no difference which of its prices were heard.
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

  /** True when no price between these can decide anything until after `ts`: `takeRest` may take them in at once. */
  isCalmWithin({ low, high, ts }: MinuteRemainder): boolean {
    return ts < this.calmUntil && low > this.calmLow && high < this.calmHigh
  }

  /** Takes in the rest of a minute whose first price was observed. */
  takeRemainder({ ts, tsVenue, low, high, close, volume }: MinuteRemainder): void {
    for (const price of [low, high, close]) this.grid.include(price)
    this.minuteVolume = volume
    if (high > this.high || low < this.low) this.widen(high, low)
    this.remember(ts, tsVenue, close)
  }

  private range(tsVenue: number, price: number, volume: number): void {
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

  /** @param price first one of the minute that begins */
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

  /** True when the newest price, of `ts`, is known to decide nothing. */
  isCalm(ts: number): boolean {
    return ts < this.calmUntil && this.price > this.calmLow && this.price < this.calmHigh
  }

  /** Value that decides a window ending at `end`, by the mean, on the price's own grid; null where none was running. */
  closingValue(end: number): number | null {
    const mean = this.meanStarted ? this.mean.mean(end) : null
    return mean === null ? null : this.grid.nearest(mean)
  }

  /**
   * True when prices were silent within the mean that closes now, whose length in seconds is given, or until the price
   * that closes it: what it comes to is not known. `noteSilence` has seen that price.
   */
  isClosingValueUnknown(meanSec: number): boolean {
    return (this.silences.at(-1)?.to ?? Number.NEGATIVE_INFINITY) >= this.boundary - meanSec * SECOND
  }

  /** Whether the market counted as halted then; see `isHalted`. */
  haltedAt(ago: number): boolean {
    return this.at(ago, HALTED) === 1
  }

  /** How many prices are remembered. */
  get kept(): number {
    return Math.min(this.count, KEPT)
  }

  private at(ago: number, what: number): number {
    return this.memory[((this.count - 1 - ago) & MASK) * WIDTH + what] ?? 0
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

  /** Standard deviation of the log return over one second, as it was known then. */
  volAt(ago: number): number {
    return this.at(ago, VOL)
  }

  /** Part of the closing mean that had passed then; null where none was running. */
  meanAt(ago: number): number | null {
    const mean = this.at(ago, MEAN)
    return Number.isNaN(mean) ? null : mean
  }
}
