import { foldMinutes } from '../../../engine/prices/asset-candles.ts'
import { err, ok, type Result } from '../../../shared/domain/base.ts'
import { NO_USD } from '../../../shared/domain/money.ts'
import type { ReplayRow, ReplayStart, ReplayTrade, TapeEntry } from '../../../shared/domain/replays.ts'
import { parseSlot } from '../../../shared/domain/slots.ts'
import { HOUR, unixMs } from '../../../shared/domain/time.ts'
import type { VersionRef } from '../../../shared/domain/versions.ts'
import type { ParsedInput } from '../../../shared/ipc/calls.ts'
import type { ChartData } from '../../../shared/ipc/chart-view.ts'
import { versionRef } from '../../db/deployment-row.ts'
import type { Trial } from '../../db/trials.ts'
import { compileStrategy, versionHash } from '../../deploy/compile.ts'
import { liveReplayVersion } from '../../deploy/proving.ts'
import { apiFile } from '../../platform/package-files.ts'
import { newId } from '../../platform/system.ts'
import type { ReplayOutcome, ReplayProgress, ReplayRun } from '../../replay/lab.ts'
import { mergeParams } from '../../replay/params.ts'
import { slotsOf, stretchesOf } from '../../replay/plan.ts'
import type { ReplayVersion } from '../../replay/protocol.ts'
import { statsOf, tradesOf } from '../../replay/stats.ts'
import type { ReplayTape, Stretch } from '../../replay/tape-types.ts'
import { failureText } from '../../strategy-host/thread-link.ts'
import { VersionWorker } from '../../strategy-host/version-worker.ts'
import type { HubParts } from './hub-parts.ts'
import { entryOf, marksOf, tupleOf } from './replay-rows.ts'

type Request = ParsedInput<'replay.start'>

interface Kept {
  row: ReplayRow
  trades: readonly ReplayTrade[]
  readonly stretches: readonly Stretch[]
  readonly run: ReplayRun
  /** Real time at which it began, monotonic ms. */
  readonly begunAt: number
  toldAt: number
}

const KEPT_RUNS = 20
const MAX_TRADES = 1_000
const MAX_CANDLES = 5_000
const TELL_EVERY_MS = 250

/** Replays requested in a window, newest first. They run beside the desk and never change it. */
export class Replays {
  private readonly desk: HubParts
  private readonly onRow: (row: ReplayRow) => void
  private readonly runs = new Map<string, Kept>()

  constructor(desk: HubParts, onRow: (row: ReplayRow) => void) {
    this.desk = desk
    this.onRow = onRow
  }

  /** What can be replayed: the desk's own tape first. */
  async tapes(): Promise<TapeEntry[]> {
    const { folder, lab, own: request } = this.place()
    const own = await lab.open(request(null))
    const { recordings } = await lab.list(folder)
    const bytes = recordings.filter((one) => !one.imported).reduce((sum, one) => sum + one.bytes, 0)
    const entries = own.ok ? [entryOf('own', "this desk's own tape", bytes, own.value)] : []
    for (const recording of recordings.filter((one) => one.imported)) {
      const tape = await lab.open({ kind: 'files', paths: recording.files.map((file) => file.path) })
      if (tape.ok) entries.push(entryOf(recording.name, recording.name, recording.bytes, tape.value))
    }
    return entries
  }

  list(): ReplayRow[] {
    return [...this.runs.values()].map((kept) => kept.row).toReversed()
  }

  trades(id: string): readonly ReplayTrade[] {
    return (this.runs.get(id)?.trades ?? []).slice(-MAX_TRADES).toReversed()
  }

  cancel(id: string): boolean {
    const kept = this.runs.get(id)
    if (kept === undefined || kept.row.state !== 'running') return false
    kept.run.cancel()
    return true
  }

