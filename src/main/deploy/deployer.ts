import { readdirSync } from 'node:fs'
import type { Swap } from '../../engine/events.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import type { DeploymentId, VersionHash } from '../../shared/domain/records.ts'
import type { DeploymentRow, Diagnostic, ProofRow, VersionRef } from '../../shared/ipc/contract.ts'
import type { HostedVersion } from '../app/session.ts'
import { findVersion, previousVersion, versionRef } from '../db/queries.ts'
import { newId } from '../platform/system.ts'
import { type HostFailure, VersionWorker } from '../strategy-host/version-worker.ts'
import { Builder } from './builder.ts'
import { compileStrategy, versionHash } from './compile.ts'
import { Deployment } from './deployment.ts'
import { Proving, type ProvingParts } from './proving.ts'
import { type Candidate, locate, Staging } from './staging.ts'

/** A candidate that waits for somebody's word. */
interface Held {
  readonly deployment: Deployment
  /** False: something newer has taken its place. */
  readonly release: (goesOn: boolean) => void
  readonly result: () => Promise<DeploymentRow>
}

export interface DeployerParts extends ProvingParts {
  readonly folder: string
  readonly apiFile: string
  readonly deadlineMs: number
  readonly strategies: ReadonlySet<string>
  readonly onDeployment: (row: DeploymentRow) => void
}

interface Attempt {
  readonly strategy: string
  /** True: once proved it waits for a reload that names it. */
  readonly hold?: boolean
  readonly trigger: DeploymentRow['trigger']
  readonly by: string
  readonly noticedAt: number
  readonly reason?: string | undefined
}

const SWAP_TRIES = 5

/** Takes a change from the file to the live version, off the loop until the swap itself. */
export class Deployer {
  private readonly parts: DeployerParts
  /** The attempt under way of each strategy; a newer save supersedes it. */
  private readonly under = new Map<string, Deployment>()
  private readonly queue = new Map<string, Promise<void>>()
  private readonly results = new WeakMap<Deployment, Promise<DeploymentRow>>()
  private readonly staging: Staging
  private readonly proving: Proving
  private readonly builder: Builder
  /** The proved candidate of each strategy that waits for a reload. */
  private readonly held = new Map<string, Held>()

  constructor(parts: DeployerParts) {
    this.parts = parts
    this.staging = new Staging(parts)
    this.proving = new Proving(parts)
    this.builder = new Builder(parts)
  }

  /** Strategies that have a file in the folder and slots to trade. */
  available(): string[] {
    return readdirSync(this.parts.folder)
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
      .map((name) => name.slice(0, -3))
      .filter((name) => this.parts.strategies.has(name))
      .toSorted()
  }

  /** Hash that the files of a strategy would have now; undefined when they do not compile or are those of the live version. */
  async hashOfFiles(strategy: string): Promise<string | undefined> {
    const compiled = await compileStrategy(this.parts.folder, strategy, this.parts.apiFile)
    return compiled.ok ? versionHash(compiled.value.bundle) : undefined
  }

  /** Deploys what the files of a strategy say now. Attempts of one strategy run one after another, the newest wins. */
  deploy(attempt: Attempt): Promise<DeploymentRow> {
    return this.enqueue(attempt, async (deployment) => {
      const candidate = await this.prepare(deployment, attempt)
      if (candidate !== undefined) await this.swapIn(deployment, candidate, 'deployment')
    })
  }

  /**
   * Lets a candidate go on that was proved and waits.
   * @param hash the candidate's, or its first digits; undefined = whatever waits
   * @returns undefined when no such candidate waits
   */
  confirm(
    strategy: string,
    hash: string | undefined,
    by: string,
    noticedAt: number,
  ): Promise<DeploymentRow> | undefined {
    const held = this.held.get(strategy)
    if (held === undefined || held.deployment.current.version?.hash.startsWith(hash ?? '') !== true) return undefined
    this.held.delete(strategy)
    held.deployment.goOn(by, noticedAt)
    held.release(true)
    return held.result()
  }

