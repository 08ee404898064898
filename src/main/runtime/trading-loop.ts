import type { Engine } from '../../engine/engine.ts'
import type { CanaryStart, EngineEvent, Swap } from '../../engine/events.ts'
import { slotOf } from '../../engine/state.ts'
import type { Venue } from '../../engine/venue/port.ts'
import { err, InvariantError, ok, type Result } from '../../shared/domain/base.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import type { VersionHash } from '../../shared/domain/ids.ts'
import type { JournalRecord, Order } from '../../shared/domain/records.ts'
import { Signal } from '../../shared/domain/signal.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { Journal } from '../db/journal.ts'
import { sha256 } from '../platform/system.ts'
import type { HostFailure } from '../strategy-host/version-worker.ts'
import { DecisionHash } from './decision-hash.ts'
import type { Gate } from './gate.ts'
import { type HostedVersion, Hosts } from './hosts.ts'
import { Outbox } from './outbox.ts'
import { type Evaluation, Runtime, type RuntimeRecorder } from './runtime.ts'
import { YieldQueue } from './yield-queue.ts'

export interface TradingLoopParts {
  readonly engine: Engine
  readonly journal: Journal
  readonly venue: Venue
  readonly gate: Gate
  readonly clock: Clock
  /** Null where nothing is recorded. */
  readonly recorder: RuntimeRecorder | null
  readonly decisionDeadlineMs: number
  /** In virtual time every answer is waited for and a missed deadline ends the run: the result must not depend on it. */
  readonly virtual: boolean
}

export interface LoopFigures {
  cycles: number
  missedCycles: number
  decisions: number
  orders: number
  fills: number
  lastCycleMs: number
  lastCycleAt: number
  /** How late the newest cycles began, in ms, oldest first. */
  readonly lateMs: number[]
}

/** What committing a swap came to, for its deployment's row. */
export interface CommitFigures {
  /** Real milliseconds for which the loop was held so far. */
  readonly heldMs: number
  readonly handoffs: number
}

/** An order that was not written down by then does not leave: what it was decided on has changed. */
const MOST_WAIT_MS = 1_500
/** Batches that may be on their way to the journal in virtual time. */
const MOST_UNWRITTEN = 32

const ENDED: ReadonlySet<string> = new Set(['retired', 'faulted'])

