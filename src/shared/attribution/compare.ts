import { type Usd, usd } from '../domain/money.ts'
import { clustersOf, differenceInterval } from './bootstrap.ts'
import { chanceOfBetterEdge } from './distributions.ts'
import { type Figures, figuresOf, LEVEL } from './figures.ts'
import { rowsOf, type TradeFilter } from './records.ts'
import { Tally } from './tally.ts'
import { HANDED, type TradeColumns } from './trade-columns.ts'
import type { Interval } from './win-rate.ts'

/** Minimum number of window starts on each side for a verdict. */
export const FEWEST_WINDOWS = 20
/** Minimum number of trades on each side for comparing within a regime. */
const FEWEST_IN_REGIME = 5
/** Difference in the regime mix from which the two sides count as different markets. */
const MIX_SHIFT = 0.25

/** One side of a comparison. */
export interface ComparedSide {
  readonly figures: Figures
  /** Mean profit per trade, micro-USD. */
  readonly mean: number | null
  /** Number of window starts, the clusters that are resampled. */
  readonly windows: number
}

/** The same difference within one regime. */
export interface RegimeDifference {
  readonly regime: string
  readonly before: number
  readonly after: number
  /** Mean profit per trade, after minus before, micro-USD; null with too few trades on a side. */
  readonly difference: Usd | null
}

export interface Comparison {
  readonly by: 'trades' | 'time'
  readonly before: ComparedSide
  readonly after: ComparedSide
  /** Mean profit per trade, after minus before, micro-USD. */
  readonly difference: number | null
  readonly interval: Interval | null
  /**
   * Probability that the second exceeds its break-even win rate by more than the first, from a Beta(1, 1) prior. Null when a
   * share was sold before its outcome, because win rates then do not determine the profit.
   */
  readonly chanceBetter: number | null
  readonly regimes: readonly RegimeDifference[]
  /** The difference weighted by the second side's regimes; null without a common regime. */
  readonly atSameRegimes: number | null
  /** Share of trades that would need a different regime for equal mixes: 0 … 1. */
  readonly mixShift: number
  readonly verdict: 'better' | 'worse' | 'undecided' | 'too-few'
  readonly sentence: string
}

/**
 * Compares the results before and after a deployment over equal lengths: the same number of trades, or the same time, on both
 * sides. Trades that changed owner are excluded.
 * @param seed of the bootstrap
 */
export function compare(
  columns: TradeColumns,
  before: TradeFilter,
  after: TradeFilter,
  by: Comparison['by'] = 'trades',
  seed = 1,
): Comparison {
  const own = (filter: TradeFilter) =>
    [...rowsOf(columns, filter)].filter((row) => ((columns.flags[row] ?? 0) & HANDED) === 0)
  const [older, newer] = equalLengths(columns, own(before), own(after), by)
  const [first, second] = [sideOf(columns, older), sideOf(columns, newer)]
  const [a, b] = [first, second].map(({ starts, values }) => clustersOf(starts, values))
  const interval = a === undefined || b === undefined ? null : differenceInterval(a, b, LEVEL, seed)
  const difference = first.side.mean === null || second.side.mean === null ? null : second.side.mean - first.side.mean
  const { regimes, atSameRegimes, mixShift } = byRegime(columns, older, newer)
  const fewest = Math.min(first.side.windows, second.side.windows)
  const verdict =
    fewest < FEWEST_WINDOWS || interval === null
      ? 'too-few'
      : interval.low > 0
        ? 'better'
        : interval.high < 0
          ? 'worse'
          : 'undecided'
  const facts = {
    by,
    before: first.side,
    after: second.side,
    difference,
    interval,
    chanceBetter: chanceBetter(first.side.figures, second.side.figures),
    regimes,
    atSameRegimes,
    mixShift,
    verdict,
  } as const
  return { ...facts, sentence: sentenceOf(facts) }
}

function equalLengths(
  columns: TradeColumns,
  before: readonly number[],
  after: readonly number[],
  by: Comparison['by'],
): readonly [readonly number[], readonly number[]] {
  if (by === 'trades') {
    const length = Math.min(before.length, after.length)
    return [before.slice(before.length - length), after.slice(0, length)]
  }
  const at = (row: number | undefined) => columns.numbers.settledAt[row ?? 0] ?? 0
  const spanOf = (rows: readonly number[]) => (rows.length === 0 ? 0 : at(rows.at(-1)) - at(rows[0]))
  const span = Math.min(spanOf(before), spanOf(after))
  const [end, start] = [at(before.at(-1)), at(after[0])]
  return [before.filter((row) => at(row) >= end - span), after.filter((row) => at(row) <= start + span)]
}

