import type { DeploymentRow } from '../../../shared/domain/deployments.ts'
import { isFinal } from '../../../shared/domain/lifecycles.ts'
import { useDesk, useDeskModel } from '../../data/hooks.ts'
import { count, duration } from '../../ui/format.ts'
import { DeploymentActions } from './deployment-actions.tsx'
import { deploymentName, deploymentTone, useIsFaulted } from './deployment-state.ts'
import { CanaryPart, OverfitGauge, Override, Probation, ShadowResults, Waits } from './policy-sections.tsx'
import { Proof } from './proof.tsx'
import { Steps } from './steps.tsx'

/** Most diagnostics listed here; the editor lists all. */
const SHOWN_DIAGNOSTICS = 4

function Durations({ row }: { row: DeploymentRow }) {
  const parts: string[] = []
  if (row.saveToLiveMs !== null) parts.push(`save to live ${duration(row.saveToLiveMs)}`)
  if (row.swapMs !== null) parts.push(`swap ${duration(row.swapMs)}`)
  if (row.handoffs > 0) parts.push(`${count(row.handoffs)} handed over`)
  if (parts.length === 0) return null
  return <p className="deployment-times figure">{parts.join(' · ')}</p>
}

function Diagnostics({ row }: { row: DeploymentRow }) {
  const model = useDeskModel()
  const { diagnostics } = row
  if (diagnostics.length === 0) return null
  return (
    <ul className="problems" aria-label="Diagnostics">
      {diagnostics.slice(0, SHOWN_DIAGNOSTICS).map((problem) => (
        <li key={`${problem.file}:${problem.line}:${problem.column}:${problem.message}`}>
          <button
            type="button"
            className="problem"
            onClick={() => {
              model.ui.setState({ tab: 'editor', compare: null })
              model.fileActions.open(problem.file, { line: problem.line, column: problem.column })
            }}
          >
            <code>
              {problem.file}:{problem.line}
            </code>
            <span>{problem.message}</span>
          </button>
        </li>
      ))}
      {diagnostics.length > SHOWN_DIAGNOSTICS ? (
        <li className="faint">{diagnostics.length - SHOWN_DIAGNOSTICS} more in the editor</li>
      ) : null}
    </ul>
  )
}

/** The fault that stopped the version after it went live. */
function FaultReason({ row }: { row: DeploymentRow }) {
  const isFaulted = useIsFaulted(row)
  const outage = useDesk((state) => state.status?.outages.find(({ version }) => version?.hash === row.version?.hash))
  if (!isFaulted) return null
  return (
    <p className="deployment-reason down">
      {outage === undefined ? `${deploymentName(row)} was stopped by a fault` : outage.reason}.
    </p>
  )
}

/** One deployment: steps, reason, diagnostics, actions, policy, proof and probation. */
export function DeploymentDetail({ row }: { row: DeploymentRow }) {
  return (
    <article
      className="deployment"
      data-testid={`deployment-${row.id}`}
      aria-label={`Deployment of ${deploymentName(row)}`}
    >
      <FaultReason row={row} />
      <Steps row={row} />
      {row.reason === null || (row.policy?.waits.length ?? 0) > 0 ? null : (
        <p className={`deployment-reason ${isFinal('deployment', row.state) ? deploymentTone(row) : 'attention'}`}>
          {row.reason}
        </p>
      )}
      <Diagnostics row={row} />
      {row.state === 'failed' && row.reason === null && row.from !== null ? (
        <p className="deployment-reason dim">{row.from.label} stays live with its state and its positions.</p>
      ) : null}
      <Durations row={row} />
      <DeploymentActions row={row} />
      <Waits row={row} />
      <Override override={row.policy?.override ?? null} />
      <CanaryPart row={row} />
      <Probation row={row} />
      <ShadowResults row={row} />
      {row.proof === null ? null : <Proof row={row} proof={row.proof} />}
      <OverfitGauge strategy={row.strategy} />
    </article>
  )
}
