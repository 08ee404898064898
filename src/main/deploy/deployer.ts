import { readdirSync } from 'node:fs'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import type { DeploymentRow, PolicyRefusal } from '../../shared/domain/deployments.ts'
import type { ProofRow } from '../../shared/domain/proofs.ts'
import { deploymentIdSchema } from '../../shared/domain/schemas.ts'
import type { VersionRef } from '../../shared/domain/versions.ts'
import { versionRef } from '../db/deployment-row.ts'
import { keptVersions, versionBefore, watchedDeployments } from '../db/deployments.ts'
import { findVersion } from '../db/queries.ts'
import type { StoredVersionRow } from '../db/tables.ts'
import { newId } from '../platform/system.ts'
import type { ReplayVersion } from '../replay/protocol.ts'
import type { HostedVersion } from '../runtime/hosts.ts'
import { failureText } from '../strategy-host/thread-link.ts'
import { VersionWorker } from '../strategy-host/version-worker.ts'
import { Builder } from './builder.ts'
import { Canaries } from './canaries.ts'
import { compileStrategy, versionHash } from './compile.ts'
import { Consequences } from './consequences.ts'
import { Deployment } from './deployment.ts'
import { type Part, PolicyCase, PolicyStep } from './policy-step.ts'
import { Proving, type ProvingParts } from './proving.ts'
import { Shadow, type ShadowParts } from './shadow.ts'
import { type Candidate, problemOf, Staging, type StagingProblem } from './staging.ts'
import { SwapStep } from './swap-step.ts'
import { ProbationWatch } from './watch.ts'

export interface DeployerParts extends ProvingParts, ShadowParts {
  readonly folder: string
  readonly apiFile: string
  readonly deadlineMs: number
  readonly onDeployment: (row: DeploymentRow) => void
  /** Something that a person must be told at once. */
  readonly onAlarm: (message: string) => void
}

interface Attempt {
  readonly strategy: string
  /** Hash of a stored version to deploy; undefined = what the files say. */
  readonly stored?: string | undefined
  /** True: once proved it waits for a reload that names it. */
  readonly hold?: boolean
  readonly trigger: DeploymentRow['trigger']
  /** Times that it was tried before; undefined = it is the first. */
  readonly tries?: number
  /** Whoever asked tries again by himself where what ended it may pass. */
  readonly once?: boolean
  readonly by: string
  readonly noticedAt: number
  readonly reason?: string | undefined
  /** A person's reason to let it through whatever rule stands against it. */
  readonly override?: string | undefined
  /** It runs beside the live version until it is promoted. */
  readonly shadow?: boolean
  /** What it gets as a canary. */
  readonly part?: Part | undefined
}

/** What a person says who lets a waiting candidate on. */
export interface Confirmation {
  readonly by: string
  readonly noticedAt: number
  readonly reason?: string | undefined
  readonly override?: string | undefined
  readonly shadow?: boolean
  readonly part?: Part | undefined
}

/** Rest before an attempt that a busy computer ended is made again; it doubles. */
const RETRY_MS = 2_000
const LONGEST_RETRY_MS = 60_000
/** So often where a version is live meanwhile. */
const MOST_TRIES = 3

/** Takes a change from the file to the live version, off the loop until the swap itself. */
export class Deployer {
  private readonly parts: DeployerParts
  /** The attempt under way of each strategy; a newer save supersedes it. */
  private readonly under = new Map<string, Deployment>()
  private readonly queue = new Map<string, Promise<void>>()
  private readonly results = new WeakMap<Deployment, Promise<DeploymentRow>>()
  /** What a candidate is replayed from. */
  private readonly bundles = new WeakMap<Deployment, ReplayVersion>()
  private readonly rollbacks = new Set<Promise<unknown>>()
  /** By strategy. */
  private readonly shadows = new Map<string, Shadow>()
  private readonly staging: Staging
  private readonly proving: Proving
  private readonly builder: Builder
  private readonly policy: PolicyStep
  private readonly watch: ProbationWatch
  private readonly swapping: SwapStep
  private readonly consequences: Consequences
  readonly canaries: Canaries
  private stopped = false

