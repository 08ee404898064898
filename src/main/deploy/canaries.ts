import { slotsOf } from '../../engine/versions/version-entry.ts'
import type { Config } from '../../shared/config.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import { type Refusal, refusal } from '../../shared/domain/commands.ts'
import type { DeploymentRow, ProbationBreach, ProbationRow } from '../../shared/domain/deployments.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { CanaryPart, Confirmation } from './attempt.ts'
import type { Candidate } from './candidate.ts'
import type { Deployment } from './deployment.ts'
import { endText } from './end-text.ts'
import { PolicyCase } from './policy-case.ts'
import type { PolicyStep } from './policy-step.ts'
import type { SwapStep } from './swap-step.ts'
import type { TradingPort } from './trading-port.ts'
import type { ProbationWatch } from './watch.ts'

export interface CanariesParts {
  readonly loop: TradingPort
  readonly config: Config
  readonly now: () => UnixMs
  readonly policy: PolicyStep
  readonly watch: ProbationWatch
  readonly swapping: SwapStep
}

/** The part requested for a canary; missing fields take the configured value. */
export interface PartAsked {
  readonly slots?: readonly SlotId[] | undefined
  readonly stakePercent?: number | undefined
}

/** Versions that trade a part of their strategy until they are promoted, dismissed, or break a bound. */
export class Canaries {
  private readonly parts: CanariesParts

  constructor(parts: CanariesParts) {
    this.parts = parts
  }

  /** The deployment whose version is the canary of a strategy; undefined while there is none. */
  of(strategy: string): Deployment | undefined {
    return this.parts.watch.canaryOf(strategy)
  }

  /** The part a canary gets, with its slots spread evenly over the strategy's; an error says what is wrong with the request. */
  part(strategy: string, asked: PartAsked): Result<CanaryPart, Refusal> {
    const { loop, config } = this.parts
    const { state } = loop.engine
    if (state.live.get(strategy) === undefined)
      return err(refusal('unknown', `nothing of ${strategy} is live that it could stand beside`))
    const own = slotsOf(state, strategy).map(({ slot }) => slot.id)
    const foreign = (asked.slots ?? []).filter((slot) => !own.includes(slot))
    if (foreign.length > 0)
      return err(refusal('unknown', `${foreign.join(', ')} is no slot of ${strategy}; it has ${own.join(', ')}`))
    const count = Math.max(1, Math.floor((own.length * config.canary.slotsPercent) / 100))
    const spread = Array.from({ length: count }, (_, i) => own[Math.floor((i * own.length) / count)]).filter(
      (slot) => slot !== undefined,
    )
    return ok({
      slots: [...new Set(asked.slots ?? spread)],
      stakePercent: asked.stakePercent ?? config.canary.stakePercent,
    })
  }

  /** Promotes a canary to all slots of its strategy if the rules pass; otherwise it stays a canary. */
  async promote(deployment: Deployment, confirmation: Confirmation): Promise<Result<void, Refusal>> {
    const { policy, swapping } = this.parts
    const candidate = this.candidateOf(deployment)
    if (candidate === undefined) return err(refusal('never', 'it has no thread any more'))
    const { strategy } = candidate.ref
    const { by, noticedAt, reason, override } = confirmation
    const of = new PolicyCase({ strategy, trigger: 'reload', by, noticedAt, reason, override }, candidate.hash)
    const [held] = policy.letThrough(deployment, of)
    if (held !== undefined) return err(refusal('policy', `${held.rule}: ${held.message}; it stays a canary`))
    return swapping.promote(deployment, candidate, of)
  }

  private candidateOf({ current }: Deployment): Candidate | undefined {
    const { version, strategy } = current
    const hash = version?.hash
    const hosted = hash === undefined ? undefined : this.parts.loop.hosts.get(hash)
    if (version === null || hash === undefined || hosted === undefined) return undefined
    return { hash, ref: version, manifest: hosted.worker.manifest, hosted, firstFile: `${strategy}.ts` }
  }

  /** Ends a canary: its slots, positions and orders return to the live version in the next yield interval. */
  async dismiss(deployment: Deployment, why: string): Promise<DeploymentRow> {
    await this.end(deployment, why)
    if (!deployment.ended) deployment.dismissed(this.parts.now(), { code: 'dismissed', why })
    return deployment.current
  }

  /** Ends a canary that broke a bound. @returns what happened, in words */
  async breach(deployment: Deployment, probation: ProbationRow, breach: ProbationBreach): Promise<string> {
    await this.end(deployment, probation.reason)
    const end = { code: 'canary-ended', breach, why: probation.reason } as const
    if (!deployment.ended) deployment.rolledBack(this.parts.now(), probation, end)
    return endText(end, deployment.current)
  }

  private async end(deployment: Deployment, why: string): Promise<void> {
    const { loop, watch, now } = this.parts
    const { strategy, version } = deployment.current
    watch.end(deployment)
    await loop.inYield(async () => {
      // A fault may have ended it already.
      if (loop.engine.state.canaries.get(strategy)?.version !== version?.hash) return
      loop.deliver({ kind: 'endCanary', ts: now(), strategy, why })
      loop.settle()
    })
  }

  /** After a restart: resumes a canary, or records that it has ended. */
  resume(deployment: Deployment): void {
    const { loop, watch, now } = this.parts
    const { strategy, version } = deployment.current
    const canary = loop.engine.state.canaries.get(strategy)
    if (canary !== undefined && canary.version === version?.hash) watch.begin(deployment)
    else deployment.dismissed(now(), { code: 'canary-over' })
  }
}
