import { Worker } from 'node:worker_threads'
import { Signal } from '../../shared/domain/signal.ts'
import { threadUrl } from '../platform/thread-url.ts'
import type { FromWriter, ToWriter } from './writer-thread.ts'

/** The thread that writes a tape. It starts with the first call of `start`; messages before that wait for it. */
export class WriterLink {
  readonly received = new Signal<Exclude<FromWriter, { kind: 'done' }>>()
  /** The thread has crashed, with what it threw. */
  readonly crashed = new Signal<Error>()
  private worker: Worker | null = null
  private waiting: (readonly [ToWriter, readonly ArrayBuffer[]])[] = []
  /** Callers that wait for an answer, by its number. */
  private readonly answers = new Map<number, () => void>()
  private nextAnswer = 1
  private hasEnded = false

  start(): Worker {
    if (this.worker !== null) return this.worker
    const worker = new Worker(threadUrl(import.meta.url, 'writer-thread.ts', 'tape-writer'), {
      env: {},
      stdin: false,
      name: 'tape',
    })
    this.worker = worker
    worker.on('message', (message: FromWriter) => {
      if (message.kind === 'done') this.answered(message.id)
      else this.received.emit(message)
    })
    worker.on('error', (error) => this.crashed.emit(error instanceof Error ? error : new Error(String(error))))
    worker.on('exit', () => {
      this.hasEnded = true
      for (const id of [...this.answers.keys()]) this.answered(id)
    })
    worker.unref()
    for (const [message, transfer] of this.waiting.splice(0)) this.send(message, transfer)
    return worker
  }

  /** @param transfer buffers that move to the thread instead of being copied */
  send(message: ToWriter, transfer: readonly ArrayBuffer[] = []): void {
    if (this.worker === null) this.waiting.push([message, transfer])
    else this.worker.postMessage(message, transfer)
  }

  /** Resolves once the thread has answered, or has ended; the process stays alive until then. */
  ask(kind: 'flush' | 'close'): Promise<void> {
    const worker = this.start()
    if (this.hasEnded) return Promise.resolve()
    const id = this.nextAnswer++
    return new Promise((resolve) => {
      this.answers.set(id, resolve)
      worker.ref()
      this.send({ kind, id })
    })
  }

  async end(): Promise<void> {
    await this.worker?.terminate()
  }

  private answered(id: number): void {
    this.answers.get(id)?.()
    this.answers.delete(id)
    if (this.answers.size === 0) this.worker?.unref()
  }
}