  constructor(parts: DeployerParts) {
    this.parts = parts
    const { loop, journal, now } = parts
    const { config } = parts.proof
    this.staging = new Staging(parts)
    this.proving = new Proving(parts)
    this.builder = new Builder(parts)
    this.policy = new PolicyStep({ loop, config, now })
    this.watch = new ProbationWatch({ loop, config, now, onBreach: (...of) => void this.consequences.breach(...of) })
    const { staging, policy, watch } = this
    this.swapping = new SwapStep({ loop, journal, now, staging, policy, watch })
    this.canaries = new Canaries({ loop, config, now, policy, watch, swapping: this.swapping })
    const { canaries } = this
    this.consequences = new Consequences({ ...parts, canaries, rollback: (...of) => this.rollback(...of) })
  }

  /** Goes on watching what was on probation when the desk stopped. */
  resume(): void {
    const { journal, clock } = this.parts
    for (const row of watchedDeployments(journal.db)) {
      const deployment = new Deployment(row, clock.monotonic(), clock, (changed) => this.save(changed))
      if (deployment.isCanary) this.canaries.resume(deployment)
      else this.watch.begin(deployment)
    }
  }

  /** To be called after each cycle: candidates that wait look again, versions on probation are judged. */
  afterCycle(): void {
    this.policy.look()
    this.watch.look()
    for (const shadow of this.shadows.values()) shadow.look()
  }

  /** The cooldown that runs, if one does. */
  cooling(): PolicyRefusal | null {
    return this.policy.cooling()
  }

  /** Strategies that have a file in the folder and slots to trade. */
  available(): string[] {
    const traded = new Set([...this.parts.loop.engine.state.slots.values()].map((slot) => slot.strategy))
    return this.files().filter((name) => traded.has(name))
  }

  /** Names of the files in the strategies folder, helpers included. */
  files(): string[] {
    return readdirSync(this.parts.folder)
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
      .map((name) => name.slice(0, -3))
      .toSorted()
  }

  /** Hash that the files of a strategy would have now; undefined when they do not compile or are those of the live version. */
  async hashOfFiles(strategy: string): Promise<string | undefined> {
    const compiled = await compileStrategy(this.parts.folder, strategy, this.parts.apiFile)
    return compiled.ok ? versionHash(compiled.value.bundle) : undefined
  }

  /** A stored version by the first digits of its hash; undefined when none or more than one has them. */
  storedVersion(strategy: string, hash: string): StoredVersionRow | undefined {
    return findVersion(this.parts.journal.db, strategy, hash)
  }

  /** Deploys what the files of a strategy say now, or a stored version that the attempt names. Attempts of one strategy run one after another, the newest wins. */
  deploy(attempt: Attempt): Promise<DeploymentRow> {
    const { promise } = this.begin(attempt)
    return promise
  }

  /** The same, but resolves as well when a rule holds the candidate back: that may take hours. */
  deployOrWait(attempt: Attempt): Promise<DeploymentRow> {
    const { deployment, promise } = this.begin(attempt)
    return Promise.race([promise, deployment.waiting.then(() => this.written(deployment))])
  }

  /**
   * Lets a candidate on that was proved and waits.
   * @param hash the candidate's, or its first digits; undefined = whatever waits
   * @returns undefined when no such candidate waits; else its row once it is live, has failed, or waits for something else
   */
  confirm(strategy: string, hash: string | undefined, word: Confirmation): Promise<DeploymentRow> | undefined {
    const waiter = this.policy.waiter(strategy)
    if (waiter === undefined || waiter.current.version?.hash.startsWith(hash ?? '') !== true) return undefined
    if (word.shadow === true) this.beginShadow(waiter)
    waiter.goOn(word.by, word.noticedAt)
    const waiting = waiter.waiting.then(() => this.written(waiter))
    this.policy.say(strategy, { kind: 'go', ...word })
    return Promise.race([this.results.get(waiter) ?? waiting, waiting])
  }

  /**
   * The candidate of a strategy that is under way or waits, or its canary.
   * @param hash its, or its first digits; undefined where there is only one of them
   */
  undecided(strategy: string, hash: string | undefined): Result<Deployment> {
    const both = [this.canaries.of(strategy), this.underWay(strategy)].filter((one) => one !== undefined)
    const meant = both.filter(({ current }) => hash === undefined || current.version?.hash.startsWith(hash) === true)
    const [only] = meant
    if (only === undefined) return err(`no candidate of ${strategy}${hash === undefined ? '' : ` ${hash}`} waits`)
    if (meant.length === 1) return ok(only)
    const names = meant.map(({ current }) => `${current.version?.label} (${current.version?.hash.slice(0, 12)})`)
    return err(`say by its hash which is meant: ${names.join(' or ')}`)
  }

