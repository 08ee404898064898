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

/** What a step will look at, until it says so itself. */
const AHEAD: Readonly<Record<StepName, string>> = {
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
  done: { icon: 'check', tone: 'up', word: 'done' },
  running: { icon: 'wait', tone: 'attention', word: 'running' },
  failed: { icon: 'cross', tone: 'down', word: 'failed' },
  ahead: { icon: 'dot', tone: 'faint', word: 'ahead' },
} as const

/** A replay thread that says nothing for so long is taken for an endless loop. */
const SILENT_MS = 15_000
/** From here on silence is worth saying. */
const QUIET_MS = 3_000

/** How far a running proof has come, how long it still takes once that is worth saying, or how long it may be silent. */
function ProofProgress({ done }: { done: number }) {
  const remainingMs = useProof((state) => state.remainingMs)
  // Ticks once a second, so that silence is seen.
  useNow()
  const last = useRef({ done, at: performance.now() })
  if (last.current.done !== done) last.current = { done, at: performance.now() }
  const silentMs = performance.now() - last.current.at
  if (silentMs > QUIET_MS && done < 1)
    return <span className="attention">no answer, {countdown(Math.max(0, SILENT_MS - silentMs))} left</span>
  return <>{isWorthShowing(remainingMs) ? `${duration(remainingMs)} left` : progress(done)}</>
}

/** A deployment's steps as its progress. */
export function Steps({ row }: { row: DeploymentRow }) {
  const proving = row.proof !== null && row.proof.verdict === 'running' ? row.proof : null
  return (
    <ol className="steps">
      {stepsOf(row).map((step) => {
        const sign = SIGNS[step.state]
        const note = 'note' in step ? step.note : AHEAD[step.name]
        return (
          <li key={step.name} className={`step ${step.state}`}>
            <Icon name={sign.icon} className={sign.tone} />
            <span className="sr-only">{sign.word}</span>
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
