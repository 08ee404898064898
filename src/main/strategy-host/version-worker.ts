import type { z } from 'zod'
import type { EngineState } from '../../engine/state.ts'
import type { SlotDecision, SlotView, StrategyManifest } from '../../engine/views/view-types.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import { explain } from '../../shared/domain/commands.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import { asset, type CandleFrame, type SlotId } from '../../shared/domain/slots.ts'
import {
  batchSchema,
  decisionSchema,
  manifestSchema,
  outcomeSchema,
  type StrategyFailure,
  statesSchema,
} from './protocol.ts'
import { BUSY_PART, type HostFailure, ThreadLink } from './thread-link.ts'

/** Attempts to start a thread on a busy computer. */
const START_ATTEMPTS = 3
/** Delay before the second attempt, ms; it doubles each time. */
const START_RETRY_MS = 250
const FRAMES: readonly CandleFrame[] = ['1m', '5m', '15m']

export interface BatchAnswer {
  readonly decisions: readonly SlotDecision[]
  readonly faults: readonly { readonly slot: SlotId; readonly failure: StrategyFailure }[]
}

/** Host side of one version's thread. Every request has a deadline; missing it ends the thread. */
export class VersionWorker {
  readonly manifest: StrategyManifest
  private readonly link: ThreadLink
  /** Newest candle sent of each series, and the series' edit count at that time. */
  private readonly sent = new Map<string, { openTime: number; edits: number }>()

  private constructor(link: ThreadLink, manifest: StrategyManifest) {
    this.link = link
    this.manifest = manifest
  }

  /** Starts the thread, loads the bundle and checks its manifest. On a busy computer it retries with doubled deadlines. */
  static async start(
    bundle: string,
    name: string,
    clock: Clock,
    deadlineMs: number,
  ): Promise<Result<VersionWorker, HostFailure>> {
    for (let attempt = 0; ; attempt++) {
      const started = await VersionWorker.startOnce(bundle, name, clock, deadlineMs, 2 ** attempt)
      if (started.ok || started.error.kind !== 'starved' || attempt + 1 === START_ATTEMPTS) return started
      await new Promise<void>((resolve) => clock.after(Math.min(START_RETRY_MS * 2 ** attempt, 5_000), resolve))
    }
  }

  private static async startOnce(
    bundle: string,
    name: string,
    clock: Clock,
    deadlineMs: number,
    deadlineFactor: number,
  ): Promise<Result<VersionWorker, HostFailure>> {
    const link = new ThreadLink(bundle, name, clock)
    // No strategy code runs before the thread does, so a slow start says nothing about the strategy.
    const started = await link.started(10 * deadlineMs * deadlineFactor)
    if (!started.ok) return started
    const loaded = await link.request('load', '', 3 * deadlineMs * deadlineFactor, {
      allowanceMs: BUSY_PART * 3 * deadlineMs,
    })
    if (!loaded.ok) return loaded
    const manifest = read(loaded.value, manifestSchema)
    if (!manifest.ok) {
      link.stop('its manifest is invalid')
      return manifest
    }
    return ok(new VersionWorker(link, manifest.value))
  }

  /** Sets the listener that is called once if the thread ends by itself: out of memory or a crash. */
  onExit(listener: (message: string) => void): void {
    this.link.onExit = listener
  }

  /**
   * Evaluates a batch of views, sending the candles closed since the previous batch.
   * @param inCycle true when a cycle waits: no extensions, and little time to locate an endless loop
   */
  async evaluate(
    views: readonly SlotView[],
    assets: EngineState['assets'],
    deadlineMs: number,
    inCycle = true,
  ): Promise<Result<BatchAnswer, HostFailure>> {
    const json = JSON.stringify({ candles: this.candleUpdates(views, assets), views })
    const reply = await this.link.request('evaluate', json, deadlineMs, inCycle ? { strict: true } : {})
    if (!reply.ok) return reply
    const answers = read(reply.value, batchSchema)
    return answers.ok ? ok(splitAnswers(answers.value)) : answers
  }

  /** Migrates each slot's state from an older version; null gives the initial state. */
  async migrate(states: readonly { slot: SlotId; json: string | null }[], fromVersion: string, deadlineMs: number) {
    return this.states('migrate', { states, fromVersion }, deadlineMs)
  }

  /** Converts this version's states back for an older version. */
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
    const reply = await this.link.request(op, JSON.stringify(request), deadlineMs)
    if (!reply.ok) return reply
    return read(reply.value, statesSchema)
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
        const rows = fresh.map(({ openTime, open, high, low, close, volume }) => [
          openTime,
          open,
          high,
          low,
          close,
          volume,
        ])
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
