import { isFinal } from '../../../shared/domain/lifecycles.ts'
import type { DeploymentRow, DeploymentStep, StepName } from '../../../shared/ipc/contract.ts'

const ORDER: readonly StepName[] = ['compile', 'check', 'prove', 'policy', 'stage', 'swap', 'probation']

/** Steps passed and, while a deployment is under way, those still ahead of it. */
export function stepsOf(row: DeploymentRow): readonly (DeploymentStep | { name: StepName; state: 'ahead' })[] {
  const last = row.steps.at(-1)
  if (isFinal('deployment', row.state)) return row.steps
  const from = last === undefined ? 0 : ORDER.indexOf(last.name) + 1
  return [...row.steps, ...ORDER.slice(from).map((name) => ({ name, state: 'ahead' as const }))]
}
