import { z } from 'zod'
import type {
  CanaryRow,
  DeploymentRow,
  DeploymentStep,
  Diagnostic,
  PolicyOverride,
  PolicyRow,
  ProbationRow,
  ShadowRow,
} from '../../shared/domain/deployments.ts'
import type { DecisionDifference, ProofRow } from '../../shared/domain/proofs.ts'
import type { ReplayStats } from '../../shared/domain/replays.ts'
import {
  deploymentIdSchema,
  priceSchema,
  sideSchema,
  slotIdSchema,
  stateSchema,
  usdSchema,
  versionHashSchema,
} from '../../shared/domain/schemas.ts'
import type { VersionRef } from '../../shared/domain/versions.ts'
import type { ReadableDb } from './db.ts'
import { jsonColumn, one } from './rows.ts'
import { versionRefRow } from './tables.ts'

/** A stored version by its whole hash; null where there is none. */
export function versionRef(db: ReadableDb, hash: string): VersionRef | null {
  return one(db, versionRefRow, 'SELECT hash, strategy, label, number FROM versions WHERE hash = ?', hash) ?? null
}

const moment = z.number()
const figure = z.number()

const step: z.ZodType<DeploymentStep> = z.object({
  name: z.enum(['compile', 'check', 'prove', 'policy', 'stage', 'swap', 'canary', 'probation']),
  state: z.enum(['running', 'done', 'failed']),
  ms: figure.nullable(),
  note: z.string(),
})

const diagnostic: z.ZodType<Diagnostic> = z.object({
  file: z.string(),
  line: figure,
  column: figure,
  message: z.string(),
})
export const diagnosticsColumn = jsonColumn(z.array(diagnostic))

const stats: z.ZodType<ReplayStats> = z.object({
  decisions: figure,
  orders: figure,
  fills: figure,
  trades: figure,
  wins: figure,
  winRate: figure.nullable(),
  breakEven: figure.nullable(),
  stake: usdSchema,
  pnl: usdSchema,
  fees: usdSchema,
  sharpe: figure.nullable(),
  maxDrawdown: usdSchema,
  peakOrdersPerMinute: figure,
  faults: figure,
  refused: figure,
  openPositions: figure,
})

const ref: z.ZodType<VersionRef> = versionRefRow

const proof: z.ZodType<ProofRow> = z.object({
  verdict: z.enum(['running', 'passed', 'failed', 'insufficient']),
  reason: z.string(),
  progress: figure,
  from: moment.nullable(),
  to: moment.nullable(),
  slots: z.array(slotIdSchema),
  notices: z.array(z.string()),
  candidate: stats.nullable(),
  live: stats.nullable(),
  liveVersion: ref.nullable(),
  gates: z.array(
    z.object({
      name: z.enum(['faults', 'orders a minute', 'stake an order', 'drawdown']),
      value: figure,
      bound: figure,
      unit: z.enum(['count', 'usd']),
      passed: z.boolean(),
    }),
  ),
  differences: figure,
  trials: figure,
  // Proofs of before there were regimes have none.
  coverage: z.record(z.string(), z.record(z.string(), figure)).default({}),
})

export const overrideSchema: z.ZodType<PolicyOverride> = z.object({
  ts: moment,
  by: z.string(),
  reason: z.string(),
  rules: z.array(z.string()),
})

const policy: z.ZodType<PolicyRow> = z.object({
  waits: z.array(
    z.object({
      rule: z.enum(['reload', 'shadow', 'canary', 'freeze', 'venue', 'cooldown', 'tilt', 'regime', 'quiet']),
      message: z.string(),
      until: moment.nullable(),
    }),
  ),
  waitsUntil: moment.nullable(),
  override: overrideSchema.nullable(),
  regimes: z.record(z.string(), z.string().nullable()),
})

const probation: z.ZodType<ProbationRow> = z.object({
  verdict: z.enum(['running', 'passed', 'failed']),
  reason: z.string(),
  since: moment,
  until: moment,
  windows: figure,
  windowsNeeded: figure,
  trades: figure,
  wins: figure,
  pnl: usdSchema,
  bounds: z.array(
    z.object({
      name: z.enum(['faults', 'late answers', 'rejected orders', 'drawdown', 'win rate']),
      unit: z.enum(['count', 'usd', 'chance']),
      value: figure,
      bound: figure,
      passed: z.boolean(),
    }),
  ),
})

const shadow: z.ZodType<ShadowRow> = z.object({
  since: moment,
  reached: moment,
  candidate: stats.nullable(),
  live: stats.nullable(),
  differences: figure,
  reason: z.string().nullable(),
})

const canary: z.ZodType<CanaryRow> = z.object({ since: moment, slots: z.array(slotIdSchema), stakePercent: figure })

/** What discipline said of a deployment: one column, absent in homes of before there was discipline. */
const discipline = z.object({
  policy: policy.nullable().default(null),
  probation: probation.nullable().default(null),
  shadow: shadow.nullable().default(null),
  canary: canary.nullable().default(null),
})

const deploymentRow = z.object({
  id: deploymentIdSchema,
  strategy: z.string(),
  version: versionHashSchema.nullable(),
  from_version: versionHashSchema.nullable(),
  trigger: z.enum(['start', 'save', 'reload', 'rollback']),
  by: z.string(),
  state: stateSchema('deployment'),
  started_at: moment,
  ended_at: moment.nullable(),
  steps: jsonColumn(z.array(step)),
  reason: z.string().nullable(),
  diagnostics: diagnosticsColumn,
  save_to_live_ms: figure.nullable(),
  swap_ms: figure.nullable(),
  swapped_at: moment.nullable(),
  handoffs: figure,
  proof: jsonColumn(proof).nullable(),
  policy: jsonColumn(discipline).nullable(),
})

/** Reads rows of the table of deployments, versions named. */
export function deploymentRows(db: ReadableDb): z.ZodType<DeploymentRow> {
  const named = (hash: string | null) => (hash === null ? null : versionRef(db, hash))
  return deploymentRow.transform((row) => ({
    id: row.id,
    strategy: row.strategy,
    version: named(row.version),
    from: named(row.from_version),
    trigger: row.trigger,
    by: row.by,
    state: row.state,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    steps: row.steps,
    reason: row.reason,
    diagnostics: row.diagnostics,
    saveToLiveMs: row.save_to_live_ms,
    swapMs: row.swap_ms,
    swappedAt: row.swapped_at,
    handoffs: row.handoffs,
    proof: row.proof,
    policy: row.policy?.policy ?? null,
    probation: row.policy?.probation ?? null,
    shadow: row.policy?.shadow ?? null,
    canary: row.policy?.canary ?? null,
  }))
}

export const differencesColumn: z.ZodType<readonly DecisionDifference[], string> = jsonColumn(
  z.array(
    z.object({
      ts: moment,
      slot: slotIdSchema,
      candidate: act().nullable(),
      live: act().nullable(),
    }),
  ),
)

function act() {
  return z.object({
    kind: z.enum(['enter', 'exit', 'cancel', 'fault']),
    side: sideSchema.nullable(),
    limit: priceSchema.nullable(),
    stake: usdSchema.nullable(),
    why: z.string(),
  })
}
