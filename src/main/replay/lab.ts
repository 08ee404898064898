import type { StrategyManifest } from '../../engine/views/view-types.ts'
import { err, invariant, ok, type Result } from '../../shared/domain/base.ts'
import type { Candle, Clock } from '../../shared/domain/feed.ts'
import type { ReplayTrade } from '../../shared/domain/replays.ts'
import type { Asset } from '../../shared/domain/slots.ts'
import type { StrategyFailure } from '../strategy-host/protocol.ts'
import type { TapeLibrary } from '../tape/library.ts'
import type { Act, DayRecord } from './day-record.ts'
import { ReplayPool, type Task } from './pool.ts'
import type { FromReplayThread, ReplayJob, ReplayVersion, TapeRequest, ToReplayThread } from './protocol.ts'
import type { ReplaySource, ReplayTape, Stretch } from './tape-types.ts'

export interface ReplaySpec extends Pick<ReplayJob, 'slots' | 'config' | 'market' | 'settlement' | 'seed'> {
  /** All over the same tape. */
  readonly versions: readonly ReplayVersion[]
  readonly stretches: readonly Stretch[]
  /** True if the tape cannot change any more: results of a version on a stretch are then cached. */
  readonly unchanging?: boolean
}

/** One version's part of a replay. */
export interface VersionOutcome {
  readonly version: ReplayVersion
  /** Finished stretches, in order of time. */
  readonly days: readonly DayRecord[]
  readonly failure: StrategyFailure | null
}

export interface ReplayOutcome {
  readonly versions: readonly VersionOutcome[]
  /** True when it was cancelled: what is there is only a part. */
  readonly partial: boolean
}

/** How far a replay has come. */
export interface ReplayProgress {
  /** 0 … 1 of all stretches of all versions. */
  readonly share: number
  /** Market time up to which the acts of every version are complete. */
  readonly reached: number
  readonly decisions: number
  /** Index of the version this progress concerns, and its new acts and trades. */
  readonly version: number
  readonly acts: readonly Act[]
  readonly trades: readonly ReplayTrade[]
}

export interface ReplayRun {
  readonly done: Promise<ReplayOutcome>
  cancel(): void
}

/** Stretches: two versions of a few strategies, over midnight. */
const REMEMBERED = 16

/**
 * Runs replays on threads of its own. Jobs of several replays share the threads, first come first served; queries of
 * tapes have their own thread, so that a chart does not wait for a replay.
 */
export class ReplayLab {
  private readonly jobs: ReplayPool
  private readonly questions: ReplayPool
  /** Newest last. */
  private readonly remembered = new Map<string, DayRecord>()

  constructor(clock: Clock, threads: number) {
    this.jobs = new ReplayPool(clock, threads)
    this.questions = new ReplayPool(clock, 1)
  }

  /** Starts threads before they are needed: `count`, or as many as there may be. */
  warm(count: number): void {
    this.jobs.warm(count)
  }

  /** Loads a version on a thread, where it stays loaded for its replay, and returns its manifest. */
  load(version: ReplayVersion): Promise<Result<StrategyManifest, StrategyFailure>> {
    const stopped = err({ message: 'the replay was stopped', stack: '' })
    return new Promise((resolve) =>
      this.jobs.add({
        message: { kind: 'load', version },
        isOver: () => false,
        hear: (reply) => {
          if (reply.kind === 'loaded') resolve(ok(reply.manifest))
          else resolve(reply.kind === 'failed' ? err(reply.failure) : stopped)
        },
        skip: () => resolve(stopped),
      }),
    )
  }

  /** @param listener called several times a second while it runs */
  run(spec: ReplaySpec, listener: (progress: ReplayProgress) => void = () => {}): ReplayRun {
    const abort = new Int32Array(new SharedArrayBuffer(4))
    const unchanging = spec.unchanging === true
    const running = new Running(spec, abort, listener, (job, day) => {
      if (unchanging && day.reached >= job.stretch.to) this.remember(keyOf(job), day)
    })
    for (const job of running.jobs) this.give(job, unchanging)
    return {
      done: running.done,
      cancel: () => {
        Atomics.store(abort, 0, 1)
        running.cancelled = true
        this.jobs.giveUp(running.jobs.map(({ task }) => task))
      },
    }
  }

  private give({ task, job, know }: Running['jobs'][number], unchanging: boolean): void {
    const known = unchanging ? this.remembered.get(keyOf(job)) : undefined
    if (known === undefined) this.jobs.add(task)
    else know(known)
  }

  /** The most recently used are kept. */
  private remember(key: string, day: DayRecord): void {
    this.remembered.delete(key)
    this.remembered.set(key, day)
    const [oldest] = this.remembered.keys()
    if (this.remembered.size > REMEMBERED && oldest !== undefined) this.remembered.delete(oldest)
  }

  /** One asset's minutes of a tape, for a chart; empty where it has none. */
  async minutes(source: ReplaySource, asset: Asset, from: number, to: number): Promise<readonly Candle[]> {
    const reply = await this.ask({ kind: 'minutes', source, asset, from, to })
    return reply?.kind === 'minutes' ? reply.minutes : []
  }

  /** Opens a tape without reading files on the caller's thread. */
  async open(tape: TapeRequest): Promise<Result<ReplayTape>> {
    const reply = await this.ask({ kind: 'open', tape })
    if (reply?.kind === 'opened') return reply.tape
    return err(reply?.kind === 'failed' ? reply.failure.message : 'the desk is stopping')
  }

  /** Contents of a tape folder. */
  async list(folder: string): Promise<TapeLibrary> {
    const reply = await this.ask({ kind: 'list', folder })
    return reply?.kind === 'listed' ? reply.library : { recordings: [], damaged: [] }
  }

