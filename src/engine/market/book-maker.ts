import { MICRO, type Price, price, shares } from '../../shared/domain/money.ts'
import type { Asset, Window } from '../../shared/domain/slots.ts'
import { SECOND, type UnixMs } from '../../shared/domain/time.ts'
import type { BookUpdate, Level } from '../events.ts'
import { chanceAbove, closeVariance, expectedClose, logRatio, normalCdf } from '../prices/estimate.ts'
import { DRAWS, drawAt, placeSeed, SOFT_SUMS, softNormalAt, softNormalOf, softSumAt, uniformOf } from './noise.ts'
import type { SimulatedAsset } from './simulated-asset.ts'

export const COARSE_TICK = price(10_000)
const FINE_TICK = price(1_000)

interface Measured {
  /** From this many seconds before the end. */
  readonly from: number
  /** Share of time with both sides of the book present. */
  readonly twoSided: number
  /** Spread in dollars at the 90th percentile; the median is one tick. */
  readonly spread90: number
  /** Shares over the best five bids: 10th percentile and median. */
  readonly depth10: number
  readonly depth50: number
}

/** What is measured, worked out for a quote. */
interface Stage extends Measured {
  /** A move of more deviations than this takes one side of the book away; infinity where none does. */
  readonly goneBeyond: number
  /** Shares over the best five bids of BTC, by the sum that a soft normal number is made of. */
  readonly depths: Float64Array
  /** Spread in dollars by the draw. */
  readonly spreads: Float64Array
}

function stageOf(measured: Measured): Stage {
  const { twoSided, spread90, depth10, depth50 } = measured
  const depths = Float64Array.from(
    { length: SOFT_SUMS },
    (_, sum) => depth50 * (depth10 / depth50) ** (-softNormalOf(sum) / 1.2816),
  )
  const spreads = Float64Array.from({ length: DRAWS }, (_, draw) => spreadOf(uniformOf(draw), spread90))
  const goneBeyond = twoSided >= 1 ? Number.POSITIVE_INFINITY : deviationsWith(twoSided)
  return { ...measured, goneBeyond, depths, spreads }
}

/** Half of the time one tick; the tail is exponential through the measured 90th percentile. */
function spreadOf(u: number, spread90: number): number {
  return u < 0.5 ? 0.01 : 0.01 + ((spread90 - 0.01) * Math.log(0.5 / (1 - u))) / Math.log(5)
}

/** How many deviations a normal number is within with this probability; by halving. */
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

/** Share of the five levels' depth at each of them, best first. */
const WEIGHTS = [0.14, 0.19, 0.22, 0.23, 0.22]
/** Depth of other assets against BTC's: thinner; the venue's own figures are not known. */
const DEPTH: Readonly<Record<string, number>> = { BTC: 1, ETH: 0.5, SOL: 0.35, XRP: 0.3 }
const OTHER_DEPTH = 0.2
/** Seconds in which a swept level comes back to 1 − 1/e. */
const REFILL_SEC = 2.2
/** A maker's error in probability at even odds, and how long it takes to become another one. */
const ERROR = 0.01
const ERROR_MS = 30_000
/** Spread and depth are drawn anew this often. */
const DRAW_MS = 4_000
/** Kinds of chance a window has, each with indices of its own. */
const CHANCE = { error: 0x1000_0000, spread: 0x2000_0000, depth: 0x3000_0000 }
/** Deviations from even odds at which the probability of one side is 0.96. */
const EXTREME_SIGMA = 1.7507
/** Keeps a bound that is computed in another order on the safe side of rounding. */
const BARELY = 1 - 1e-9

/**
 * Quotes one window's Up token around its fair probability, as makers do: late, with an error, and less near the end.
 * A quote depends on its moment and on what was swept before it, not on whether others were looked at.
 */
