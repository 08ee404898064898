import { invariant } from '../../shared/domain/base.ts'
import type { Candle, PriceTick, TickSource } from '../../shared/domain/feed.ts'
import type { Asset } from '../../shared/domain/slots.ts'
import { MINUTE, SECOND, type UnixMs, unixMs } from '../../shared/domain/time.ts'
import { type CandleColumns, closedBefore, firstFrom } from './candle-columns.ts'
import { placeSeed, softNormalAt, uniformAt } from './noise.ts'
import { onGrid } from './price-grid.ts'

/** One price per cycle, one second before it: a finer path inside a candle would be invented anyway. */
const TICK_MS = 5 * SECOND
const FIRST_MS = 4 * SECOND
export const TICKS_A_MINUTE = MINUTE / TICK_MS
const LAST = TICKS_A_MINUTE - 1

/** Expected range of a Brownian path over a minute, in standard deviations of one tick: 1.6 × √12 (Feller 1951). */
const RANGE_PER_SIGMA = 5.54

export interface CandlePathOptions {
  /** Also the order of ticks at the same time. */
  readonly series: readonly CandleColumns[]
  /** Start of the playback, inclusive. */
  readonly from: UnixMs
  /** End of the playback, exclusive. */
  readonly to: UnixMs
  readonly seed: number
}

/** Time of tick `at` of a minute. */
export function tickAt(minute: number, at: number): number {
  return minute + FIRST_MS + at * TICK_MS
}

/** Index of the first tick of a minute at or after `ts`; `TICKS_A_MINUTE` without one. */
export function firstTickFrom(minute: number, ts: number): number {
  return Math.min(TICKS_A_MINUTE, Math.max(0, Math.ceil((ts - minute - FIRST_MS) / TICK_MS)))
}

/** Position of a playback in one asset's candles; expands one minute into ticks at a time. */
export class CandleTrack {
  readonly series: CandleColumns
  /** Index of the current candle when `hasMinute`, otherwise of the next one. */
  index: number
  /** True when the current minute has a candle. */
  hasMinute = false
  readonly prices = new Float64Array(TICKS_A_MINUTE)
  readonly volumes = new Float64Array(TICKS_A_MINUTE)
  private readonly seed: number

  constructor(series: CandleColumns, from: number, seed: number) {
    this.series = series
    this.seed = seed
    this.index = firstFrom(series, from - (from % MINUTE))
  }

  /** Writes prices and volumes of the current minute's ticks. */
  expand(minute: number): void {
    expandCandle(this, placeSeed(this.seed ^ (minute / MINUTE), this.series.asset))
  }
}

/** Start of the earliest next minute of all tracks; infinity when it is not before `to`. */
export function minuteAfter(tracks: readonly CandleTrack[], to: number): number {
  let minute = Number.POSITIVE_INFINITY
  for (const { series, index, hasMinute } of tracks) {
    const next = hasMinute ? index + 1 : index
    if (next < series.length) minute = Math.min(minute, series.openTime[next] ?? minute)
  }
  return minute < to ? minute : Number.POSITIVE_INFINITY
}

/** Moves all tracks to a minute; some may have no candle there. */
export function enterMinute(tracks: readonly CandleTrack[], minute: number): void {
  for (const track of tracks) {
    if (track.hasMinute) track.index++
    track.hasMinute = track.series.openTime[track.index] === minute
  }
}

/**
 * Plays recorded one-minute candles as one price every five seconds per asset. Inside a minute the price starts at the open,
 * reaches both extremes in random order at random times, ends at the close and follows a random path in between within the
 * candle. Candles rebuilt from the ticks equal the recorded ones, volumes included. The ticks of a minute depend only on
 * seed, asset, minute and candle, so a later start plays the same prices. Missing minutes play nothing. The path inside a
 * candle is invented: no result may depend on it.
 */
export class CandlePathSource implements TickSource {
  readonly assets: readonly Asset[]
  readonly #tracks: readonly CandleTrack[]
  readonly #byAsset: ReadonlyMap<Asset, CandleColumns>
  readonly #to: number
  #minute: number
  #tick: number
  #track = 0

