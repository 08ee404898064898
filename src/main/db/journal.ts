import { Worker } from 'node:worker_threads'
import { type Disposer, err, messageOf, ok, type Result } from '../../shared/domain/base.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import type { JournalRecord } from '../../shared/domain/records.ts'
import { Signal } from '../../shared/domain/signal.ts'
import type { EventRow } from '../../shared/ipc/desk-view.ts'
import { threadUrl } from '../platform/thread-url.ts'
import { openReadOnly } from './database.ts'
import type { ReadableDb } from './db.ts'
import type { FromJournalThread, JournalThreadData, ToJournalThread } from './journal-protocol.ts'
import type { CommitReport, JournalWrite } from './journal-write.ts'
import { count } from './rows.ts'

/** A batch not durable after this time counts as blocked: the disk hangs. */
const LATE_MS = 2_000
/** How long a stop waits for pending writes, ms. */
const CLOSE_MS = 5_000

export interface JournalOptions {
  readonly path: string
  readonly durable: boolean
  readonly clock: Clock
  /** How long a batch that cannot be written is retried, ms. */
  readonly giveUpMs: number
}

/** A caller that waits for a batch. */
interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
  readonly dispose: Disposer
}

/**
 * The desk's journal, written by its own thread so that the trading loop never waits for the disk. Records are gathered and written in
 * one transaction by `flush`; nothing that depends on them may happen before its promise resolves (I3). Batches are written in
 * their order, so what follows from an earlier one is never on disk without it. `db` reads what is written so far.
 */
export class Journal {
  /** For reading alone. */
  readonly db: ReadableDb
  /** Every event, once it is written. */
  readonly eventWritten = new Signal<EventRow>()
  /** A transaction changed what lists of versions, trades or deployments show. */
  readonly listsChanged = new Signal<void>()
  /** Why nothing can be written for the moment; null once it can be again. */
  readonly blockedChanged = new Signal<string | null>()
  /** Emitted once, when the journal has failed for good. */
  readonly failed = new Signal<Error>()
  private readonly options: JournalOptions
  private readonly worker: Worker
  private pending: JournalWrite[] = []
  private scheduled = false
  private readonly waiting = new Map<number, Waiting>()
  private next = 1
  private eventSeq: number
  private blockedBy: string | null = null
  private failure: Error | null = null
  private nextBlock: Promise<void> = Promise.resolve()
  private sayBlocked: () => void = () => {}
  private closed: () => void = () => {}
  private isClosing = false

  /** Opens the journal of a database that is there and has the newest schema. */
  static open(options: JournalOptions): Result<Journal> {
    const db = openReadOnly(options.path)
    return db.ok ? ok(new Journal(db.value, options)) : db
  }

  private constructor(db: ReadableDb, options: JournalOptions) {
    this.db = db
    this.options = options
    this.eventSeq = count(db, 'SELECT max(seq) FROM events')
    this.renewBlocked()
    const { path, durable, giveUpMs } = options
    const workerData: JournalThreadData = { path, durable, giveUpMs }
    const url = threadUrl(import.meta.url, 'journal-thread.ts', 'journal-worker')
    this.worker = new Worker(url, { workerData, env: {}, stdin: false, name: 'journal' })
    this.worker.on('message', (message: FromJournalThread) => this.hear(message))
    this.worker.on('error', (error) => this.fail(error instanceof Error ? error : new Error(String(error))))
    this.worker.on('exit', () => this.fail(new Error('the thread of the journal ended')))
  }

  private renewBlocked(): void {
    this.nextBlock = new Promise((resolve) => {
      this.sayBlocked = resolve
    })
  }

  append(record: JournalRecord): void {
    this.pending.push({ w: 'record', record })
  }

  /** Writes something besides the engine's records; with those appended in the same task it shares one transaction. */
  write(one: JournalWrite): void {
    this.pending.push(one)
    if (this.scheduled) return
    this.scheduled = true
    queueMicrotask(() => {
      this.scheduled = false
      this.flushPending()
    })
  }

  get dirty(): boolean {
    return this.pending.length > 0
  }

  /** Number of the newest event that is written. */
  get lastEventSeq(): number {
    return this.eventSeq
  }

  /** Batches on their way. */
  get unwritten(): number {
    return this.waiting.size
  }

