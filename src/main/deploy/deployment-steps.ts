import type { DeploymentId } from '../../shared/domain/ids.ts'
import type { DecisionDifference } from '../../shared/domain/proofs.ts'
import { Builder, type BuilderParts } from './builder.ts'
import type { DeploymentRun } from './deployment-run.ts'
import { advance, type PipelineStep } from './pipeline.ts'
import type { PolicyStep } from './policy-step.ts'
import { Proving, type ProvingParts } from './proving.ts'
import type { Shadows } from './shadows.ts'
import type { Staging } from './staging.ts'
import type { SwapStep } from './swap-step.ts'

export interface StepsParts extends Omit<BuilderParts, 'loop'>, ProvingParts {
  readonly policy: PolicyStep
  readonly shadows: Shadows
  readonly staging: Staging
  readonly swapping: SwapStep
  readonly onDifferences: (deployment: DeploymentId, found: readonly DecisionDifference[]) => void
}

/** The steps between a change and a live version, in their order. */
export class DeploymentSteps {
  private readonly parts: StepsParts
  private readonly builder: Builder
  private readonly proving: Proving

  constructor(parts: StepsParts) {
    this.parts = parts
    this.builder = new Builder(parts)
    this.proving = new Proving(parts, parts.onDifferences)
  }

  /** Of a candidate: compile, check, prove, policy, stage, swap. */
  ofCandidate(run: DeploymentRun): readonly PipelineStep[] {
    const { policy, shadows } = this.parts
    const { attempt, deployment } = run
    return [
      { name: 'compile', trigger: 'compile', run: () => this.builder.compile(run) },
      { name: 'check', trigger: 'check', run: () => this.builder.check(run) },
      { name: 'prove', trigger: 'prove', run: () => this.proving.step(run) },
      {
        name: 'policy',
        trigger: 'policy',
        run: () => {
          if (attempt.shadow === true) shadows.begin(run)
          const { policyCase } = run
          return policyCase === null ? advance('') : policy.ask(deployment, policyCase)
        },
        leave: () => shadows.end(attempt.strategy),
      },
      ...this.ofRollback(run),
    ]
  }

  /** Of a version that was kept before: it is neither compiled nor judged again. */
  ofRollback(run: DeploymentRun): readonly PipelineStep[] {
    const { staging, swapping } = this.parts
    return [
      { name: 'stage', trigger: 'stage', run: () => staging.step(run) },
      { name: 'swap', trigger: 'swap', run: () => swapping.step(run) },
    ]
  }
}