  /** Starts a replay of a strategy's current files. */
  async start(request: Request): Promise<ReplayStart> {
    const tape = await this.openTape(request)
    if (!tape.ok) return tape
    const wanted = request.slots ?? this.slotsOfStrategy(request.strategy)
    const slots = slotsOf(tape.value, wanted)
    if (!slots.ok) return slots
    const from =
      request.hours === null ? undefined : unixMs(Math.max(tape.value.from, tape.value.to - request.hours * HOUR))
    const stretches = stretchesOf(tape.value, { from, to: undefined })
    if (!stretches.ok) return stretches
    const candidate = await this.version(request)
    if (!candidate.ok) return candidate
    const live = liveReplayVersion(this.desk.loop, this.desk.journal, request.strategy)
    const id = newId('R')
    const { config, replayLab, options } = this.desk
    const versions = [candidate.value.version, ...(live === null ? [] : [live.version])]
    const market = this.desk.engine.state.config.market
    const { settlement } = tape.value
    const spec = {
      versions,
      stretches: stretches.value,
      slots: slots.value,
      config,
      market,
      settlement,
      seed: options.seed,
    }
    const run = replayLab.run(spec, (progress) => this.hear(id, progress))
    const [first] = stretches.value
    const row: ReplayRow = {
      id,
      strategy: request.strategy,
      version: candidate.value.ref,
      tape: tape.value.title,
      state: 'running',
      startedAt: options.clock.now(),
      endedAt: null,
      progress: 0,
      from: first?.from ?? 0,
      to: stretches.value.at(-1)?.to ?? 0,
      reached: first?.from ?? 0,
      slots: slots.value.map((slot) => slot.id),
      notices: tape.value.notices,
      stats: null,
      live: live === null ? null : { version: live.ref, stats: null },
      decisionsPerSecond: null,
      reason: null,
    }
    const kept = { row, trades: [], stretches: stretches.value, run, begunAt: options.clock.monotonic(), toldAt: 0 }
    this.keep(id, kept)
    void run.done.then((outcome) => this.finish(id, outcome))
    return { ok: true, id }
  }

  private keep(id: string, kept: Kept): void {
    this.runs.set(id, kept)
    const [oldest] = this.runs.keys()
    if (this.runs.size > KEPT_RUNS && oldest !== undefined) this.runs.delete(oldest)
    this.onRow(kept.row)
  }

  private async openTape({ tape, hours }: Request): Promise<Result<ReplayTape>> {
    const { folder, lab, own } = this.place()
    if (tape === 'own') {
      await this.desk.recorder?.flush()
      return lab.open(own(hours))
    }
    const { recordings } = await lab.list(folder)
    const found = recordings.find((one) => one.imported && one.name === tape)
    if (found === undefined) return err(`there is no imported tape "${tape}"; bring one in with "baton tape import"`)
    return lab.open({ kind: 'files', paths: found.files.map((file) => file.path) })
  }

  /** Tapes are read by replay threads, never on the desk's own thread. */
  private place() {
    const { options, replayLab: lab, ownRecording: only } = this.desk
    const folder = options.home.tape
    const own = (hours: number | null) => ({
      kind: 'own' as const,
      folder,
      since: hours === null ? 0 : this.desk.now() - hours * HOUR,
      until: null,
      only,
      feed: options.feed,
    })
    return { folder, lab, own }
  }

  private slotsOfStrategy(strategy: string): readonly string[] | null {
    const slots = [...this.desk.engine.state.slots.values()]
    const own = slots.flatMap((slot) => (slot.strategy === strategy ? [slot.id] : []))
    return own.length === 0 ? null : own
  }

  private async version(request: Request): Promise<Result<{ version: ReplayVersion; ref: VersionRef }>> {
    const { strategy } = request
    const { options, config, journal } = this.desk
    const compiled = await compileStrategy(options.home.strategies, strategy, apiFile())
    if (!compiled.ok) {
      const [first] = compiled.error
      return err(`${strategy} does not compile: ${first?.file}:${first?.line}:${first?.column} ${first?.message}`)
    }
    const { bundle } = compiled.value
    const loaded = await VersionWorker.start(bundle, strategy, options.clock, config.decisionDeadlineMs)
    if (!loaded.ok) return err(`${strategy} cannot be loaded: ${failureText(loaded.error)}`)
    loaded.value.stop()
    const params = mergeParams(loaded.value.manifest, request.params)
    if (!params.ok) return params
    const plain = params.value === null
    const hash = versionHash(bundle, params.value)
    const ref = versionRef(journal.db, hash) ?? {
      hash,
      strategy,
      label: `${strategy} ${plain ? 'as in the editor' : 'with other params'} · ${hash.slice(0, 6)}`,
      number: 0,
    }
    return ok({ version: { hash, label: ref.label, strategy, bundle, params: params.value }, ref })
  }

