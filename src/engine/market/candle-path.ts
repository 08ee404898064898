import { invariant } from '../../shared/domain/base.ts'
import type { Candle, PriceTick, TickSource } from '../../shared/domain/feed.ts'
import type { Asset } from '../../shared/domain/slots.ts'
import { MINUTE, SECOND, type UnixMs, unixMs } from '../../shared/domain/time.ts'
import { TICK_PRICE, TICK_TS, TICK_VENUE, TICK_VOLUME } from '../tick-cells.ts'
import { type CandleColumns, closedBefore, firstFrom } from './candle-columns.ts'
import { placeSeed, softNormalAt, uniformAt } from './noise.ts'

/** One price for each cycle, a second before it: what happens more often inside a candle would be invented anyway. */
const TICK_MS = 5 * SECOND
const FIRST_MS = 4 * SECOND
const TICKS_A_MINUTE = MINUTE / TICK_MS
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

/** Takes the price in the source's `tick`, of the `index`th asset; true when the market must be looked at before the next. */
export type TellPrice = (index: number) => boolean

/** One asset on its way through its candles; holds the ticks of one minute. */
interface Track {
  readonly series: CandleColumns
  readonly name: string
  /** Candle that `prices` and `volumes` spell out once `hasMinute`. */
  index: number
  hasMinute: boolean
  readonly prices: Float64Array
  readonly volumes: Float64Array
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
  /** The price being told by `advance`; see `tick-cells.ts`. */
  readonly tick = new Float64Array(4)
  readonly #tracks: readonly Track[]
  readonly #byAsset: ReadonlyMap<Asset, CandleColumns>
  readonly #to: number
  readonly #seed: number
  #minute: number
  #tick = 0
  #turn = 0

  constructor({ series, from, to, seed }: CandlePathOptions) {
    invariant(from <= to, `playback ends before it starts: ${from} … ${to}`)
    this.assets = series.map((one) => one.asset)
    this.#byAsset = new Map(series.map((one) => [one.asset, one]))
    invariant(this.#byAsset.size === series.length, 'an asset was given twice')
    this.#to = to
    this.#seed = seed
    this.#tracks = series.map((one) => ({
      series: one,
      name: one.asset,
      index: firstFrom(one, from - (from % MINUTE)),
      hasMinute: false,
      prices: new Float64Array(TICKS_A_MINUTE),
      volumes: new Float64Array(TICKS_A_MINUTE),
    }))
    this.#minute = this.#loadMinute()
    if (this.#minute < from) this.#tick = Math.max(0, Math.ceil((from - this.#minute - FIRST_MS) / TICK_MS))
    this.#settle()
  }

  peek(): UnixMs | undefined {
    const ts = this.#minute + FIRST_MS + this.#tick * TICK_MS
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

  /**
   * Tells every price up to and including `until`, without making anything.
   * @returns how far it told: `until`, or the moment after which it was asked to stop
   */
  advance(until: number, tell: TellPrice): number {
    const { tick } = this
    const tracks = this.#tracks
    for (;;) {
      const at = this.#tick
      const ts = this.#minute + FIRST_MS + at * TICK_MS
      if (ts > until || ts >= this.#to) return until
      let stop = false
      tick[TICK_TS] = ts
      tick[TICK_VENUE] = ts
      for (let turn = this.#turn; turn < tracks.length; turn++) {
        const track = tracks[turn]
        if (track === undefined || !track.hasMinute) continue
        tick[TICK_PRICE] = track.prices[at] ?? 0
        tick[TICK_VOLUME] = track.volumes[at] ?? 0
        if (tell(turn)) stop = true
      }
      this.#turn = tracks.length
      this.#settle()
      if (stop) return ts
    }
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
      for (const track of this.#tracks) if (track.hasMinute) track.index++
      this.#minute = this.#loadMinute()
    }
  }

  /** Spells out the earliest minute that any track stands before; gives its start, infinity when none is left. */
  #loadMinute(): number {
    let minute = Number.POSITIVE_INFINITY
    for (const { series, index } of this.#tracks) {
      if (index < series.length) minute = Math.min(minute, series.openTime[index] ?? minute)
    }
    if (minute >= this.#to) return Number.POSITIVE_INFINITY
    for (const track of this.#tracks) {
      track.hasMinute = track.series.openTime[track.index] === minute
      if (track.hasMinute) spellOut(track, placeSeed(this.#seed ^ (minute / MINUTE), track.name))
    }
    return minute
  }
}

/** Writes the prices and volumes of the track's candle; `place` decides what the candle does not. */
function spellOut({ series, index, prices, volumes }: Track, place: number): void {
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

function onGrid(price: number, grid: number): boolean {
  return Math.round(price * grid) / grid === price
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
