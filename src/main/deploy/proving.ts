import { slotsOf } from '../../engine/versions/version-entry.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import type { DeploymentId } from '../../shared/domain/ids.ts'
import { NO_USD } from '../../shared/domain/money.ts'
import type { DecisionDifference, ProofRow } from '../../shared/domain/proofs.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { VersionRef } from '../../shared/domain/versions.ts'
import { versionRef } from '../db/deployment-row.ts'
import type { Journal } from '../db/journal.ts'
import { findVersion } from '../db/queries.ts'
import { versionsTried } from '../db/trials.ts'
import { type ProofParts, type ProofResult, type ProofRun, prove } from '../replay/proof.ts'
import type { ReplayVersion } from '../replay/protocol.ts'
import { locateFailure } from '../strategy-host/source-position.ts'
import type { Candidate } from './candidate.ts'
import type { Deployment } from './deployment.ts'
import type { DeploymentRun } from './deployment-run.ts'
import { advance, type StepResult } from './pipeline.ts'
import type { TradingPort } from './trading-port.ts'

export interface ProvingParts {
  readonly loop: Pick<TradingPort, 'engine'>
  readonly journal: Journal
  readonly clock: Clock
  readonly now: () => UnixMs
  readonly proof: ProofParts
}

/** Shortest interval between two published rows of a running proof, ms. */
const SHOW_EVERY_MS = 200

/** The proof step: replays the candidate beside the live version and stores the result. */
export class Proving {
  private readonly parts: ProvingParts
  private readonly onDifferences: (deployment: DeploymentId, found: readonly DecisionDifference[]) => void

  constructor(parts: ProvingParts, onDifferences: Proving['onDifferences']) {
    this.parts = parts
    this.onDifferences = onDifferences
  }

  /** Stops if a bound of the proof is broken. Too little tape is no failure. */
  async step(run: DeploymentRun): Promise<StepResult> {
    const { deployment } = run
    const candidate = run.need('candidate')
    const { row, problems } = await this.prove(deployment, candidate, run.replayVersion)
    if (row.verdict !== 'failed') return advance(noteOf(row))
    const broken = row.gates.flatMap(({ name, passed }) => (passed ? [] : [name]))
    const end = { code: 'proof', broken, why: row.reason } as const
    return { kind: 'stop', note: noteOf(row), failure: { end, diagnostics: problems } }
  }

  /** @returns the finished proof; it is stored with the deployment, and its hash counted as a trial */
  private async prove(deployment: Deployment, candidate: Candidate, version: ReplayVersion): Promise<ProofResult> {
    const { loop, journal, clock, now, proof } = this.parts
    const { strategy } = candidate.ref
    const slots = slotsOf(loop.engine.state, strategy).map(({ slot }) => slot)
    const trials = versionsTried(journal.db, strategy, candidate.hash)
    let shownAt = Number.NEGATIVE_INFINITY
    let run: ProofRun | null = null
    run = await prove(proof, {
      candidate: version,
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
      onDifferences: (found) => this.onDifferences(deployment.id, found),
    })
    // Cancels at once when the deployment ends, even if the candidate no longer answers.
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

function noteOf({ verdict, candidate, slots, differences }: ProofRow): string {
  if (candidate === null) return verdict === 'insufficient' ? 'too little tape' : 'could not be replayed'
  return `${slots.length} slots · ${candidate.decisions.toLocaleString('en-US')} decisions · ${differences} differ`
}

/** A strategy's live version, ready for a replay; null if none is live or its code is not stored. */
export function liveReplayVersion(
  loop: Pick<TradingPort, 'engine'>,
  journal: Journal,
  strategy: string,
): { readonly version: ReplayVersion; readonly ref: VersionRef } | null {
  const hash = loop.engine.state.live.get(strategy)
  const stored = hash === undefined ? undefined : findVersion(journal.db, strategy, hash)
  const ref = hash === undefined ? null : versionRef(journal.db, hash)
  if (hash === undefined || stored === undefined || ref === null) return null
  return { version: { hash, label: ref.label, strategy, bundle: stored.bundle, params: null }, ref }
}
