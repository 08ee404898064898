import { Worker } from 'node:worker_threads'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import { computedMs, placeInScript } from '../platform/stuck-thread.ts'
import { threadUrl } from '../platform/thread-url.ts'
import { BUNDLE_FILE, EVALUATED_SLOT, momentText } from './context.ts'
import { fromWorkerSchema, READY_ID, type StrategyFailure, type ToWorker } from './protocol.ts'

/** Heap limit of a version in MB, without young generation and stack. */
const HEAP_MB = 96
/** A thread that used less processor time than this part of its deadline was starved by other load on the computer. */
export const BUSY_PART = 0.4
/** Time allowed for finding the position of code that did not return: within a cycle, ms. */
const PLACE_IN_CYCLE_MS = 500
/** The same outside of cycles, ms. */
const PLACE_MS = 10_000
/** How often the deadline of a starved thread is extended by its full length, outside of cycles. */
const EXTENSIONS = 9
/** Part of a deadline after which a thread's processor time is first read; most answers arrive earlier. */
const EARLY_PART = 0.1

/**
 * Why a version can no longer be evaluated, or what it threw. `starved`: it missed a deadline because its thread got hardly
 * any processor time, which is temporary.
 */
export type HostFailure =
  | { readonly kind: 'dead' | 'starved'; readonly message: string; readonly stack: string }
  | { readonly kind: 'threw'; readonly failure: StrategyFailure }

/** Message of a failure of any kind. */
export function failureText(failure: HostFailure): string {
  return failure.kind === 'threw' ? failure.failure.message : failure.message
}

type Timeout = Extract<HostFailure, { kind: 'dead' | 'starved' }>
type PendingReply = (outcome: Result<string, HostFailure>) => void

/** Timeout message by request, in terms of the strategy API. */
const TIMEOUT_TEXT: Readonly<Record<ToWorker['op'], string>> = {
  load: 'its code did not load',
  evaluate: 'decide did not return',
  migrate: 'migrate did not return',
  migrateBack: 'migrateBack did not return',
}

const seconds = (ms: number) => `${ms / 1000} s`

/** A version's thread with requests and replies over its port. Every request has a deadline; missing it ends the thread. */
export class ThreadLink {
  /** Called once when the thread ends by itself. */
  onExit: (message: string) => void = () => {}
  private readonly worker: Worker
  private readonly clock: Clock
  private readonly pending = new Map<number, PendingReply>()
  private nextId = 1
  /** Why the thread has ended; null while it runs. */
  private ended: string | null = null

