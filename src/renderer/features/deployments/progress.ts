import type { DeploymentRow, DeploymentStep, StepName } from '../../../shared/domain/deployments.ts'
import { isFinal } from '../../../shared/domain/lifecycles.ts'
import type { ProofRow } from '../../../shared/domain/proofs.ts'

const ORDER: readonly StepName[] = ['compile', 'check', 'prove', 'policy', 'stage', 'swap', 'canary', 'probation']

/** Steps passed and, while a deployment is under way, those still ahead of it. */
export function stepsOf(row: DeploymentRow): readonly (DeploymentStep | { name: StepName; state: 'ahead' })[] {
  const last = row.steps.at(-1)
  if (isFinal('deployment', row.state)) return row.steps
  const from = last === undefined ? 0 : ORDER.indexOf(last.name) + 1
  // Being a canary is a step of those alone that somebody made one.
  const ahead = ORDER.slice(from).filter((name) => name !== 'canary')
  return [...row.steps, ...ahead.map((name) => ({ name, state: 'ahead' as const }))]
}

const VERDICTS = {
  running: { words: 'Proving', tone: '' },
  passed: { words: 'Proof passed', tone: '' },
  failed: { words: 'Proof failed', tone: 'down' },
  insufficient: { words: 'Too little tape to judge', tone: 'attention' },
} as const satisfies Record<ProofRow['verdict'], { words: string; tone: string }>

/** A verdict in words. Passing has no colour: it only means that nothing stands against going live. */
export function verdictOf(verdict: ProofRow['verdict']): { readonly words: string; readonly tone: string } {
  return VERDICTS[verdict]
}
