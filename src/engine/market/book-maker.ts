import { MICRO, type Price, price, shares } from '../../shared/domain/money.ts'
import type { Asset, Window } from '../../shared/domain/slots.ts'
import { SECOND, type UnixMs } from '../../shared/domain/time.ts'
import type { BookUpdate, Level } from '../events.ts'
import { chanceAbove, closeVariance, expectedClose, logRatio, normalCdf } from '../prices/estimate.ts'
import { DRAWS, drawAt, placeSeed, SOFT_SUMS, softNormalAt, softNormalOf, softSumAt, uniformOf } from './noise.ts'
import type { SimulatedAsset } from './simulated-asset.ts'

export const COARSE_TICK = price(10_000)
const FINE_TICK = price(1_000)

/** Properties of real books near the end of a window, as measured. */
interface Measured {
  /** Applies up to this many seconds before the end. */
  readonly from: number
  /** Share of time with both sides of the book present. */
  readonly twoSided: number
  /** Spread in dollars at the 90th percentile; the median is one tick. */
  readonly spread90: number
  /** Shares over the best five bids: 10th percentile and median. */
  readonly depth10: number
  readonly depth50: number
}

/** Measured properties with precomputed tables for quoting. */
interface Stage extends Measured {
  /** A larger move, in standard deviations, leaves the book one-sided; infinity when it never is. */
  readonly oneSidedBeyond: number
  /** Shares over the best five bids of BTC, by `softSumAt`. */
  readonly depths: Float64Array
  /** Spread in dollars, by `drawAt`. */
  readonly spreads: Float64Array
}

function stageOf(measured: Measured): Stage {
  const { twoSided, spread90, depth10, depth50 } = measured
  const depths = Float64Array.from(
    { length: SOFT_SUMS },
    (_, sum) => depth50 * (depth10 / depth50) ** (-softNormalOf(sum) / 1.2816),
  )
  const spreads = Float64Array.from({ length: DRAWS }, (_, draw) => spreadOf(uniformOf(draw), spread90))
  const oneSidedBeyond = twoSided >= 1 ? Number.POSITIVE_INFINITY : deviationsWith(twoSided)
  return { ...measured, oneSidedBeyond, depths, spreads }
}

/** One tick half of the time; above that exponential, through the measured 90th percentile. */
function spreadOf(u: number, spread90: number): number {
  return u < 0.5 ? 0.01 : 0.01 + ((spread90 - 0.01) * Math.log(0.5 / (1 - u))) / Math.log(5)
}

/** Standard deviations within which a normal variable lies with this probability, by bisection. */
function deviationsWith(probability: number): number {
  let low = 0
  let high = 8
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (2 * normalCdf(middle) - 1 > probability) high = middle
    else low = middle
  }
  return high
}

/** Measured on BTC 15m books, second by second (venue facts C, table of 2025-12-26). */
const MEASURED: readonly Measured[] = [
  { from: 15, twoSided: 0.19, spread90: 0.1, depth10: 132, depth50: 315 },
  { from: 30, twoSided: 0.24, spread90: 0.07, depth10: 218, depth50: 799 },
  { from: 60, twoSided: 0.31, spread90: 0.05, depth10: 405, depth50: 1530 },
  { from: 120, twoSided: 0.52, spread90: 0.04, depth10: 667, depth50: 2071 },
  { from: 300, twoSided: 0.8, spread90: 0.03, depth10: 977, depth50: 2620 },
  { from: 600, twoSided: 1, spread90: 0.02, depth10: 1671, depth50: 3394 },
]
const STAGES = MEASURED.map(stageOf)
const FIRST_STAGE = stageOf({
  from: Number.POSITIVE_INFINITY,
  twoSided: 1,
  spread90: 0.02,
  depth10: 1774,
  depth50: 3241,
})

/** Share of the depth at each of the five levels, best first. */
const WEIGHTS = [0.14, 0.19, 0.22, 0.23, 0.22]
/** Depth relative to BTC; an assumption, since other assets have not been measured. */
const DEPTH: Readonly<Record<string, number>> = { BTC: 1, ETH: 0.5, SOL: 0.35, XRP: 0.3 }
const OTHER_DEPTH = 0.2
/** Time constant of a swept level's recovery, in seconds. */
const REFILL_SEC = 2.2
/** Standard deviation of the makers' error in probability at even odds. */
const ERROR = 0.01
/** Interval at which a new error is drawn. */
const ERROR_MS = 30_000
/** Interval at which spread and depth are drawn. */
const DRAW_MS = 4_000
/** First random index of each quantity that is drawn for a window. */
const FIRST_INDEX = { error: 0x1000_0000, spread: 0x2000_0000, depth: 0x3000_0000 }
/** Standard deviations from the strike at which the probability of one outcome is 0.96. */
const EXTREME_SIGMA = 1.7507
/** Safety margin for rounding in a bound that is computed in a different order. */
const ROUNDING_MARGIN = 1 - 1e-9

