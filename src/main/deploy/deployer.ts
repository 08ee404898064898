import { err, ok, type Result } from '../../shared/domain/base.ts'
import { type Refusal, refusal } from '../../shared/domain/commands.ts'
import type { DeploymentRow, PolicyRefusal } from '../../shared/domain/deployments.ts'
import type { DeploymentId } from '../../shared/domain/ids.ts'
import type { DecisionDifference } from '../../shared/domain/proofs.ts'
import { Signal } from '../../shared/domain/signal.ts'
import type { VersionRef } from '../../shared/domain/versions.ts'
import { watchedDeployments } from '../db/deployments.ts'
import { findVersion } from '../db/queries.ts'
import type { StoredVersionRow } from '../db/tables.ts'
import type { HostedVersion } from '../runtime/hosts.ts'
import { failureText } from '../strategy-host/thread-link.ts'
import { VersionWorker } from '../strategy-host/version-worker.ts'
import type { Attempt, Confirmation } from './attempt.ts'
import { AttemptQueue } from './attempt-queue.ts'
import { Canaries } from './canaries.ts'
import { Consequences } from './consequences.ts'
import { Deployment } from './deployment.ts'
import { DeploymentRun } from './deployment-run.ts'
import { DeploymentSteps } from './deployment-steps.ts'
import { runPipeline } from './pipeline.ts'
import { PolicyStep } from './policy-step.ts'
import type { ProvingParts } from './proving.ts'
import { rollbackTarget } from './rollback-target.ts'
import type { ShadowParts } from './shadow.ts'
import { Shadows } from './shadows.ts'
import { Staging } from './staging.ts'
import { StrategyFolder } from './strategy-folder.ts'
import { SwapStep } from './swap-step.ts'
import type { TradingPort } from './trading-port.ts'
import { ProbationWatch } from './watch.ts'

export interface DeployerParts extends ProvingParts, ShadowParts {
  readonly loop: TradingPort
  readonly folder: string
  readonly apiFile: string
  readonly deadlineMs: number
}

/** Takes a strategy from its files to the live version. All steps but the swap run off the trading loop. */
export class Deployer {
  private readonly parts: DeployerParts
  private readonly attempts: AttemptQueue
  private readonly runs = new WeakMap<Deployment, DeploymentRun>()
  private readonly rollbacks = new Set<Promise<unknown>>()
  private readonly shadows: Shadows
  private readonly steps: DeploymentSteps
  private readonly policy: PolicyStep
  private readonly watch: ProbationWatch
  private readonly consequences: Consequences
  readonly canaries: Canaries
  readonly strategies: StrategyFolder
  /** Differences found by a running proof since the last emission. */
  readonly differed = new Signal<{ deployment: DeploymentId; items: readonly DecisionDifference[] }>()
  /** Something that a person must see at once. */
  readonly alarmed = new Signal<string>()

  constructor(parts: DeployerParts) {
    this.parts = parts
    const { loop, journal, now } = parts
    const { config } = parts.proof
    this.strategies = new StrategyFolder(parts)
    this.shadows = new Shadows(parts)
    const staging = new Staging(parts)
    this.policy = new PolicyStep({ loop, config, now })
    this.watch = new ProbationWatch({ loop, config, now, onBreach: (...of) => void this.consequences.breach(...of) })
    const { shadows, policy, watch } = this
    const carryOut = (deployment: Deployment, attempt: Attempt) => this.carryOut(deployment, attempt)
    this.attempts = new AttemptQueue({ ...parts, policy, carryOut })
    const swapping = new SwapStep({ loop, journal, now, staging, policy, watch })
    const onDifferences = (deployment: DeploymentId, items: readonly DecisionDifference[]) =>
      this.differed.emit({ deployment, items })
    this.steps = new DeploymentSteps({ ...parts, policy, shadows, staging, swapping, onDifferences })
    this.canaries = new Canaries({ loop, config, now, policy, watch, swapping })
    const { canaries } = this
    this.consequences = new Consequences({
      ...parts,
      canaries,
      rollback: (...of) => this.rollback(...of),
      onAlarm: (message) => this.alarmed.emit(message),
    })
  }

