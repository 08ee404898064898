import type { Engine } from '../../engine/engine.ts'
import type { CanaryStart, EngineEvent, Swap } from '../../engine/events.ts'
import { slotOf } from '../../engine/state.ts'
import { err, InvariantError, messageOf, ok, type Result } from '../../shared/domain/base.ts'
import type { VersionHash } from '../../shared/domain/ids.ts'
import type { JournalRecord } from '../../shared/domain/records.ts'
import { Signal } from '../../shared/domain/signal.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { HostFailure } from '../strategy-host/thread-link.ts'
import type { CommitRefusal } from './commit-refusal.ts'
import { DecisionHash } from './decision-hash.ts'
import { type HostedVersion, Hosts } from './hosts.ts'
import type { CommitFigures, LoopFigures, TradingLoopParts } from './loop-types.ts'
import { Outbox } from './outbox.ts'
import { type Evaluation, Runtime } from './runtime.ts'
import { digestOf, SendRules } from './send-rules.ts'
import { YieldQueue } from './yield-queue.ts'

/** Maximum number of batches waiting for the journal in virtual time. */
const MAX_UNWRITTEN = 32

const ENDED: ReadonlySet<string> = new Set(['retired', 'faulted'])

/** Runs a desk's cycles in real or virtual time: the engine with its journal, venue and threads of versions. */
export class TradingLoop {
  readonly engine: Engine
  readonly hosts: Hosts
  readonly figures: LoopFigures = {
    cycles: 0,
    missedCycles: 0,
    decisions: 0,
    orders: 0,
    fills: 0,
    lastCycleMs: 0,
    lastCycleAt: 0,
    lateMs: [],
  }
  /** Emits every record of the engine, after it was passed to the journal. */
  readonly recorded = new Signal<JournalRecord>()
  /** Emits a broken invariant or an unexpected error: trading is stopped, the process should end. */
  readonly panicked = new Signal<unknown>()
  /** True from the start of a cycle until its last answer. */
  inCycle = false
  private readonly parts: TradingLoopParts
  private readonly runtime: Runtime
  private readonly outbox: Outbox
  private readonly hash = new DecisionHash()
  private readonly yields = new YieldQueue()
  private evaluations: Evaluation[] = []
  private handoffs = 0
  private readonly sendRules: SendRules
  /** Why the loop has ended; null while it runs. */
  private loopEnd: string | null = null

  constructor(parts: TradingLoopParts) {
    const { engine, journal, venue, gate, clock, recorder } = parts
    this.parts = parts
    this.engine = engine
    this.sendRules = new SendRules(engine.state, parts.virtual)
    this.hosts = new Hosts((version, message) => this.onExit(version, message))
    this.outbox = new Outbox({
      gate,
      submit: (order, ts) => venue.submit(order, ts),
      durable: () => journal.flush(),
      sign: digestOf,
      report: (orderId, report, ts) => this.runtime.dispatch({ kind: 'order', ts, orderId, report }),
      isSent: (orderId) => engine.state.orders.get(orderId)?.state === 'sent',
      timeOf: (requestedAt) => (parts.virtual ? requestedAt : this.now(requestedAt)),
      stopwatch: () => {
        const since = { monotonic: clock.monotonic(), desk: clock.now() }
        // Desk time is included because the monotonic clock does not count sleep.
        return () => Math.max(clock.monotonic() - since.monotonic, clock.now() - since.desk)
      },
      refusal: (order, waitedMs) => this.sendRules.refusal(order, waitedMs),
      onBatchSent: () => this.settle(),
    })
    this.runtime = new Runtime(
      engine,
      {
        record: (record) => this.record(record),
        evaluate: (evaluation) => this.evaluations.push(evaluation),
        place: (orders, ts) => this.outbox.place(orders, ts, (error) => this.panic(error)),
        cancel: (orderId, ts) => venue.cancel(orderId, ts),
        redeem: (windowId, ts) => venue.redeem(windowId, ts),
      },
      recorder,
    )
  }

  /** Deadline of a batch or a migration, real ms. */
  get deadlineMs(): number {
    return this.parts.decisionDeadlineMs
  }

  /** sha256 over every decision so far, in order. */
  decisionsHash(): string {
    return this.hash.hex()
  }

