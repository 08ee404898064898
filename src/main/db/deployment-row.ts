import type { DeploymentRow, ProofRow, VersionRef } from '../../shared/ipc/contract.ts'
import type { Db } from './db.ts'

type Row = Record<string, unknown>

/** A stored version by its whole hash; null where there is none. */
export function versionRef(db: Db, hash: string): VersionRef | null {
  const row = db.prepare('SELECT hash, strategy, label, number FROM versions WHERE hash = ?').get(hash) as
    | VersionRef
    | undefined
  return row ?? null
}

/** A stored deployment as windows see it. */
export function toDeployment(db: Db, row: Row): DeploymentRow {
  const {
    policy = null,
    probation = null,
    shadow = null,
    canary = null,
  } = (row.policy === null ? {} : JSON.parse(row.policy as string)) as Partial<
    Pick<DeploymentRow, 'policy' | 'probation' | 'shadow' | 'canary'>
  >
  const ref = (hash: unknown) => (typeof hash === 'string' ? versionRef(db, hash) : null)
  return {
    id: row.id as string,
    strategy: row.strategy as string,
    version: ref(row.version),
    from: ref(row.from_version),
    trigger: row.trigger as DeploymentRow['trigger'],
    by: row.by as string,
    state: row.state as DeploymentRow['state'],
    startedAt: row.started_at as number,
    endedAt: row.ended_at as number | null,
    steps: JSON.parse(row.steps as string) as DeploymentRow['steps'],
    reason: row.reason as string | null,
    diagnostics: JSON.parse(row.diagnostics as string) as DeploymentRow['diagnostics'],
    saveToLiveMs: row.save_to_live_ms as number | null,
    swapMs: row.swap_ms as number | null,
    swappedAt: row.swapped_at as number | null,
    handoffs: row.handoffs as number,
    proof:
      row.proof === null ? null : { coverage: {}, ...(JSON.parse(row.proof as string) as Omit<ProofRow, 'coverage'>) },
    policy,
    probation,
    shadow,
    canary,
  }
}