  /** Every deployment, as it changes. */
  get changed(): Signal<DeploymentRow> {
    return this.attempts.changed
  }

  /** True if the newest attempt of a strategy failed for a temporary reason. */
  failedInPassing(strategy: string): boolean {
    return this.attempts.failedInPassing(strategy)
  }

  /** Resumes the probations and canaries of before the restart. Where one cannot be read, the start has held entries (I12). */
  resume(): void {
    const { journal, clock } = this.parts
    for (const row of watchedDeployments(journal.db, () => {})) {
      const deployment = new Deployment(row, clock.monotonic(), clock, (changed) => this.attempts.save(changed))
      if (deployment.isCanary) this.canaries.resume(deployment)
      else this.watch.begin(deployment)
    }
  }

  /** To be called after each cycle: re-evaluates waiting candidates, probations and shadows. */
  afterCycle(): void {
    this.policy.recheck()
    this.watch.look()
    this.shadows.look()
  }

  /** The cooldown that runs, if one does. */
  cooling(): PolicyRefusal | null {
    return this.policy.cooling()
  }

  /** A stored version by the first digits of its hash; undefined when none or more than one has them. */
  storedVersion(strategy: string, hash: string): StoredVersionRow | undefined {
    return findVersion(this.parts.journal.db, strategy, hash)
  }

  /** Deploys a strategy's current files, or the stored version that the attempt names. Attempts of one strategy run one after another; the newest wins. */
  deploy(attempt: Attempt): Promise<DeploymentRow> {
    const { promise } = this.attempts.begin(attempt)
    return promise
  }

  /** Like `deploy`, but also resolves when a rule holds the candidate back, which may last hours. */
  deployOrWait(attempt: Attempt): Promise<DeploymentRow> {
    const { deployment, promise } = this.attempts.begin(attempt)
    return Promise.race([promise, deployment.waiting.then(() => this.attempts.written(deployment))])
  }

  /**
   * Confirms a proved candidate that waits for a person.
   * @param hash the candidate's, or its first digits; undefined = whatever waits
   * @returns undefined when no such candidate waits; else its row once it is live, has failed, or waits for something else
   */
  confirm(strategy: string, hash: string | undefined, word: Confirmation): Promise<DeploymentRow> | undefined {
    const waiter = this.policy.waiter(strategy)
    if (waiter === undefined || waiter.current.version?.hash.startsWith(hash ?? '') !== true) return undefined
    const run = this.runs.get(waiter)
    if (word.shadow === true && run !== undefined) this.shadows.begin(run)
    waiter.goOn(word.by, word.noticedAt)
    const waiting = waiter.waiting.then(() => this.attempts.written(waiter))
    this.policy.wake(strategy, { kind: 'go', ...word })
    return Promise.race([this.attempts.resultOf(waiter) ?? waiting, waiting])
  }

  /**
   * The candidate of a strategy that is under way or waits, or its canary.
   * @param hash its, or its first digits; undefined where there is only one of them
   */
  undecided(strategy: string, hash: string | undefined): Result<Deployment, Refusal> {
    const both = [this.canaries.of(strategy), this.attempts.underWay(strategy)].filter((one) => one !== undefined)
    const meant = both.filter(({ current }) => hash === undefined || current.version?.hash.startsWith(hash) === true)
    const [only] = meant
    if (only === undefined)
      return err(refusal('unknown', `no candidate of ${strategy}${hash === undefined ? '' : ` ${hash}`} waits`))
    if (meant.length === 1) return ok(only)
    const names = meant.map(({ current }) => `${current.version?.label} (${current.version?.hash.slice(0, 12)})`)
    return err(refusal('ambiguous', `say by its hash which is meant: ${names.join(' or ')}`))
  }

  /** Cancels a candidate that is under way or waits, or ends a canary. */
  async dismiss(strategy: string, hash: string | undefined, reason: string): Promise<Result<DeploymentRow, Refusal>> {
    const found = this.undecided(strategy, hash)
    if (!found.ok) return found
    if (found.value.isCanary) return ok(await this.canaries.dismiss(found.value, reason))
    found.value.supersede(this.parts.now(), { code: 'dismissed', why: reason })
    this.policy.wake(strategy, { kind: 'drop' })
    return ok(found.value.current)
  }