export class BookMaker {
  readonly window: Window
  private readonly windowEnd: number
  readonly strike: number
  private readonly place: number
  private readonly depthScale: number
  /** From when on the grid is fine. */
  private fineSince = Number.POSITIVE_INFINITY
  /** How thin each side was right after each sweep, in order of time. */
  private tick: Price = COARSE_TICK
  private low = 0
  private high = 0
  private bidDepth = 0
  private askDepth = 0
  private readonly sweeps: { readonly at: number; readonly bids: number; readonly asks: number }[] = []

  /** @param depthScale see `depthScaleOf` */
  constructor(window: Window, strike: number, seed: number, depthScale: number) {
    this.window = window
    this.windowEnd = window.end
    this.strike = strike
    this.place = placeSeed(seed, 'book ', window.id)
    this.depthScale = depthScale
  }

  /** To be told of every price: the grid becomes fine once the window looks decided, and stays so. */
  watch(asset: SimulatedAsset, meanSec: number): void {
    if (this.fineSince !== Number.POSITIVE_INFINITY) return
    const left = (this.windowEnd - asset.tsAt(0)) / SECOND
    const expected = left >= meanSec ? asset.price : expectedClose(asset.price, left, meanSec, this.meanSoFar(asset, 0))
    const move = expected / this.strike - 1
    const variance = closeVariance(left, asset.volPerSec, meanSec)
    if (move * move > EXTREME_SIGMA * EXTREME_SIGMA * variance) this.fineSince = asset.tsAt(0)
  }