  /** Brings an older version back from its stored bundle, with the state it had at the swap or what `migrateBack` makes. */
  async rollback(strategy: string, to: string | undefined, by: string): Promise<Result<DeploymentRow>> {
    const { journal, clock, session } = this.parts
    const live = session.engine.state.live.get(strategy)
    if (live === undefined) return err(`no version of ${strategy} is live`)
    const target = to ?? previousVersion(journal.db, strategy, live)
    if (target === undefined) return err(`${strategy} has no earlier version to roll back to`)
    const stored = findVersion(journal.db, strategy, target)
    if (stored === undefined)
      return err(`no single version of ${strategy} has a hash beginning with ${target}; see "baton versions"`)
    if (stored.hash === live) return err(`${stored.label} is live already`)
    const attempt: Attempt = { strategy, trigger: 'rollback', by, noticedAt: clock.monotonic() }
    const row = await this.enqueue(attempt, async (deployment) => {
      const ref: VersionRef = { hash: stored.hash, strategy, label: stored.label, number: stored.number }
      deployment.name(ref)
      const started = await VersionWorker.start(stored.bundle, stored.label, clock, this.parts.deadlineMs)
      if (!started.ok)
        return deployment.fail(this.parts.now(), `${stored.label} does not load: ${failureText(started.error)}`)
      const hosted: HostedVersion = { worker: started.value, strategy, sourceMap: stored.source_map }
      const candidate: Candidate = {
        hash: stored.hash as VersionHash,
        ref,
        manifest: started.value.manifest,
        hosted,
        firstFile: `${strategy}.ts`,
      }
      if (await this.stage(deployment, candidate, 'rollback')) await this.swapIn(deployment, candidate, 'rollback')
    })
    return ok(row)
  }

  /** Gives up every attempt that is not live yet: what was under way is no verdict on a candidate. */
  stop(): void {
    for (const deployment of this.under.values()) {
      if (!deployment.ended) deployment.supersede(this.parts.now(), 'the desk stopped before it was live')
    }
    for (const { release } of this.held.values()) release(false)
    this.held.clear()
  }

  /** Resolves when no attempt is under way any more. */
  async idle(): Promise<void> {
    await Promise.all(this.queue.values())
  }

  private enqueue(attempt: Attempt, work: (deployment: Deployment) => Promise<void>): Promise<DeploymentRow> {
    const { strategy } = attempt
    const before = this.queue.get(strategy) ?? Promise.resolve()
    const running = this.under.get(strategy)
    // A rollback is never overtaken by a save; a save gives way to a newer one.
    if (
      running !== undefined &&
      !running.ended &&
      running.current.trigger === 'save' &&
      running.current.state !== 'swapping'
    ) {
      running.supersede(this.parts.now(), 'a newer save took its place')
      this.held.get(strategy)?.release(false)
      this.held.delete(strategy)
    }
    const deployment = this.open(attempt)
    const result = before.then(async () => {
      if (deployment.ended) return
      const frozen = attempt.trigger === 'rollback' ? null : this.parts.session.engine.state.freeze
      if (frozen !== null)
        return deployment.fail(this.parts.now(), `deployments are frozen: ${frozen.reason}; unfreeze to deploy`)
      try {
        await work(deployment)
      } catch (error) {
        if (!deployment.ended)
          deployment.fail(this.parts.now(), `unexpected: ${error instanceof Error ? error.message : String(error)}`)
        throw error
      }
    })
    this.queue.set(
      strategy,
      result.catch(() => {}),
    )
    const row = result.then(() => deployment.current)
    this.results.set(deployment, row)
    return row
  }

  private open(attempt: Attempt): Deployment {
    const { clock, journal, session, now } = this.parts
    const live = session.engine.state.live.get(attempt.strategy)
    const init = {
      id: newId('D'),
      strategy: attempt.strategy,
      trigger: attempt.trigger,
      by: attempt.by,
      from: live === undefined ? null : versionRef(journal.db, live),
      startedAt: now(),
    }
    const deployment = new Deployment(init, attempt.noticedAt, clock, (row) => {
      journal.saveDeployment(row, null)
      this.parts.onDeployment(row)
    })
    this.under.set(attempt.strategy, deployment)
    return deployment
  }

  /** Compile, check, prove and stage; undefined when it failed or was superseded, with the reason in the deployment. */
  private async prepare(deployment: Deployment, attempt: Attempt): Promise<Candidate | undefined> {
    const built = await this.builder.build(deployment, attempt.strategy)
    if (built === undefined) return undefined
    const { candidate, bundle } = built
    if (!(await this.prove(deployment, candidate, bundle, attempt.hold === true))) return undefined
    if (!(await this.stage(deployment, candidate, 'deployment'))) return undefined
    return candidate
  }

