import { invariant } from '../../shared/domain/base.ts'
import type { Candle, PriceTick, TickSource } from '../../shared/domain/feed.ts'
import type { Asset } from '../../shared/domain/slots.ts'
import { MINUTE, SECOND, type UnixMs, unixMs } from '../../shared/domain/time.ts'
import { type CandleColumns, closedBefore, firstFrom } from './candle-columns.ts'
import { placeSeed, softNormalAt, uniformAt } from './noise.ts'
import { onGrid } from './price-grid.ts'

/** One price for each cycle, a second before it: what happens more often inside a candle would be invented anyway. */
const TICK_MS = 5 * SECOND
const FIRST_MS = 4 * SECOND
export const TICKS_A_MINUTE = MINUTE / TICK_MS
const LAST = TICKS_A_MINUTE - 1

/** Expected range of a Brownian path over a minute ÷ its deviation a tick: 1.6 × √12 (Feller 1951). */
const RANGE_PER_SIGMA = 5.54

export interface CandlePathOptions {
  /** In this order ticks of the same second come. */
  readonly series: readonly CandleColumns[]
  /** First instant played, inclusive. */
  readonly from: UnixMs
  /** First instant not played. */
  readonly to: UnixMs
  readonly seed: number
}

/** When the `at`th price of a minute comes. */
export function tickAt(minute: number, at: number): number {
  return minute + FIRST_MS + at * TICK_MS
}

/** The first price of a minute that comes at or after `ts`; `TICKS_A_MINUTE` where none does. */
export function firstTickFrom(minute: number, ts: number): number {
  return Math.min(TICKS_A_MINUTE, Math.max(0, Math.ceil((ts - minute - FIRST_MS) / TICK_MS)))
}

/** One asset on its way through its candles; spells out the ticks of one minute at a time. */
export class CandleTrack {
  readonly series: CandleColumns
  /** The candle it stands before, or at once `hasMinute`. */
  index: number
  hasMinute = false
  readonly prices = new Float64Array(TICKS_A_MINUTE)
  readonly volumes = new Float64Array(TICKS_A_MINUTE)
  private readonly seed: number

  constructor(series: CandleColumns, from: number, seed: number) {
    this.series = series
    this.seed = seed
    this.index = firstFrom(series, from - (from % MINUTE))
  }

  /** Writes prices and volumes of the minute it is at. */
  expand(minute: number): void {
    expand(this, placeSeed(this.seed ^ (minute / MINUTE), this.series.asset))
  }
}

/** Start of the earliest minute that any track has after the one it is at; infinity where it is not before `to`. */
export function minuteAfter(tracks: readonly CandleTrack[], to: number): number {
  let minute = Number.POSITIVE_INFINITY
  for (const { series, index, hasMinute } of tracks) {
    const next = hasMinute ? index + 1 : index
    if (next < series.length) minute = Math.min(minute, series.openTime[next] ?? minute)
  }
  return minute < to ? minute : Number.POSITIVE_INFINITY
}

/** Moves tracks on to a minute, which some of them have. */
export function enterMinute(tracks: readonly CandleTrack[], minute: number): void {
  for (const track of tracks) {
    if (track.hasMinute) track.index++
    track.hasMinute = track.series.openTime[track.index] === minute
  }
}

/**
 * Plays recorded one-minute candles as a price every five seconds an asset. Inside a minute the price starts at the open, visits
 * both extremes in a seeded order at seeded moments, ends at the close and wiggles in between without leaving the
 * candle; candles rebuilt from the ticks equal the recorded ones, and volumes added up in order give theirs. A minute's
 * ticks depend on seed, asset, minute and candle only, so a later start plays the same prices. Minutes that were not
 * recorded play nothing. What happens inside a candle is invented: no result may rest on it.
 */
export class CandlePathSource implements TickSource {
  readonly assets: readonly Asset[]
  readonly #tracks: readonly CandleTrack[]
  readonly #byAsset: ReadonlyMap<Asset, CandleColumns>
  readonly #to: number
  #minute: number
  #tick: number
  #turn = 0

