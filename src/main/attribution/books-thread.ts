import { Worker } from 'node:worker_threads'
import type { CallOutput, ParsedInput } from '../../shared/ipc/calls.ts'
import { threadUrl } from '../platform/thread-url.ts'
import type { BooksCall, BooksContext, FromBooksThread } from './protocol.ts'

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/**
 * Client of the thread that reads the journal's trades. The thread starts with the first call, and again with the next call after
 * it has ended. It sees only what is in the journal, not what the desk holds in memory.
 */
export class BooksThread {
  private readonly database: string
  private readonly state: () => BooksContext
  private worker: Worker | null = null
  private readonly waiting = new Map<number, Waiting>()
  private next = 1

  constructor(database: string, state: () => BooksContext) {
    this.database = database
    this.state = state
  }

  /** Rejects if the thread cannot read the journal. */
  ask<N extends BooksCall>(call: N, input: ParsedInput<N>): Promise<CallOutput<N>> {
    const id = this.next++
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.thread().postMessage({ id, call, input, ...this.state() })
    })
  }

  close(): void {
    void this.worker?.terminate()
    this.drop(new Error('the desk is stopping'))
  }

  private thread(): Worker {
    if (this.worker !== null) return this.worker
    const worker = new Worker(threadUrl(import.meta.url, 'worker.ts', 'books-worker'), {
      workerData: this.database,
      env: {},
      stdin: false,
      name: 'books',
    })
    worker.unref()
    worker.on('message', (reply: FromBooksThread) => {
      const asked = this.waiting.get(reply.id)
      this.waiting.delete(reply.id)
      if (reply.ok) asked?.resolve(reply.value)
      else asked?.reject(new Error(reply.error))
    })
    worker.on('error', (error) => this.drop(error instanceof Error ? error : new Error(String(error))))
    worker.on('exit', () => this.drop(new Error('the thread of the books ended')))
    this.worker = worker
    return worker
  }

  private drop(error: Error): void {
    this.worker = null
    for (const { reject } of this.waiting.values()) reject(error)
    this.waiting.clear()
  }
}
