import { type Usd, usd } from '../domain/money.ts'
import { DAY } from '../domain/time.ts'
import { Moments, minTrackRecord, probabilisticSharpe, sharpe, sortino } from './sharpe.ts'
import type { Tally } from './tally.ts'
import { chanceOfSuchLuck, type Interval, wilson } from './win-rate.ts'

/** Confidence level of all displayed intervals. */
export const LEVEL = 0.95

/** Calibration of a price range: a fair price equals the observed win rate. */
export interface CalibrationBucket {
  readonly from: number
  readonly to: number
  readonly trades: number
  readonly meanPrice: number
  readonly winRate: number
  readonly interval: Interval | null
}

/**
 * Figures of a record. Rates and probabilities are 0 … 1, money is micro-USD, undetermined figures are null. Sharpe and Sortino
 * ratios are of the profit per trade in money (`…Trade`), or per UTC day from the first trade to the last, days without
 * trades included (`…Day`). They have the sign of the profit and are not annualised.
 */
export interface Figures {
  readonly trades: number
  /** Effective number of independent trades, since slots of one window start move together; used by all intervals and tests. */
  readonly effectiveTrades: number
  readonly wins: number
  readonly winRate: number | null
  readonly winRateInterval: Interval | null
  /** Mean price paid per share, averaged over trades. */
  readonly price: number | null
  /** Win rate at which the prices and fees paid earn nothing: mean of (cost + fees) / shares over trades. */
  readonly breakEven: number | null
  /** Mean proceeds minus cost per share, fees included; equals win rate minus break-even if nothing was sold early. */
  readonly edge: number | null
  readonly edgeInterval: Interval | null
  /** One-sided probability of an edge at least this large by chance. */
  readonly pValue: number | null
  readonly stake: Usd
  readonly fees: Usd
  readonly pnl: Usd
  readonly returnOnStake: number | null
  /** Total gains divided by total losses. */
  readonly profitFactor: number | null
  readonly sharpeTrade: number | null
  readonly sortinoTrade: number | null
  readonly sharpeDay: number | null
  readonly sortinoDay: number | null
  /** Probability that the true Sharpe ratio of its trades is above 0. */
  readonly probabilisticSharpe: number | null
  /** Number of trades until that is 95 %; null when the observed ratio is not above 0. */
  readonly minTrackRecord: number | null
  readonly drawdown: Usd
  readonly drawdownMs: number
  /** Number of trades held to the outcome, on which the following four figures are based. */
  readonly decided: number
  readonly brier: number | null
  readonly logLoss: number | null
  readonly calibration: readonly CalibrationBucket[]
  /** Number of trades sold before the outcome. */
  readonly sold: number
  /** Mean amount at stake between the first and the last trade. */
  readonly exposure: Usd | null
  /** Mean slippage per share against the best price at the decision. */
  readonly slippage: number | null
  /** Mean time from decision to first fill. */
  readonly latencyMs: number | null
  readonly firstAt: number | null
  readonly lastAt: number | null
}

/** Rounds to micro-USD; sums of imported trades may contain fractions. */
const micro = (sum: number) => usd(Math.round(sum))

/** Figures of a tally. */
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

/** Scales a required number of trades up for dependent trades. */
function scaled(count: number | null, factor: number): number | null {
  return count === null ? null : count * factor
}

/** Wilson interval of the edge; conservative when some trades were sold early. */
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