  constructor({ series, from, to, seed }: CandlePathOptions) {
    invariant(from <= to, `playback ends before it starts: ${from} … ${to}`)
    this.assets = series.map((one) => one.asset)
    this.#byAsset = new Map(series.map((one) => [one.asset, one]))
    invariant(this.#byAsset.size === series.length, 'an asset was given twice')
    this.#to = to
    this.#tracks = series.map((one) => new CandleTrack(one, from, seed))
    this.#minute = this.#loadMinute()
    this.#tick = firstTickFrom(this.#minute, from)
    this.#settle()
  }

  peek(): UnixMs | undefined {
    const ts = tickAt(this.#minute, this.#tick)
    return ts < this.#to ? unixMs(ts) : undefined
  }

  next(): PriceTick | undefined {
    const ts = this.peek()
    const track = this.#tracks[this.#turn]
    if (ts === undefined || track === undefined) return undefined
    const tick: PriceTick = {
      kind: 'price',
      ts,
      tsVenue: ts,
      asset: track.series.asset,
      price: track.prices[this.#tick] ?? Number.NaN,
      volume: track.volumes[this.#tick] ?? Number.NaN,
    }
    this.#turn++
    this.#settle()
    return tick
  }

  history(asset: Asset, before: UnixMs, count: number): readonly Candle[] {
    const series = this.#byAsset.get(asset)
    return series === undefined ? [] : closedBefore(series, before, count)
  }

  /** Moves to the next track that has this minute, and on to the next tick and minute where there is none. */
  #settle(): void {
    while (this.#minute < this.#to) {
      // A start behind a minute's last tick goes on with the next.
      while (this.#tick < TICKS_A_MINUTE && this.#turn < this.#tracks.length) {
        if (this.#tracks[this.#turn]?.hasMinute === true) return
        this.#turn++
      }
      this.#turn = 0
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

/** Writes the prices and volumes of the track's candle; `place` decides what the candle does not. */
function expand({ series, index, prices, volumes }: CandleTrack, place: number): void {
  const open = series.open[index] ?? Number.NaN
  const high = series.high[index] ?? Number.NaN
  const low = series.low[index] ?? Number.NaN
  const close = series.close[index] ?? Number.NaN
  const highFirst = uniformAt(place, 0) < 0.5
  // Two different ticks strictly inside the minute, in order.
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

/** What a step's noise is multiplied by, by the steps left until the target: it dies away towards it. */
const PINNED = Float64Array.from({ length: TICKS_A_MINUTE + 1 }, (_, left) => Math.sqrt(Math.max(0, left - 1) / left))

/** Fills `from + 1 … to`: a Brownian bridge from the price at `from` to exactly `target` at `to`. */
function bridge(prices: Float64Array, from: number, to: number, target: number, sigma: number, place: number): void {
  let price = prices[from] ?? target
  for (let i = from + 1; i < to; i++) {
    const left = to - i + 1
    price += (target - price) / left + sigma * (PINNED[left] ?? 0) * softNormalAt(place, 2 + i)
    prices[i] = price
  }
  prices[to] = target
}

/** Rounds `from … to − 1` to the price grid (0: none) and clips them into the candle. */
function snap(prices: Float64Array, from: number, to: number, low: number, high: number, grid: number): void {
  for (let i = from; i < to; i++) {
    const raw = prices[i] ?? low
    const price = grid > 0 ? Math.round(raw * grid) / grid : raw
    prices[i] = Math.min(high, Math.max(low, price))
  }
}

/**
 * Steps a dollar of the coarsest decimal grid that holds all four prices, up to eight decimals; 0 when there is none.
 * Taken from the candle alone, so that a longer tape does not change the prices of a minute it shares with a shorter.
 */
function gridOf(open: number, high: number, low: number, close: number): number {
  for (let grid = 1; grid <= 1e8; grid *= 10) {
    if (onGrid(open, grid) && onGrid(high, grid) && onGrid(low, grid) && onGrid(close, grid)) return grid
  }
  return 0
}

/**
 * Splits `total` evenly. The last tick takes what is left; since the others hold more than half of it, that subtraction
 * is exact (Sterbenz 1974) and the sum in order is `total` to the bit.
 */
function splitVolume(volumes: Float64Array, total: number): void {
  const part = total / TICKS_A_MINUTE
  let given = 0
  for (let i = 0; i < LAST; i++) {
    volumes[i] = part
    given += part
  }
  volumes[LAST] = total - given
}