  /** The attempt that is not live yet and can still be given up. */
  private underWay(strategy: string): Deployment | undefined {
    const running = this.under.get(strategy)
    if (running === undefined || running.ended || running.isLive || running.isCanary) return undefined
    return running.current.state === 'swapping' ? undefined : running
  }

  /** Gives up a candidate that is under way or waits, or takes back what a canary had. */
  async dismiss(strategy: string, hash: string | undefined, reason: string): Promise<Result<DeploymentRow>> {
    const found = this.undecided(strategy, hash)
    if (!found.ok) return found
    if (found.value.isCanary) return ok(await this.canaries.dismiss(found.value, reason))
    found.value.supersede(this.parts.now(), `dismissed: ${reason}`)
    this.policy.say(strategy, { kind: 'drop' })
    return ok(found.value.current)
  }

  /** Gives a canary all of its strategy, as far as the rules let it. */
  async promote(canary: Deployment, word: Confirmation): Promise<Result<DeploymentRow>> {
    canary.goOn(word.by, word.noticedAt)
    const { by, reason, override } = word
    const done = await this.canaries.promote(canary, { by, reason, override })
    if (!done.ok) return done
    await this.consequences.freezeAfterMany()
    return ok(canary.current)
  }

  /**
   * Brings a version that was once kept back from its stored bundle, with the state it had at the swap or what
   * `migrateBack` makes. Nothing holds it back, not even a candidate under way; one that was never kept is refused.
   * @param to its hash, or its first digits; undefined = the version before
   */
  async rollback(strategy: string, to: string | undefined, by: string): Promise<Result<DeploymentRow>> {
    const { journal, clock, loop } = this.parts
    await journal.caughtUp()
    const live = loop.engine.state.live.get(strategy)
    if (live === undefined) return err(`no version of ${strategy} is live`)
    const canary = this.canaries.of(strategy)
    if (canary !== undefined) {
      const row = await this.canaries.dismiss(canary, `rolled back by ${by}`)
      // Back from a canary is to what is live.
      if (to === undefined || live.startsWith(to)) return ok(row)
    }
    const target = to ?? versionBefore(journal.db, strategy, live)
    if (target === undefined)
      return err(
        `no version of ${strategy} was kept before what is live; name one that was ("baton versions" lists them)`,
      )
    const stored = findVersion(journal.db, strategy, target)
    if (stored === undefined)
      return err(`no single version of ${strategy} has a hash beginning with ${target}; see "baton versions"`)
    if (stored.hash === live) return err(`${stored.label} is live already`)
    if (!keptVersions(journal.db).has(stored.hash))
      return err(
        `${stored.label} was never kept, so it cannot be rolled back to: deploy it (reload --hash ${stored.hash.slice(0, 12)} --stored), with every check and its proof`,
      )
    const deployment = this.open({ strategy, trigger: 'rollback', by, noticedAt: clock.monotonic() })
    const work = this.guarded(deployment, async () => {
      const ref: VersionRef = { hash: stored.hash, strategy, label: stored.label, number: stored.number }
      deployment.name(ref)
      const started = await VersionWorker.start(stored.bundle, stored.label, clock, this.parts.deadlineMs)
      if (!started.ok)
        return deployment.fail(this.parts.now(), `${stored.label} does not load: ${failureText(started.error)}`)
      const hosted: HostedVersion = { worker: started.value, strategy, sourceMap: stored.sourceMap }
      const { hash } = stored
      const candidate: Candidate = { hash, ref, manifest: started.value.manifest, hosted, firstFile: `${strategy}.ts` }
      const trades =
        (await this.stage(deployment, candidate, true)) && (await this.swapping.run(deployment, candidate, null, null))
      if (!trades) hosted.worker.stop()
    })
    this.rollbacks.add(work)
    await work.finally(() => this.rollbacks.delete(work))
    return ok(deployment.current)
  }

  /** Gives up every attempt that is not live yet: what was under way is no verdict on a candidate. */
  stop(reason: string): void {
    this.stopped = true
    this.consequences.stop()
    for (const [strategy, deployment] of this.under) {
      if (!deployment.ended && !deployment.isLive && !deployment.isCanary)
        deployment.supersede(this.parts.now(), reason)
      this.policy.say(strategy, { kind: 'drop' })
    }
  }

