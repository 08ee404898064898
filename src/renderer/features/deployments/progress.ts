import type { DeploymentRow, DeploymentStep, StepName } from '../../../shared/domain/deployments.ts'
import { isFinal } from '../../../shared/domain/lifecycles.ts'
import type { ProofRow } from '../../../shared/domain/proofs.ts'

const STEP_ORDER: readonly StepName[] = ['compile', 'check', 'prove', 'policy', 'stage', 'swap', 'canary', 'probation']

/** The steps done and, while a deployment is running, those still ahead. */
export function stepsOf(row: DeploymentRow): readonly (DeploymentStep | { name: StepName; state: 'ahead' })[] {
  const last = row.steps.at(-1)
  if (isFinal('deployment', row.state)) return row.steps
  const from = last === undefined ? 0 : STEP_ORDER.indexOf(last.name) + 1
  // Only a deployment that was requested as a canary has this step.
  const ahead = STEP_ORDER.slice(from).filter((name) => name !== 'canary')
  return [...row.steps, ...ahead.map((name) => ({ name, state: 'ahead' as const }))]
}

const VERDICTS = {
  running: { text: 'Proving', tone: '' },
  passed: { text: 'Proof passed', tone: '' },
  failed: { text: 'Proof failed', tone: 'down' },
  insufficient: { text: 'Too little tape to judge', tone: 'attention' },
} as const satisfies Record<ProofRow['verdict'], { text: string; tone: string }>

/** Text and tone of a verdict. A passed proof has no colour, because it says nothing about profit. */
export function verdictOf(verdict: ProofRow['verdict']): { readonly text: string; readonly tone: string } {
  return VERDICTS[verdict]
}