  /** Promotes a canary to all slots of its strategy, if the rules pass. */
  async promote(canary: Deployment, word: Confirmation): Promise<Result<DeploymentRow, Refusal>> {
    canary.goOn(word.by, word.noticedAt)
    const done = await this.canaries.promote(canary, word)
    if (!done.ok) return done
    await this.consequences.freezeAfterMany()
    return ok(canary.current)
  }

  /**
   * Brings a version that was once kept back from its stored bundle, with the state it had at the swap or what
   * `migrateBack` makes. Nothing holds it back, not even a candidate under way; one that was never kept is refused.
   * @param to its hash, or its first digits; undefined = the version before
   */
  async rollback(strategy: string, to: string | undefined, by: string): Promise<Result<DeploymentRow, Refusal>> {
    const { journal, clock, loop } = this.parts
    await journal.caughtUp()
    const live = loop.engine.state.live.get(strategy)
    if (live === undefined) return err(refusal('unknown', `no version of ${strategy} is live`))
    const canary = this.canaries.of(strategy)
    if (canary !== undefined) {
      const row = await this.canaries.dismiss(canary, `rolled back by ${by}`)
      // Back from a canary is to what is live.
      if (to === undefined || live.startsWith(to)) return ok(row)
    }
    const found = rollbackTarget(journal.db, strategy, live, to)
    if (!found.ok) return found
    const stored = found.value
    const attempt: Attempt = { strategy, trigger: 'rollback', by, noticedAt: clock.monotonic() }
    const deployment = this.attempts.open(attempt)
    const work = this.attempts.guarded(deployment, () =>
      this.carryOutRollback(new DeploymentRun(deployment, attempt), stored),
    )
    this.rollbacks.add(work)
    await work.finally(() => this.rollbacks.delete(work))
    return ok(deployment.current)
  }

  private async carryOutRollback(run: DeploymentRun, stored: StoredVersionRow): Promise<void> {
    const { clock, deadlineMs, now } = this.parts
    const { hash, strategy, label, number, sourceMap } = stored
    const ref: VersionRef = { hash, strategy, label, number }
    run.deployment.name(ref)
    const started = await VersionWorker.start(stored.bundle, label, clock, deadlineMs)
    if (!started.ok) return run.deployment.fail(now(), { code: 'not-loaded', label, why: failureText(started.error) })
    const hosted: HostedVersion = { worker: started.value, strategy, sourceMap }
    run.candidate = { hash, ref, manifest: started.value.manifest, hosted, firstFile: `${strategy}.ts` }
    if ((await runPipeline(run.deployment, this.steps.ofRollback(run), now)) !== 'advance') hosted.worker.stop()
  }

  /** Supersedes every attempt that is not live yet; a stop is no verdict on a candidate. */
  stop(reason: string): void {
    this.consequences.stop()
    this.attempts.stop(reason)
  }

  /** Resolves when no attempt is under way any more. */
  async idle(): Promise<void> {
    await Promise.all([this.attempts.idle(), ...this.rollbacks])
  }

  /** Runs the pipeline; where it ends before the swap, the reason is in the deployment. */
  private async carryOut(deployment: Deployment, attempt: Attempt): Promise<void> {
    if (this.refusedByFreeze(deployment, attempt)) return
    const run = new DeploymentRun(deployment, attempt)
    this.runs.set(deployment, run)
    const outcome = await runPipeline(deployment, this.steps.ofCandidate(run), this.parts.now)
    if (outcome === 'retry') this.attempts.mayRetry(deployment)
    if (outcome !== 'advance') return run.candidate?.hosted.worker.stop()
    if (attempt.trigger !== 'start') await this.consequences.freezeAfterMany()
  }

  /** Said before anything is compiled, where the configuration wants candidates refused while deployments are frozen. */
  private refusedByFreeze(deployment: Deployment, { override, shadow }: Attempt): boolean {
    const { freeze } = this.parts.loop.engine.state
    const waits = this.parts.proof.config.policy.whileFrozen === 'wait'
    if (freeze === null || override !== undefined || waits || shadow === true) return false
    deployment.fail(this.parts.now(), { code: 'frozen', why: freeze.reason })
    return true
  }
}