  /** Resolves when no attempt is under way any more. */
  async idle(): Promise<void> {
    await Promise.all([...this.queue.values(), ...this.rollbacks])
  }

  private begin(attempt: Attempt): { readonly deployment: Deployment; readonly promise: Promise<DeploymentRow> } {
    const { strategy } = attempt
    const before = this.queue.get(strategy) ?? Promise.resolve()
    this.makeWay(strategy)
    const deployment = this.open(attempt)
    this.under.set(strategy, deployment)
    const result = before.then(() => this.guarded(deployment, () => this.carryOut(deployment, attempt)))
    this.queue.set(
      strategy,
      result.catch(() => {}),
    )
    const promise = result.then(() => {
      this.tryAgain(deployment, attempt)
      return this.written(deployment)
    })
    this.results.set(deployment, promise)
    return { deployment, promise }
  }

  /** A deployment as it stands, once the journal has it as well. */
  private async written(deployment: Deployment): Promise<DeploymentRow> {
    await this.parts.journal.caughtUp()
    return deployment.current
  }

  /** Where what ended an attempt passes by itself it is tried again, for ever while nothing of its strategy is live. */
  private tryAgain(deployment: Deployment, attempt: Attempt): void {
    const { clock, loop } = this.parts
    const { strategy, tries = 0, once } = attempt
    if (this.stopped || once === true || !this.failedInPassing(strategy)) return
    if (loop.engine.state.live.has(strategy) && tries >= MOST_TRIES) return
    const delayMs = Math.min(RETRY_MS * 2 ** tries, LONGEST_RETRY_MS)
    deployment.adds(`; it is tried again in ${Math.round(delayMs / 1_000)} s`)
    clock.after(delayMs, () => {
      if (this.stopped || this.under.get(strategy) !== deployment) return
      void this.deploy({ ...attempt, tries: tries + 1, noticedAt: clock.monotonic() }).catch(() => {})
    })
  }

  /** True where the newest attempt of a strategy failed for something that passes by itself. */
  failedInPassing(strategy: string): boolean {
    const newest = this.under.get(strategy)
    return newest?.mayPass === true && newest.current.state === 'failed'
  }

  /** A candidate gives way to a newer one, unless it is being swapped in or a person asked for it by name. */
  private makeWay(strategy: string): void {
    const running = this.under.get(strategy)
    if (running === undefined || running.ended || running.isLive || running.isCanary) return
    const waits = this.policy.waiter(strategy) === running
    if (!waits && (running.current.trigger !== 'save' || running.current.state === 'swapping')) return
    running.supersede(this.parts.now(), 'a newer save took its place')
    this.policy.say(strategy, { kind: 'drop' })
  }

  private async guarded(deployment: Deployment, work: () => Promise<void>): Promise<void> {
    if (deployment.ended) return
    try {
      await work()
    } catch (error) {
      if (!deployment.ended && !deployment.isLive && !deployment.isCanary)
        deployment.fail(this.parts.now(), `unexpected: ${error instanceof Error ? error.message : String(error)}`)
      throw error
    }
  }

  private open(attempt: Omit<Attempt, 'hold'>): Deployment {
    const { clock, journal, loop, now } = this.parts
    const live = loop.engine.state.live.get(attempt.strategy)
    const init = {
      id: deploymentIdSchema.parse(newId('D')),
      strategy: attempt.strategy,
      trigger: attempt.trigger,
      by: attempt.by,
      from: live === undefined ? null : versionRef(journal.db, live),
      startedAt: now(),
    }
    return Deployment.begin(init, attempt.noticedAt, clock, (row) => this.save(row))
  }

  private save(row: DeploymentRow): void {
    this.parts.journal.write({ w: 'deployment', row, outgoingStates: null })
    this.parts.onDeployment(row)
  }

