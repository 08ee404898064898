import { useEffect, useRef } from 'react'
import type { DeploymentRow } from '../../../shared/domain/deployments.ts'
import { compareVersion } from '../../data/actions.ts'
import { useDesk, useDeskModel, useNow, useShownDeployment, useUi } from '../../data/hooks.ts'
import { clock, countdown, duration, shortLabel } from '../../ui/format.ts'
import { Icon } from '../../ui/icons.tsx'
import { Empty, Panel } from '../../ui/panel.tsx'
import { VersionDot } from '../../ui/version-dot.tsx'
import { DeploymentDetail } from './deployment-detail.tsx'
import { deploymentName, deploymentTone, useIsFaulted } from './deployment-state.ts'

/** State of the latest deployment; of a waiting one, the rule it waits for and the time left. */
function LatestState({ row }: { row: DeploymentRow }) {
  const now = useNow()
  const isFaulted = useIsFaulted(row)
  if (isFaulted) return <span className="down">{row.state}, then faulted</span>
  if (row.state !== 'waiting') return <span className={deploymentTone(row)}>{row.state}</span>
  const [refusal] = row.policy?.waits ?? []
  const until = refusal?.until ?? null
  const timeLeft = until === null || now === null ? '' : ` ${countdown(until - now)}`
  const state = refusal === undefined || refusal.rule === 'reload' ? 'waiting' : refusal.rule
  return (
    <span className="attention">
      {state}
      {timeLeft}
    </span>
  )
}

const ICONS = { up: 'check', down: 'cross', dim: 'dot', attention: 'wait' } as const

function EarlierItem({ row, chosen }: { row: DeploymentRow; chosen: boolean }) {
  const model = useDeskModel()
  const tone = deploymentTone(row)
  return (
    <li>
      <button
        type="button"
        className={chosen ? 'earlier chosen' : 'earlier'}
        data-testid={`deployment-${row.id}`}
        aria-label={`${deploymentName(row)}, ${row.trigger}, ${row.state}, ${clock(row.startedAt)} UTC`}
        onClick={() => {
          model.ui.setState({ deployment: row.id })
          if (row.version !== null) compareVersion(model, row.version)
        }}
      >
        <Icon name={ICONS[tone]} className={tone} />
        {row.version === null ? <span className="no-dot" /> : <VersionDot version={row.version} />}
        <span className="earlier-name">
          {row.version === null ? row.strategy : `${row.strategy} ${shortLabel(row.version)}`}
        </span>
        <span className="faint earlier-state">{row.state === 'kept' ? row.trigger : row.state}</span>
        <span className="figure faint earlier-ms">{row.saveToLiveMs === null ? '' : duration(row.saveToLiveMs)}</span>
        <span className="figure faint">{clock(row.startedAt)}</span>
      </button>
    </li>
  )
}

function ShowLatest() {
  const model = useDeskModel()
  return (
    <button type="button" className="link" onClick={() => model.ui.setState({ deployment: null })}>
      back to the latest
    </button>
  )
}

/** The latest deployment step by step, or the one picked from the list of earlier ones below it. */
export function Deployments() {
  const deployments = useDesk((state) => state.deployments)
  const hasSnapshot = useDesk((state) => state.snapshots > 0)
  const chosen = useUi((state) => state.deployment)
  const shown = useShownDeployment()
  const box = useRef<HTMLDivElement>(null)
  const shownId = shown?.id
  // Another deployment is shown from its top, even when the list was scrolled to pick it.
  useEffect(() => {
    if (shownId !== undefined && box.current !== null) box.current.scrollTop = 0
  }, [shownId])
  if (shown === undefined) {
    return (
      <Panel title="Deployment" testId="deployments" className="deployments">
        <Empty busy={!hasSnapshot}>
          {hasSnapshot ? 'No deployment yet. Save a strategy to start one.' : 'Waiting for the desk…'}
        </Empty>
      </Panel>
    )
  }
  const isLatest = shown === deployments[0]
  return (
    <Panel
      title="Deployment"
      note={
        <span className="version-cell">
          {shown.version === null ? null : <VersionDot version={shown.version} />}
          {deploymentName(shown)}
        </span>
      }
      aside={isLatest ? <LatestState row={shown} /> : <ShowLatest />}
      testId="deployments"
      className="deployments"
    >
      <div ref={box} className="panel-scroll">
        <DeploymentDetail key={shown.id} row={shown} />
        {deployments.length > 1 ? (
          <ul className="earlier-list" aria-label="Earlier deployments">
            {deployments.slice(1).map((row) => (
              <EarlierItem key={row.id} row={row} chosen={row.id === chosen} />
            ))}
          </ul>
        ) : null}
      </div>
    </Panel>
  )
}
