import { MICRO, type Price, price, shares } from '../../shared/domain/money.ts'
import type { Window } from '../../shared/domain/slots.ts'
import { SECOND, type UnixMs } from '../../shared/domain/time.ts'
import { fairUp, normalCdf } from '../estimate.ts'
import type { BookUpdate, Level } from '../events.ts'
import { type Rng, seededRng } from '../rng.ts'

export const COARSE_TICK = price(10_000)
const FINE_TICK = price(1_000)
/** Beyond these the grid becomes fine and stays so (venue facts B3, tick_size_change). */
const FINE_ABOVE = 960_000
const FINE_BELOW = 40_000

interface Stage {
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

/** Measured on BTC 15m books, second by second (venue facts C, table of 2025-12-26). */
const STAGES: readonly Stage[] = [
  { from: 15, twoSided: 0.19, spread90: 0.1, depth10: 132, depth50: 315 },
  { from: 30, twoSided: 0.24, spread90: 0.07, depth10: 218, depth50: 799 },
  { from: 60, twoSided: 0.31, spread90: 0.05, depth10: 405, depth50: 1530 },
  { from: 120, twoSided: 0.52, spread90: 0.04, depth10: 667, depth50: 2071 },
  { from: 300, twoSided: 0.8, spread90: 0.03, depth10: 977, depth50: 2620 },
  { from: 600, twoSided: 1, spread90: 0.02, depth10: 1671, depth50: 3394 },
  { from: Number.POSITIVE_INFINITY, twoSided: 1, spread90: 0.02, depth10: 1774, depth50: 3241 },
]

/** Share of the five levels' depth at each of them, best first. */
const WEIGHTS = [0.14, 0.19, 0.22, 0.23, 0.22]
/** Depth of other assets against BTC's: thinner; the venue's own figures are not known. */
const DEPTH: Readonly<Record<string, number>> = { BTC: 1, ETH: 0.5, SOL: 0.35, XRP: 0.3 }
const OTHER_DEPTH = 0.2
/** Seconds in which a swept level comes back to 1 − 1/e. */
const REFILL_SEC = 2.2
/** A maker's error in probability at even odds, and how much of it is left a second later. */
const ERROR = 0.01
const ERROR_KEEP = 0.97

export interface BookInput {
  readonly ts: UnixMs
  readonly price: number
  readonly strike: number
  readonly volPerSec: number
  readonly meanSec: number
  readonly meanSoFar: number | null
}

/** Quotes one window's Up token around its fair probability, as makers do: late, with an error, and less near the end. */
export class BookMaker {
  readonly window: Window
  private readonly rng: Rng
  private readonly depthScale: number
  private error = 0
  private spread = 0.01
  private depth = 1
  private tick: Price = COARSE_TICK
  private updates = 0
  private swept = { bids: 0, asks: 0, at: 0 }

  constructor(window: Window, seed: number) {
    this.window = window
    this.rng = seededRng(seed, `book ${window.id}`)
    const ticker = window.slot.slice(0, window.slot.indexOf('-'))
    this.depthScale = DEPTH[ticker] ?? OTHER_DEPTH
  }

  /** The book that makers show for these prices. */
  quote(input: BookInput): BookUpdate {
    const left = (this.window.end - input.ts) / SECOND
    const stage = STAGES.find((s) => left <= s.from) ?? STAGES[STAGES.length - 1]
    const fair = fairUp({ ...input, secondsLeft: left })
    if (stage === undefined) return this.update(input.ts, [], [])
    this.wander(stage)
    const mid = Math.min(0.9995, Math.max(0.0005, fair + this.error * 4 * fair * (1 - fair)))
    if (mid * MICRO > FINE_ABOVE || mid * MICRO < FINE_BELOW) this.tick = FINE_TICK
    return this.levels(input, mid, stage, left)
  }

  /** Taken shares come back over the next seconds; until then the side is thinner. */
  sweep(side: 'bids' | 'asks', taken: number, of: number, ts: UnixMs): void {
    this.recover(ts)
    this.swept[side] = Math.min(0.95, this.swept[side] + taken / Math.max(of, 1))
  }

  private recover(ts: UnixMs): void {
    const keep = Math.exp(-(ts - this.swept.at) / SECOND / REFILL_SEC)
    this.swept = { bids: this.swept.bids * keep, asks: this.swept.asks * keep, at: ts }
  }

  private wander(stage: Stage): void {
    const { rng } = this
    this.error = ERROR_KEEP * this.error + ERROR * Math.sqrt(1 - ERROR_KEEP ** 2) * rng.normal()
    if (this.updates++ % 4 !== 0) return
    // Half of the time one tick; the tail is exponential through the measured 90th percentile.
    const u = rng.uniform()
    this.spread = u < 0.5 ? 0.01 : 0.01 + ((stage.spread90 - 0.01) * Math.log(0.5 / (1 - u))) / Math.log(5)
    const sigma = Math.log(stage.depth50 / stage.depth10) / 1.2816
    this.depth = stage.depth50 * Math.exp(sigma * rng.normal()) * this.depthScale
  }

  private levels(input: BookInput, mid: number, stage: Stage, left: number): BookUpdate {
    const { tick } = this
    const fine = tick === FINE_TICK
    const spread = Math.max(tick, Math.round((this.spread * (fine ? 0.2 : 1) * MICRO) / tick) * tick)
    const low = Math.floor((mid * MICRO - spread / 2) / tick) * tick
    const [bidGone, askGone] = this.gone(input, mid, stage, left)
    this.recover(input.ts)
    const bids = bidGone ? [] : this.side(low, -1, 1 - this.swept.bids)
    const asks = askGone ? [] : this.side(low + spread, 1, 1 - this.swept.asks)
    return this.update(input.ts, bids, asks)
  }

  /**
   * Near the end the side that nobody wants to be on disappears: offers of the winner, bids for the loser. It goes
   * first where the move is largest for the time it had, so that the measured share of windows stays two-sided.
   */
  private gone(input: BookInput, mid: number, stage: Stage, left: number): [boolean, boolean] {
    const passed = (this.window.end - this.window.start) / SECOND - left
    if (stage.twoSided >= 1 || passed <= 0) return [false, false]
    const z = Math.abs(Math.log(input.price / input.strike)) / (input.volPerSec * Math.sqrt(passed))
    const extremity = 2 * normalCdf(z) - 1
    if (extremity <= stage.twoSided) return [false, false]
    return mid >= 0.5 ? [false, true] : [true, false]
  }

  private side(best: number, direction: 1 | -1, left: number): Level[] {
    const levels: Level[] = []
    for (const [i, weight] of WEIGHTS.entries()) {
      const at = best + direction * i * this.tick
      if (at < this.tick || at > MICRO - this.tick) continue
      const size = Math.floor(this.depth * weight * left * 100) / 100
      if (size >= 0.01) levels.push({ price: price(at), shares: shares(Math.round(size * MICRO)) })
    }
    return levels
  }

  private update(ts: UnixMs, bids: readonly Level[], asks: readonly Level[]): BookUpdate {
    return { kind: 'book', ts, slot: this.window.slot, windowId: this.window.id, bids, asks, tick: this.tick }
  }
}
