import { DAY } from '../domain/time.ts'
import { Moments } from './sharpe.ts'
import { DECIDED, RIGHT, SOLD, type TradeColumns, WON } from './trade-columns.ts'
import { breakEvenOf } from './win-rate.ts'

/** Number of price buckets, ten cents each. */
const BUCKETS = 10
/** Distance kept from prices 0 and 1, whose logarithm is infinite. */
const NEAR = 1e-6

/** Running sums over trades in order of settlement, from which all figures are computed. */
export class Tally {
  trades = 0
  wins = 0
  sold = 0
  shares = 0
  cost = 0
  fees = 0
  pnl = 0
  gains = 0
  losses = 0
  prices = 0
  /** Σ p over the break-even probabilities p, the expected wins without an edge; and Σ p(1 − p). */
  evens = 0
  evenVariance = 0
  /** Σ of proceeds per share: 1 or 0, or the price at which it was sold. */
  worth = 0
  /** Σ (proceeds per share − p)². */
  private squaredBeyond = 0
  /** Trades and Σ (proceeds per share − p) by window start, the clusters of dependent trades. */
  private readonly starts = new Map<number, { trades: number; beyond: number }>()
  /** Profit of each trade in micro-USD, so that small fills have little weight. */
  readonly profits = new Moments()
  squaredLosses = 0
  peak = 0
  drawdown = 0
  drawdownMs = 0
  /** Σ cost × time held, in micro-USD × ms. */
  exposure = 0
  latency = 0
  /** For trades with a known quote: Σ shares × (price paid − quote), and Σ shares. */
  slippage = 0
  quotedShares = 0
  /** Trades held to the outcome. */
  decided = 0
  brier = 0
  logLoss = 0
  readonly buckets = Array.from({ length: BUCKETS }, () => ({ trades: 0, right: 0, price: 0 }))
  /** Profit by UTC day, in micro-USD. */
  readonly days = new Map<number, number>()
  firstAt = Number.POSITIVE_INFINITY
  lastAt = Number.NEGATIVE_INFINITY
  private peakAt = 0

  add(of: TradeColumns, row: number): void {
    const { numbers } = of
    const [shares, cost, fees, pnl] = [
      numbers.shares[row] ?? 0,
      numbers.cost[row] ?? 0,
      numbers.fees[row] ?? 0,
      numbers.pnl[row] ?? 0,
    ]
    const flags = of.flags[row] ?? 0
    const [openedAt, settledAt] = [numbers.openedAt[row] ?? 0, numbers.settledAt[row] ?? 0]
    if (this.trades === 0) this.peakAt = openedAt
    this.trades++
    if ((flags & WON) !== 0) this.wins++
    if ((flags & SOLD) !== 0) this.sold++
    this.shares += shares
    this.cost += cost
    this.fees += fees
    this.pnl += pnl
    if (pnl > 0) this.gains += pnl
    else this.losses -= pnl
    this.prices += cost / shares
    const even = breakEvenOf(cost, fees, shares)
    this.evens += even
    this.evenVariance += even * (1 - even)
    const worth = (pnl + cost + fees) / shares
    this.worth += worth
    this.gather(numbers.windowStart[row] ?? 0, worth - even)
    this.profits.add(pnl)
    if (pnl < 0) this.squaredLosses += pnl * pnl
    this.fall(settledAt)
    this.exposure += cost * (settledAt - openedAt)
    this.latency += numbers.latencyMs[row] ?? 0
    const quote = numbers.quote[row] ?? Number.NaN
    if (!Number.isNaN(quote)) {
      this.slippage += cost - (shares * quote) / 1e6
      this.quotedShares += shares
    }
    if ((flags & DECIDED) !== 0 && (flags & SOLD) === 0) this.judge(cost / shares, (flags & RIGHT) !== 0)
    const day = settledAt - (settledAt % DAY)
    this.days.set(day, (this.days.get(day) ?? 0) + pnl)
    if (openedAt < this.firstAt) this.firstAt = openedAt
    if (settledAt > this.lastAt) this.lastAt = settledAt
  }

  private gather(start: number, beyond: number): void {
    this.squaredBeyond += beyond * beyond
    const cluster = this.starts.get(start)
    if (cluster === undefined) this.starts.set(start, { trades: 1, beyond })
    else {
      cluster.trades++
      cluster.beyond += beyond
    }
  }

  /**
   * Effective number of independent trades: their number divided by Kish's design effect, the variance of the mean edge with
   * clusters by window start over that of independent trades (Kish 1965, "Survey sampling", 5.4); at most their number.
   */
  effectiveTrades(): number {
    const { trades, starts } = this
    const clusters = starts.size
    if (clusters < 2 || clusters === trades) return clusters < 2 ? Math.min(trades, clusters) : trades
    const edge = (this.worth - this.evens) / trades
    let between = 0
    for (const { trades: count, beyond } of starts.values()) between += (beyond - count * edge) ** 2
    const clustered = (between * clusters) / (clusters - 1) / trades ** 2
    const independent = (this.squaredBeyond / trades - edge * edge) / (trades - 1)
    return independent <= 0 ? clusters : trades / Math.max(1, clustered / independent)
  }

  /** Largest fall of the profit from a peak, and the longest time below one; the start counts as a peak. */
  private fall(at: number): void {
    if (this.pnl >= this.peak) {
      this.peak = this.pnl
      this.peakAt = at
      return
    }
    this.drawdown = Math.max(this.drawdown, this.peak - this.pnl)
    this.drawdownMs = Math.max(this.drawdownMs, at - this.peakAt)
  }

  /** Scores of the price paid as a forecast of the outcome. */
  private judge(price: number, right: boolean): void {
    this.decided++
    const outcome = right ? 1 : 0
    this.brier += (outcome - price) ** 2
    const near = Math.min(1 - NEAR, Math.max(NEAR, price))
    this.logLoss -= Math.log(right ? near : 1 - near)
    const bucket = this.buckets[Math.min(BUCKETS - 1, Math.floor(price * BUCKETS))]
    if (bucket === undefined) return
    bucket.trades++
    if (right) bucket.right++
    bucket.price += price
  }
}