  constructor(bundle: string, name: string, clock: Clock) {
    this.clock = clock
    this.worker = new Worker(threadUrl(import.meta.url, 'worker.ts', 'strategy-worker'), {
      workerData: { bundle, name },
      name,
      // I9: no environment, no input, and no access to the desk's output.
      env: {},
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 16, stackSizeMb: 2 },
    })
    this.worker.on('message', (message: unknown) => this.onMessage(message))
    this.worker.on('error', (error: Error & { code?: string }) => {
      const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
      this.end(memory ? `used more than its ${HEAP_MB} MB of memory` : `its thread crashed: ${error.message}`)
    })
    this.worker.on('exit', (code) => this.end(`its thread ended (code ${code})`))
    this.worker.unref()
  }

  /** Resolves once the thread is running. */
  async started(deadlineMs: number): Promise<Result<void, HostFailure>> {
    const message = `the computer was too busy to start its thread within ${seconds(deadlineMs)}`
    const diagnose = async (): Promise<Timeout> => ({ kind: 'starved', message, stack: '' })
    const ready = await this.expect(READY_ID, deadlineMs, { strict: false, diagnose, onEarly: () => {} })
    return ready.ok ? ok(undefined) : ready
  }

  /**
   * Sends a request.
   * @param allowanceMs processor time above which a missed deadline is attributed to the strategy's code
   * @param strict no extension for a starved thread, because a cycle is waiting
   */
  request(
    op: ToWorker['op'],
    json: string,
    deadlineMs: number,
    { allowanceMs = BUSY_PART * deadlineMs, strict = false } = {},
  ): Promise<Result<string, HostFailure>> {
    const request: ToWorker = { id: this.nextId++, op, json }
    if (this.ended === null) this.worker.postMessage(request)
    let early: Promise<number | null> = Promise.resolve(null)
    const onEarly = () => {
      early = computedMs(this.worker, this.clock)
    }
    const extensions = strict ? 0 : EXTENSIONS
    const placeMs = strict ? PLACE_IN_CYCLE_MS : PLACE_MS
    const diagnose = async (waitedMs: number) =>
      this.diagnoseTimeout(
        op,
        { waitedMs, isLast: waitedMs > extensions * deadlineMs, allowanceMs, placeMs },
        await early,
      )
    return this.expect(request.id, deadlineMs, { strict, diagnose, onEarly })
  }

  /** Waits for one message. After the deadline the thread is ended with the result of `diagnose`, or waited for again. */
  private expect(
    id: number,
    deadlineMs: number,
    options: {
      /** True: an answer after the deadline is ignored. */
      readonly strict: boolean
      /** Why the deadline was missed; null to wait for another one. */
      readonly diagnose: (waitedMs: number) => Promise<Timeout | null>
      /** Called after the part of the deadline in which nearly every answer arrives. */
      readonly onEarly: () => void
    },
  ): Promise<Result<string, HostFailure>> {
    if (this.ended !== null) return Promise.resolve(err({ kind: 'dead', message: this.ended, stack: '' }))
    return new Promise((resolve) => {
      let answered = false
      const onDeadline = async (waitedMs: number): Promise<void> => {
        if (options.strict) this.pending.delete(id)
        const failure = await options.diagnose(waitedMs)
        if (answered) return
        if (failure === null) {
          cancel = this.clock.after(deadlineMs, () => void onDeadline(waitedMs + deadlineMs))
          return
        }
        this.pending.delete(id)
        this.stop(failure.message)
        resolve(err(failure))
      }
      let cancel = this.clock.after(EARLY_PART * deadlineMs, () => {
        options.onEarly()
        cancel = this.clock.after((1 - EARLY_PART) * deadlineMs, () => void onDeadline(deadlineMs))
      })
      this.pending.set(id, (outcome) => {
        answered = true
        cancel()
        resolve(outcome)
      })
    })
  }

  /**
   * Finds out whether the code computed for the whole deadline, and where it is, or whether the thread was starved.
   * @returns null to wait for another deadline
   */
  private async diagnoseTimeout(
    op: ToWorker['op'],
    options: {
      readonly waitedMs: number
      readonly isLast: boolean
      readonly allowanceMs: number
      readonly placeMs: number
    },
    early: number | null,
  ): Promise<Timeout | null> {
    const text = `${TIMEOUT_TEXT[op]} within ${seconds(options.waitedMs)}`
    const now = await computedMs(this.worker, this.clock)
    if (now === null || early === null || now - early < options.allowanceMs)
      return options.isLast ? { kind: 'starved', message: `${text}: the computer was busy`, stack: '' } : null
    const place = await placeInScript(this.worker, this.clock, BUNDLE_FILE, EVALUATED_SLOT, options.placeMs)
    const at = place?.about == null ? '' : ` (${momentText(place.about)})`
    const stack = place === null ? '' : `at ${BUNDLE_FILE}:${place.line}:${place.column}`
    return { kind: 'dead', message: `${text}${at}: an endless loop?`, stack }
  }

  stop(message: string): void {
    this.onExit = () => {}
    this.end(message)
    void this.worker.terminate()
  }

  private onMessage(message: unknown): void {
    const { id, json } = fromWorkerSchema.parse(message)
    const reply = this.pending.get(id)
    this.pending.delete(id)
    reply?.(ok(json))
  }

  private end(message: string): void {
    if (this.ended !== null) return
    this.ended = message
    for (const reply of this.pending.values()) reply(err({ kind: 'dead', message, stack: '' }))
    this.pending.clear()
    this.onExit(message)
  }
}
