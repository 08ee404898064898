import { messageOf } from '../../shared/domain/base.ts'
import type { DeploymentRow } from '../../shared/domain/deployments.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import { deploymentIdSchema } from '../../shared/domain/schemas.ts'
import { Signal } from '../../shared/domain/signal.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import { versionRef } from '../db/deployment-row.ts'
import type { Journal } from '../db/journal.ts'
import { newId } from '../platform/system.ts'
import type { Attempt } from './attempt.ts'
import { Deployment } from './deployment.ts'
import type { PolicyStep } from './policy-step.ts'
import type { TradingPort } from './trading-port.ts'

export interface AttemptQueueParts {
  readonly loop: Pick<TradingPort, 'engine'>
  readonly journal: Journal
  readonly clock: Clock
  readonly now: () => UnixMs
  readonly policy: PolicyStep
  /** Runs the deployment's pipeline. */
  readonly carryOut: (deployment: Deployment, attempt: Attempt) => Promise<void>
}

/** Delay before a failed attempt is retried; it doubles with each retry. */
const RETRY_MS = 2_000
const LONGEST_RETRY_MS = 60_000
/** Retries while an older version is live; without one, retries have no limit. */
const MOST_TRIES = 3

/**
 * Attempts to deploy, by strategy: one runs at a time, a newer one supersedes it where it may, and one that failed for
 * something that passes by itself is made again.
 */
export class AttemptQueue {
  private readonly parts: AttemptQueueParts
  /** The newest attempt of each strategy. */
  private readonly under = new Map<string, Deployment>()
  private readonly queue = new Map<string, Promise<void>>()
  private readonly results = new WeakMap<Deployment, Promise<DeploymentRow>>()
  /** Deployments that failed for a temporary reason. */
  private readonly retryable = new WeakSet<Deployment>()
  /** Every deployment, as it changes. */
  readonly changed = new Signal<DeploymentRow>()
  private stopped = false

  constructor(parts: AttemptQueueParts) {
    this.parts = parts
  }

  /** Queues an attempt; `promise` resolves with its row once it is live, has failed or was superseded. */
  begin(attempt: Attempt): { readonly deployment: Deployment; readonly promise: Promise<DeploymentRow> } {
    const { strategy } = attempt
    const before = this.queue.get(strategy) ?? Promise.resolve()
    this.makeWay(strategy)
    const deployment = this.open(attempt)
    this.under.set(strategy, deployment)
    const result = before.then(() => this.guarded(deployment, () => this.parts.carryOut(deployment, attempt)))
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

  /** The deployment's row, once everything about it is durable. */
  async written(deployment: Deployment): Promise<DeploymentRow> {
    await this.parts.journal.caughtUp()
    return deployment.current
  }

  /** Schedules a retry where the failure was temporary; without limit while nothing of the strategy is live. */
  private tryAgain(deployment: Deployment, attempt: Attempt): void {
    const { clock, loop } = this.parts
    const { strategy, tries = 0, once } = attempt
    if (this.stopped || once === true || !this.failedInPassing(strategy)) return
    if (loop.engine.state.live.has(strategy) && tries >= MOST_TRIES) return
    const delayMs = Math.min(RETRY_MS * 2 ** tries, LONGEST_RETRY_MS)
    deployment.retriesIn(delayMs)
    clock.after(delayMs, () => {
      if (this.stopped || this.under.get(strategy) !== deployment) return
      void this.begin({ ...attempt, tries: tries + 1, noticedAt: clock.monotonic() }).promise.catch(() => {})
    })
  }

  /** True if the newest attempt of a strategy failed for a temporary reason. */
  failedInPassing(strategy: string): boolean {
    const newest = this.under.get(strategy)
    return newest !== undefined && this.retryable.has(newest) && newest.current.state === 'failed'
  }

  /** Supersedes the running attempt in favour of a newer one, unless it is being swapped in or a person asked for it by name. */
  private makeWay(strategy: string): void {
    const running = this.under.get(strategy)
    if (running === undefined || running.ended || running.isLive || running.isCanary) return
    const waits = this.parts.policy.waiter(strategy) === running
    if (!waits && (running.current.trigger !== 'save' || running.current.state === 'swapping')) return
    running.supersede(this.parts.now(), { code: 'newer-save' })
    this.parts.policy.wake(strategy, { kind: 'drop' })
  }

  /** Runs `work`; an exception fails the deployment and is rethrown. */
  async guarded(deployment: Deployment, work: () => Promise<void>): Promise<void> {
    if (deployment.ended) return
    try {
      await work()
    } catch (error) {
      if (!deployment.ended && !deployment.isLive && !deployment.isCanary)
        deployment.fail(this.parts.now(), { code: 'unexpected', why: messageOf(error) })
      throw error
    }
  }

  /** Creates a deployment and journals it. */
  open(attempt: Omit<Attempt, 'hold'>): Deployment {
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

  /** Journals and publishes a deployment's current row. */
  save(row: DeploymentRow): void {
    this.parts.journal.write({ w: 'deployment', row, outgoingStates: null })
    this.changed.emit(row)
  }

  /** The attempt that is not live yet and can still be cancelled. */
  underWay(strategy: string): Deployment | undefined {
    const running = this.under.get(strategy)
    if (running === undefined || running.ended || running.isLive || running.isCanary) return undefined
    return running.current.state === 'swapping' ? undefined : running
  }

  /** Marks a deployment's failure as temporary. */
  mayRetry(deployment: Deployment): void {
    this.retryable.add(deployment)
  }

  /** The result of an attempt begun in this process; undefined for an older one. */
  resultOf(deployment: Deployment): Promise<DeploymentRow> | undefined {
    return this.results.get(deployment)
  }

  /** Supersedes every attempt that is not live yet, and retries none. */
  stop(reason: string): void {
    this.stopped = true
    for (const [strategy, deployment] of this.under) {
      if (!deployment.ended && !deployment.isLive && !deployment.isCanary)
        deployment.supersede(this.parts.now(), { code: 'stopped', why: reason })
      this.parts.policy.wake(strategy, { kind: 'drop' })
    }
  }

  /** Resolves when no attempt is under way any more. */
  async idle(): Promise<void> {
    await Promise.all(this.queue.values())
  }
}