  /** Passes one event to the engine and performs its effects. */
  deliver(event: EngineEvent): void {
    try {
      this.runtime.dispatch(event)
    } catch (error) {
      this.panic(error)
      throw error
    }
  }

  /** Starts to write pending records; called after each batch of events. Not awaited: the outbox ensures I3. */
  settle(): void {
    this.parts.journal.flushPending()
  }

  /** Refuses all further entries, including those being journaled now. */
  refuseEntries(reason: string): void {
    this.sendRules.refuseEntries(reason)
  }

  private record(record: JournalRecord): void {
    if (record.t === 'fill' && record.fill.state === 'matched') this.figures.fills++
    if (record.t === 'intent') this.figures.orders++
    if (record.t === 'handoff') this.handoffs++
    this.parts.journal.append(record)
    // A version that has ended is not evaluated again, so its thread is stopped.
    if (record.t === 'version' && ENDED.has(record.progress.state)) this.hosts.stop(record.progress.hash)
    this.recorded.emit(record)
  }

  /** Runs one cycle. Resolves when the yield interval starts. @param slots slots of a wake-up cycle; null for all */
  async cycle(ts: UnixMs, slots: readonly SlotId[] | null): Promise<void> {
    const started = this.parts.clock.monotonic()
    this.inCycle = true
    this.evaluations = []
    this.figures.cycles++
    this.deliver({ kind: 'cycle', ts, count: this.figures.cycles, slots })
    if (this.parts.virtual) await this.outbox.whenSent()
    const evaluations = this.evaluations
    const answers = evaluations.map((evaluation) => this.evaluate(evaluation))
    if (this.parts.virtual) {
      // Waits for all answers and delivers them in the order of the versions, independent of the threads' speed.
      const all = await Promise.all(answers)
      for (const deliverAnswer of all) {
        deliverAnswer(ts)
        await this.outbox.whenSent()
      }
    } else {
      await Promise.all(answers.map(async (answer) => (await answer)(this.now(ts))))
    }
    this.settle()
    // In virtual time only this keeps the loop from running ahead of the disk.
    if (this.parts.virtual && this.parts.journal.unwritten > MAX_UNWRITTEN) await this.parts.journal.flush()
    this.inCycle = false
    this.figures.lastCycleMs = this.parts.clock.monotonic() - started
    this.figures.lastCycleAt = ts
  }

  private now(atLeast: UnixMs): UnixMs {
    const now = this.parts.clock.now()
    return now > atLeast ? now : atLeast
  }

  private async evaluate(evaluation: Evaluation): Promise<(ts: UnixMs) => void> {
    const { version, epoch, cycle, views } = evaluation
    const hosted = this.hosts.get(version)
    if (hosted === undefined) {
      return (ts) => this.fault(ts, version, { kind: 'dead', message: 'its thread is missing', stack: '' })
    }
    const answer = await hosted.worker.evaluate(views, this.engine.state.assets, this.parts.decisionDeadlineMs)
    return (ts) => {
      if (!answer.ok) return this.fault(ts, version, answer.error)
      const { decisions, faults } = answer.value
      for (const decision of decisions) {
        this.figures.decisions++
        const slot = slotOf(this.engine.state, decision.slot)
        this.hash.add(ts, version, slot, decision.why, decision.intents)
      }
      this.deliver({ kind: 'decisions', ts, version, epoch, cycle, decisions, clean: faults.length === 0 })
      for (const { slot, failure } of faults) this.fault(ts, version, { kind: 'threw', failure }, slot)
    }
  }

  private fault(ts: UnixMs, version: VersionHash, failure: HostFailure, slot: SlotId | null = null): void {
    const fatal = failure.kind !== 'threw'
    if (fatal && this.parts.virtual) {
      const strategy = this.hosts.get(version)?.strategy ?? version
      throw new Error(`in virtual time a version must answer: ${strategy} ${failure.message}`)
    }
    const message = this.hosts.describe(version, failure)
    this.deliver({ kind: 'fault', ts, version, slot, fatal, message })
  }

