import { broken } from '../../shared/domain/base.ts'
import type { ReplayVersion } from '../replay/protocol.ts'
import type { Attempt } from './attempt.ts'
import type { Candidate } from './candidate.ts'
import type { Compiled } from './compile.ts'
import type { Deployment } from './deployment.ts'
import { PolicyCase } from './policy-case.ts'

/** One deployment on its way through the pipeline, with what each step leaves for the next. */
export class DeploymentRun {
  readonly deployment: Deployment
  readonly attempt: Attempt
  compiled: Compiled | null = null
  candidate: Candidate | null = null
  /** Swaps that were tried and refused. */
  swapTries = 0
  private case: PolicyCase | null = null

  constructor(deployment: Deployment, attempt: Attempt) {
    this.deployment = deployment
    this.attempt = attempt
  }

  /** The result of an earlier step; a missing one is a broken invariant. */
  need<K extends 'compiled' | 'candidate'>(name: K): NonNullable<DeploymentRun[K]> {
    return this[name] ?? broken(`the ${name} of a deployment is needed before there is one`)
  }

  /** The candidate's case before the policy rules; null for a rollback, which they do not apply to. */
  get policyCase(): PolicyCase | null {
    if (this.attempt.trigger === 'rollback') return null
    this.case ??= new PolicyCase(this.attempt, this.need('candidate').hash)
    return this.case
  }

  /** The candidate as a replay runs it. */
  get replayVersion(): ReplayVersion {
    const { hash, ref } = this.need('candidate')
    return { hash, label: ref.label, strategy: ref.strategy, bundle: this.need('compiled').bundle, params: null }
  }
}
