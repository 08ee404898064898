import { Worker } from 'node:worker_threads'
import type { z } from 'zod'
import type { EngineState } from '../../engine/state.ts'
import type { SlotDecision, SlotView, StrategyManifest } from '../../engine/views.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import { asset, type CandleFrame, type SlotId } from '../../shared/domain/slots.ts'
import { explain } from '../../shared/ipc/commands.ts'
import { threadUrl } from '../platform/thread-url.ts'
import {
  batchSchema,
  decisionSchema,
  fromWorkerSchema,
  manifestSchema,
  outcomeSchema,
  type StrategyFailure,
  statesSchema,
  type ToWorker,
} from './protocol.ts'

/** Heap of one version. Young generation and stack come on top. */
const HEAP_MB = 96
const FRAMES: readonly CandleFrame[] = ['1m', '5m', '15m']

/** Why a version can no longer be asked, or what it threw. */
export type HostFailure =
  | { readonly kind: 'dead'; readonly message: string }
  | { readonly kind: 'threw'; readonly failure: StrategyFailure }

/** What a failure says, whoever says it. */
export function failureText(failure: HostFailure): string {
  return failure.kind === 'dead' ? failure.message : failure.failure.message
}

export interface BatchAnswer {
  readonly decisions: readonly SlotDecision[]
  readonly faults: readonly { readonly slot: SlotId; readonly failure: StrategyFailure }[]
}

type Waiting = (outcome: Result<string, HostFailure>) => void

/** One version's thread, seen from the desk. Every request has a deadline; missing it ends the thread. */
export class VersionWorker {
  readonly manifest: StrategyManifest
  private readonly link: Link
  /** Newest candle sent of each series, and the edit count of that series then. */
  private readonly sent = new Map<string, { openTime: number; edits: number }>()

  private constructor(link: Link, manifest: StrategyManifest) {
    this.link = link
    this.manifest = manifest
  }

  /** Starts the thread and loads the bundle; what the strategy says of itself is checked here. */
  static async start(
    bundle: string,
    name: string,
    clock: Clock,
    deadlineMs: number,
  ): Promise<Result<VersionWorker, HostFailure>> {
    const link = new Link(bundle, name, clock)
    // A thread takes time to start, on a busy machine most of all.
    const loaded = await link.ask('load', '', 3 * deadlineMs)
    if (!loaded.ok) return loaded
    const manifest = read(loaded.value, manifestSchema)
    if (!manifest.ok) {
      link.stop('its contract is broken')
      return manifest
    }
    return ok(new VersionWorker(link, manifest.value))
  }

  /** Told once when the thread ends by itself: out of memory or a crash. */
  onDeath(listener: (message: string) => void): void {
    this.link.onDeath = listener
  }

  /** One batch: views of some slots, with the candles that closed since the batch before. */
  async evaluate(
    views: readonly SlotView[],
    assets: EngineState['assets'],
    deadlineMs: number,
  ): Promise<Result<BatchAnswer, HostFailure>> {
    const json = JSON.stringify({ candles: this.candleUpdates(views, assets), views })
    const reply = await this.link.ask('evaluate', json, deadlineMs)
    if (!reply.ok) return reply
    const answers = read(reply.value, batchSchema)
    return answers.ok ? ok(splitAnswers(answers.value)) : answers
  }

  /** State for each slot, from the state an older version left; null starts afresh. */
  async migrate(states: readonly { slot: SlotId; json: string | null }[], fromVersion: string, deadlineMs: number) {
    return this.states('migrate', { states, fromVersion }, deadlineMs)
  }

  /** This version's state, put back into an older one's form. */
  async migrateBack(states: readonly { slot: SlotId; json: string }[], toVersion: string, deadlineMs: number) {
    return this.states('migrateBack', { states, toVersion }, deadlineMs)
  }

  stop(): void {
    this.link.stop('stopped')
  }

  private async states(
    op: 'migrate' | 'migrateBack',
    request: object,
    deadlineMs: number,
  ): Promise<Result<{ slot: SlotId; json: string }[], HostFailure>> {
    const reply = await this.link.ask(op, JSON.stringify(request), deadlineMs)
    if (!reply.ok) return reply
    const states = read(reply.value, statesSchema)
    return states.ok ? ok(states.value.map(({ slot, json }) => ({ slot: slot as SlotId, json }))) : states
  }

