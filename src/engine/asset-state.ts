import type { Asset } from '../shared/domain/slots.ts'
import { MINUTE } from '../shared/domain/time.ts'
import { AssetCandles } from './candles.ts'
import { TimeMean, VolMeter } from './estimate.ts'
import { NO_REGIME, REGIMES, type Regime, regimeOf } from './regime.ts'
import type { SlotState } from './state.ts'
import { ROW, SHARED_WIDTH } from './view-row.ts'

/** Volatility a second assumed before prices have said anything: 0.5 bp. */
const FIRST_GUESS_VOL = 5e-5

/** A feed that said nothing for so long has not seen what happened in between. */
export const SILENCE_MS = 15_000
/** Told minutes remembered: an hour and a half, more than any window waits for its outcome. */
const KEPT_TOLD = 90

/** Length of the grid on which windows end: every window's end is one of a five-minute window, too. */
export const BOUNDARY_MS = 5 * MINUTE

/** Prices that nobody tells at their moments: whoever looks asks for them. */
export interface LazyPrices {
  /** Has everybody hear what there is by now. */
  pull(): void
}

/** What is left of a minute in one piece: prices between its extremes, both of which it met. */
export interface MinuteRest {
  /** When the last of them is heard, and the venue's own time of it. */
  ts: number
  tsVenue: number
  low: number
  high: number
  close: number
  /** Of the whole minute. */
  volume: number
}

/** What the engine knows of one underlying. */
export class AssetState {
  readonly asset: Asset
  readonly candles: AssetCandles
  /** Slots of this underlying. */
  readonly slots: SlotState[] = []
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
  private tellsVolume = false
  /** Closed minutes without a trade and without a move: in a row until now, and all of them. */
  flatInRow = 0
  flatMinutes = 0
  /** Venue time of the last price, and of the last one that came after a silence; 0 before the first. */
  lastVenue = 0
  silentUntil = 0
  /** Opening times of the newest minutes that the venue itself told. */
  private readonly told: number[] = []
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
  get heardPrice(): number {
    return this.last[ROW.price] ?? 0
  }

  /** Brings price and mean up to `now`, for views of that moment. */
  look(now: number): void {
    this.source?.pull()
    this.last[ROW.now] = now
  }

  /** A minute has closed: counts how long nothing was traded and nothing moved. */
  countFlat(high: number, low: number, volume: number): void {
    if (volume > 0) this.tellsVolume = true
    const flat = this.tellsVolume && volume === 0 && high === low
    this.flatInRow = flat ? this.flatInRow + 1 : 0
    if (flat) this.flatMinutes++
  }

  /** The venue itself told this closed minute. */
  noteTold(openTime: number): void {
    this.told.push(openTime)
    if (this.told.length > KEPT_TOLD) this.told.shift()
  }

  isTold(openTime: number): boolean {
    return this.told.includes(openTime)
  }

  /** A price has been heard: where the feed was silent before it, a mean that runs has a hole in it. */
  hear(tsVenue: number): void {
    if (tsVenue - this.lastVenue > SILENCE_MS && this.lastVenue > 0) this.silentUntil = tsVenue
    this.lastVenue = tsVenue
  }

  /** Forgets as of which moment the price was last looked at: a cache of views, which follows from the rest. */
  forgetLook(): void {
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
