import type { DeploymentRow } from '../../../shared/domain/deployments.ts'
import {
  compareVersion,
  deployStored,
  dismissCandidate,
  openCanaryDialog,
  openOverrideDialog,
  promoteCandidate,
  reloadCandidate,
  reloadFiles,
  rollBack,
  shadowCandidate,
  showBeforeAfter,
} from '../../data/actions.ts'
import { useDesk, useDeskModel } from '../../data/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { shortLabel } from '../../ui/format.ts'
import { useIsFaulted } from './deployment-state.ts'

/** States in which a deployment runs without waiting for a command. */
const IN_PROGRESS: ReadonlySet<DeploymentRow['state']> = new Set([
  'detected',
  'compiling',
  'checking',
  'proving',
  'staging',
])

/** The candidate waits for a reload command that names its hash. */
function waitsForReload({ version, policy }: DeploymentRow): boolean {
  return version !== null && (policy?.waits ?? []).some(({ rule }) => rule === 'reload')
}

function isShadow({ policy }: DeploymentRow): boolean {
  return (policy?.waits ?? []).some(({ rule }) => rule === 'shadow')
}

/** Ways for a waiting candidate, a shadow or a canary to go on or to end. */
function CandidateActions({ row }: { row: DeploymentRow }) {
  const model = useDeskModel()
  const { version, from } = row
  const isWaiting = version !== null && (row.policy?.waits ?? []).length > 0
  const shadow = isShadow(row)
  const canary = row.state === 'canary'
  return (
    <>
      {waitsForReload(row) && version !== null ? (
        <Button small tone="primary" keys="Ctrl ⇧Enter" onClick={() => reloadCandidate(model, row)}>
          Reload {version.label}
        </Button>
      ) : null}
      {shadow || canary ? (
        <Button small tone="primary" onClick={() => promoteCandidate(model, row)}>
          Promote
        </Button>
      ) : null}
      {isWaiting && !shadow ? (
        <Button small onClick={() => shadowCandidate(model, row)}>
          Run as shadow
        </Button>
      ) : null}
      {isWaiting && from !== null ? (
        <Button small onClick={() => openCanaryDialog(model, row)}>
          Canary…
        </Button>
      ) : null}
      {isWaiting || (version !== null && canary) ? (
        <Button small tone={canary ? 'attention' : 'plain'} onClick={() => dismissCandidate(model, row)}>
          Dismiss
        </Button>
      ) : null}
    </>
  )
}

/** Ways to go back, to cancel, to try again and to override policy. */
function RecoveryActions({ row }: { row: DeploymentRow }) {
  const model = useDeskModel()
  const { version, state, strategy } = row
  const isFaulted = useIsFaulted(row)
  const before = useDesk(({ versions }) => versions.find((other) => other.strategy === strategy && other.isBefore))
  const canOverride =
    (row.policy?.waits ?? []).some(({ rule }) => rule !== 'canary') && !waitsForReload(row) && !isShadow(row)
  return (
    <>
      {before !== undefined && (state === 'probation' || isFaulted) ? (
        <Button small tone="attention" onClick={() => rollBack(model, strategy, before.hash)}>
          Roll back to {shortLabel(before)}
        </Button>
      ) : null}
      {IN_PROGRESS.has(state) ? (
        <Button small onClick={() => dismissCandidate(model, row)} testId="cancel-deployment">
          Cancel
        </Button>
      ) : null}
      {state === 'failed' ? (
        <Button small onClick={() => (version === null ? reloadFiles(model, strategy) : deployStored(model, version))}>
          Try again
        </Button>
      ) : null}
      {version !== null && canOverride ? (
        <Button small tone="attention" onClick={() => openOverrideDialog(model, strategy, version.hash, version.label)}>
          Override…
        </Button>
      ) : null}
    </>
  )
}

function CompareActions({ row }: { row: DeploymentRow }) {
  const model = useDeskModel()
  const { version, from } = row
  return (
    <>
      {version === null ? null : (
        <Button small onClick={() => compareVersion(model, version)}>
          Show {shortLabel(version)}
        </Button>
      )}
      {from === null || row.swappedAt === null ? null : (
        <Button small onClick={() => showBeforeAfter(model, row)}>
          Before and after
        </Button>
      )}
      {from === null ? null : (
        <Button small onClick={() => compareVersion(model, from)}>
          Diff against {shortLabel(from)}
        </Button>
      )}
    </>
  )
}

/** Commands that apply to a deployment in its current state. */
export function DeploymentActions({ row }: { row: DeploymentRow }) {
  if (row.version === null && row.from === null && row.state !== 'failed' && !IN_PROGRESS.has(row.state)) return null
  return (
    <>
      {waitsForReload(row) ? <p className="deployment-times">Waits for a reload of exactly this version.</p> : null}
      <div className="deployment-actions">
        <CandidateActions row={row} />
        <RecoveryActions row={row} />
        <CompareActions row={row} />
      </div>
    </>
  )
}