  private candleUpdates(views: readonly SlotView[], assets: EngineState['assets']) {
    const updates = []
    for (const name of new Set(views.map((view) => view.asset))) {
      for (const frame of FRAMES) {
        const keep = this.manifest.history[frame]
        if (keep === 0) continue
        const key = `${name}:${frame}`
        const series = assets.get(asset(name))?.candles[frame]
        if (series === undefined) continue
        const before = this.sent.get(key)
        const reset = before === undefined || before.edits !== series.edits
        const fresh = reset ? series.newest(keep) : series.after(before.openTime)
        if (!reset && fresh.length === 0) continue
        const rows = fresh.map((c) => [c.openTime, c.open, c.high, c.low, c.close, c.volume])
        updates.push({ key, reset, keep, rows })
        this.sent.set(key, { openTime: series.ago(0)?.openTime ?? 0, edits: series.edits })
      }
    }
    return updates
  }
}

function splitAnswers(answers: z.infer<typeof batchSchema>): BatchAnswer {
  const decisions: SlotDecision[] = []
  const faults: { slot: SlotId; failure: StrategyFailure }[] = []
  for (const answer of answers) {
    const slot = answer.slot as SlotId
    if (!answer.ok) {
      faults.push({ slot, failure: { message: answer.message, stack: answer.stack } })
      continue
    }
    const decision = decisionSchema.safeParse(answer)
    if (decision.success) {
      const { intents, why, state } = decision.data
      decisions.push({ slot, intents, why, state })
    } else faults.push({ slot, failure: { message: explain(decision.error), stack: '' } })
  }
  return { decisions, faults }
}

function read<T>(text: string, schema: z.ZodType<T>): Result<T, HostFailure> {
  const outcome = outcomeSchema(schema).safeParse(JSON.parse(text))
  if (!outcome.success)
    return err({ kind: 'threw', failure: { message: explain(outcome.error).replaceAll('value.', ''), stack: '' } })
  return outcome.data.ok ? ok(outcome.data.value) : err({ kind: 'threw', failure: outcome.data.error })
}

/** Request and reply over the thread's port. */
class Link {
  onDeath: (message: string) => void = () => {}
  private readonly worker: Worker
  private readonly clock: Clock
  private readonly waiting = new Map<number, Waiting>()
  private nextId = 1
  private dead: string | null = null

  constructor(bundle: string, name: string, clock: Clock) {
    this.clock = clock
    this.worker = new Worker(threadUrl(import.meta.url, 'worker.ts', 'strategy-worker'), {
      workerData: { bundle, name },
      name,
      // I9: no environment, no input, no way to write to the desk's own output.
      env: {},
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 16, stackSizeMb: 2 },
    })
    this.worker.on('message', (message: unknown) => this.onMessage(message))
    this.worker.on('error', (error: Error & { code?: string }) => {
      const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
      this.die(memory ? `used more than its ${HEAP_MB} MB of memory` : `its thread crashed: ${error.message}`)
    })
    this.worker.on('exit', (code) => this.die(`its thread ended (code ${code})`))
    this.worker.unref()
  }

  ask(op: ToWorker['op'], json: string, deadlineMs: number): Promise<Result<string, HostFailure>> {
    if (this.dead !== null) return Promise.resolve(err({ kind: 'dead', message: this.dead }))
    const id = this.nextId++
    return new Promise((resolve) => {
      const cancel = this.clock.after(deadlineMs, () => this.stop(`no answer to "${op}" within ${deadlineMs} ms`))
      this.waiting.set(id, (outcome) => {
        cancel()
        resolve(outcome)
      })
      const request: ToWorker = { id, op, json }
      this.worker.postMessage(request)
    })
  }

  stop(message: string): void {
    this.onDeath = () => {}
    this.die(message)
    void this.worker.terminate()
  }

  private onMessage(message: unknown): void {
    const { id, json } = fromWorkerSchema.parse(message)
    const waiting = this.waiting.get(id)
    this.waiting.delete(id)
    waiting?.(ok(json))
  }

  private die(message: string): void {
    if (this.dead !== null) return
    this.dead = message
    for (const waiting of this.waiting.values()) waiting(err({ kind: 'dead', message }))
    this.waiting.clear()
    this.onDeath(message)
  }
}
