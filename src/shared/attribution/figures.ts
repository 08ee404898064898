import { type Usd, usd } from '../domain/money.ts'
import { DAY } from '../domain/time.ts'
import { Moments, minTrackRecord, probabilisticSharpe, sharpe, sortino } from './sharpe.ts'
import type { Tally } from './tally.ts'
import { chanceOfSuchLuck, type Interval, wilson } from './win-rate.ts'

/** Confidence of every interval that is shown. */
export const LEVEL = 0.95

/** How prices of a range came out: a fair price is right as often as it says. */
export interface CalibrationBucket {
  readonly from: number
  readonly to: number
  readonly trades: number
  readonly meanPrice: number
  readonly winRate: number
  readonly interval: Interval | null
}

/**
 * A record in figures. Rates and probabilities are 0 … 1; money is micro-USD; what cannot be said yet is null. Sharpe and
 * Sortino are of the profit of a trade in money (`…Trade`), or of a UTC day between the first trade and the last, days
 * without one included (`…Day`); their sign is that of the profit, and neither is annualised.
 */
export interface Figures {
  readonly trades: number
  /** Independent trades they are worth: slots of one window start move together. All intervals and chances count these. */
  readonly effectiveTrades: number
  readonly wins: number
  readonly winRate: number | null
  readonly winRateInterval: Interval | null
  /** Mean price paid a share, a trade each. */
  readonly price: number | null
  /** Win rate at which the prices and fees paid earn nothing: mean of (cost + fees) / shares, a trade each. */
  readonly breakEven: number | null
  /**
   * What a share came to less what it had cost with fees, mean of the trades. Where none was sold before its outcome that
   * is the win rate less the break-even.
   */
  readonly edge: number | null
  readonly edgeInterval: Interval | null
  /** One-sided: the chance of such an edge, or a larger one, by luck alone. */
  readonly pValue: number | null
  readonly stake: Usd
  readonly fees: Usd
  readonly pnl: Usd
  readonly returnOnStake: number | null
  /** Gains over losses. */
  readonly profitFactor: number | null
  readonly sharpeTrade: number | null
  readonly sortinoTrade: number | null
  readonly sharpeDay: number | null
  readonly sortinoDay: number | null
  /** Probability that the true Sharpe ratio of its trades is above 0. */
  readonly probabilisticSharpe: number | null
  /** Trades it takes until that is 95 %; null where the ratio seen is not above 0. */
  readonly minTrackRecord: number | null
  readonly drawdown: Usd
  readonly drawdownMs: number
  /** Trades held until the outcome was known: what these four are of. */
  readonly decided: number
  readonly brier: number | null
  readonly logLoss: number | null
  readonly calibration: readonly CalibrationBucket[]
  /** Sold before the outcome was known. */
  readonly sold: number
  /** Mean at stake between the first trade and the last. */
  readonly exposure: Usd | null
  /** Paid above the best price at the decision, as a probability a share. */
  readonly slippage: number | null
  /** Mean time from decision to first fill. */
  readonly latencyMs: number | null
  readonly firstAt: number | null
  readonly lastAt: number | null
}

/** Sums of trades from elsewhere may hold parts of a micro-dollar. */
const micro = (sum: number) => usd(Math.round(sum))

/** What a tally says. */
export function figuresOf(tally: Tally): Figures {
  const { trades, wins, cost, fees, pnl, decided, evens } = tally
  const some = trades > 0
  const shape = tally.profits.shape()
  const effective = some ? tally.effectiveTrades() : 0
  const independent = { ...shape, count: effective }
  const edge = some ? (tally.worth - evens) / trades : null
  const span = tally.lastAt - tally.firstAt
  return {
    trades,
    effectiveTrades: effective,
    wins,
    winRate: some ? wins / trades : null,
    winRateInterval: some ? wilson(wins / trades, effective, LEVEL) : null,
    price: some ? tally.prices / trades : null,
    breakEven: some ? evens / trades : null,
    edge,
    edgeInterval: edgeInterval(tally, effective),
    pValue: some ? chanceOfSuchLuck(tally.worth - evens, (tally.evenVariance * trades) / effective) : null,
    stake: micro(cost),
    fees: micro(fees),
    pnl: micro(pnl),
    returnOnStake: some ? pnl / cost : null,
    profitFactor: tally.losses === 0 ? null : tally.gains / tally.losses,
    sharpeTrade: sharpe(shape),
    sortinoTrade: some ? sortino(trades, shape.mean, tally.squaredLosses) : null,
    ...byDay(tally),
    probabilisticSharpe: probabilisticSharpe(independent, 0, sharpe(shape)),
    minTrackRecord: scaled(minTrackRecord(shape, 0, LEVEL), trades / effective),
    drawdown: micro(tally.drawdown),
    drawdownMs: tally.drawdownMs,
    decided,
    brier: decided === 0 ? null : tally.brier / decided,
    logLoss: decided === 0 ? null : tally.logLoss / decided,
    calibration: calibrationOf(tally),
    sold: tally.sold,
    exposure: span > 0 ? micro(tally.exposure / span) : null,
    slippage: tally.quotedShares === 0 ? null : tally.slippage / tally.quotedShares,
    latencyMs: some ? tally.latency / trades : null,
    firstAt: some ? tally.firstAt : null,
    lastAt: some ? tally.lastAt : null,
  }
}

/** Dependent trades prove less: it takes as many more. */
function scaled(count: number | null, factor: number): number | null {
  return count === null ? null : count * factor
}

/** Wilson's interval of what a share came to, less the break-even; wider than need be where some were sold early. */
function edgeInterval({ trades, worth, evens }: Tally, effective: number): Interval | null {
  const interval = wilson(Math.min(1, Math.max(0, worth / trades)), effective, LEVEL)
  const even = evens / trades
  return interval === null ? null : { low: interval.low - even, high: interval.high - even }
}

function byDay({ days, trades }: Tally): Pick<Figures, 'sharpeDay' | 'sortinoDay'> {
  if (trades === 0) return { sharpeDay: null, sortinoDay: null }
  const dates = [...days.keys()]
  const profits = new Moments()
  let squaredLosses = 0
  for (let day = Math.min(...dates); day <= Math.max(...dates); day += DAY) {
    const profit = days.get(day) ?? 0
    profits.add(profit)
    if (profit < 0) squaredLosses += profit * profit
  }
  const shape = profits.shape()
  return { sharpeDay: sharpe(shape), sortinoDay: sortino(shape.count, shape.mean, squaredLosses) }
}

function calibrationOf({ buckets }: Tally): readonly CalibrationBucket[] {
  return buckets.flatMap(({ trades, right, price }, i) =>
    trades === 0
      ? []
      : [
          {
            from: i / buckets.length,
            to: (i + 1) / buckets.length,
            trades,
            meanPrice: price / trades,
            winRate: right / trades,
            interval: wilson(right / trades, trades, LEVEL),
          },
        ],
  )
}