  private hear(id: string, progress: ReplayProgress): void {
    const kept = this.runs.get(id)
    if (kept === undefined) return
    if (progress.version === 0) kept.trades = [...kept.trades, ...progress.trades]
    const now = this.desk.options.clock.monotonic()
    if (now - kept.toldAt < TELL_EVERY_MS) return
    kept.toldAt = now
    const seconds = Math.max(0.001, (now - kept.begunAt) / 1000)
    const { share, reached, decisions } = progress
    this.change(kept, { progress: share, reached, decisionsPerSecond: Math.round(decisions / seconds) })
  }

  private change(kept: Kept, part: Partial<ReplayRow>): void {
    kept.row = { ...kept.row, ...part }
    this.onRow(kept.row)
  }

  private finish(id: string, outcome: ReplayOutcome): void {
    const kept = this.runs.get(id)
    const [candidate, live] = outcome.versions
    if (kept === undefined || candidate === undefined) return
    const seconds = Math.max(0.001, (this.desk.options.clock.monotonic() - kept.begunAt) / 1000)
    kept.trades = tradesOf(candidate.days)
    const decisions = outcome.versions.flatMap((one) => one.days).reduce((sum, day) => sum + day.decisions, 0)
    const reached = candidate.days.at(-1)?.reached ?? kept.row.from
    const failed = candidate.failure !== null
    const stats = candidate.days.length === 0 ? null : statsOf(candidate.days)
    this.change(kept, {
      state: failed ? 'failed' : outcome.partial ? 'partial' : 'done',
      endedAt: this.desk.options.clock.now(),
      progress: failed || outcome.partial ? kept.row.progress : 1,
      reached,
      stats,
      live:
        kept.row.live === null
          ? null
          : { ...kept.row.live, stats: live === undefined || live.days.length === 0 ? null : statsOf(live.days) },
      decisionsPerSecond: Math.round(decisions / seconds),
      reason: candidate.failure?.message ?? (outcome.partial ? 'cancelled: what is shown is a part' : null),
    })
    if (stats === null) return
    const trial: Trial = {
      ts: this.desk.now(),
      kind: 'replay',
      strategy: kept.row.strategy,
      hash: kept.row.version.hash,
      tape: kept.row.tape,
      from: kept.row.from,
      to: reached,
      slots: kept.row.slots.length,
      decisions: stats.decisions,
      trades: stats.trades,
      pnl: stats.pnl ?? NO_USD,
      sharpe: stats.sharpe,
    }
    this.desk.journal.write({ w: 'trial', trial })
  }

  /** The tape's own candles of one slot with the replay's trades on them, as many as a chart can hold. */
  async chart({ id, slot, frame }: ParsedInput<'replay.chart'>): Promise<ChartData> {
    const kept = this.runs.get(id)
    const of = parseSlot(slot)
    if (kept === undefined || of === undefined) return { slot, frame, candles: [], marks: [], lines: [] }
    const length = frame === '1m' ? 1 : frame === '5m' ? 5 : 15
    const since = kept.row.to - MAX_CANDLES * length * 60_000
    const parts = await Promise.all(
      kept.stretches
        .filter((stretch) => stretch.to > since)
        .map((stretch) =>
          this.desk.replayLab.minutes(stretch.source, of.asset, Math.max(since, stretch.from), stretch.to),
        ),
    )
    const minutes = parts.flat()
    const candles = frame === '1m' ? minutes : foldMinutes(minutes, frame)
    const shown = candles.slice(-MAX_CANDLES)
    const first = shown[0]?.openTime ?? 0
    const trades = kept.trades.filter((trade) => trade.slot === slot && trade.openedAt >= first)
    return {
      slot,
      frame,
      candles: shown.map(tupleOf),
      marks: trades.flatMap((trade) => marksOf(trade, kept.row.version)),
      lines: [],
    }
  }
}