/**
 * Quotes one window's Up token around its fair probability, as makers do: late, with an error, and with less depth near the
 * end. A quote depends only on its time and on earlier sweeps, not on which other quotes were read.
 */
export class BookMaker {
  readonly window: Window
  private readonly windowEnd: number
  readonly strike: number
  private readonly place: number
  private readonly depthScale: number
  /** Time from which the price step is fine, ms. */
  private fineSince = Number.POSITIVE_INFINITY
  private tick: Price = COARSE_TICK
  private low = 0
  private high = 0
  private bidDepth = 0
  private askDepth = 0
  /** Missing share of each side right after each sweep, in order of time. */
  private readonly sweeps: { readonly at: number; readonly bids: number; readonly asks: number }[] = []

  /** @param depthScale see `depthScaleOf` */
  constructor(window: Window, strike: number, seed: number, depthScale: number) {
    this.window = window
    this.windowEnd = window.end
    this.strike = strike
    this.place = placeSeed(seed, 'book ', window.id)
    this.depthScale = depthScale
  }

  /** Switches to the fine price step once the window looks decided, for good; called for every price outside the calm range. */
  updateTick(asset: SimulatedAsset, meanSec: number): void {
    if (this.fineSince !== Number.POSITIVE_INFINITY) return
    const left = (this.windowEnd - asset.tsAt(0)) / SECOND
    const expected = left >= meanSec ? asset.price : expectedClose(asset.price, left, meanSec, this.meanSoFar(asset, 0))
    const move = expected / this.strike - 1
    const variance = closeVariance(left, asset.volPerSec, meanSec)
    if (move * move > EXTREME_SIGMA * EXTREME_SIGMA * variance) this.fineSince = asset.tsAt(0)
  }

