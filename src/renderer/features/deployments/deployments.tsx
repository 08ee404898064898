import { useEffect, useRef } from 'react'
import type { DeploymentRow } from '../../../shared/domain/deployments.ts'
import { isFinal } from '../../../shared/domain/lifecycles.ts'
import {
  openCanaryDialog,
  openOverrideDialog,
  compareVersion,
  deployStored,
  dismissCandidate,
  promoteCandidate,
  reloadCandidate,
  reloadFiles,
  rollBack,
  shadowCandidate,
  showBeforeAfter,
} from '../../data/actions.ts'
import { useDesk, useNow, useDeskModel, useShownDeployment, useUi } from '../../data/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { clock, count, countdown, duration, shortLabel } from '../../ui/format.ts'
import { Icon } from '../../ui/icons.tsx'
import { Empty, Panel } from '../../ui/panel.tsx'
import { VersionDot } from '../../ui/version-dot.tsx'
import { Canary, Gauge, Override, Probation, Shadow, Waits } from './discipline.tsx'
import { Proof } from './proof.tsx'
import { Steps } from './steps.tsx'

function toneOf(row: DeploymentRow): 'up' | 'down' | 'attention' | 'dim' {
  if (row.state === 'kept') return 'up'
  if (row.state === 'failed' || row.state === 'rolled-back') return 'down'
  return row.state === 'superseded' ? 'dim' : 'attention'
}

function nameOf(row: DeploymentRow): string {
  return row.version?.label ?? row.strategy
}

function Times({ row }: { row: DeploymentRow }) {
  const parts: string[] = []
  if (row.saveToLiveMs !== null) parts.push(`save to live ${duration(row.saveToLiveMs)}`)
  if (row.swapMs !== null) parts.push(`swap ${duration(row.swapMs)}`)
  if (row.handoffs > 0) parts.push(`${count(row.handoffs)} handed over`)
  if (parts.length === 0) return null
  return <p className="deployment-times figure">{parts.join(' · ')}</p>
}

