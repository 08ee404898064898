import { Worker } from 'node:worker_threads'
import type { Clock } from '../../shared/domain/feed.ts'
import { computedMs, placeInScript } from '../platform/stuck-thread.ts'
import { threadUrl } from '../platform/thread-url.ts'
import { BUNDLE_FILE, EVALUATED_SLOT, momentText } from '../strategy-host/context.ts'
import type { FromReplayThread, ToReplayThread } from './protocol.ts'

/** Real time without a progress report, ms, after which a thread's strategy counts as stuck. Reports come every few hundred decisions. */
const STUCK_MS = 15_000
/** Processor time within that interval, ms, above which the thread was computing and not just waiting for the processor. */
const COMPUTES_PART = 0.4
/** How long finding the position of a stuck strategy may take, ms. */
const PLACE_MS = 10_000
/** How long a cancelled task may take to end by itself before its thread is terminated, ms. */
const GIVE_UP_MS = 1_000
/** Longest wait for a slow disk, ms. */
const READING_MS = 120_000
/** Memory limit of a thread, MB: a strategy that exceeds it ends its thread, not the desk. */
const HEAP_MB = 1_024

/** Something a thread does. */
export interface Task {
  readonly message: ToReplayThread
  /** True when the task was cancelled. */
  readonly isOver: () => boolean
  /** Receives every message about the task; `done` or `failed` comes last, once. */
  readonly hear: (message: FromReplayThread) => void
  /** The task was never started. */
  readonly skip: () => void
}

/** A pool of threads that run tasks in the order they were submitted; started on demand and kept. */
export class ReplayPool {
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

  /** Starts threads before they are needed: `count`, or as many as there may be. */
  warm(count: number): void {
    while (this.all.size < Math.min(count, this.threads)) this.idle.push(this.start())
  }

  add(...tasks: readonly Task[]): void {
    if (this.closed) for (const task of tasks) task.skip()
    else this.queue.push(...tasks)
    this.next()
  }

  /** Terminates threads that still run one of these cancelled tasks a moment from now; the caller does not wait. */
  giveUp(tasks: readonly Task[]): void {
    const given = new Set(tasks)
    this.clock.after(GIVE_UP_MS, () => {
      for (const thread of [...this.all]) if (thread.isAt(given)) thread.stop('it was cancelled')
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

  /** Ends every thread; tasks under way fail, the others are skipped. */
  close(): void {
    this.closed = true
    for (const task of this.queue.splice(0)) task.skip()
    for (const thread of this.all) thread.stop('the desk is stopping')
  }
}

/** One thread and its current task. */
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
    this.worker = new Worker(threadUrl(import.meta.url, 'worker.ts', 'replay-worker'), {
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

  isAt(tasks: ReadonlySet<Task>): boolean {
    return this.task !== null && tasks.has(this.task)
  }

  private watch(): void {
    this.cancelWatch()
    if (this.task?.message.kind === 'replay' || this.task?.message.kind === 'load')
      return this.watchDecisions(computedMs(this.worker, this.clock))
    const message = `the tape could not be read within ${READING_MS / 1_000} s`
    this.cancelWatch = this.clock.after(READING_MS, () => this.stop(message))
  }

  /** A thread that computed without a progress report is stuck; one that got no processor time is given more time. */
  private watchDecisions(before: Promise<number | null>): void {
    this.cancelWatch = this.clock.after(STUCK_MS, () => {
      const { task } = this
      void Promise.all([before, computedMs(this.worker, this.clock)]).then(async ([earlier, later]) => {
        if (this.task !== task || this.dead) return
        if (earlier !== null && later !== null && later - earlier < COMPUTES_PART * STUCK_MS)
          return this.watchDecisions(before)
        const place = await placeInScript(this.worker, this.clock, BUNDLE_FILE, EVALUATED_SLOT, PLACE_MS)
        if (this.task !== task) return
        const at = place?.about == null ? '' : ` (${momentText(place.about)})`
        const stack = place === null ? '' : `at ${BUNDLE_FILE}:${place.line}:${place.column}`
        const what = task?.message.kind === 'load' ? 'its code did not load' : 'decide did not return'
        this.stop(`${what} within ${STUCK_MS / 1_000} s${at}: an endless loop?`, stack)
      })
    })
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

  stop(message: string, stack = ''): void {
    if (this.dead) return
    this.dead = true
    this.cancelWatch()
    void this.worker.terminate()
    const { task } = this
    this.task = null
    task?.hear({ kind: 'failed', failure: { message, stack } })
    this.on.gone()
  }
}