  /**
   * Distance from the strike within which no price before `until` makes `updateTick` switch: the deciding distance shrinks
   * with the time left, and within a minute the volatility estimate can only grow.
   */
  calmWithin(asset: SimulatedAsset, until: number, meanSec: number): number {
    if (this.fineSince !== Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY
    const variance = closeVariance((this.windowEnd - until) / SECOND, asset.vol.perSecond(), meanSec)
    return this.strike * EXTREME_SIGMA * Math.sqrt(Math.max(0, variance)) * ROUNDING_MARGIN
  }

  /** Computes the book that makers show in reaction to the price `ago` prices ago, for `book` and `writeBest`. */
  update(asset: SimulatedAsset, ago: number, meanSec: number): void {
    const ts = asset.tsAt(ago)
    const left = Math.max(0, (this.windowEnd - ts) / SECOND)
    const stage = stageAt(left)
    const price = asset.priceAt(ago)
    const fair = this.fairAt(asset, ago, price, left, meanSec)
    const mid = Math.min(0.9995, Math.max(0.0005, fair + this.errorAt(ts) * 4 * fair * (1 - fair)))
    const fine = ts >= this.fineSince
    const tick = fine ? FINE_TICK : COARSE_TICK
    const spread = Math.max(tick, Math.round((this.spreadAt(ts, stage) * (fine ? 0.2 : 1) * MICRO) / tick) * tick)
    const low = Math.floor((mid * MICRO - spread / 2) / tick) * tick
    const depth = this.depthAt(ts, stage)
    const oneSided = this.isOneSided(price, asset.volAt(ago), stage, left)
    const halted = asset.haltedAt(ago)
    this.tick = tick
    this.low = low
    this.high = low + spread
    this.bidDepth = halted || (oneSided && mid < 0.5) ? 0 : depth
    this.askDepth = halted || (oneSided && mid >= 0.5) ? 0 : depth
    if (this.sweeps.length > 0) this.applySweeps(ts)
  }

  private fairAt(asset: SimulatedAsset, ago: number, price: number, left: number, meanSec: number): number {
    const expected = left >= meanSec ? price : expectedClose(price, left, meanSec, this.meanSoFar(asset, ago))
    // A tie is Up, and every value that rounds to the strike on the price grid is a tie.
    const tie = this.strike - asset.grid.halfStep
    return chanceAbove(expected, tie, closeVariance(left, asset.volAt(ago), meanSec))
  }

  /** Closing mean of this window as of `ago` prices ago; null before it starts. */
  private meanSoFar(asset: SimulatedAsset, ago: number): number | null {
    return asset.boundary === this.windowEnd ? asset.meanAt(ago) : null
  }

  /** The whole book, visible from `shownAt` on. */
  book(shownAt: UnixMs): BookUpdate {
    const { tick, window } = this
    const bids = side(this.low, -tick, this.bidDepth, tick)
    const asks = side(this.high, tick, this.askDepth, tick)
    return { kind: 'book', ts: shownAt, slot: window.slot, windowId: window.id, bids, asks, tick }
  }

  /** Writes best bid, its shares, best ask, its shares (NaN and 0 where that side is empty) and tick, in micro-units. */
  writeBest(out: Float64Array): void {
    writeBestLevel(out, 0, this.low, -this.tick, this.bidDepth, this.tick)
    writeBestLevel(out, 2, this.high, this.tick, this.askDepth, this.tick)
    out[4] = this.tick
  }

  /** Notes that shares were taken from one side, which recovers over the next seconds. @param offered shares there before */
  sweep(side: 'bids' | 'asks', taken: number, offered: number, ts: UnixMs): void {
    const { bids, asks } = this.missingDepth(ts + 1)
    const more = taken / Math.max(offered, 1)
    this.sweeps.push({
      at: ts,
      bids: side === 'bids' ? Math.min(0.95, bids + more) : bids,
      asks: side === 'asks' ? Math.min(0.95, asks + more) : asks,
    })
  }

  /** Share of each side that is missing at `ts` because of earlier sweeps. */
  private missingDepth(ts: number): { bids: number; asks: number } {
    const last = this.sweeps.findLast((sweep) => sweep.at < ts)
    if (last === undefined) return NONE_MISSING
    const keep = Math.exp(-(ts - last.at) / SECOND / REFILL_SEC)
    return { bids: last.bids * keep, asks: last.asks * keep }
  }

  private applySweeps(ts: number): void {
    const { bids, asks } = this.missingDepth(ts)
    this.bidDepth *= 1 - bids
    this.askDepth *= 1 - asks
  }

  /** The makers' error: drawn every `ERROR_MS` and interpolated in between. */
  private errorAt(ts: number): number {
    const at = ts / ERROR_MS
    const index = Math.floor(at)
    const share = at - index
    const from = softNormalAt(this.place, FIRST_INDEX.error + index)
    const to = softNormalAt(this.place, FIRST_INDEX.error + index + 1)
    // Keeps the standard deviation constant while interpolating.
    const kept = 1 - share
    return (ERROR * (kept * from + share * to)) / Math.sqrt(kept * kept + share * share)
  }

  private spreadAt(ts: number, stage: Stage): number {
    return stage.spreads[drawAt(this.place, FIRST_INDEX.spread + Math.floor(ts / DRAW_MS))] ?? 0
  }

  private depthAt(ts: number, stage: Stage): number {
    const sum = softSumAt(this.place, FIRST_INDEX.depth + Math.floor(ts / DRAW_MS))
    return (stage.depths[sum] ?? 0) * this.depthScale
  }

  /**
   * True when one side is missing, as near the end of a window: offers of the likely winner, bids for the likely loser. It
   * depends on the move in standard deviations, so that the measured share of windows stays two-sided.
   */
  private isOneSided(price: number, volPerSec: number, stage: Stage, left: number): boolean {
    const passed = (this.windowEnd - this.window.start) / SECOND - left
    if (stage.twoSided >= 1 || passed <= 0) return false
    return Math.abs(logRatio(price, this.strike)) > stage.oneSidedBeyond * volPerSec * Math.sqrt(passed)
  }
}

/** Depth of an asset's books relative to BTC's. */
export function depthScaleOf(asset: Asset): number {
  return DEPTH[asset] ?? OTHER_DEPTH
}

const NONE_MISSING = { bids: 0, asks: 0 }

function stageAt(left: number): Stage {
  for (const stage of STAGES) if (left <= stage.from) return stage
  return FIRST_STAGE
}

/** Micro-shares of level `i`; 0 when its price is outside the grid. */
function sizeAt(i: number, at: number, depth: number, tick: number): number {
  if (at < tick || at > MICRO - tick) return 0
  return Math.floor(depth * (WEIGHTS[i] ?? 0) * 100) * 10_000
}

/** Five levels starting at `best`, `step` apart. */
function side(best: number, step: number, depth: number, tick: number): Level[] {
  const levels: Level[] = []
  for (let i = 0; i < WEIGHTS.length; i++) {
    const at = best + i * step
    const size = sizeAt(i, at, depth, tick)
    if (size > 0) levels.push({ price: price(at), shares: shares(size) })
  }
  return levels
}

function writeBestLevel(out: Float64Array, to: number, best: number, step: number, depth: number, tick: number): void {
  for (let i = 0; depth > 0 && i < WEIGHTS.length; i++) {
    const at = best + i * step
    const size = sizeAt(i, at, depth, tick)
    if (size === 0) continue
    out[to] = at
    out[to + 1] = size
    return
  }
  out[to] = Number.NaN
  out[to + 1] = 0
}