function Problems({ row }: { row: DeploymentRow }) {
  const model = useDeskModel()
  if (row.diagnostics.length === 0) return null
  return (
    <ul className="problems" aria-label="Diagnostics">
      {row.diagnostics.slice(0, 4).map((problem) => (
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
      {row.diagnostics.length > 4 ? <li className="faint">{row.diagnostics.length - 4} more in the editor</li> : null}
    </ul>
  )
}

/** States in which a deployment can be given up and nothing waits for a word. */
const UNDER_WAY: ReadonlySet<DeploymentRow['state']> = new Set([
  'detected',
  'compiling',
  'checking',
  'proving',
  'staging',
])

/**
 * What can be done with a deployment. A candidate that only waits to be named is reloaded by its hash; where a rule stands
 * in its way only an override goes past it. A version on probation can be taken back at once.
 */
function Actions({ row }: { row: DeploymentRow }) {
  const model = useDeskModel()
  const { version, from } = row
  const faulted = useFaulted(row)
  const before = useDesk((state) => state.versions.find((one) => one.strategy === row.strategy && one.isBefore))
  if (version === null && from === null && row.state !== 'failed' && !UNDER_WAY.has(row.state)) return null
  const waits = row.policy?.waits ?? []
  const named = waits.some((bar) => bar.rule === 'reload')
  const shadowed = waits.some((bar) => bar.rule === 'shadow')
  const canary = row.state === 'canary'
  return (
    <>
      {version !== null && named ? <p className="deployment-times">Waits for a reload that names it.</p> : null}
      <div className="deployment-actions">
        {version !== null && named ? (
          <Button small tone="primary" keys="Ctrl ⇧Enter" onClick={() => reloadCandidate(model, row)}>
            Reload {version.label}
          </Button>
        ) : null}
        {shadowed || canary ? (
          <Button small tone="primary" onClick={() => promoteCandidate(model, row)}>
            Promote
          </Button>
        ) : null}
        {version !== null && waits.length > 0 && !shadowed ? (
          <Button small onClick={() => shadowCandidate(model, row)}>
            Run as shadow
          </Button>
        ) : null}
        {version !== null && from !== null && waits.length > 0 ? (
          <Button small onClick={() => openCanaryDialog(model, row)}>
            Canary…
          </Button>
        ) : null}
        {version !== null && (waits.length > 0 || canary) ? (
          <Button small tone={canary ? 'attention' : 'plain'} onClick={() => dismissCandidate(model, row)}>
            Dismiss
          </Button>
        ) : null}
        {before !== undefined && (row.state === 'probation' || faulted) ? (
          <Button small tone="attention" onClick={() => rollBack(model, row.strategy, before.hash)}>
            Roll back to {shortLabel(before)}
          </Button>
        ) : null}
        {UNDER_WAY.has(row.state) ? (
          <Button small onClick={() => dismissCandidate(model, row)} testId="cancel-deployment">
            Cancel
          </Button>
        ) : null}
        {row.state === 'failed' ? (
          <Button
            small
            onClick={() => (version === null ? reloadFiles(model, row.strategy) : deployStored(model, version))}
          >
            Try again
          </Button>
        ) : null}
        {version !== null && waits.some((bar) => bar.rule !== 'canary') && !named && !shadowed ? (
          <Button
            small
            tone="attention"
            onClick={() => openOverrideDialog(model, row.strategy, version.hash, version.label)}
          >
            Override…
          </Button>
        ) : null}
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
      </div>
    </>
  )
}

/** True where a fault has stopped the version that this deployment made live. */
function useFaulted(row: DeploymentRow): boolean {
  return useDesk(
    (state) =>
      row.swappedAt !== null && state.versions.find(({ hash }) => hash === row.version?.hash)?.state === 'faulted',
  )
}

function Stopped({ row }: { row: DeploymentRow }) {
  const faulted = useFaulted(row)
  const outage = useDesk((state) => state.status?.outages.find(({ version }) => version?.hash === row.version?.hash))
  if (!faulted) return null
  const what = outage === undefined ? `${nameOf(row)} was stopped by a fault` : outage.reason
  return <p className="deployment-reason down">{what}.</p>
}

function Waiting({ row }: { row: DeploymentRow }) {
  const now = useNow()
  const faulted = useFaulted(row)
  if (faulted) return <span className="down">{row.state}, then faulted</span>
  if (row.state !== 'waiting') return <span className={toneOf(row)}>{row.state}</span>
  const [bar] = row.policy?.waits ?? []
  const until = bar?.until ?? null
  const left = until === null || now === null ? '' : ` ${countdown(until - now)}`
  const word = bar === undefined ? 'waiting' : bar.rule === 'reload' ? 'waiting' : bar.rule
  return (
    <span className="attention">
      {word}
      {left}
    </span>
  )
}

function Current({ row }: { row: DeploymentRow }) {
  return (
    <article className="deployment" data-testid={`deployment-${row.id}`} aria-label={`Deployment of ${nameOf(row)}`}>
      <Stopped row={row} />
      <Steps row={row} />
      {row.reason === null || (row.policy?.waits.length ?? 0) > 0 ? null : (
        <p className={`deployment-reason ${isFinal('deployment', row.state) ? toneOf(row) : 'attention'}`}>
          {row.diagnostics.length > 0 ? withoutPlace(row.reason) : row.reason}
        </p>
      )}
      <Problems row={row} />
      {row.state === 'failed' && row.reason === null && row.from !== null ? (
        <p className="deployment-reason dim">{row.from.label} stays live with its state and its positions.</p>
      ) : null}
      <Times row={row} />
      <Actions row={row} />
      <Waits row={row} />
      <Override override={row.policy?.override ?? null} />
      <Canary row={row} />
      <Probation row={row} />
      <Shadow row={row} />
      {row.proof === null ? null : <Proof row={row} proof={row.proof} />}
      <Gauge strategy={row.strategy} />
    </article>
  )
}

function Earlier({ row, chosen }: { row: DeploymentRow; chosen: boolean }) {
  const model = useDeskModel()
  const tone = toneOf(row)
  return (
    <li>
      <button
        type="button"
        className={chosen ? 'earlier chosen' : 'earlier'}
        data-testid={`deployment-${row.id}`}
        aria-label={`${nameOf(row)}, ${row.trigger}, ${row.state}, ${clock(row.startedAt)} UTC`}
        onClick={() => {
          model.ui.setState({ deployment: row.id })
          if (row.version !== null) compareVersion(model, row.version)
        }}
      >
        <Icon
          name={tone === 'up' ? 'check' : tone === 'down' ? 'cross' : tone === 'dim' ? 'dot' : 'wait'}
          className={tone}
        />
        {row.version === null ? <span className="no-dot" /> : <VersionDot version={row.version} />}
        <span className="earlier-name">
          {row.version === null ? row.strategy : `${row.strategy} ${shortLabel(row.version)}`}
        </span>
        <span className="faint earlier-what">{row.state === 'kept' ? row.trigger : row.state}</span>
        <span className="figure faint earlier-ms">{row.saveToLiveMs === null ? '' : duration(row.saveToLiveMs)}</span>
        <span className="figure faint">{clock(row.startedAt)}</span>
      </button>
    </li>
  )
}

function ToLatest() {
  const model = useDeskModel()
  return (
    <button type="button" className="link" onClick={() => model.ui.setState({ deployment: null })}>
      back to the latest
    </button>
  )
}

/** The latest deployment step by step, or the one picked, and the ones before it. */
export function Deployments() {
  const deployments = useDesk((state) => state.deployments)
  const known = useDesk((state) => state.snapshots > 0)
  const chosen = useUi((state) => state.deployment)
  const shown = useShownDeployment()
  const box = useRef<HTMLDivElement>(null)
  const shownId = shown?.id
  // Another deployment is read from its top, wherever in the list it was picked.
  useEffect(() => {
    if (shownId !== undefined && box.current !== null) box.current.scrollTop = 0
  }, [shownId])
  if (shown === undefined) {
    return (
      <Panel title="Deployment" testId="deployments" className="deployments">
        <Empty busy={!known}>
          {known ? 'No deployment yet. Save a strategy and its steps appear here.' : 'Waiting for the desk…'}
        </Empty>
      </Panel>
    )
  }
  const earlier = shown !== deployments[0]
  return (
    <Panel
      title="Deployment"
      note={
        <span className="version-cell">
          {shown.version === null ? null : <VersionDot version={shown.version} />}
          {nameOf(shown)}
        </span>
      }
      aside={earlier ? <ToLatest /> : <Waiting row={shown} />}
      testId="deployments"
      className="deployments"
    >
      <div ref={box} className="panel-scroll">
        <Current key={shown.id} row={shown} />
        {deployments.length > 1 ? (
          <ul className="earlier-list" aria-label="Earlier deployments">
            {deployments.slice(1).map((row) => (
              <Earlier key={row.id} row={row} chosen={row.id === chosen} />
            ))}
          </ul>
        ) : null}
      </div>
    </Panel>
  )
}

/** The reason without the first diagnostic, which stands below it in full. */
function withoutPlace(reason: string): string {
  return reason.replace(/ at \S+:\d+:\d+: .*; (?=[^;]+$)/s, '; ')
}
