import type { Swap } from '../../engine/events.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import type { DeploymentId } from '../../shared/domain/records.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { Session } from '../app/session.ts'
import type { Journal } from '../db/journal.ts'
import { findVersion, versionRef } from '../db/queries.ts'
import type { Deployment } from './deployment.ts'
import type { PolicyCase, PolicyStep } from './policy-step.ts'
import { type Candidate, locate, type Staging } from './staging.ts'
import type { ProbationWatch } from './watch.ts'

export interface SwapParts {
  readonly session: Session
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
   * @returns true once it is live; else the deployment's row says why it is not
   */
  async run(deployment: Deployment, candidate: Candidate, of: PolicyCase | null): Promise<boolean> {
    await deployment.step(
      'swap',
      'swap',
      () => this.tryOn(deployment, candidate, of),
      () => ({ ok: true, note: '' }),
    )
    if (!deployment.isLive) candidate.hosted.worker.stop()
    return deployment.isLive
  }

  private async tryOn(deployment: Deployment, candidate: Candidate, of: PolicyCase | null): Promise<void> {
    const { session, policy, now } = this.parts
    for (let tries = 0; ; tries++) {
      if (of !== null && !(await policy.pass(deployment, of))) return
      const done = await new Promise<Result<void>>((resolve) => {
        session.inYield(async () => resolve(await this.trySwap(deployment, candidate, of)))
      })
      if (done.ok || deployment.ended) return
      if (tries < SWAP_TRIES - 1) continue
      const reason = `no quiet moment for the swap in ${SWAP_TRIES} cycles: ${done.error}; what was live keeps trading`
      return deployment.fail(now(), reason)
    }
  }

  private async trySwap(deployment: Deployment, candidate: Candidate, of: PolicyCase | null): Promise<Result<void>> {
    const { session, journal, now, staging, policy, watch } = this.parts
    const reason: Swap['reason'] = of === null ? 'rollback' : 'deployment'
    const states = await staging.migrated(candidate, reason)
    if (deployment.ended) return ok(undefined)
    if (!states.ok) {
      const at = locate(states.error, candidate.hosted.sourceMap, candidate.firstFile)
      deployment.failWith(now(), 'could not take over the state', [at])
      return ok(undefined)
    }
    const [bar] = of === null ? [] : policy.bars(deployment, of)
    if (bar !== undefined) return err(bar.message)
    const { ref } = candidate
    const replaced = session.engine.state.live.get(ref.strategy)
    deployment.replaces(replaced === undefined ? null : versionRef(journal.db, replaced))
    const outgoing = JSON.stringify(
      session.engine.strategyStates(ref.strategy).map(({ slot, json }) => ({ slot, json })),
    )
    const swap: Swap = {
      deployment: deployment.id as DeploymentId,
      reason,
      strategy: ref.strategy,
      version: candidate.hash,
      label: ref.label,
      manifest: candidate.manifest,
      before: earlierFigures(journal, ref.strategy, candidate.hash),
      states: states.value,
    }
    // There is nothing to go back to from a first version, and a rollback goes back itself.
    const watched = watch.isOn && reason === 'deployment' && replaced !== undefined && replaced !== candidate.hash
    const committed = session.commitSwap(swap, candidate.hosted, (heldMs) => {
      const handoffs = Number(
        journal.db.prepare('SELECT count(*) FROM handoffs WHERE deployment = ?').pluck().get(deployment.id),
      )
      journal.saveDeployment(deployment.live(now(), heldMs, handoffs, watched), outgoing)
    })
    if (!committed.ok) return committed
    watch.replaced(ref.strategy, ref.label)
    if (watched) watch.begin(deployment)
    deployment.tell()
    return ok(undefined)
  }
}

/** How far a version had come when it was live before. */
function earlierFigures(journal: Journal, strategy: string, hash: string): Swap['before'] {
  const stored = findVersion(journal.db, strategy, hash)
  if (stored === undefined) return null
  return { firstLiveAt: stored.first_live_at as UnixMs | null, decisions: stored.decisions, faults: stored.faults }
}
