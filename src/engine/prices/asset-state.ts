import type { Asset } from '../../shared/domain/slots.ts'
import { ROW, SHARED_WIDTH } from '../views/view-row.ts'
import { AssetCandles } from './candles.ts'
import { TimeMean, VolMeter } from './estimate.ts'
import { type LazyPrices, SILENCE_MS } from './prices.ts'
import { NO_REGIME, REGIMES, type Regime, regimeOf } from './regime.ts'

/** Volatility a second assumed before prices have said anything: 0.5 bp. */
const FIRST_GUESS_VOL = 5e-5

/** Told minutes remembered: an hour and a half, more than any window waits for its outcome. */
const KEPT_TOLD = 90

/** What the engine knows of one underlying. */
export class AssetState<S = unknown> {
  readonly asset: Asset
  readonly candles: AssetCandles
  /** Slots of this underlying. */
  readonly slots: S[] = []
  readonly vol = new VolMeter(FIRST_GUESS_VOL)
  /** Mean price since `meanSec` before the next boundary, once that has begun. */
  readonly mean = new TimeMean()
  meanStarted = false
  /** Next moment, in the venue's time, at which a window may end; 0 before the first price. */
  boundary = 0
  /** The newest price and when it came, at their places of a view's row: views read them here. */
  readonly last = new Float64Array(SHARED_WIDTH)
  /** Null where every price is told. */
  source: LazyPrices | null = null
  /** Whether a candle ever had volume: without, one that stands still says nothing. */
  private reportsVolume = false
  /** Closed minutes without a trade and without a move: in a row until now, and all of them. */
  flatInRow = 0
  flatMinutes = 0
  /** Venue time of the last price, and of the last one that came after a silence; 0 before the first. */
  lastVenue = 0
  silentUntil = 0
  /** Opening times of the newest minutes that the venue itself told. */
  private readonly reportedMinutes: number[] = []
  private label = NO_REGIME
  private labelled = true

  constructor(asset: Asset) {
    this.asset = asset
    this.candles = new AssetCandles(asset)
  }

  get price(): number {
    this.source?.pull()
    return this.last[ROW.price] ?? 0
  }

  set price(price: number) {
    this.last[ROW.price] = price
  }

  get priceTs(): number {
    this.source?.pull()
    return this.last[ROW.priceTs] ?? 0
  }

  set priceTs(ts: number) {
    this.last[ROW.priceTs] = ts
  }

  /** The price as far as it was heard: for whoever is just hearing one. */
  get appliedPrice(): number {
    return this.last[ROW.price] ?? 0
  }

  /** Brings price and mean up to `now`, for views of that moment. */
  bringUpTo(now: number): void {
    this.source?.pull()
    this.last[ROW.now] = now
  }

  /** A minute has closed: counts how long nothing was traded and nothing moved. */
  countFlat(high: number, low: number, volume: number): void {
    if (volume > 0) this.reportsVolume = true
    const flat = this.reportsVolume && volume === 0 && high === low
    this.flatInRow = flat ? this.flatInRow + 1 : 0
    if (flat) this.flatMinutes++
  }

  /** The venue itself told this closed minute. */
  noteReported(openTime: number): void {
    this.reportedMinutes.push(openTime)
    if (this.reportedMinutes.length > KEPT_TOLD) this.reportedMinutes.shift()
  }

  isReported(openTime: number): boolean {
    return this.reportedMinutes.includes(openTime)
  }

  /** A price has been heard: where the feed was silent before it, a mean that runs has a hole in it. */
  notePriceTime(tsVenue: number): void {
    if (tsVenue - this.lastVenue > SILENCE_MS && this.lastVenue > 0) this.silentUntil = tsVenue
    this.lastVenue = tsVenue
  }

  /** Forgets as of which moment the price was last looked at: a cache of views, which follows from the rest. */
  clearViewTime(): void {
    this.last[ROW.now] = 0
  }

  /** A minute has closed or was corrected: the label is worked out anew when it is next asked for. */
  minutesChanged(): void {
    this.labelled = false
  }

  /** Volatility × trend label by the closed minutes, as a place in `REGIMES`; `NO_REGIME` while there are too few. */
  get regimeCode(): number {
    if (!this.labelled) {
      this.label = regimeOf(this.candles['1m'])
      this.labelled = true
    }
    return this.label
  }

  get regime(): Regime | null {
    return REGIMES[this.regimeCode] ?? null
  }
}
