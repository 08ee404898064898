import type { Asset } from '../../shared/domain/slots.ts'
import { ROW, SHARED_WIDTH } from '../views/view-row.ts'
import { AssetCandles } from './asset-candles.ts'
import { TimeMean, VolMeter } from './estimate.ts'
import { type LazyPrices, SILENCE_MS } from './prices.ts'
import { NO_REGIME, REGIMES, type Regime, regimeOf } from './regime.ts'

/** Assumed volatility before the first prices, as deviation of the log return over one second: 0.5 bp. */
const INITIAL_VOL = 5e-5

/** Reported minutes remembered: 90, longer than any window waits for its outcome. */
const REPORTED_KEPT = 90

/** The engine's state of one underlying. */
export class AssetState<S = unknown> {
  readonly asset: Asset
  readonly candles: AssetCandles
  /** Slots of this underlying. */
  readonly slots: S[] = []
  readonly vol = new VolMeter(INITIAL_VOL)
  /** Closing mean of the windows that end next, once its interval has started. */
  readonly mean = new TimeMean()
  meanStarted = false
  /** Next time at which a window may end, in venue time; 0 before the first price. */
  boundary = 0
  /** Newest price and its receipt time, at their `ROW` indices; shared by all views of the asset. */
  readonly last = new Float64Array(SHARED_WIDTH)
  /** Pending prices of a lazy feed; null when every price is pushed. */
  source: LazyPrices | null = null
  /** True once a candle had volume: without volumes, a flat candle does not show a halt. */
  private reportsVolume = false
  /** Consecutive closed minutes without a trade or a move, up to now. */
  flatInRow = 0
  /** All closed minutes without a trade or a move. */
  flatMinutes = 0
  /** Venue time of the last price; 0 before the first. */
  lastVenue = 0
  /** Venue time of the last price that followed a gap; 0 without one. */
  silentUntil = 0
  /** Open times of the most recent minutes reported by the venue itself. */
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

  /** Newest applied price, without pulling pending ones; for use while a price is being applied. */
  get appliedPrice(): number {
    return this.last[ROW.price] ?? 0
  }

  /** Brings price and closing mean up to `now`, for views of that time. */
  bringUpTo(now: number): void {
    this.source?.pull()
    this.last[ROW.now] = now
  }

  /** Counts a closed minute without a trade or a move. */
  countFlat(high: number, low: number, volume: number): void {
    if (volume > 0) this.reportsVolume = true
    const flat = this.reportsVolume && volume === 0 && high === low
    this.flatInRow = flat ? this.flatInRow + 1 : 0
    if (flat) this.flatMinutes++
  }

  /** Marks a closed minute as reported by the venue itself. */
  noteReported(openTime: number): void {
    this.reportedMinutes.push(openTime)
    if (this.reportedMinutes.length > REPORTED_KEPT) this.reportedMinutes.shift()
  }

  /** True when the venue itself reported the minute, rather than the desk building it from prices. */
  isReported(openTime: number): boolean {
    return this.reportedMinutes.includes(openTime)
  }

  /** Notes the time of a price, and whether it ended a gap, which makes a running closing mean incomplete. */
  notePriceTime(tsVenue: number): void {
    if (tsVenue - this.lastVenue > SILENCE_MS && this.lastVenue > 0) this.silentUntil = tsVenue
    this.lastVenue = tsVenue
  }

  /** Clears the time of the last view, a cache that is not part of a snapshot. */
  clearViewTime(): void {
    this.last[ROW.now] = 0
  }

  /** Invalidates the regime after a minute has closed or was corrected; it is recomputed when next read. */
  minutesChanged(): void {
    this.labelled = false
  }

  /** Regime as an index into `REGIMES`; `NO_REGIME` with too few closed minutes. */
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
