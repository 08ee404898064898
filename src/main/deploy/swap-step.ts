import type { Swap } from '../../engine/events.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import { versionRef } from '../db/deployment-row.ts'
import type { Journal } from '../db/journal.ts'
import { findVersion } from '../db/queries.ts'
import type { TradingLoop } from '../runtime/trading-loop.ts'
import type { Deployment } from './deployment.ts'
import type { Part, PolicyCase, PolicyStep } from './policy-step.ts'
import { type Candidate, problemOf, type Staging } from './staging.ts'
import type { ProbationWatch } from './watch.ts'

export interface SwapParts {
  readonly loop: TradingLoop
  readonly journal: Journal
  readonly now: () => UnixMs
  readonly staging: Staging
  readonly policy: PolicyStep
  readonly watch: ProbationWatch
}

const SWAP_TRIES = 5

/** The last step to being live: the last migration and the commit, in a yield interval that policy allows. */
export class SwapStep {
  private readonly parts: SwapParts

  constructor(parts: SwapParts) {
    this.parts = parts
  }

  /**
   * @param of null: a rollback, which no rule holds back
   * @param part what it gets as a canary; null: all of its strategy
   * @returns true once it trades; else the deployment's row says why it does not
   */
  async run(deployment: Deployment, candidate: Candidate, of: PolicyCase | null, part: Part | null): Promise<boolean> {
    await deployment.step(
      'swap',
      'swap',
      () => this.tryOn(deployment, candidate, of, part),
      () => ({ ok: true, note: '' }),
    )
    return deployment.isLive || deployment.isCanary
  }

  /** Gives a canary all of its strategy; where it cannot be now, it stays what it is. */
  async promote(deployment: Deployment, candidate: Candidate, of: PolicyCase): Promise<Result<void>> {
    for (let tries = 1; ; tries++) {
      const done = await this.parts.loop.inYield(() => this.trySwap(deployment, candidate, of, null))
      if (done.ok || tries === SWAP_TRIES) return done
    }
  }

  private async tryOn(
    deployment: Deployment,
    candidate: Candidate,
    of: PolicyCase | null,
    part: Part | null,
  ): Promise<void> {
    const { policy, loop, now } = this.parts
    for (let tries = 1; ; tries++) {
      if (of !== null && !(await policy.pass(deployment, of))) return
      const done = await loop.inYield(() => this.trySwap(deployment, candidate, of, part))
      if (done.ok || deployment.ended) return
      if (tries < SWAP_TRIES) continue
      const reason = `no quiet moment for the swap in ${SWAP_TRIES} cycles: ${done.error}; what was live keeps trading`
      return deployment.fail(now(), reason)
    }
  }

  private async trySwap(
    deployment: Deployment,
    candidate: Candidate,
    of: PolicyCase | null,
    part: Part | null,
  ): Promise<Result<void>> {
    const { loop, journal, now, staging, policy } = this.parts
    // What is read of the journal from here on has all that was written before.
    await journal.caughtUp()
    const reason: Swap['reason'] = of === null ? 'rollback' : 'deployment'
    const states = await staging.migrated(candidate, reason)
    if (deployment.ended) return ok(undefined)
    if (!states.ok) {
      const { at, mayPass } = problemOf(states.error, candidate.hosted.sourceMap, candidate.firstFile)
      deployment.mayPass = mayPass
      if (deployment.isCanary) return err(`it could not take over the state of the other slots: ${at.message}`)
      deployment.failWith(now(), 'could not take over the state', [at])
      return ok(undefined)
    }
    const [refusal] = of === null ? [] : policy.refusals(deployment, of)
    if (refusal !== undefined) return err(refusal.message)
    // What a canary was lent it has in its own form already.
    const lent = new Set(
      deployment.isCanary
        ? loop.engine.strategyStates(candidate.ref.strategy).flatMap((of) => (of.lent ? [of.slot] : []))
        : [],
    )
    const own = states.value.filter(({ slot }) => !lent.has(slot))
    const swap = this.swapOf(deployment, candidate, reason, own)
    return part === null ? this.commit(deployment, candidate, swap) : this.commitPart(deployment, candidate, swap, part)
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

  private commit(deployment: Deployment, candidate: Candidate, swap: Swap): Result<void> {
    const { loop, journal, now, watch } = this.parts
    const { ref } = candidate
    const replaced = loop.engine.state.live.get(ref.strategy)
    deployment.replaces(replaced === undefined ? null : versionRef(journal.db, replaced))
    const outgoing = JSON.stringify(loop.engine.strategyStates(ref.strategy).map(({ slot, json }) => ({ slot, json })))
    // There is nothing to go back to from a first version, and a rollback goes back itself.
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

  private commitPart(deployment: Deployment, candidate: Candidate, swap: Swap, part: Part): Result<void> {
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

/** How far a version had come when it was live before. */
function earlierFigures(journal: Journal, strategy: string, hash: string): Swap['before'] {
  const stored = findVersion(journal.db, strategy, hash)
  if (stored === undefined) return null
  return { firstLiveAt: stored.firstLiveAt, decisions: stored.decisions, faults: stored.faults }
}
