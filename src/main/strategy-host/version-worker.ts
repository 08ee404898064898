import { Worker } from 'node:worker_threads'
import type { z } from 'zod'
import type { EngineState } from '../../engine/state.ts'
import type { SlotDecision, SlotView, StrategyManifest } from '../../engine/views/view-types.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import { explain } from '../../shared/domain/commands.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import { asset, type CandleFrame, type SlotId } from '../../shared/domain/slots.ts'
import { computedMs, placeInScript } from '../platform/stuck-thread.ts'
import { threadUrl } from '../platform/thread-url.ts'
import { AT_WHICH_SLOT, BUNDLE_FILE, momentText } from './context.ts'
import {
  batchSchema,
  decisionSchema,
  fromWorkerSchema,
  manifestSchema,
  outcomeSchema,
  READY_ID,
  type StrategyFailure,
  statesSchema,
  type ToWorker,
} from './protocol.ts'

/** Heap of one version. Young generation and stack come on top. */
const HEAP_MB = 96
/** Times that a thread is started anew because the computer was busy, with a rest between that doubles. */
const START_ATTEMPTS = 3
const START_REST_MS = 250
/** A thread that computed for less of its deadline than this was kept waiting by the rest of the computer. */
const COMPUTES_PART = 0.4
/** How long it may take to find out where code is that did not return: within a cycle, and where nobody waits. */
const PLACE_IN_CYCLE_MS = 500
const PLACE_MS = 10_000
/** Outside of a cycle a thread that was kept waiting gets its deadline again, up to so many times. */
const EXTENSIONS = 9
/** Part of a deadline after which a thread's processor time is read for the first time; most answers come before. */
const EARLY_PART = 0.1
const FRAMES: readonly CandleFrame[] = ['1m', '5m', '15m']

/**
 * Why a version can no longer be asked, or what it threw. `starved`: it did not answer in time, and its thread had hardly
 * any processor time to do so: the computer was busy, which passes.
 */
export type HostFailure =
  | { readonly kind: 'dead' | 'starved'; readonly message: string; readonly stack: string }
  | { readonly kind: 'threw'; readonly failure: StrategyFailure }

/** What a failure says, whoever says it. */
export function failureText(failure: HostFailure): string {
  return failure.kind === 'threw' ? failure.failure.message : failure.message
}

export interface BatchAnswer {
  readonly decisions: readonly SlotDecision[]
  readonly faults: readonly { readonly slot: SlotId; readonly failure: StrategyFailure }[]
}

type Late = Extract<HostFailure, { kind: 'dead' | 'starved' }>
type Waiting = (outcome: Result<string, HostFailure>) => void

