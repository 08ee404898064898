import type { DeploymentEnd, Diagnostic, StepName } from '../../shared/domain/deployments.ts'
import type { TriggerOf } from '../../shared/domain/lifecycles.ts'
import type { Deployment } from './deployment.ts'

/** Why a deployment ends before it is live. */
export interface StepFailure {
  readonly end: DeploymentEnd
  readonly diagnostics: readonly Diagnostic[]
}

/** Result of a step; `note` is shown beside the step. */
export type StepResult =
  /** The next step may begin. */
  | { readonly kind: 'advance'; readonly note: string }
  /** Nothing is decided yet: the step runs again once `until` has resolved. */
  | { readonly kind: 'wait'; readonly until: Promise<unknown> }
  /** It failed for a temporary reason, such as a busy computer: the same attempt may be made again. */
  | { readonly kind: 'retry'; readonly note: string; readonly failure: StepFailure }
  /** The deployment is over. `failure` null: its row says why already, because it was superseded. */
  | { readonly kind: 'stop'; readonly note: string; readonly failure: StepFailure | null }

/** The same once the step is over. */
export type StepEnd = Exclude<StepResult, { kind: 'wait' }>

export interface PipelineStep {
  readonly name: StepName
  /** Moves the deployment into the step's state. */
  readonly trigger: TriggerOf<'deployment'>
  readonly run: () => StepResult | Promise<StepResult>
  /** Runs when the step ends, with whatever result. */
  readonly leave?: () => void
}

/**
 * Runs the steps of a deployment in order until one does not advance.
 * @returns `advance` when all of them did; `retry` or `stop` as the last step said. A deployment that something else has
 * ended meanwhile (a newer save, a dismissal) stops before its next step.
 */
export async function runPipeline(
  deployment: Deployment,
  steps: readonly PipelineStep[],
  now: () => number,
): Promise<'advance' | 'retry' | 'stop'> {
  for (const step of steps) {
    if (deployment.ended) return 'stop'
    const finish = deployment.begin(step.name, step.trigger)
    const result = await settle(deployment, step).finally(() => step.leave?.())
    finish(result.kind === 'advance', result.note)
    if (result.kind === 'advance') continue
    if (result.failure !== null && !deployment.ended)
      deployment.fail(now(), result.failure.end, result.failure.diagnostics)
    return result.kind
  }
  return 'advance'
}

async function settle(deployment: Deployment, step: PipelineStep): Promise<StepEnd> {
  for (;;) {
    const result = await step.run()
    if (result.kind !== 'wait') return result
    await result.until
    if (deployment.ended) return { kind: 'stop', note: '', failure: null }
  }
}

export const advance = (note: string): StepEnd => ({ kind: 'advance', note })
/** The deployment was ended by something else, which wrote the reason. */
export const superseded: StepEnd = { kind: 'stop', note: '', failure: null }

/** A failure without a place in the sources. */
export function stopWith(end: DeploymentEnd, note = ''): StepEnd {
  return { kind: 'stop', note, failure: { end, diagnostics: [] } }
}

/** A failure at places in the sources; the diagnostics name them. */
export function failureAt(
  code: 'compile' | 'check' | 'dry-run' | 'migration',
  diagnostics: readonly Diagnostic[],
): StepFailure {
  return { end: { code }, diagnostics }
}