  /** Why nothing can be written for the moment; null while all is well. */
  get blocked(): string | null {
    return this.failure?.message ?? this.blockedBy
  }

  /**
   * Sends everything appended so far to be written in one transaction.
   * @returns resolves once that and all before it is durable; rejects when the journal has failed for good
   */
  flush(): Promise<void> {
    if (this.failure !== null) return Promise.reject(this.failure)
    if (this.isClosing) return Promise.reject(new Error('the journal is closed'))
    if (this.pending.length === 0 && this.waiting.size === 0) return Promise.resolve()
    const seq = this.next++
    const writes = this.pending
    this.pending = []
    const written = new Promise<void>((resolve, reject) => {
      this.waiting.set(seq, { resolve, reject, dispose: this.watch(seq) })
    })
    // Callers that do not wait hear of a failure by `failed`.
    written.catch(() => {})
    const message: ToJournalThread = { kind: 'batch', seq, writes }
    this.worker.postMessage(message)
    return written
  }

  /** Sends what is pending without waiting; a failure is emitted by `failed`. */
  flushPending(): void {
    if (this.dirty) this.flush().catch(() => {})
  }

  /** Resolves once everything appended so far is durable, or cannot be written for the moment. */
  async caughtUp(): Promise<void> {
    if (this.blocked !== null) return
    await Promise.race([this.flush().catch(() => {}), this.nextBlock])
  }

  /** Resolves once nothing can be written for the moment; at once where that is so now. */
  async whenBlocked(): Promise<void> {
    if (this.blocked === null) await this.nextBlock
  }

  /** A thread blocked by the disk cannot report it. */
  private watch(seq: number): Disposer {
    return this.options.clock.after(LATE_MS, () => {
      if (this.waiting.has(seq) && this.blockedBy === null && this.failure === null)
        this.block(`the disk has not answered for ${LATE_MS / 1_000} s`)
    })
  }

  private hear(message: FromJournalThread): void {
    switch (message.kind) {
      case 'done':
        return this.done(message.seq, message.report)
      case 'blocked':
        return this.block(message.reason)
      case 'failed':
        return this.fail(new Error(`the journal cannot be written: ${message.reason}`))
      case 'closed':
        return this.closed()
    }
  }

  private done(seq: number, { events, listsChanged }: CommitReport): void {
    const asked = this.waiting.get(seq)
    this.waiting.delete(seq)
    asked?.dispose()
    this.eventSeq = events.at(-1)?.seq ?? this.eventSeq
    asked?.resolve()
    if (this.blockedBy !== null) {
      this.blockedBy = null
      this.renewBlocked()
      this.blockedChanged.emit(null)
    }
    for (const event of events) this.eventWritten.emit(event)
    if (listsChanged) this.listsChanged.emit()
  }

  private block(reason: string): void {
    if (this.blockedBy !== null || this.failure !== null) return
    this.blockedBy = reason
    this.sayBlocked()
    this.blockedChanged.emit(reason)
  }

  private fail(error: Error): void {
    if (this.failure !== null || this.isClosing) return
    this.failure = error
    this.sayBlocked()
    for (const { reject, dispose } of this.waiting.values()) {
      dispose()
      reject(error)
    }
    this.waiting.clear()
    this.failed.emit(error)
  }

  /**
   * Writes pending records and closes the database.
   * @returns an error where not all of it could be written
   */
  async close(): Promise<Result<void>> {
    const written = await this.lastWords()
    this.isClosing = true
    if (written.ok) await this.ended()
    await this.worker.terminate()
    this.db.close()
    return written
  }

  private async lastWords(): Promise<Result<void>> {
    let dispose: Disposer = () => {}
    const late = new Promise<Result<void>>((resolve) => {
      dispose = this.options.clock.after(CLOSE_MS, () =>
        resolve(err(`what happened last could not be written: ${this.blockedBy ?? 'the disk did not answer'}`)),
      )
    })
    const flushed = this.flush().then(
      () => ok(undefined),
      (error: unknown) => err(messageOf(error)),
    )
    return Promise.race([flushed, late]).finally(() => dispose())
  }

  /** Lets the thread truncate the write-ahead log and end. */
  private ended(): Promise<void> {
    return new Promise((resolve) => {
      this.closed = resolve
      this.worker.once('exit', () => resolve())
      const message: ToJournalThread = { kind: 'close' }
      this.worker.postMessage(message)
    })
  }
}
