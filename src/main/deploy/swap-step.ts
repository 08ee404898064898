import type { Swap } from '../../engine/events.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import { type Refusal, refusal } from '../../shared/domain/commands.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import { versionRef } from '../db/deployment-row.ts'
import type { Journal } from '../db/journal.ts'
import { findVersion } from '../db/queries.ts'
import { type CommitRefusal, commitRefusalText } from '../runtime/commit-refusal.ts'
import type { CanaryPart } from './attempt.ts'
import type { Candidate } from './candidate.ts'
import type { Deployment } from './deployment.ts'
import type { DeploymentRun } from './deployment-run.ts'
import { advance, failureAt, type StepEnd, type StepResult, stopWith, superseded } from './pipeline.ts'
import type { PolicyCase } from './policy-case.ts'
import type { PolicyStep } from './policy-step.ts'
import { problemOf, type Staging } from './staging.ts'
import type { TradingPort } from './trading-port.ts'
import type { ProbationWatch } from './watch.ts'

export interface SwapParts {
  readonly loop: TradingPort
  readonly journal: Journal
  readonly now: () => UnixMs
  readonly staging: Staging
  readonly policy: PolicyStep
  readonly watch: ProbationWatch
}

const SWAP_TRIES = 5

/** Result of one try of a swap; `refused`, with its code or rule: it may be tried again in the next yield interval. */
type SwapTry = StepEnd | { readonly kind: 'refused'; readonly refusal: string; readonly why: string }

function failedTakeOver(tried: Exclude<SwapTry, { kind: 'advance' | 'refused' }>): string {
  return tried.failure === null ? 'it has ended' : `it could not take over the state of the other slots: ${tried.note}`
}

/** The swap step: the final state migration and the commit, inside a yield interval, if the rules still pass. */
export class SwapStep {
  private readonly parts: SwapParts

  constructor(parts: SwapParts) {
    this.parts = parts
  }

  /** Advances once the swap is committed; waits for the rules and for a yield interval. */
  async step(run: DeploymentRun): Promise<StepResult> {
    const { policy, loop } = this.parts
    const { deployment, policyCase: of } = run
    if (of !== null) {
      const ruled = policy.ask(deployment, of)
      if (ruled.kind !== 'advance') return ruled
    }
    const tried = await loop.inYield(() => this.trySwap(deployment, run.need('candidate'), of, of?.part ?? null))
    if (tried.kind !== 'refused') return tried
    run.swapTries++
    if (run.swapTries < SWAP_TRIES) return { kind: 'wait', until: Promise.resolve() }
    const { refusal, why } = tried
    return stopWith({ code: 'no-swap', tries: SWAP_TRIES, refusal, why })
  }

  /** Gives a canary all slots of its strategy; on failure it stays a canary. */
  async promote(deployment: Deployment, candidate: Candidate, of: PolicyCase): Promise<Result<void, Refusal>> {
    for (let tries = 1; ; tries++) {
      const tried = await this.parts.loop.inYield(() => this.trySwap(deployment, candidate, of, null))
      if (tried.kind === 'advance') return ok(undefined)
      const isTemporary = tried.kind === 'refused' || tried.kind === 'retry'
      if (isTemporary && tries < SWAP_TRIES) continue
      const reason = tried.kind === 'refused' ? tried.why : failedTakeOver(tried)
      return err(refusal(isTemporary ? 'not-yet' : 'never', reason))
    }
  }

  private async trySwap(
    deployment: Deployment,
    candidate: Candidate,
    of: PolicyCase | null,
    part: CanaryPart | null,
  ): Promise<SwapTry> {
    const { loop, journal, staging, policy } = this.parts
    // From here on the journal's reader sees everything written before.
    await journal.caughtUp()
    const reason: Swap['reason'] = of === null ? 'rollback' : 'deployment'
    const states = await staging.migrated(candidate, reason)
    if (deployment.ended) return superseded
    if (!states.ok) {
      const { at, mayPass } = problemOf(states.error, candidate.hosted.sourceMap, candidate.firstFile)
      const failure = failureAt('migration', [at])
      return { kind: mayPass ? 'retry' : 'stop', note: at.message, failure }
    }
    const [refusal] = of === null ? [] : policy.refusals(deployment, of)
    if (refusal !== undefined) return { kind: 'refused', refusal: refusal.rule, why: refusal.message }
    // Slots lent to the canary already hold state in its own form.
    const lent = new Set(
      deployment.isCanary
        ? loop.engine.strategyStates(candidate.ref.strategy).flatMap((of) => (of.lent ? [of.slot] : []))
        : [],
    )
    const own = states.value.filter(({ slot }) => !lent.has(slot))
    const swap = this.swapOf(deployment, candidate, reason, own)
    const committed =
      part === null ? this.commit(deployment, candidate, swap) : this.commitPart(deployment, candidate, swap, part)
    if (committed.ok) return advance('')
    return { kind: 'refused', refusal: committed.error.code, why: commitRefusalText(committed.error) }
  }

  private swapOf(deployment: Deployment, candidate: Candidate, reason: Swap['reason'], states: Swap['states']): Swap {
    const { journal } = this.parts
    const { ref } = candidate
    return {
      deployment: deployment.id,
      reason,
      strategy: ref.strategy,
      version: candidate.hash,
      label: ref.label,
      manifest: candidate.manifest,
      before: earlierFigures(journal, ref.strategy, candidate.hash),
      states,
    }
  }

  private commit(deployment: Deployment, candidate: Candidate, swap: Swap): Result<void, CommitRefusal> {
    const { loop, journal, now, watch } = this.parts
    const { ref } = candidate
    const replaced = loop.engine.state.live.get(ref.strategy)
    deployment.replaces(replaced === undefined ? null : versionRef(journal.db, replaced))
    const outgoing = JSON.stringify(loop.engine.strategyStates(ref.strategy).map(({ slot, json }) => ({ slot, json })))
    // No probation for a first version, which has nothing to roll back to, nor for a rollback.
    const watched = watch.isOn && swap.reason === 'deployment' && replaced !== undefined && replaced !== candidate.hash
    const committed = loop.commitSwap(swap, candidate.hosted, ({ heldMs, handoffs }) =>
      journal.write({
        w: 'deployment',
        row: deployment.live(now(), heldMs, handoffs, watched),
        outgoingStates: outgoing,
      }),
    )
    if (!committed.ok) return committed
    watch.end(deployment)
    watch.replaced(ref.strategy, ref.label)
    if (watched) watch.begin(deployment)
    deployment.tell()
    return ok(undefined)
  }

  private commitPart(
    deployment: Deployment,
    candidate: Candidate,
    swap: Swap,
    part: CanaryPart,
  ): Result<void, CommitRefusal> {
    const { loop, journal, now, watch } = this.parts
    const start = { swap, slots: part.slots, stakePpm: Math.round(part.stakePercent * 10_000) }
    const committed = loop.commitCanary(start, candidate.hosted, ({ heldMs }) => {
      const row = deployment.tryOut({ ...part, since: now() }, heldMs)
      journal.write({ w: 'deployment', row, outgoingStates: null })
    })
    if (!committed.ok) return committed
    watch.begin(deployment)
    deployment.tell()
    return ok(undefined)
  }
}

/** Counters of a version from when it was live before; null if it never was. */
function earlierFigures(journal: Journal, strategy: string, hash: string): Swap['before'] {
  const stored = findVersion(journal.db, strategy, hash)
  if (stored === undefined) return null
  return { firstLiveAt: stored.firstLiveAt, decisions: stored.decisions, faults: stored.faults }
}
