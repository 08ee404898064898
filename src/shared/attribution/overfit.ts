import { deflatedSharpe, luckySharpe, type Shape, sharpe } from './sharpe.ts'

/** History of work on a strategy, from the journal. */
export interface WorkHistory {
  /** Number of versions ever traded, proved or replayed; each is a trial. */
  readonly versionsTried: number
  /** Sharpe ratio of each trial that has one. */
  readonly trialRatios: readonly number[]
  /** Manual deployments: when each went live, and whether the last trade before had lost. */
  readonly deployments: readonly { readonly at: number; readonly afterLoss: boolean }[]
  /** Days for which the strategy has been live. */
  readonly daysLive: number
  /** Return on stake of each version in its proof and live, where both are known. */
  readonly promises: readonly { readonly proof: number; readonly live: number }[]
  /** Moments of the live version's returns; the count is the effective number of trades. */
  readonly live: Shape
  /** Share of losing trades over all versions: the rate at which a deployment follows a loss by chance. */
  readonly lossRate: number | null
}

export interface OverfitGauge {
  readonly versionsTried: number
  readonly deploymentsPerDay: number | null
  /** Share of deployments right after a losing trade. */
  readonly afterLoss: number | null
  /** Share of all trades that lost. */
  readonly lossRate: number | null
  /** Mean return on stake in proofs minus the live return. */
  readonly shortfall: number | null
  /** Expected Sharpe ratio of the best of all trials by chance alone. */
  readonly luckySharpe: number | null
  readonly deflatedSharpe: number | null
  readonly sentence: string
}

/** Estimates how much of a record may be due to the number of trials. */
export function overfitGauge(of: WorkHistory): OverfitGauge {
  const { versionsTried, trialRatios, deployments, daysLive, promises, live, lossRate } = of
  const variance = varianceOf(trialRatios)
  const judged = sharpe(live) !== null && (versionsTried < 2 || variance !== null)
  const afterLoss =
    deployments.length === 0 ? null : deployments.filter((one) => one.afterLoss).length / deployments.length
  const gauge = {
    versionsTried,
    deploymentsPerDay: daysLive > 0 ? deployments.length / Math.max(1, daysLive) : null,
    afterLoss,
    lossRate,
    shortfall:
      promises.length === 0
        ? null
        : promises.reduce((sum, { proof, live: made }) => sum + proof - made, 0) / promises.length,
    luckySharpe: variance === null ? null : luckySharpe(versionsTried, variance),
    deflatedSharpe: judged ? deflatedSharpe(live, Math.max(1, versionsTried), variance ?? 0) : null,
  }
  return { ...gauge, sentence: sentenceOf(gauge) }
}

function varianceOf(values: readonly number[]): number | null {
  if (values.length < 2) return null
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
}

const whole = (part: number) => `${Math.round(part * 100)} %`
const tenth = (part: number) => `${(Math.abs(part) * 100).toFixed(1)} %`
const versions = (count: number) => `${count} ${count === 1 ? 'version' : 'versions'} tried`

/** Live return compared with the proofs. */
function againstProof(shortfall: number): string {
  if (Math.abs(shortfall) < 0.0005) return 'live as its proofs'
  return `live ${tenth(shortfall)} of the stake ${shortfall > 0 ? 'below' : 'above'} its proofs`
}

/** The figures of a gauge in words, for all displays. */
export function gaugeFigures(gauge: Omit<OverfitGauge, 'sentence'>): readonly string[] {
  const { versionsTried, deploymentsPerDay, afterLoss, shortfall, deflatedSharpe: deflated } = gauge
  return [
    versions(versionsTried),
    ...(deploymentsPerDay === null ? [] : [`${deploymentsPerDay.toFixed(1)} deployments a day`]),
    ...(afterLoss === null
      ? []
      : [afterLoss === 0 ? 'none right after a loss' : `${tenth(afterLoss)} right after a loss`]),
    ...(shortfall === null ? [] : [againstProof(shortfall)]),
    deflated === null ? 'deflated Sharpe –' : `deflated Sharpe ${tenth(deflated)}`,
  ]
}

function sentenceOf(gauge: Omit<OverfitGauge, 'sentence'>): string {
  const { versionsTried, deflatedSharpe: deflated, afterLoss, lossRate, shortfall } = gauge
  const tries = versionsTried === 1 ? '1 version' : `${versionsTried} versions`
  const record =
    deflated === null
      ? `${versions(versionsTried)}: too few trades to say how much of the record is luck`
      : `chance that this is skill, not the luckiest of ${tries}: ${whole(deflated)}`
  const notes: string[] = []
  if (afterLoss !== null && lossRate !== null && afterLoss > lossRate + 0.2)
    notes.push(
      `${whole(afterLoss)} of the deployments came right after a loss, though only ${whole(lossRate)} of the trades lost`,
    )
  if (shortfall !== null && shortfall > 0.02) notes.push(againstProof(shortfall))
  return `${[record, ...notes].join('; ')}.`
}
