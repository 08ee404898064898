import { Worker } from 'node:worker_threads'
import type { Clock } from '../../shared/domain/feed.ts'
import { threadUrl } from '../platform/thread-url.ts'
import type { FromReplayThread, ToReplayThread } from './protocol.ts'

/** Real time without a word from a thread, told of every few hundred decisions, after which its strategy counts as stuck. */
const STUCK_MS = 15_000
/** A disk may be slow, but not for ever. */
const READING_MS = 120_000
/** A strategy that eats memory ends its thread, not the desk. */
const HEAP_MB = 1_024

/** Something a thread does. */
export interface Task {
  readonly message: ToReplayThread
  /** True when nobody wants it any more. */
  readonly isOver: () => boolean
  /** Told of everything that the thread says of it; `done` and `failed` come last, and once. */
  readonly hear: (message: FromReplayThread) => void
  /** It was never begun. */
  readonly skip: () => void
}

/** Threads that take tasks in the order asked for; started when first needed, and kept. */
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

  /** Starts the threads before they are needed. */
  warm(): void {
    while (this.all.size < this.threads) this.idle.push(this.start())
  }

  add(...tasks: readonly Task[]): void {
    if (this.closed) for (const task of tasks) task.skip()
    else this.queue.push(...tasks)
    this.next()
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

  private watch(): void {
    this.cancelWatch()
    const decides = this.task?.message.kind === 'replay'
    const waitMs = decides ? STUCK_MS : READING_MS
    const what = decides ? 'decide did not return' : 'the tape could not be read'
    this.cancelWatch = this.clock.after(waitMs, () => this.stop(`${what} within ${waitMs / 1000} s of real time`))
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