  /** Compile, check, prove, policy, stage and swap; where it ends before, the reason is in the deployment. */
  private async carryOut(deployment: Deployment, attempt: Attempt): Promise<void> {
    const { strategy, by, reason, override, hold, shadow = false, part = null } = attempt
    if (this.refusedByFreeze(deployment, attempt)) return
    const built = await this.builder.build(deployment, strategy, attempt.stored)
    if (built === undefined) return
    const { candidate, bundle } = built
    const of = new PolicyCase({
      strategy,
      hash: candidate.hash.slice(0, 12),
      parked: shadow ? 'shadow' : hold === true ? 'reload' : null,
      exempt: attempt.trigger === 'start',
      by,
      reason,
      override,
    })
    of.part = part
    const { hash, ref } = candidate
    const steps = [
      () => this.prove(deployment, candidate, bundle),
      () => {
        this.bundles.set(deployment, { hash, label: ref.label, strategy, bundle, params: null })
        if (shadow) this.beginShadow(deployment)
        return this.mayPass(deployment, of).finally(() => this.endShadow(strategy))
      },
      () => this.stage(deployment, candidate, false),
      () => this.swapping.run(deployment, candidate, of, of.part),
    ]
    // A newer save can come between the end of one step and the beginning of the next.
    for (const step of steps) if (deployment.ended || !(await step())) return candidate.hosted.worker.stop()
    if (attempt.trigger !== 'start') await this.consequences.freezeAfterMany()
  }

  private beginShadow(deployment: Deployment): void {
    const version = this.bundles.get(deployment)
    const { strategy } = deployment.current
    if (version === undefined || this.shadows.has(strategy)) return
    this.shadows.set(strategy, new Shadow(this.parts, deployment, version))
  }

  private endShadow(strategy: string): void {
    this.shadows.get(strategy)?.end()
    this.shadows.delete(strategy)
  }

  /** Said before anything is compiled, where the configuration wants candidates refused while deployments are frozen. */
  private refusedByFreeze(deployment: Deployment, { override, shadow }: Attempt): boolean {
    const { freeze } = this.parts.loop.engine.state
    const waits = this.parts.proof.config.policy.whileFrozen === 'wait'
    if (freeze === null || override !== undefined || waits || shadow === true) return false
    deployment.fail(this.parts.now(), `deployments are frozen: ${freeze.reason}; unfreeze, or reload with an override`)
    return true
  }

  private mayPass(deployment: Deployment, of: PolicyCase): Promise<boolean> {
    return deployment.step(
      'policy',
      'policy',
      () => this.policy.pass(deployment, of),
      (passed) => ({ ok: passed, note: passed ? passedNote(deployment) : '' }),
    )
  }

  /** Replays the candidate on recent tape; false when it is over: a bound was broken, or something newer came. */
  private async prove(deployment: Deployment, candidate: Candidate, bundle: string): Promise<boolean> {
    const proof = await deployment.step(
      'prove',
      'prove',
      () => this.proving.run(deployment, candidate, bundle),
      ({ row }) => ({ ok: row.verdict !== 'failed', note: noteOf(row) }),
    )
    const { row, problems } = proof
    if (!deployment.ended && row.verdict === 'failed') {
      const reason = `${candidate.ref.label} failed its proof: ${row.reason}; ${deployment.stays}`
      deployment.fail(this.parts.now(), reason, problems)
    }
    return !deployment.ended
  }

  /** Warms the new thread and evaluates every slot twice, the second time in reverse: answers must not depend on order. */
  private async stage(deployment: Deployment, candidate: Candidate, back: boolean): Promise<boolean> {
    const problem = await deployment.step(
      'stage',
      'stage',
      async (): Promise<StagingProblem | null> => {
        const states = await this.staging.migrated(candidate, back ? 'rollback' : 'deployment')
        if (!states.ok) return problemOf(states.error, candidate.hosted.sourceMap, candidate.firstFile)
        return this.staging.dryRun(candidate, states.value)
      },
      (failed) => ({ ok: failed === null, note: failed === null ? 'worker, migrate, warm' : failed.at.message }),
    )
    if (problem !== null && !deployment.ended) {
      deployment.mayPass = problem.mayPass
      deployment.failWith(this.parts.now(), 'failed its dry run', [problem.at])
    }
    return !deployment.ended
  }
}

function passedNote({ current }: Deployment): string {
  const rules = current.policy?.override?.rules
  return rules === undefined ? 'nothing stands against it' : `overridden: ${rules.join(', ')}`
}

function noteOf({ verdict, candidate, slots, differences }: ProofRow): string {
  if (candidate === null) return verdict === 'insufficient' ? 'too little tape' : 'could not be replayed'
  return `${slots.length} slots · ${candidate.decisions.toLocaleString('en-US')} decisions · ${differences} differ`
}