  /**
   * Runs a job in the next yield interval: at once if one has started in real time. After the end of the loop it also runs at
   * once, but its commits are refused.
   * @returns the job's result; rejects with what it throws
   */
  inYield<T>(job: () => Promise<T>): Promise<T> {
    if (this.loopEnd !== null || (!this.parts.virtual && !this.inCycle)) return job()
    return this.yields.add(job)
  }

  /** Ends the loop: waiting yield jobs run now, and their commits are refused with the reason. */
  async endLoop(reason: string): Promise<void> {
    this.loopEnd ??= reason
    await this.runYieldJobs()
  }

  /** Runs the jobs that wait for the yield interval; virtual time stands still meanwhile. */
  async runYieldJobs(): Promise<void> {
    await this.yields.run()
  }

  /** Runs yield jobs until `work` has finished; in virtual time, before the first cycle. */
  async runYieldJobsUntil(work: Promise<unknown>): Promise<void> {
    let isDone = false
    const finished = work.finally(() => {
      isDone = true
    })
    while (!isDone) {
      await this.runYieldJobs()
      await new Promise<void>((resolve) => this.parts.clock.after(1, resolve))
    }
    await finished
  }

  /**
   * Commits a swap: live version, handoffs, states and deployment in one transaction.
   * @param onCommitted records the deployment's row in the same transaction
   * @returns real milliseconds for which the loop was blocked, or why the swap must be retried
   */
  commitSwap(
    swap: Swap,
    hosted: HostedVersion,
    onCommitted: (figures: CommitFigures) => void,
  ): Result<number, CommitRefusal> {
    const refusal = this.engine.swapRefusal(swap)
    return refusal === null
      ? this.commit({ kind: 'swap', ts: this.atYield(), swap }, swap, hosted, onCommitted)
      : err(refusal)
  }

  /** Commits the start of a canary; see `commitSwap`. */
  commitCanary(
    start: CanaryStart,
    hosted: HostedVersion,
    onCommitted: (figures: CommitFigures) => void,
  ): Result<number, CommitRefusal> {
    const refusal = this.engine.canaryRefusal(start)
    if (refusal !== null) return err(refusal)
    return this.commit({ kind: 'canary', ts: this.atYield(), start }, start.swap, hosted, onCommitted)
  }

  /** Time of an event between two cycles. */
  private atYield(): UnixMs {
    return this.parts.virtual ? this.engine.state.now : this.now(this.engine.state.now)
  }

  private commit(
    event: Extract<EngineEvent, { kind: 'swap' | 'canary' }>,
    { version }: Swap,
    hosted: HostedVersion,
    onCommitted: (figures: CommitFigures) => void,
  ): Result<number, CommitRefusal> {
    if (this.loopEnd !== null) return err({ code: 'loop-ended', why: this.loopEnd })
    if (this.inCycle) return err({ code: 'cycle-running' })
    const { clock, journal } = this.parts
    if (journal.blocked !== null) return err({ code: 'journal-blocked', why: journal.blocked })
    const started = clock.monotonic()
    const handoffsBefore = this.handoffs
    this.hosts.host(version, hosted)
    this.deliver(event)
    onCommitted({ heldMs: clock.monotonic() - started, handoffs: this.handoffs - handoffsBefore })
    // Not awaited: an order of the new version is journaled later and is sent only when durable (I3).
    this.settle()
    return ok(clock.monotonic() - started)
  }

  /** Reports a thread that ended between two cycles. */
  private onExit(version: VersionHash, message: string): void {
    // Within a cycle the missing answer reports it.
    if (this.inCycle || this.loopEnd !== null || this.parts.virtual) return
    this.fault(this.now(this.engine.state.now), version, { kind: 'dead', message, stack: '' })
    this.settle()
  }

  /** Stops all threads and ends the loop. */
  async stop(): Promise<void> {
    this.hosts.stopAll()
    await Promise.race([this.outbox.whenSent(), this.parts.journal.caughtUp()])
    await this.endLoop('the desk is stopping')
  }

  /** Stops trading after a broken invariant or an unexpected error, because the books may be wrong. */
  private panic(error: unknown): void {
    const cause = error instanceof InvariantError ? 'a broken invariant' : 'an unexpected error'
    this.parts.gate.shut(`${cause}: ${messageOf(error)}`, false)
    this.panicked.emit(error)
  }
}