/** What a thread is asked for, in the words of a strategy's author. */
const DOES: Readonly<Record<ToWorker['op'], string>> = {
  load: 'its code did not load',
  evaluate: 'decide did not return',
  migrate: 'migrate did not return',
  migrateBack: 'migrateBack did not return',
}

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

  /**
   * Starts the thread and loads the bundle; what the strategy says of itself is checked here. Where the computer is too
   * busy for it, it is tried again by itself, each time with twice the patience.
   */
  static async start(
    bundle: string,
    name: string,
    clock: Clock,
    deadlineMs: number,
  ): Promise<Result<VersionWorker, HostFailure>> {
    for (let attempt = 0; ; attempt++) {
      const started = await VersionWorker.startOnce(bundle, name, clock, deadlineMs, 2 ** attempt)
      if (started.ok || started.error.kind !== 'starved' || attempt + 1 === START_ATTEMPTS) return started
      await new Promise<void>((resolve) => clock.after(Math.min(START_REST_MS * 2 ** attempt, 5_000), resolve))
    }
  }

  private static async startOnce(
    bundle: string,
    name: string,
    clock: Clock,
    deadlineMs: number,
    patience: number,
  ): Promise<Result<VersionWorker, HostFailure>> {
    const link = new Link(bundle, name, clock)
    // Until the thread runs, nothing of the strategy does: that it takes long says nothing about it.
    const running = await link.running(10 * deadlineMs * patience)
    if (!running.ok) return running
    const loaded = await link.ask('load', '', 3 * deadlineMs * patience, {
      allowanceMs: COMPUTES_PART * 3 * deadlineMs,
    })
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

  /**
   * One batch: views of some slots, with the candles that closed since the batch before.
   * @param inCycle the desk waits for it: where an endless loop is may then take only a moment to find out
   */
  async evaluate(
    views: readonly SlotView[],
    assets: EngineState['assets'],
    deadlineMs: number,
    inCycle = true,
  ): Promise<Result<BatchAnswer, HostFailure>> {
    const json = JSON.stringify({ candles: this.candleUpdates(views, assets), views })
    const reply = await this.link.ask('evaluate', json, deadlineMs, inCycle ? { strict: true } : {})
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
    return states
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
    const { slot } = answer
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
  if (!outcome.success) return err({ kind: 'threw', failure: { message: explain(outcome.error, 1), stack: '' } })
  return outcome.data.ok ? ok(outcome.data.value) : err({ kind: 'threw', failure: outcome.data.error })
}

const seconds = (ms: number) => `${ms / 1000} s`

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

  /** Resolves once the thread runs. */
  async running(deadlineMs: number): Promise<Result<void, HostFailure>> {
    const message = `the computer was too busy to start its thread within ${seconds(deadlineMs)}`
    const why = async (): Promise<Late> => ({ kind: 'starved', message, stack: '' })
    const begun = await this.expect(READY_ID, deadlineMs, { strict: false, why, watch: () => {} })
    return begun.ok ? ok(undefined) : begun
  }

  /**
   * @param allowanceMs processor time after which a missed deadline is the code's own doing
   * @param strict the deadline holds whatever the computer is busy with: a cycle waits
   */
  ask(
    op: ToWorker['op'],
    json: string,
    deadlineMs: number,
    { allowanceMs = COMPUTES_PART * deadlineMs, strict = false } = {},
  ): Promise<Result<string, HostFailure>> {
    const request: ToWorker = { id: this.nextId++, op, json }
    if (this.dead === null) this.worker.postMessage(request)
    let early: Promise<number | null> = Promise.resolve(null)
    const watch = () => {
      early = computedMs(this.worker, this.clock)
    }
    const extensions = strict ? 0 : EXTENSIONS
    const placeMs = strict ? PLACE_IN_CYCLE_MS : PLACE_MS
    const why = async (waitedMs: number) =>
      this.lateness(op, { waitedMs, last: waitedMs > extensions * deadlineMs, allowanceMs, placeMs }, await early)
    return this.expect(request.id, deadlineMs, { strict, why, watch })
  }

  /**
   * Waits for one message; past the deadline the thread is ended with what `why` finds out, or waited for once more.
   * @param strict an answer that comes past the deadline is not taken
   * @param watch called after a part of the deadline in which nearly every answer comes
   */
  private expect(
    id: number,
    deadlineMs: number,
    of: {
      readonly strict: boolean
      readonly why: (waitedMs: number) => Promise<Late | null>
      readonly watch: () => void
    },
  ): Promise<Result<string, HostFailure>> {
    if (this.dead !== null) return Promise.resolve(err({ kind: 'dead', message: this.dead, stack: '' }))
    return new Promise((resolve) => {
      let answered = false
      const end = async (waitedMs: number): Promise<void> => {
        if (of.strict) this.waiting.delete(id)
        const failure = await of.why(waitedMs)
        if (answered) return
        if (failure === null) {
          cancel = this.clock.after(deadlineMs, () => void end(waitedMs + deadlineMs))
          return
        }
        this.waiting.delete(id)
        this.stop(failure.message)
        resolve(err(failure))
      }
      let cancel = this.clock.after(EARLY_PART * deadlineMs, () => {
        of.watch()
        cancel = this.clock.after((1 - EARLY_PART) * deadlineMs, () => void end(deadlineMs))
      })
      this.waiting.set(id, (outcome) => {
        answered = true
        cancel()
        resolve(outcome)
      })
    })
  }

  /**
   * Whether it computed all the time, and where it is; or whether the computer had no time for it.
   * @returns null where it is to be waited for once more
   */
  private async lateness(
    op: ToWorker['op'],
    of: { readonly waitedMs: number; readonly last: boolean; readonly allowanceMs: number; readonly placeMs: number },
    early: number | null,
  ): Promise<Late | null> {
    const what = `${DOES[op]} within ${seconds(of.waitedMs)}`
    const now = await computedMs(this.worker, this.clock)
    if (now === null || early === null || now - early < of.allowanceMs)
      return of.last ? { kind: 'starved', message: `${what}: the computer was busy`, stack: '' } : null
    const place = await placeInScript(this.worker, this.clock, BUNDLE_FILE, AT_WHICH_SLOT, of.placeMs)
    const at = place?.about == null ? '' : ` (${momentText(place.about)})`
    const stack = place === null ? '' : `at ${BUNDLE_FILE}:${place.line}:${place.column}`
    return { kind: 'dead', message: `${what}${at}: an endless loop?`, stack }
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
    for (const waiting of this.waiting.values()) waiting(err({ kind: 'dead', message, stack: '' }))
    this.waiting.clear()
    this.onDeath(message)
  }
}
