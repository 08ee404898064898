import { Worker } from 'node:worker_threads'
import { err, invariant, type Result } from '../../shared/domain/base.ts'
import type { Candle, Clock } from '../../shared/domain/feed.ts'
import type { Asset } from '../../shared/domain/slots.ts'
import type { ReplayTrade } from '../../shared/ipc/contract.ts'
import type { StrategyFailure } from '../strategy-host/protocol.ts'
import type { Act, DayRecord } from './day-record.ts'
import type { TapeLibrary } from '../tape/library.ts'
import type { ReplaySource, ReplayTape, Stretch } from './plan.ts'
import type { FromReplayThread, ReplayJob, ReplayVersion, TapeRequest, ToReplayThread } from './protocol.ts'

/** Real time without a word from a thread after which its strategy counts as stuck. */
const STUCK_MS = 15_000
/** A strategy that eats memory ends its thread, not the desk. */
const HEAP_MB = 1_024

export interface ReplaySpec extends Pick<ReplayJob, 'slots' | 'config' | 'market' | 'settlement' | 'seed'> {
  /** All over the same tape. */
  readonly versions: readonly ReplayVersion[]
  readonly stretches: readonly Stretch[]
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
  /** Market time before which every version has told all its acts. */
  readonly reached: number
  readonly decisions: number
  /** Index of the version that this news is of, and what is new. */
  readonly version: number
  readonly acts: readonly Act[]
  readonly trades: readonly ReplayTrade[]
}

export interface ReplayRun {
  readonly done: Promise<ReplayOutcome>
  cancel(): void
}

/** Threads that replay, kept warm between replays. Jobs of several replays share them in the order asked for. */
export class ReplayLab {
  private readonly clock: Clock
  private readonly threads: number
  private readonly idle: Thread[] = []
  private readonly all = new Set<Thread>()
  private readonly queue: Task[] = []
  private closed = false

  constructor(clock: Clock, threads: number) {
    this.clock = clock
    this.threads = threads
  }

  /** Starts the threads before they are needed. */
  warm(): void {
    while (this.all.size < this.threads) this.idle.push(this.start())
  }

  /** @param listener told several times a second while it runs */
  run(spec: ReplaySpec, listener: (progress: ReplayProgress) => void = () => {}): ReplayRun {
    const abort = new Int32Array(new SharedArrayBuffer(4))
    const running = new Running(spec, abort, listener)
    for (const task of running.tasks) this.queue.push(task)
    this.next()
    return {
      done: running.done,
      cancel: () => {
        Atomics.store(abort, 0, 1)
        running.cancelled = true
      },
    }
  }

  /** One asset's minutes of a tape, for a chart; empty where it has none. */
  minutes(source: ReplaySource, asset: Asset, from: number, to: number): Promise<readonly Candle[]> {
    return this.ask({ kind: 'minutes', source, asset, from, to }).then((reply) =>
      reply?.kind === 'minutes' ? reply.minutes : [],
    )
  }

  /** Opens a tape without reading files on the caller's thread. */
  open(tape: TapeRequest): Promise<Result<ReplayTape>> {
    return this.ask({ kind: 'open', tape }).then((reply) => {
      if (reply?.kind === 'opened') return reply.tape
      return err(reply?.kind === 'failed' ? reply.failure.message : 'the desk is stopping')
    })
  }

  /** What lies in a tape folder. */
  list(folder: string): Promise<TapeLibrary> {
    return this.ask({ kind: 'list', folder }).then((reply) =>
      reply?.kind === 'listed' ? reply.library : { sessions: [], damaged: [] },
    )
  }

  /** One question to whichever thread is free; undefined when the lab closed before it was put. */
  private ask(message: ToReplayThread): Promise<FromReplayThread | undefined> {
    return new Promise((resolve) => {
      if (this.closed) return resolve(undefined)
      this.queue.push({ message, isOver: () => false, hear: resolve, skip: () => resolve(undefined) })
      this.next()
    })
  }

  private next(): void {
    while (!this.closed && this.queue.length > 0) {
      const thread = this.idle.pop() ?? (this.all.size < this.threads ? this.start() : undefined)
      if (thread === undefined) return
      const task = this.queue.shift()
      if (task === undefined) return
      if (task.isOver()) {
        this.idle.push(thread)
        task.skip()
        continue
      }
      thread.take(task)
    }
  }

  private start(): Thread {
    const thread = new Thread(this.clock, {
      free: () => {
        this.idle.push(thread)
        this.next()
      },
      gone: () => {
        this.all.delete(thread)
        const at = this.idle.indexOf(thread)
        if (at >= 0) this.idle.splice(at, 1)
        this.next()
      },
    })
    this.all.add(thread)
    return thread
  }

  /** Ends every thread; what still runs ends as partial. */
  close(): void {
    this.closed = true
    for (const task of this.queue.splice(0)) task.skip()
    for (const thread of this.all) thread.stop('the desk is stopping')
  }
}

/** Something a thread does. */
interface Task {
  readonly message: ToReplayThread
  /** True when nobody wants it any more. */
  readonly isOver: () => boolean
  /** Told of everything that the thread says of it; `done` and `failed` come last, and once. */
  readonly hear: (message: FromReplayThread) => void
  /** It was never begun. */
  readonly skip: () => void
}

