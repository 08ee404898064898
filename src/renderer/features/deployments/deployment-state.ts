import type { DeploymentRow } from '../../../shared/domain/deployments.ts'
import { useDesk } from '../../data/hooks.ts'

export function deploymentTone(row: DeploymentRow): 'up' | 'down' | 'attention' | 'dim' {
  if (row.state === 'kept') return 'up'
  if (row.state === 'failed' || row.state === 'rolled-back') return 'down'
  return row.state === 'superseded' ? 'dim' : 'attention'
}

export function deploymentName(row: DeploymentRow): string {
  return row.version?.label ?? row.strategy
}

/** True when a fault has stopped the version that this deployment made live. */
export function useIsFaulted(row: DeploymentRow): boolean {
  return useDesk(
    (state) =>
      row.swappedAt !== null && state.versions.find(({ hash }) => hash === row.version?.hash)?.state === 'faulted',
  )
}
