import { invariant } from '../../shared/domain/base.ts'
import type { Candle, PriceTick, TickSource } from '../../shared/domain/feed.ts'
import type { Asset } from '../../shared/domain/slots.ts'
import { MINUTE, SECOND, type UnixMs, unixMs } from '../../shared/domain/time.ts'
import { type Rng, seededRng } from '../rng.ts'
import { type CandleColumns, closedBefore, firstFrom } from './candle-columns.ts'

const TICKS_A_MINUTE = 60
const LAST = TICKS_A_MINUTE - 1

/** Expected range of a Brownian path over a minute ÷ its deviation a second: 1.6 × √60 (Feller 1951). */
const RANGE_PER_SIGMA = 12.4

export interface CandlePathOptions {
  /** In this order ticks of the same second come. */
  readonly series: readonly CandleColumns[]
  /** First instant played, inclusive. */
  readonly from: UnixMs
  /** First instant not played. */
  readonly to: UnixMs
  readonly seed: number
}

/** One asset on its way through its candles; holds the ticks of one minute. */
interface Track {
  readonly series: CandleColumns
  /** Candle that `prices` and `volumes` spell out once `hasMinute`. */
  index: number
  hasMinute: boolean
  readonly prices: Float64Array
  readonly volumes: Float64Array
}

/**
 * Plays recorded one-minute candles as one tick a second an asset. Inside a minute the price starts at the open, visits
 * both extremes in a seeded order at seeded seconds, ends at the close and wiggles in between without leaving the
 * candle; candles rebuilt from the ticks equal the recorded ones, and volumes added up in order give theirs. A minute's
 * ticks depend on seed, asset, minute and candle only, so a later start plays the same prices. Minutes that were not
 * recorded play nothing. What happens inside a candle is invented: no result may rest on it.
 */
export class CandlePathSource implements TickSource {
  readonly assets: readonly Asset[]
  readonly #tracks: readonly Track[]
  readonly #byAsset: ReadonlyMap<Asset, CandleColumns>
  readonly #to: number
  readonly #seed: number
  #minute: number
  #second = 0
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
      index: firstFrom(one, from - (from % MINUTE)),
      hasMinute: false,
      prices: new Float64Array(TICKS_A_MINUTE),
      volumes: new Float64Array(TICKS_A_MINUTE),
    }))
    this.#minute = this.#loadMinute()
    if (this.#minute < from) this.#second = Math.ceil((from - this.#minute) / SECOND)
    this.#settle()
  }

  peek(): UnixMs | undefined {
    const ts = this.#minute + this.#second * SECOND
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
      price: track.prices[this.#second] ?? Number.NaN,
      volume: track.volumes[this.#second] ?? Number.NaN,
    }
    this.#turn++
    this.#settle()
    return tick
  }

  history(asset: Asset, before: UnixMs, count: number): readonly Candle[] {
    const series = this.#byAsset.get(asset)
    return series === undefined ? [] : closedBefore(series, before, count)
  }

  /** Moves to the next track that has this minute, and on to the next second and minute where there is none. */
  #settle(): void {
    while (this.#minute < this.#to) {
      // A start inside a minute's last second stands behind its last tick.
      while (this.#second < TICKS_A_MINUTE && this.#turn < this.#tracks.length) {
        if (this.#tracks[this.#turn]?.hasMinute === true) return
        this.#turn++
      }
      this.#turn = 0
      if (++this.#second < TICKS_A_MINUTE) continue
      this.#second = 0
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
      if (track.hasMinute) spellOut(track, seededRng(this.#seed, `${track.series.asset}${minute}`))
    }
    return minute
  }
}

/** Writes the sixty prices and volumes of the track's candle. */
function spellOut({ series, index, prices, volumes }: Track, rng: Rng): void {
  const open = series.open[index] ?? Number.NaN
  const high = series.high[index] ?? Number.NaN
  const low = series.low[index] ?? Number.NaN
  const close = series.close[index] ?? Number.NaN
  const [first, second] = twoSeconds(rng)
  const highFirst = rng.uniform() < 0.5
  const sigma = (high - low) / RANGE_PER_SIGMA
  const grid = gridOf(open, high, low, close)

  let from = 0
  prices[0] = open
  const walkTo = (second: number, price: number) => {
    bridge(prices, from, second, price, sigma, rng)
    snap(prices, from + 1, second, low, high, grid)
    from = second
  }
  walkTo(first, highFirst ? high : low)
  walkTo(second, highFirst ? low : high)
  walkTo(LAST, close)
  splitVolume(volumes, series.volume[index] ?? 0, rng)
}

/** Two different seconds strictly inside the minute, in order. */
function twoSeconds(rng: Rng): readonly [number, number] {
  const inside = TICKS_A_MINUTE - 2
  const a = 1 + Math.floor(rng.uniform() * inside)
  const other = 1 + Math.floor(rng.uniform() * (inside - 1))
  const b = other < a ? other : other + 1
  return a < b ? [a, b] : [b, a]
}

/** Fills `from + 1 … to`: a Brownian bridge from the price at `from` to exactly `target` at `to`. */
function bridge(prices: Float64Array, from: number, to: number, target: number, sigma: number, rng: Rng): void {
  let price = prices[from] ?? target
  for (let i = from + 1; i < to; i++) {
    const left = to - i + 1
    price += (target - price) / left + sigma * Math.sqrt((left - 1) / left) * shock(rng)
    prices[i] = price
  }
  prices[to] = target
}

/** Deviation 1, mean 0, within ±3: the sum of three uniforms, exact on every machine and cheaper than a logarithm. */
function shock(rng: Rng): number {
  return 2 * (rng.uniform() + rng.uniform() + rng.uniform()) - 3
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
 * Splits `total` by seeded weights. The last second takes what is left; since the others hold more than half of it,
 * that subtraction is exact (Sterbenz 1974) and the sum in order is `total` to the bit.
 */
function splitVolume(volumes: Float64Array, total: number, rng: Rng): void {
  let weights = 0
  for (let i = 0; i < TICKS_A_MINUTE; i++) {
    const weight = 0.25 + rng.uniform()
    volumes[i] = weight
    weights += weight
  }
  let given = 0
  for (let i = 0; i < LAST; i++) {
    const part = (total * (volumes[i] ?? 0)) / weights
    volumes[i] = part
    given += part
  }
  volumes[LAST] = total - given
}