/**
 * A desk's runtime: the engine with a journal, a venue and threads of versions around it, cycle after cycle, in real or in
 * virtual time.
 */
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
  /** Every record that the engine makes, as it is appended to the journal. */
  readonly recorded = new Signal<JournalRecord>()
  /** A broken invariant: the gate is shut, and the process should end. */
  readonly panicked = new Signal<unknown>()
  /** True from the start of a cycle until its last answer is in. */
  inCycle = false
  private readonly parts: TradingLoopParts
  private readonly runtime: Runtime
  private readonly outbox: Outbox
  private readonly hash = new DecisionHash()
  private readonly yields = new YieldQueue()
  private evaluations: Evaluation[] = []
  private handoffs = 0
  private entriesRefused: string | null = null
  /** Why the loop runs no more; null while it does. */
  private loopEnd: string | null = null

  constructor(parts: TradingLoopParts) {
    const { engine, journal, venue, gate, clock, recorder } = parts
    this.parts = parts
    this.engine = engine
    this.hosts = new Hosts((version, message) => this.onDeath(version, message))
    this.outbox = new Outbox({
      gate,
      submit: (order, ts) => venue.submit(order, ts),
      durable: () => journal.flush(),
      sign: digestOf,
      tell: (orderId, report, ts) => this.runtime.tell({ kind: 'order', ts, orderId, report }),
      isSent: (orderId) => engine.state.orders.get(orderId)?.state === 'sent',
      moment: (asked) => (parts.virtual ? asked : this.now(asked)),
      stopwatch: () => {
        const since = { monotonic: clock.monotonic(), desk: clock.now() }
        // By the desk's time as well: the monotonic clock does not count a sleep.
        return () => Math.max(clock.monotonic() - since.monotonic, clock.now() - since.desk)
      },
      refusal: (order, waitedMs) => this.leavingRefusal(order, waitedMs),
      done: () => this.settle(),
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

  /** Real time that a batch, or a migration, may take. */
  get deadlineMs(): number {
    return this.parts.decisionDeadlineMs
  }

  /** sha256 over every decision so far, in order. */
  decisionsHash(): string {
    return this.hash.hex()
  }

  /** Tells the engine one event and performs what it asks for. */
  deliver(event: EngineEvent): void {
    try {
      this.runtime.tell(event)
    } catch (error) {
      this.panic(error)
      throw error
    }
  }

  /** Has what is pending written down; called at the end of each batch of events. Nobody waits: the outbox keeps I3. */
  settle(): void {
    this.parts.journal.flushPending()
  }

  /** From now on no entry leaves any more, also none that is being written down. */
  refuseEntries(reason: string): void {
    this.entriesRefused = reason
  }

  private record(record: JournalRecord): void {
    if (record.t === 'fill' && record.fill.state === 'matched') this.figures.fills++
    if (record.t === 'intent') this.figures.orders++
    if (record.t === 'handoff') this.handoffs++
    this.parts.journal.append(record)
    // A thread goes with the last thing that could be asked of it.
    if (record.t === 'version' && ENDED.has(record.progress.state)) this.hosts.dismiss(record.progress.hash)
    this.recorded.emit(record)
  }

  /** Why an order that is written down may not leave any more; null when it may. */
  private leavingRefusal(order: Order, waitedMs: number): string | null {
    // The desk's own exits are at any price: their age does not matter.
    const anyPrice = order.kind === 'exit' && order.owner === 'desk'
    if (!this.parts.virtual && waitedMs > MOST_WAIT_MS && !anyPrice)
      return `it took ${Math.round(waitedMs)} ms to write it down, ${MOST_WAIT_MS} ms allowed: its price is old`
    if (order.kind === 'exit') return null
    if (this.entriesRefused !== null) return this.entriesRefused
    if (order.owner === 'desk') return 'the desk has taken it over before it left'
    // In virtual time nothing can have come between the engine's word and this moment.
    if (this.parts.virtual) return null
    const { holds, trading, pause } = this.engine.state
    for (const reason of holds.values()) return `entries are held: ${reason}`
    return trading === 'paused' ? `entries are paused: ${pause?.reason ?? ''}` : null
  }

  /** One pass of the loop: views out, decisions in. Resolves when the yield interval begins. */
  async cycle(ts: UnixMs, slots: readonly SlotId[] | null): Promise<void> {
    const started = this.parts.clock.monotonic()
    this.inCycle = true
    this.evaluations = []
    this.figures.cycles++
    this.deliver({ kind: 'cycle', ts, count: this.figures.cycles, slots })
    if (this.parts.virtual) await this.outbox.placed()
    const evaluations = this.evaluations
    const answers = evaluations.map((evaluation) => this.evaluate(evaluation))
    if (this.parts.virtual) {
      // All answers first, then in the order of the versions: how fast a thread was must not matter.
      const all = await Promise.all(answers)
      for (const deliverAnswer of all) {
        deliverAnswer(ts)
        await this.outbox.placed()
      }
    } else {
      await Promise.all(answers.map(async (answer) => (await answer)(this.now(ts))))
    }
    this.settle()
    // In virtual time nothing paces the loop but this: it must not run away from the disk.
    if (this.parts.virtual && this.parts.journal.unwritten > MOST_UNWRITTEN) await this.parts.journal.flush()
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
    const hosted = this.hosts.of(version)
    if (hosted === undefined) {
      return (ts) => this.fault(ts, version, { kind: 'dead', message: 'it has no thread', stack: '' })
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
      const who = this.hosts.of(version)?.strategy ?? version
      throw new Error(`in virtual time a version must answer: ${who} ${failure.message}`)
    }
    const message = this.hosts.describe(version, failure)
    this.deliver({ kind: 'fault', ts, version, slot, fatal, message })
  }

  /**
   * Runs `job` in the next yield interval; in real time that is at once when one has begun. Once the loop has ended it runs
   * at once as well, and whatever it would commit is refused with the reason.
   * @returns what the job returns; rejects with what it throws
   */
  inYield<T>(job: () => Promise<T>): Promise<T> {
    if (this.loopEnd !== null || (!this.parts.virtual && !this.inCycle)) return job()
    return this.yields.add(job)
  }

  /** No cycle comes any more: what waits for a yield interval runs now and is told why nothing can be committed. */
  async endLoop(reason: string): Promise<void> {
    this.loopEnd ??= reason
    await this.runYieldJobs()
  }

  /** Runs what waits for the yield interval; virtual time stands still meanwhile. */
  async runYieldJobs(): Promise<void> {
    await this.yields.run()
  }

  /** In virtual time, before the first cycle: keeps running yield jobs until `work` is over. */
  async runYieldJobsUntil(work: Promise<unknown>): Promise<void> {
    let over = false
    const finished = work.finally(() => {
      over = true
    })
    while (!over) {
      await this.runYieldJobs()
      await new Promise<void>((resolve) => this.parts.clock.after(1, resolve))
    }
    await finished
  }

  /**
   * Commits a swap: pointer, handoffs, states and deployment in one transaction.
   * @param also writes the deployment's row in the same transaction
   * @returns real milliseconds for which the loop was held, or why it must be tried again
   */
  commitSwap(swap: Swap, hosted: HostedVersion, also: (figures: CommitFigures) => void): Result<number> {
    const refusal = this.engine.swapRefusal(swap)
    return refusal === null ? this.commit({ kind: 'swap', ts: this.atYield(), swap }, swap, hosted, also) : err(refusal)
  }

  /** The same for a version that gets a part of its strategy. */
  commitCanary(start: CanaryStart, hosted: HostedVersion, also: (figures: CommitFigures) => void): Result<number> {
    const refusal = this.engine.canaryRefusal(start)
    if (refusal !== null) return err(refusal)
    return this.commit({ kind: 'canary', ts: this.atYield(), start }, start.swap, hosted, also)
  }

  /** The moment of what happens between two cycles. */
  private atYield(): UnixMs {
    return this.parts.virtual ? this.engine.state.now : this.now(this.engine.state.now)
  }

  private commit(
    event: Extract<EngineEvent, { kind: 'swap' | 'canary' }>,
    { version }: Swap,
    hosted: HostedVersion,
    also: (figures: CommitFigures) => void,
  ): Result<number> {
    if (this.loopEnd !== null) return err(this.loopEnd)
    if (this.inCycle) return err('a cycle is under way')
    const { clock, journal } = this.parts
    if (journal.blocked !== null) return err(`the journal cannot be written: ${journal.blocked}`)
    const started = clock.monotonic()
    const handoffsBefore = this.handoffs
    this.hosts.host(version, hosted)
    this.deliver(event)
    also({ heldMs: clock.monotonic() - started, handoffs: this.handoffs - handoffsBefore })
    // Not waited for: an order of the new version is written after this, and leaves only once it is (I3).
    this.settle()
    return ok(clock.monotonic() - started)
  }

  /** A thread that ended between two cycles. */
  private onDeath(version: VersionHash, message: string): void {
    // Within a cycle the missing answer tells it.
    if (this.inCycle || this.loopEnd !== null || this.parts.virtual) return
    this.fault(this.now(this.engine.state.now), version, { kind: 'dead', message, stack: '' })
    this.settle()
  }

  /** Ends every thread; what still waits for a yield interval runs and finds them gone. */
  async stop(): Promise<void> {
    this.hosts.dismissAll()
    await Promise.race([this.outbox.placed(), this.parts.journal.caughtUp()])
    await this.endLoop('the desk is stopping')
  }

  /** A broken invariant stops trading: wrong books are worse than none. */
  private panic(error: unknown): void {
    const what = error instanceof InvariantError ? 'a broken invariant' : 'an unexpected error'
    this.parts.gate.shut(`${what}: ${error instanceof Error ? error.message : String(error)}`, false)
    this.panicked.emit(error)
  }
}

/** The simulated venue's stand-in for a signed body: a digest of the order's terms. */
function digestOf(order: Order): string {
  const { id, windowId, side, kind, limit, stake, quantity, tif, createdAt } = order
  return sha256(JSON.stringify([id, windowId, side, kind, limit, stake, quantity, tif, createdAt]))
}
