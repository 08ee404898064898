import { gammaln } from 'simple-statistics'
import type { Config } from '../../shared/config.ts'
import type { ProbationBound, ProbationRow } from '../../shared/domain/deployments.ts'
import { toDollars } from '../../shared/domain/money.ts'
import type { Tenure } from '../../shared/domain/records.ts'
import { HOUR } from '../../shared/domain/time.ts'

export interface ProbationFacts {
  readonly now: number
  readonly tenure: Tenure
  /** Slots of its strategy. */
  readonly slots: number
  /** Stopped by a fault. */
  readonly stopped: boolean
  /** Its proof's trades and wins; null where there was none. */
  readonly proof: { readonly trades: number; readonly wins: number } | null
}

/** Judges a version on probation: still running, passed, or a bound broken. */
export function judgeProbation(facts: ProbationFacts, rules: Config['probation']): ProbationRow {
  const { tenure, now, stopped } = facts
  const windowsNeeded = rules.windows * facts.slots
  const until = tenure.since + rules.maxHours * HOUR
  const bounds = boundsOf(facts, rules)
  const broken = bounds.filter((bound) => !bound.passed)
  const row = {
    since: tenure.since,
    until,
    windows: tenure.windows,
    windowsNeeded,
    trades: tenure.trades,
    wins: tenure.wins,
    pnl: tenure.pnl,
    bounds,
  }
  if (stopped) return { ...row, verdict: 'failed', reason: 'it was stopped by a fault' }
  if (broken.length > 0) return { ...row, verdict: 'failed', reason: broken.map(boundText).join('; ') }
  const seen = `${tenure.windows} windows, ${tenure.trades} settled ${tenure.trades === 1 ? 'trade' : 'trades'}, within every bound`
  if (tenure.windows >= windowsNeeded) return { ...row, verdict: 'passed', reason: seen }
  if (now >= until) return { ...row, verdict: 'passed', reason: `${seen}, and ${rules.maxHours} h are over` }
  return { ...row, verdict: 'running', reason: `${tenure.windows} of ${windowsNeeded} windows` }
}

function boundsOf({ tenure, proof }: ProbationFacts, rules: Config['probation']): ProbationBound[] {
  const most = (name: ProbationBound['name'], unit: ProbationBound['unit'], value: number, bound: number) => ({
    name,
    unit,
    value,
    bound,
    passed: value <= bound,
  })
  const bounds = [
    most('faults', 'count', tenure.faults, rules.maxFaults),
    most('late answers', 'count', tenure.late, rules.maxLate),
    most('rejected orders', 'count', tenure.rejected, rules.maxRejected),
    most('drawdown', 'usd', toDollars(tenure.drawdown), rules.maxDrawdownUsd),
  ]
  if (proof === null || proof.trades === 0 || tenure.trades < rules.minTrades) return bounds
  const chance = chanceOfSoFew(tenure, proof)
  return [
    ...bounds,
    { name: 'win rate', unit: 'chance', value: chance, bound: rules.worseThan, passed: chance >= rules.worseThan },
  ]
}

/** The bounds that a version on probation has broken. */
export function brokenBounds({ bounds }: Pick<ProbationRow, 'bounds'>): ProbationBound['name'][] {
  return bounds.flatMap(({ name, passed }) => (passed ? [] : [name]))
}

function boundText({ name, value, bound, unit }: ProbationBound): string {
  if (unit === 'chance')
    return `so few wins had a chance of ${(value * 100).toPrecision(2)} % by its proof, bound ${bound * 100} %`
  const text = (figure: number) => (unit === 'usd' ? `$${figure.toFixed(2)}` : String(figure))
  return `${name} ${text(value)}, bound ${text(bound)}`
}

/**
 * Probability of at most `wins` wins in `trades` trades, when the proof's own trades are all that is known of the win rate:
 * the lower tail of the beta-binomial distribution with a uniform prior (Gelman et al., Bayesian Data Analysis, 3rd ed.,
 * appendix A).
 * @returns 0 … 1
 */
export function chanceOfSoFew(
  seen: { readonly trades: number; readonly wins: number },
  proof: { readonly trades: number; readonly wins: number },
): number {
  const a = proof.wins + 1
  const b = proof.trades - proof.wins + 1
  const beta = (x: number, y: number) => gammaln(x) + gammaln(y) - gammaln(x + y)
  const n = seen.trades
  let sum = 0
  for (let k = 0; k <= seen.wins; k++) {
    const choose = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    sum += Math.exp(choose + beta(k + a, n - k + b) - beta(a, b))
  }
  return Math.min(1, sum)
}