  /**
   * How far from the strike a price may be, until `until`, without `watch` finding anything: variance and with it the
   * distance that decides a window shrink with the time left, and within a minute volatility only grows.
   */
  calmWithin(asset: SimulatedAsset, until: number, meanSec: number): number {
    if (this.fineSince !== Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY
    const variance = closeVariance((this.windowEnd - until) / SECOND, asset.vol.perSecond(), meanSec)
    return this.strike * EXTREME_SIGMA * Math.sqrt(Math.max(0, variance)) * BARELY
  }

  /** Works out the book that makers show in answer to the price `ago` prices ago; `book` and `best` tell it. */
  shape(asset: SimulatedAsset, ago: number, meanSec: number): void {
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
    const gone = this.isOneSided(price, asset.volAt(ago), stage, left)
    const halted = asset.haltedAt(ago)
    this.tick = tick
    this.low = low
    this.high = low + spread
    this.bidDepth = halted || (gone && mid < 0.5) ? 0 : depth
    this.askDepth = halted || (gone && mid >= 0.5) ? 0 : depth
    if (this.sweeps.length > 0) this.thin(ts)
  }

  private fairAt(asset: SimulatedAsset, ago: number, price: number, left: number, meanSec: number): number {
    const expected = left >= meanSec ? price : expectedClose(price, left, meanSec, this.meanSoFar(asset, ago))
    // A tie is Up, and whatever rounds to the strike on the price's grid is a tie.
    const tie = this.strike - asset.grid.halfStep
    return chanceAbove(expected, tie, closeVariance(left, asset.volAt(ago), meanSec))
  }

  /** What had passed of the mean that decides this window, `ago` prices ago; null before it begins. */
  private meanSoFar(asset: SimulatedAsset, ago: number): number | null {
    return asset.boundary === this.windowEnd ? asset.meanAt(ago) : null
  }

  /** The whole book, as it is seen from `shownAt` on. */
  book(shownAt: UnixMs): BookUpdate {
    const { tick, window } = this
    const bids = side(this.low, -tick, this.bidDepth, tick)
    const asks = side(this.high, tick, this.askDepth, tick)
    return { kind: 'book', ts: shownAt, slot: window.slot, windowId: window.id, bids, asks, tick }
  }

  /** Writes best bid, its shares, best ask, its shares (NaN and 0 where that side is empty) and tick, in micro-units. */
  best(out: Float64Array): void {
    writeBest(out, 0, this.low, -this.tick, this.bidDepth, this.tick)
    writeBest(out, 2, this.high, this.tick, this.askDepth, this.tick)
    out[4] = this.tick
  }

  /** Taken shares come back over the next seconds; until then the side is thinner. */
  sweep(side: 'bids' | 'asks', taken: number, of: number, ts: UnixMs): void {
    const { bids, asks } = this.thinness(ts + 1)
    const more = taken / Math.max(of, 1)
    this.sweeps.push({
      at: ts,
      bids: side === 'bids' ? Math.min(0.95, bids + more) : bids,
      asks: side === 'asks' ? Math.min(0.95, asks + more) : asks,
    })
  }

  /** Share of each side that is missing at `ts`, by the sweeps before it. */
  private thinness(ts: number): { bids: number; asks: number } {
    const last = this.sweeps.findLast((sweep) => sweep.at < ts)
    if (last === undefined) return WHOLE
    const keep = Math.exp(-(ts - last.at) / SECOND / REFILL_SEC)
    return { bids: last.bids * keep, asks: last.asks * keep }
  }

  private thin(ts: number): void {
    const { bids, asks } = this.thinness(ts)
    this.bidDepth *= 1 - bids
    this.askDepth *= 1 - asks
  }

  /** A maker's error: a new one every half minute, sliding from one to the next. */
  private errorAt(ts: number): number {
    const at = ts / ERROR_MS
    const index = Math.floor(at)
    const share = at - index
    const from = softNormalAt(this.place, CHANCE.error + index)
    const to = softNormalAt(this.place, CHANCE.error + index + 1)
    // Keeps the deviation while sliding.
    const kept = 1 - share
    return (ERROR * (kept * from + share * to)) / Math.sqrt(kept * kept + share * share)
  }

  private spreadAt(ts: number, stage: Stage): number {
    return stage.spreads[drawAt(this.place, CHANCE.spread + Math.floor(ts / DRAW_MS))] ?? 0
  }

  private depthAt(ts: number, stage: Stage): number {
    const sum = softSumAt(this.place, CHANCE.depth + Math.floor(ts / DRAW_MS))
    return (stage.depths[sum] ?? 0) * this.depthScale
  }

  /**
   * Near the end the side that nobody wants to be on disappears: offers of the winner, bids for the loser. It goes
   * first where the move is largest for the time it had, so that the measured share of windows stays two-sided.
   */
  private isOneSided(price: number, volPerSec: number, stage: Stage, left: number): boolean {
    const passed = (this.windowEnd - this.window.start) / SECOND - left
    if (stage.twoSided >= 1 || passed <= 0) return false
    return Math.abs(logRatio(price, this.strike)) > stage.goneBeyond * volPerSec * Math.sqrt(passed)
  }
}

/** How deep an asset's books are, against BTC's. */
export function depthScaleOf(asset: Asset): number {
  return DEPTH[asset] ?? OTHER_DEPTH
}

const WHOLE = { bids: 0, asks: 0 }

function stageAt(left: number): Stage {
  for (const stage of STAGES) if (left <= stage.from) return stage
  return FIRST_STAGE
}

/** Micro-shares of the `i`th level; 0 where there is none. */
function sizeAt(i: number, at: number, depth: number, tick: number): number {
  if (at < tick || at > MICRO - tick) return 0
  return Math.floor(depth * (WEIGHTS[i] ?? 0) * 100) * 10_000
}

/** Five levels from `best` on, `step` apart. */
function side(best: number, step: number, depth: number, tick: number): Level[] {
  const levels: Level[] = []
  for (let i = 0; i < WEIGHTS.length; i++) {
    const at = best + i * step
    const size = sizeAt(i, at, depth, tick)
    if (size > 0) levels.push({ price: price(at), shares: shares(size) })
  }
  return levels
}

function writeBest(out: Float64Array, to: number, best: number, step: number, depth: number, tick: number): void {
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