  /** Undefined when the lab closed before it was put. */
  private ask(message: ToReplayThread): Promise<FromReplayThread | undefined> {
    return new Promise((resolve) =>
      this.questions.add({ message, isOver: () => false, hear: resolve, skip: () => resolve(undefined) }),
    )
  }

  /** Ends every thread; what still runs ends as partial. */
  close(): void {
    this.jobs.close()
    this.questions.close()
  }
}

/** Everything a result depends on, as a key of the cache. */
function keyOf({ version, stretch, slots, settlement, seed }: ReplayJob): string {
  return JSON.stringify([version.hash, version.params, stretch, slots, settlement, seed])
}

/** A replay under way. */
class Running {
  /** `know` ends a job whose result is known already. */
  readonly jobs: readonly { readonly task: Task; readonly job: ReplayJob; readonly know: (day: DayRecord) => void }[]
  readonly done: Promise<ReplayOutcome>
  cancelled = false
  private readonly spec: ReplaySpec
  private readonly listener: (progress: ReplayProgress) => void
  private readonly days: (DayRecord | undefined)[][]
  private readonly reached: number[][]
  private readonly decisions: number[][]
  /** Acts and trades of each stretch so far. */
  private readonly told: { acts: Act[]; trades: ReplayTrade[] }[][]
  private readonly failures: (StrategyFailure | null)[]
  private left: number
  private finish: (outcome: ReplayOutcome) => void = () => {}

  constructor(
    spec: ReplaySpec,
    abort: Int32Array,
    listener: (progress: ReplayProgress) => void,
    finished: (job: ReplayJob, day: DayRecord) => void,
  ) {
    this.spec = spec
    this.listener = listener
    this.days = spec.versions.map(() => [])
    this.reached = spec.versions.map(() => spec.stretches.map((stretch): number => stretch.from))
    this.decisions = spec.versions.map(() => spec.stretches.map(() => 0))
    this.told = spec.versions.map(() => spec.stretches.map(() => ({ acts: [], trades: [] })))
    this.failures = spec.versions.map(() => null)
    const { slots, config, market, settlement, seed } = spec
    this.jobs = spec.stretches.flatMap((of, stretch) =>
      spec.versions.map((version, index) => {
        const job = { version, stretch: of, slots, config, market, settlement, seed, abort }
        const task: Task = {
          message: { kind: 'replay', job },
          isOver: () => this.cancelled || this.failures[index] !== null,
          hear: (message) => this.hear(index, stretch, message, (day) => finished(job, day)),
          skip: () => this.skip(),
        }
        return { task, job, know: (day: DayRecord) => this.know(index, stretch, day, day) }
      }),
    )
    this.left = this.jobs.length
    this.done = new Promise((resolve) => {
      this.finish = resolve
    })
    if (this.left === 0) this.end()
  }

  private hear(version: number, stretch: number, message: FromReplayThread, finished: (day: DayRecord) => void): void {
    const told = this.told[version]?.[stretch]
    invariant(told !== undefined, 'a task has a version')
    if (message.kind === 'progress') {
      told.acts.push(...message.acts)
      told.trades.push(...message.trades)
      return this.come(version, stretch, message, message)
    }
    if (message.kind === 'done') {
      const day = { ...message.day, ...told }
      finished(day)
      return this.know(version, stretch, day, { acts: [], trades: [] })
    }
    if (message.kind === 'failed') this.failures[version] ??= message.failure
    this.skip()
  }

  /** Ends a stretch; `news` holds what was not reported yet. */
  private know(version: number, stretch: number, day: DayRecord, news: Pick<DayRecord, 'acts' | 'trades'>): void {
    const days = this.days[version]
    if (days !== undefined) days[stretch] = day
    this.come(version, stretch, day, news)
    this.skip()
  }

  private come(
    version: number,
    stretch: number,
    to: Pick<DayRecord, 'reached' | 'decisions'>,
    { acts, trades }: Pick<DayRecord, 'acts' | 'trades'>,
  ): void {
    const reached = this.reached[version]
    const decisions = this.decisions[version]
    invariant(reached !== undefined && decisions !== undefined, 'a task has a version')
    reached[stretch] = to.reached
    decisions[stretch] = to.decisions
    this.tell(version, acts, trades)
  }

  private tell(version: number, acts: readonly Act[], trades: readonly ReplayTrade[]): void {
    const { stretches, versions } = this.spec
    const lengths = stretches.map(({ from, to }) => to - from)
    const total = lengths.reduce((sum, length) => sum + length, 0) * versions.length
    const passed = this.reached.flatMap((row) => row.map((at, i) => at - (stretches[i]?.from ?? at)))
    // Later stretches may run on another thread: progress ends at the first stretch that is not finished.
    const least = this.reached.map((row) => row.find((at, i) => at < (stretches[i]?.to ?? 0)) ?? row.at(-1) ?? 0)
    this.listener({
      share: total === 0 ? 1 : passed.reduce((sum, length) => sum + length, 0) / total,
      reached: Math.min(...least),
      decisions: this.decisions.flat().reduce((sum, count) => sum + count, 0),
      version,
      acts,
      trades,
    })
  }

  /** One task fewer. */
  private skip(): void {
    if (--this.left === 0) this.end()
  }

  private end(): void {
    this.finish({
      partial: this.cancelled,
      versions: this.spec.versions.map((version, i) => ({
        version,
        days: (this.days[i] ?? []).filter((day) => day !== undefined),
        failure: this.failures[i] ?? null,
      })),
    })
  }
}