/** A replay under way. */
class Running {
  readonly tasks: readonly Task[]
  readonly done: Promise<ReplayOutcome>
  cancelled = false
  private readonly spec: ReplaySpec
  private readonly listener: (progress: ReplayProgress) => void
  private readonly days: (DayRecord | undefined)[][]
  private readonly reached: number[][]
  private readonly decisions: number[][]
  /** How many acts and trades of each stretch have been told. */
  private readonly told: { acts: number; trades: number }[][]
  private readonly failures: (StrategyFailure | null)[]
  private left: number
  private finish: (outcome: ReplayOutcome) => void = () => {}

  constructor(spec: ReplaySpec, abort: Int32Array, listener: (progress: ReplayProgress) => void) {
    this.spec = spec
    this.listener = listener
    this.days = spec.versions.map(() => [])
    this.reached = spec.versions.map(() => spec.stretches.map((stretch) => stretch.from as number))
    this.decisions = spec.versions.map(() => spec.stretches.map(() => 0))
    this.told = spec.versions.map(() => spec.stretches.map(() => ({ acts: 0, trades: 0 })))
    this.failures = spec.versions.map(() => null)
    const { slots, config, market, settlement, seed } = spec
    this.tasks = spec.stretches.flatMap((of, stretch) =>
      spec.versions.map((version, index): Task => {
        const job = { version, stretch: of, slots, config, market, settlement, seed, abort }
        return {
          message: { kind: 'replay', job },
          isOver: () => this.cancelled || this.failures[index] !== null,
          hear: (message) => this.hear(index, stretch, message),
          skip: () => this.skip(),
        }
      }),
    )
    this.left = this.tasks.length
    this.done = new Promise((resolve) => {
      this.finish = resolve
    })
    if (this.left === 0) this.end()
  }

  private hear(version: number, stretch: number, message: FromReplayThread): void {
    const reached = this.reached[version]
    const decisions = this.decisions[version]
    const told = this.told[version]?.[stretch]
    invariant(reached !== undefined && decisions !== undefined && told !== undefined, 'a task has a version')
    if (message.kind === 'progress') {
      reached[stretch] = message.reached
      decisions[stretch] = message.decisions
      told.acts += message.acts.length
      told.trades += message.trades.length
      return this.tell(version, message.acts, message.trades)
    }
    if (message.kind === 'done') {
      reached[stretch] = message.day.reached
      decisions[stretch] = message.day.decisions
      const days = this.days[version]
      if (days !== undefined) days[stretch] = message.day
      const { acts, trades } = message.day
      this.tell(version, acts.slice(told.acts), trades.slice(told.trades))
    } else if (message.kind === 'failed') this.failures[version] ??= message.failure
    this.skip()
  }

  private tell(version: number, acts: readonly Act[], trades: readonly ReplayTrade[]): void {
    const { stretches, versions } = this.spec
    const lengths = stretches.map(({ from, to }) => to - from)
    const total = lengths.reduce((sum, length) => sum + length, 0) * versions.length
    const passed = this.reached.flatMap((row) => row.map((at, i) => at - (stretches[i]?.from ?? at)))
    // Later stretches may be under way on another thread: what counts is the first that is not over.
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

/** From source the file beside this one; from a build the bundle at the top of the output folder. */
function workerUrl(): URL {
  const here = import.meta.url
  if (here.endsWith('.ts')) return new URL('./worker.ts', here)
  return new URL(here.includes('/chunks/') ? '../replay-worker.js' : './replay-worker.js', here)
}

/** One thread and the task it is at. */
class Thread {
  private readonly clock: Clock
  private readonly worker: Worker
  private readonly on: { readonly free: () => void; readonly gone: () => void }
  private task: Task | null = null
  private dead = false
  private cancelWatch: () => void = () => {}

  constructor(clock: Clock, on: Thread['on']) {
    this.clock = clock
    this.on = on
    this.worker = new Worker(workerUrl(), {
      env: {},
      stdin: false,
      stdout: true,
      stderr: true,
      name: 'replay',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, stackSizeMb: 4 },
    })
    this.worker.on('message', (message: FromReplayThread) => this.hear(message))
    this.worker.on('error', (error: Error & { code?: string }) => {
      const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
      this.stop(memory ? `used more than ${HEAP_MB} MB of memory` : `its thread crashed: ${error.message}`)
    })
    this.worker.on('exit', (code) => this.stop(`its thread ended (code ${code})`))
    this.worker.unref()
  }

  take(task: Task): void {
    this.task = task
    this.worker.ref()
    this.worker.postMessage(task.message)
    this.watch()
  }

  private watch(): void {
    this.cancelWatch()
    this.cancelWatch = this.clock.after(STUCK_MS, () =>
      this.stop(`decide did not return within ${STUCK_MS / 1000} s of real time`),
    )
  }

  private hear(message: FromReplayThread): void {
    const { task } = this
    if (task === null) return
    if (message.kind === 'progress') {
      this.watch()
      return task.hear(message)
    }
    this.cancelWatch()
    this.task = null
    this.worker.unref()
    task.hear(message)
    this.on.free()
  }

  stop(message: string): void {
    if (this.dead) return
    this.dead = true
    this.cancelWatch()
    void this.worker.terminate()
    const { task } = this
    this.task = null
    task?.hear({ kind: 'failed', failure: { message, stack: '' } })
    this.on.gone()
  }
}
