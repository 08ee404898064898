import { slotsOf } from '../../engine/versions/version-entry.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import type { DeploymentId } from '../../shared/domain/ids.ts'
import { NO_USD } from '../../shared/domain/money.ts'
import type { DecisionDifference } from '../../shared/domain/proofs.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { VersionRef } from '../../shared/domain/versions.ts'
import { versionRef } from '../db/deployment-row.ts'
import type { Journal } from '../db/journal.ts'
import { findVersion } from '../db/queries.ts'
import { versionsTried } from '../db/trials.ts'
import { type ProofParts, type ProofResult, type ProofRun, prove } from '../replay/proof.ts'
import type { ReplayVersion } from '../replay/protocol.ts'
import type { TradingLoop } from '../runtime/trading-loop.ts'
import { locateFailure } from '../strategy-host/source-position.ts'
import type { Deployment } from './deployment.ts'
import type { Candidate } from './staging.ts'

export interface ProvingParts {
  readonly loop: TradingLoop
  readonly journal: Journal
  readonly clock: Clock
  readonly now: () => UnixMs
  readonly proof: ProofParts
  readonly onDifferences: (deployment: DeploymentId, found: readonly DecisionDifference[]) => void
}

/** A row a person can follow, not one for every block that a thread has read. */
const SHOW_EVERY_MS = 200

/** The proof step of a deployment: replays the candidate beside what is live, and keeps what came of it. */
export class Proving {
  private readonly parts: ProvingParts

  constructor(parts: ProvingParts) {
    this.parts = parts
  }

  /** @returns the finished proof; it is stored with the deployment, and its hash counted as a trial */
  async run(deployment: Deployment, candidate: Candidate, bundle: string): Promise<ProofResult> {
    const { loop, journal, clock, now, proof, onDifferences } = this.parts
    const { strategy, label } = candidate.ref
    const slots = slotsOf(loop.engine.state, strategy).map(({ slot }) => slot)
    const trials = versionsTried(journal.db, strategy, candidate.hash)
    let shownAt = Number.NEGATIVE_INFINITY
    let run: ProofRun | null = null
    run = await prove(proof, {
      candidate: { hash: candidate.hash, label, strategy, bundle, params: null },
      live: liveReplayVersion(loop, journal, strategy),
      slots,
      now: now(),
      trials,
      locate: (failure) => locateFailure(failure, candidate.hosted.sourceMap, candidate.firstFile),
      onRow: (row) => {
        if (deployment.ended) return run?.cancel()
        if (clock.monotonic() - shownAt < SHOW_EVERY_MS) return
        shownAt = clock.monotonic()
        deployment.proves(row)
      },
      onDifferences: (found) => onDifferences(deployment.id, found),
    })
    // Also where the candidate says nothing any more: whoever gives it up does not wait for it.
    void deployment.over.then(() => run?.cancel())
    const result = await run.done
    const { row, differences } = result
    deployment.proves(row)
    journal.write({ w: 'differences', deployment: deployment.id, differences })
    if (row.candidate !== null) {
      const trial = {
        ts: now(),
        kind: 'proof' as const,
        strategy,
        hash: candidate.hash,
        tape: "the desk's own",
        from: row.from ?? 0,
        to: row.to ?? 0,
        slots: row.slots.length,
        decisions: row.candidate.decisions,
        trades: row.candidate.trades,
        pnl: row.candidate.pnl ?? NO_USD,
        sharpe: row.candidate.sharpe,
      }
      journal.write({ w: 'trial', trial })
    }
    return result
  }
}

/** What is live of a strategy, ready to be replayed beside another version; null when nothing is, or its code is lost. */
export function liveReplayVersion(
  loop: TradingLoop,
  journal: Journal,
  strategy: string,
): { readonly version: ReplayVersion; readonly ref: VersionRef } | null {
  const hash = loop.engine.state.live.get(strategy)
  const stored = hash === undefined ? undefined : findVersion(journal.db, strategy, hash)
  const ref = hash === undefined ? null : versionRef(journal.db, hash)
  if (hash === undefined || stored === undefined || ref === null) return null
  return { version: { hash, label: ref.label, strategy, bundle: stored.bundle, params: null }, ref }
}
