import { createHash } from 'node:crypto'
import { Moments, sharpe } from '../../shared/attribution/sharpe.ts'
import { breakEvenOf } from '../../shared/attribution/win-rate.ts'
import { addUsd, NO_USD, type Usd, usd } from '../../shared/domain/money.ts'
import type { DecisionDifference } from '../../shared/domain/proofs.ts'
import type { ReplayStats, ReplayTrade } from '../../shared/domain/replays.ts'
import type { Act, DayRecord, ReplayCoverage } from './day-record.ts'
import type { VersionOutcome } from './lab.ts'

/** Several stretches of one version as one result, in the order of time. */
export function statsOf(days: readonly DayRecord[]): ReplayStats {
  const sum = (pick: (day: DayRecord) => number) => days.reduce((total, day) => total + pick(day), 0)
  const trades = tradesOf(days)
  const wins = trades.filter((trade) => (trade.pnl ?? 0) > 0).length
  const total = (pick: (trade: ReplayTrade) => Usd) =>
    trades.reduce((amount, trade) => addUsd(amount, pick(trade)), NO_USD)
  const evens = trades.reduce((sum, one) => sum + breakEvenOf(one.cost, one.fees, one.shares), 0)
  const cost = total((trade) => trade.cost)
  const fees = total((trade) => trade.fees)
  return {
    decisions: sum((day) => day.decisions),
    orders: sum((day) => day.orders),
    fills: sum((day) => day.fills),
    trades: trades.length,
    wins,
    winRate: trades.length === 0 ? null : wins / trades.length,
    breakEven: trades.length === 0 ? null : evens / trades.length,
    stake: cost,
    pnl: total((trade) => trade.pnl ?? NO_USD),
    fees,
    sharpe: sharpeOf(trades),
    maxDrawdown: drawdownOf(trades),
    peakOrdersPerMinute: Math.max(0, ...days.map((day) => day.peakOrdersPerMinute)),
    faults: sum((day) => day.faults),
    refused: sum((day) => day.refused),
    openPositions: sum((day) => day.open),
  }
}

/** Windows by slot and regime, over all stretches. */
export function coverageOf(days: readonly DayRecord[]): ReplayCoverage {
  const sum: Record<string, Record<string, number>> = {}
  for (const { coverage } of days) {
    for (const [slot, counts] of Object.entries(coverage)) {
      const total = sum[slot] ?? {}
      for (const [regime, count] of Object.entries(counts)) total[regime] = (total[regime] ?? 0) + count
      sum[slot] = total
    }
  }
  return sum
}

export function tradesOf(days: readonly DayRecord[]): ReplayTrade[] {
  return days.flatMap((day) => day.trades)
}

/** Sharpe ratio of the profit of a trade in money, as in `Figures`. */
function sharpeOf(trades: readonly ReplayTrade[]): number | null {
  const moments = new Moments()
  for (const { pnl } of trades) if (pnl !== null) moments.add(pnl)
  return sharpe(moments.shape())
}

/** Largest fall of the realised profit from a peak, the start counting as one. */
function drawdownOf(trades: readonly ReplayTrade[]): Usd {
  let profit = 0
  let peak = 0
  let worst = 0
  for (const { pnl } of trades) {
    profit += pnl ?? 0
    peak = Math.max(peak, profit)
    worst = Math.max(worst, peak - profit)
  }
  return usd(worst)
}

/** One hash over all stretches; that of a single stretch is its own, so that a `run` over the same time has the same. */
export function hashOf(days: readonly DayRecord[]): string {
  const [only] = days
  if (days.length === 1 && only !== undefined) return only.decisionsHash
  const hash = createHash('sha256')
  for (const day of days) hash.update(day.decisionsHash)
  return hash.digest('hex')
}

/** Moments at which two versions wanted different things on the same tape. Both lists ascend in time. */
export function differencesOf(candidate: readonly Act[], live: readonly Act[]): DecisionDifference[] {
  const theirs = byMoment(live)
  const found: DecisionDifference[] = []
  for (const [key, act] of byMoment(candidate)) {
    const other = theirs.get(key)
    theirs.delete(key)
    if (other === undefined || !sameAct(act, other)) found.push(difference(act, act, other ?? null))
  }
  for (const act of theirs.values()) found.push(difference(act, null, act))
  return found.toSorted((a, b) => a.ts - b.ts || (a.slot < b.slot ? -1 : 1))
}

/** Differences between two replayed versions; empty if one of them could not be replayed. */
export function differencesBetween(
  candidate: VersionOutcome | undefined,
  live: VersionOutcome | undefined,
): readonly DecisionDifference[] {
  if (candidate === undefined || live === undefined || candidate.failure !== null || live.failure !== null) return []
  const acts = (outcome: VersionOutcome) => outcome.days.flatMap((day) => day.acts)
  return differencesOf(acts(candidate), acts(live))
}

function byMoment(acts: readonly Act[]): Map<string, Act> {
  const found = new Map<string, Act>()
  // Only the first intent of a moment counts.
  for (const act of acts) {
    const key = `${act.ts} ${act.slot}`
    if (!found.has(key)) found.set(key, act)
  }
  return found
}

function sameAct(a: Act, b: Act): boolean {
  return a.kind === b.kind && a.side === b.side && a.limit === b.limit && a.stake === b.stake
}

function difference({ ts, slot }: Act, candidate: Act | null, live: Act | null): DecisionDifference {
  const plain = (act: Act | null) =>
    act === null ? null : { kind: act.kind, side: act.side, limit: act.limit, stake: act.stake, why: act.why }
  return { ts, slot, candidate: plain(candidate), live: plain(live) }
}