function sideOf(columns: TradeColumns, rows: readonly number[]) {
  const tally = new Tally()
  const starts: number[] = []
  const values: number[] = []
  for (const row of rows) {
    tally.add(columns, row)
    starts.push(columns.numbers.windowStart[row] ?? 0)
    values.push(columns.numbers.pnl[row] ?? 0)
  }
  const mean = rows.length === 0 ? null : tally.pnl / rows.length
  const side: ComparedSide = { figures: figuresOf(tally), mean, windows: new Set(starts).size }
  return { side, starts, values }
}

function chanceBetter(before: Figures, after: Figures): number | null {
  if (before.breakEven === null || after.breakEven === null || before.sold + after.sold > 0) return null
  const belief = ({ wins, trades }: Figures, breakEven: number) => ({ wins, losses: trades - wins, breakEven })
  return chanceOfBetterEdge(belief(before, before.breakEven), belief(after, after.breakEven))
}

function byRegime(columns: TradeColumns, older: readonly number[], newer: readonly number[]) {
  const sums = (rows: readonly number[]) => {
    const found = new Map<number, { trades: number; pnl: number }>()
    for (const row of rows) {
      const regime = columns.ids.regime[row] ?? 0
      const sum = found.get(regime) ?? { trades: 0, pnl: 0 }
      sum.trades++
      sum.pnl += columns.numbers.pnl[row] ?? 0
      found.set(regime, sum)
    }
    return found
  }
  const none = { trades: 0, pnl: 0 }
  const [before, after] = [sums(older), sums(newer)]
  let [weighted, weight, shift] = [0, 0, 0]
  const regimes = [...new Set([...before.keys(), ...after.keys()])].map((id): RegimeDifference => {
    const [a, b] = [before.get(id) ?? none, after.get(id) ?? none]
    const enough = Math.min(a.trades, b.trades) >= FEWEST_IN_REGIME
    const difference = enough ? b.pnl / b.trades - a.pnl / a.trades : null
    if (difference !== null) {
      weighted += b.trades * difference
      weight += b.trades
    }
    shift += Math.abs(a.trades / (older.length || 1) - b.trades / (newer.length || 1)) / 2
    return {
      regime: columns.names.regime.names[id] ?? '',
      before: a.trades,
      after: b.trades,
      difference: difference === null ? null : usd(Math.round(difference)),
    }
  })
  return { regimes, atSameRegimes: weight === 0 ? null : weighted / weight, mixShift: shift }
}

const cents = (micro: number) => `${(micro / 10_000).toFixed(1).replace('-', '−')} cents`

/** The conclusion in words, with its limits. */
function sentenceOf(comparison: Omit<Comparison, 'sentence'>): string {
  const { before, after, difference, interval, verdict, mixShift, atSameRegimes } = comparison
  const sides = `${after.figures.trades} trades after against ${before.figures.trades} before`
  if (verdict === 'too-few' || difference === null || interval === null)
    return `Too few trades to say anything: ${sides}, from ${Math.min(before.windows, after.windows)} window starts on the shorter side; at least ${FEWEST_WINDOWS} are needed.`
  const range = `between ${cents(interval.low)} and ${cents(interval.high)} a trade`
  const shifted = mixShift > MIX_SHIFT
  const market = shifted
    ? ` But the market was another one: ${Math.round(mixShift * 100)} % of the trades are of other regimes${
        atSameRegimes === null
          ? ', and no regime has enough trades on both sides to compare'
          : `; within the same regimes the difference is ${cents(atSameRegimes)}`
      }. A change of market must not be taken for a change of code.`
    : ''
  if (verdict === 'undecided')
    return `It cannot be told yet which is better: the difference is ${cents(difference)} a trade, and the truth lies ${range} (${sides}).${market}`
  const word = verdict === 'better' ? 'better' : 'worse'
  return `After the deployment it did ${word} by ${cents(Math.abs(difference))} a trade; the truth lies ${range}, with 95 % confidence (${sides}). That it came after does not prove that the code is why.${market}`
}
