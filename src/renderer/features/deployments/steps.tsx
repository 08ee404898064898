import { useRef } from 'react'
import type { DeploymentRow, StepName } from '../../../shared/domain/deployments.ts'
import { useNow, useProof } from '../../data/hooks.ts'
import { isWorthShowing } from '../../data/remaining-time.ts'
import { countdown, duration, progress } from '../../ui/format.ts'
import { Icon } from '../../ui/icons.tsx'
import { ProgressBar } from '../../ui/progress-bar.tsx'
import { stepsOf } from './progress.ts'

const NAMES: Readonly<Record<StepName, string>> = {
  compile: 'Compile',
  check: 'Check',
  prove: 'Prove',
  policy: 'Policy',
  stage: 'Stage',
  swap: 'Swap',
  canary: 'Canary',
  probation: 'Probation',
}

/** Note of a step that has not started. */
const AHEAD_NOTES: Readonly<Record<StepName, string>> = {
  compile: 'modules',
  check: 'types, contract, globals',
  prove: 'replay of recent tape',
  policy: 'freeze, cooldown, tilt',
  stage: 'worker, migrate, warm',
  swap: 'next yield interval',
  canary: 'a part of slots or stake',
  probation: 'first windows, watched',
}

const SIGNS = {
  done: { icon: 'check', tone: 'up', text: 'done' },
  running: { icon: 'wait', tone: 'attention', text: 'running' },
  failed: { icon: 'cross', tone: 'down', text: 'failed' },
  ahead: { icon: 'dot', tone: 'faint', text: 'ahead' },
} as const

/** A replay thread that reports no progress for this long is stopped as an endless loop. */
const TIMEOUT_MS = 15_000
/** A replay thread without progress for this long is shown with its time left. */
const SILENT_MS = 3_000

/** Progress of a running proof, or its remaining time, or the time until a silent one is stopped. */
function ProofProgress({ done }: { done: number }) {
  const remainingMs = useProof((state) => state.remainingMs)
  // Renders once a second, so that silence is noticed.
  useNow()
  const last = useRef({ done, at: performance.now() })
  if (last.current.done !== done) last.current = { done, at: performance.now() }
  const silentMs = performance.now() - last.current.at
  if (silentMs > SILENT_MS && done < 1)
    return <span className="attention">no progress, {countdown(Math.max(0, TIMEOUT_MS - silentMs))} left</span>
  return <>{isWorthShowing(remainingMs) ? `${duration(remainingMs)} left` : progress(done)}</>
}

/** The steps of a deployment with their durations. */
export function Steps({ row }: { row: DeploymentRow }) {
  const proving = row.proof !== null && row.proof.verdict === 'running' ? row.proof : null
  return (
    <ol className="steps">
      {stepsOf(row).map((step) => {
        const sign = SIGNS[step.state]
        const note = 'note' in step ? step.note : AHEAD_NOTES[step.name]
        return (
          <li key={step.name} className={`step ${step.state}`}>
            <Icon name={sign.icon} className={sign.tone} />
            <span className="sr-only">{sign.text}</span>
            <span className="step-name">{NAMES[step.name]}</span>
            <span className="step-note" title={note}>
              {note}
            </span>
            <span className="figure step-ms">
              {'ms' in step && step.ms !== null ? (
                duration(step.ms)
              ) : step.state !== 'running' ? (
                ''
              ) : step.name === 'policy' ? (
                'waiting'
              ) : step.name === 'canary' ? (
                'trading'
              ) : step.name === 'prove' && proving !== null ? (
                <ProofProgress done={proving.progress} />
              ) : (
                'running'
              )}
            </span>
            {step.name === 'prove' && step.state === 'running' && proving !== null ? (
              <ProgressBar value={proving.progress} label="Proof" />
            ) : null}
          </li>
        )
      })}
    </ol>
  )
}