  constructor({ series, from, to, seed }: CandlePathOptions) {
    invariant(from <= to, `playback ends before it starts: ${from} … ${to}`)
    this.assets = series.map(({ asset }) => asset)
    this.#byAsset = new Map(series.map((columns) => [columns.asset, columns]))
    invariant(this.#byAsset.size === series.length, 'an asset occurs twice')
    this.#to = to
    this.#tracks = series.map((columns) => new CandleTrack(columns, from, seed))
    this.#minute = this.#loadMinute()
    this.#tick = firstTickFrom(this.#minute, from)
    this.#seek()
  }

  peek(): UnixMs | undefined {
    const ts = tickAt(this.#minute, this.#tick)
    return ts < this.#to ? unixMs(ts) : undefined
  }

  next(): PriceTick | undefined {
    const ts = this.peek()
    const track = this.#tracks[this.#track]
    if (ts === undefined || track === undefined) return undefined
    const tick: PriceTick = {
      kind: 'price',
      ts,
      tsVenue: ts,
      asset: track.series.asset,
      price: track.prices[this.#tick] ?? Number.NaN,
      volume: track.volumes[this.#tick] ?? Number.NaN,
    }
    this.#track++
    this.#seek()
    return tick
  }

  history(asset: Asset, before: UnixMs, count: number): readonly Candle[] {
    const series = this.#byAsset.get(asset)
    return series === undefined ? [] : closedBefore(series, before, count)
  }

  /** Moves to the next track that has the current minute, then to the next tick and minute. */
  #seek(): void {
    while (this.#minute < this.#to) {
      // A start after a minute's last tick continues with the next minute.
      while (this.#tick < TICKS_A_MINUTE && this.#track < this.#tracks.length) {
        if (this.#tracks[this.#track]?.hasMinute === true) return
        this.#track++
      }
      this.#track = 0
      if (++this.#tick < TICKS_A_MINUTE) continue
      this.#tick = 0
      this.#minute = this.#loadMinute()
    }
  }

  #loadMinute(): number {
    const minute = minuteAfter(this.#tracks, this.#to)
    enterMinute(this.#tracks, minute)
    for (const track of this.#tracks) if (track.hasMinute) track.expand(minute)
    return minute
  }
}

/** Writes the ticks of the track's candle. @param place random seed of this candle */
function expandCandle({ series, index, prices, volumes }: CandleTrack, place: number): void {
  const open = series.open[index] ?? Number.NaN
  const high = series.high[index] ?? Number.NaN
  const low = series.low[index] ?? Number.NaN
  const close = series.close[index] ?? Number.NaN
  const highFirst = uniformAt(place, 0) < 0.5
  // The two ticks of the extremes: different, and strictly inside the minute.
  const a = 1 + Math.floor(uniformAt(place, 1) * (LAST - 1))
  const other = 1 + Math.floor(uniformAt(place, 2) * (LAST - 2))
  const b = other < a ? other : other + 1
  const first = Math.min(a, b)
  const second = Math.max(a, b)
  const sigma = (high - low) / RANGE_PER_SIGMA
  const grid = gridOf(open, high, low, close)
  prices[0] = open
  bridge(prices, 0, first, highFirst ? high : low, sigma, place)
  snap(prices, 1, first, low, high, grid)
  bridge(prices, first, second, highFirst ? low : high, sigma, place)
  snap(prices, first + 1, second, low, high, grid)
  bridge(prices, second, LAST, close, sigma, place)
  snap(prices, second + 1, LAST, low, high, grid)
  splitVolume(volumes, series.volume[index] ?? 0)
}

/** Factor of a Brownian bridge's noise by the number of steps left; it vanishes at the target. */
const BRIDGE_NOISE = Float64Array.from({ length: TICKS_A_MINUTE + 1 }, (_, left) =>
  Math.sqrt(Math.max(0, left - 1) / left),
)

/** Writes `from + 1 … to`: a Brownian bridge from the price at `from` to exactly `target` at `to`. */
function bridge(prices: Float64Array, from: number, to: number, target: number, sigma: number, place: number): void {
  let price = prices[from] ?? target
  for (let i = from + 1; i < to; i++) {
    const left = to - i + 1
    price += (target - price) / left + sigma * (BRIDGE_NOISE[left] ?? 0) * softNormalAt(place, 2 + i)
    prices[i] = price
  }
  prices[to] = target
}

/** Rounds `from … to − 1` to the price grid (0: none) and clamps them to the candle's range. */
function snap(prices: Float64Array, from: number, to: number, low: number, high: number, grid: number): void {
  for (let i = from; i < to; i++) {
    const raw = prices[i] ?? low
    const price = grid > 0 ? Math.round(raw * grid) / grid : raw
    prices[i] = Math.min(high, Math.max(low, price))
  }
}

/**
 * Steps per dollar of the coarsest decimal grid that contains all four prices, up to eight decimals; 0 without one. Derived
 * from the candle alone, so that the ticks of a minute do not depend on the rest of the tape.
 */
function gridOf(open: number, high: number, low: number, close: number): number {
  for (let grid = 1; grid <= 1e8; grid *= 10) {
    if (onGrid(open, grid) && onGrid(high, grid) && onGrid(low, grid) && onGrid(close, grid)) return grid
  }
  return 0
}

/**
 * Splits `total` evenly. The last tick gets the remainder; since the others hold more than half of the total, that
 * subtraction is exact (Sterbenz 1974), and the sum in order equals `total` to the bit.
 */
function splitVolume(volumes: Float64Array, total: number): void {
  const part = total / TICKS_A_MINUTE
  let sum = 0
  for (let i = 0; i < LAST; i++) {
    volumes[i] = part
    sum += part
  }
  volumes[LAST] = total - sum
}