  /** Replays the candidate on recent tape; false when it is over: a bound was broken, or something newer came. */
  private async prove(deployment: Deployment, candidate: Candidate, bundle: string, hold: boolean): Promise<boolean> {
    const proof = await deployment.step(
      'prove',
      'prove',
      () => this.proving.run(deployment, candidate, bundle),
      (row) => ({ ok: row.verdict !== 'failed', note: noteOf(row) }),
    )
    if (!deployment.ended && proof.verdict === 'failed') {
      const stays =
        deployment.current.from === null ? 'nothing of it is live' : `${deployment.current.from.label} keeps trading`
      deployment.fail(this.parts.now(), `${candidate.ref.label} failed its proof: ${proof.reason}; ${stays}`)
    }
    if (!deployment.ended) {
      deployment.wait(hold ? `waits for a reload that names ${candidate.hash.slice(0, 12)}` : null)
      if (hold) await this.hold(deployment, candidate.ref.strategy)
    }
    if (!deployment.ended) return true
    candidate.hosted.worker.stop()
    return false
  }

  private hold(deployment: Deployment, strategy: string): Promise<boolean> {
    return new Promise((release) => {
      const result = () => this.results.get(deployment) ?? Promise.resolve(deployment.current)
      this.held.set(strategy, { deployment, release, result })
    })
  }

  /** Warms the new thread and evaluates every slot twice, the second time in reverse: answers must not depend on order. */
  private async stage(deployment: Deployment, candidate: Candidate, reason: Swap['reason']): Promise<boolean> {
    const { worker } = candidate.hosted
    const problem = await deployment.step(
      'stage',
      'stage',
      async (): Promise<Diagnostic | null> => {
        const states = await this.staging.migrated(candidate, reason)
        if (!states.ok) return locate(states.error, candidate.hosted.sourceMap, candidate.firstFile)
        return this.staging.dryRun(candidate, states.value)
      },
      (failed) => ({ ok: failed === null, note: failed === null ? 'worker, migrate, warm' : failed.message }),
    )
    if (!deployment.ended && problem === null) return true
    worker.stop()
    if (!deployment.ended && problem !== null) deployment.failWith(this.parts.now(), 'failed its dry run', [problem])
    return false
  }

  /** The last migration and the swap, in the next yield interval; tried again when the state moved on meanwhile. */
  private async swapIn(deployment: Deployment, candidate: Candidate, reason: Swap['reason']): Promise<void> {
    await deployment.step(
      'swap',
      'swap',
      async () => {
        for (let tries = 0; tries < SWAP_TRIES; tries++) {
          const done = await new Promise<Result<void>>((resolve) => {
            this.parts.session.inYield(async () => resolve(await this.trySwap(deployment, candidate, reason)))
          })
          if (done.ok || deployment.ended) return
          if (tries === SWAP_TRIES - 1) {
            candidate.hosted.worker.stop()
            deployment.fail(
              this.parts.now(),
              `no quiet moment for the swap in ${SWAP_TRIES} cycles: ${done.error}; what was live keeps trading`,
            )
          }
        }
      },
      () => ({ ok: true, note: '' }),
    )
  }

  private async trySwap(deployment: Deployment, candidate: Candidate, reason: Swap['reason']): Promise<Result<void>> {
    const { session, journal, now } = this.parts
    const states = await this.staging.migrated(candidate, reason)
    if (deployment.ended) {
      candidate.hosted.worker.stop()
      return ok(undefined)
    }
    if (!states.ok) {
      candidate.hosted.worker.stop()
      deployment.failWith(this.parts.now(), 'could not take over the state', [
        locate(states.error, candidate.hosted.sourceMap, candidate.firstFile),
      ])
      return ok(undefined)
    }
    const { freeze, live } = session.engine.state
    if (freeze !== null && reason !== 'rollback') {
      candidate.hosted.worker.stop()
      deployment.fail(now(), `deployments were frozen meanwhile: ${freeze.reason}; what was live keeps trading`)
      return ok(undefined)
    }
    const { ref } = candidate
    const replaced = live.get(ref.strategy)
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
      states: states.value,
    }
    const committed = session.commitSwap(swap, candidate.hosted, (heldMs) => {
      const handoffs = Number(
        journal.db.prepare('SELECT count(*) FROM handoffs WHERE deployment = ?').pluck().get(deployment.id),
      )
      journal.saveDeployment(deployment.kept(now(), heldMs, handoffs), outgoing)
    })
    if (committed.ok) deployment.tell()
    return committed.ok ? ok(undefined) : committed
  }
}

function noteOf({ verdict, candidate, slots, differences }: ProofRow): string {
  if (candidate === null) return verdict === 'insufficient' ? 'too little tape' : 'could not be replayed'
  const decisions = Math.round(candidate.decisions / 1000)
  return `${slots.length} slots · ${decisions} k decisions · ${differences} differ`
}

function failureText(failure: HostFailure): string {
  return failure.kind === 'dead' ? failure.message : failure.failure.message
}
