import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Engine } from '../../engine/engine.ts'
import type { Effect, EngineEvent } from '../../engine/events.ts'
import type { SlotView } from '../../engine/views/view-types.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import type { VersionHash } from '../../shared/domain/ids.ts'
import { HOUR, SECOND, type UnixMs } from '../../shared/domain/time.ts'
import { threadUrl } from '../platform/thread-url.ts'
import { snapshotOf } from './engine-snapshot.ts'
import { EventWriter } from './event-writer.ts'
import type { LostRecords, SegmentHeader } from './segment-header.ts'
import type { FromWriter, TapeCaps, ToWriter } from './writer-thread.ts'

/** A version that decides in a recording, with the code it decides by. */
export interface RecordedVersion {
  readonly kind: 'version'
  readonly version: VersionHash
  readonly strategy: string
  readonly label: string
  readonly bundle: string
}

/** What the versions of one batch saw, slot by slot. */
export interface RecordedViews {
  readonly kind: 'views'
  readonly ts: UnixMs
  readonly version: VersionHash
  readonly epoch: number
  readonly cycle: number
  /** Hash of each slot's view; see `hashesOf`. */
  readonly hashes: Readonly<Record<string, string>>
}

export interface RecorderParts {
  readonly folder: string
  /** Unique to this run of the desk; sorts by time. */
  readonly recording: string
  readonly header: Pick<SegmentHeader, 'engineBuild' | 'market' | 'feed' | 'settlement' | 'notices' | 'config'>
  readonly caps: TapeCaps
  /** Most bytes of raw frames; null where none are kept. */
  readonly rawBytes: number | null
  readonly engine: Engine
  readonly clock: Clock
  /** Label and code of a version; undefined for one whose code is lost. */
  readonly versionOf: (strategy: string, hash: VersionHash) => Pick<RecordedVersion, 'label' | 'bundle'> | undefined
  /** The tape cannot be written; said once until it can again. */
  readonly onProblem: (message: string) => void
  /** It can be written again; null where nothing is missing on it. */
  readonly onRecovered: (lost: LostRecords | null) => void
  /** Something went wrong that costs the tape no record. */
  readonly onWarning: (message: string) => void
}

type Evaluation = Extract<Effect, { kind: 'evaluate' }>

/** Bytes handed to the thread at once while no cycle ends. */
const HAND_OVER = 256 * 1024
/** Between two attempts to write a tape that could not be written. */
const RETRY_MS = 5 * SECOND
/** A segment that has grown to this ends before its hour does: the thread keeps it in memory until it is finished. */
const SEGMENT_BYTES = 64e6

/**
 * Records everything the engine is told, in its order. On the loop it only copies bytes; a thread packs and writes them.
 * Every hour a new segment begins, with a snapshot of the engine, so that each can be replayed by itself.
 */
export class TapeRecorder {
  readonly recording: string
  private readonly parts: RecorderParts
  /** Null until the first cycle is over: a desk that starts has more urgent threads to bring up. */
  private worker: Worker | null = null
  /** What it will be told first. */
  private waiting: (readonly [ToWriter, readonly ArrayBufferLike[]])[] = []
  private readonly events: EventWriter
  private readonly header: Omit<SegmentHeader, 'segment' | 'createdAt'>
  /** Batches asked for in this cycle. */
  private asked: Evaluation[] = []
  /** Bytes of records handed over in this segment. */
  private bytes = 0
  /** What the thread still has to answer, by number. */
  private readonly answers = new Map<number, () => void>()
  private nextAnswer = 1
  /** Segments begun, those included that got no file. */
  private attempt = 0
  /** Records that every segment begins with. */
  private preamble = 0
  private hour = -1
  private seq = 0
  /** What cannot be written is made and counted all the same: the next segment says how much is missing. */
  private state: 'idle' | 'recording' | 'failed' | 'stopped' = 'idle'
  private failedAt = 0
  private complained = false
  /** The thread has ended: nothing is answered any more. */
  private gone = false
  private stopping: Promise<void> | null = null
  private raw: string[] | null

  constructor(parts: RecorderParts) {
    this.parts = parts
    this.recording = parts.recording
    this.raw = parts.rawBytes === null ? null : []
    const { config } = parts.engine.state
    const assets = [...parts.engine.state.assets.keys()]
    this.events = new EventWriter(assets, config.slots)
    this.header = {
      ...parts.header,
      format: 1,
      origin: 'desk',
      session: parts.recording,
      assets,
      slots: config.slots.map((slot) => slot.id),
    }
  }

  private thread(): Worker {
    if (this.worker !== null) return this.worker
    const worker = new Worker(threadUrl(import.meta.url, 'writer-thread.ts', 'tape-writer'), {
      env: {},
      stdin: false,
      name: 'tape',
    })
    this.worker = worker
    worker.on('message', (message: FromWriter) => this.hear(message))
    worker.on('error', (error) => {
      this.state = 'stopped'
      this.parts.onProblem(`its thread crashed: ${error.message}; start the desk anew to record again`)
    })
    worker.on('exit', () => {
      this.gone = true
      for (const id of [...this.answers.keys()]) this.answered(id)
    })
    worker.unref()
    for (const [message, transfer] of this.waiting.splice(0)) this.send(message, transfer)
    return worker
  }

  /** Begins with what the engine knows now; what it was told before is in the snapshot. */
  begin(ts: UnixMs): void {
    this.state = 'recording'
    this.hour = hourOf(ts)
    this.bytes = 0
    this.asked = []
    this.attempt++
    this.send({
      kind: 'open',
      attempt: this.attempt,
      folder: this.parts.folder,
      segment: {
        header: { ...this.header, createdAt: ts },
        snapshot: snapshotOf(this.parts.engine),
        seq: this.seq,
        ts,
      },
      caps: this.parts.caps,
      now: this.parts.clock.now(),
    })
    const { records } = this.events
    const before = records.count
    const { live, versions } = this.parts.engine.state
    for (const [strategy, hash] of live) this.version(ts, strategy, hash)
    for (const { hash, strategy, state } of versions.values())
      if (state === 'draining' || state === 'canary') this.version(ts, strategy, hash)
    this.preamble = records.count - before
  }

  private get begun(): boolean {
    return this.state === 'recording' || this.state === 'failed'
  }

  /** To be called before the engine is told. */
  event(event: EngineEvent): void {
    if (!this.begun) return
    if (event.kind === 'swap') this.version(event.ts, event.swap.strategy, event.swap.version)
    if (event.kind === 'canary') this.version(event.ts, event.start.swap.strategy, event.start.swap.version)
    this.events.event(event)
    if (this.events.records.bytes >= HAND_OVER) this.handOver()
  }

  /** A frame as a venue sent it. */
  frame(ts: UnixMs, text: string): void {
    if (this.state === 'recording') this.raw?.push(JSON.stringify({ ts, text }))
  }

  /** The views of a batch, as they are sent to a version. */
  evaluation(evaluation: Evaluation): void {
    if (this.begun) this.asked.push(evaluation)
  }

  /** In the yield interval: hands over what has gathered, begins the next segment, tries again what failed. */
  afterCycle(ts: UnixMs): void {
    if (!this.begun) return
    this.thread()
    this.recordViews(ts)
    this.handOver()
    const due =
      this.state === 'failed'
        ? this.parts.clock.monotonic() - this.failedAt >= RETRY_MS
        : hourOf(ts) !== this.hour || this.bytes > SEGMENT_BYTES
    if (due) this.begin(ts)
  }

  /** Resolves when everything told so far is in the file, or can never be. */
  flush(): Promise<void> {
    if (this.stopping !== null) return this.stopping
    if (this.state !== 'recording') return Promise.resolve()
    this.handOver()
    return this.ask('flush')
  }

  /** Writes the end and lets the thread go. */
  stop(): Promise<void> {
    this.stopping ??= this.end()
    return this.stopping
  }

  private async end(): Promise<void> {
    const { state } = this
    if (state === 'recording') {
      // A cycle that broke off has been asked, too.
      this.recordViews(this.parts.engine.state.now)
      this.handOver()
    }
    this.state = 'stopped'
    if (state === 'idle' || state === 'stopped') return
    await this.ask('close')
    await this.worker?.terminate()
  }

  /** Resolves once the thread has answered, or has ended; the process stays until then. */
  private ask(kind: 'flush' | 'close'): Promise<void> {
    const worker = this.thread()
    if (this.gone) return Promise.resolve()
    const id = this.nextAnswer++
    return new Promise((resolve) => {
      this.answers.set(id, resolve)
      worker.ref()
      this.send({ kind, id })
    })
  }

  private answered(id: number): void {
    this.answers.get(id)?.()
    this.answers.delete(id)
    if (this.answers.size === 0) this.worker?.unref()
  }

  /** Hashing is not what a decision should wait for: it is done once the cycle is over. */
  private recordViews(ts: UnixMs): void {
    for (const { version, epoch, cycle, views } of this.asked.splice(0)) {
      const record: RecordedViews = { kind: 'views', ts, version, epoch, cycle, hashes: hashesOf(views) }
      this.events.records.json(ts, record)
    }
  }

  private version(ts: UnixMs, strategy: string, version: VersionHash): void {
    const found = this.parts.versionOf(strategy, version)
    if (found === undefined) return
    const record: RecordedVersion = { kind: 'version', version, strategy, label: found.label, bundle: found.bundle }
    this.events.records.json(ts, record)
  }

  private handOver(): void {
    this.handOverRaw()
    const { records } = this.events
    if (records.count === 0) return
    const chunk = records.take()
    if (this.state === 'recording') {
      this.bytes += chunk.bytes.length
      this.send({ kind: 'chunk', chunk, firstSeq: this.seq }, [chunk.bytes.buffer])
    }
    this.seq += chunk.count
  }

  private handOverRaw(): void {
    const { raw } = this
    const { folder, rawBytes } = this.parts
    if (raw === null || raw.length === 0 || rawBytes === null) return
    const lines = new TextEncoder().encode(`${raw.join('\n')}\n`)
    this.raw = []
    const place = { folder: join(folder, 'raw'), name: this.recording, maxBytes: rawBytes }
    this.send({ kind: 'raw', lines, ...place }, [lines.buffer])
  }

  private send(message: ToWriter, transfer: readonly ArrayBufferLike[] = []): void {
    if (this.worker === null) this.waiting.push([message, transfer])
    else this.worker.postMessage(message, transfer as ArrayBuffer[])
  }

  private hear(message: FromWriter): void {
    switch (message.kind) {
      case 'done':
        return this.answered(message.id)
      case 'failed':
        return this.fail(message)
      case 'warned':
        return this.parts.onWarning(message.message)
      case 'rawFailed':
        if (this.raw === null) return
        this.raw = null
        return this.parts.onWarning(`raw frames are no longer kept: ${message.message}`)
      case 'opened':
        // Of an older one that is no news: the newest may have failed since.
        if (message.attempt !== this.attempt || !this.complained) return
        this.complained = false
        return this.parts.onRecovered(message.lost)
    }
  }

  private fail({ attempt, hasFile, message }: Extract<FromWriter, { kind: 'failed' }>): void {
    // What an older one lost is lost; the newest is none the worse for it.
    if (attempt === this.attempt && this.state === 'recording') {
      this.state = 'failed'
      this.failedAt = this.parts.clock.monotonic()
      // What the next attempt makes again is not missing.
      if (!hasFile) this.seq -= this.preamble
      if (this.raw !== null) this.raw = []
    }
    if (this.complained) return
    this.complained = true
    this.parts.onProblem(message)
  }
}

function hourOf(ts: number): number {
  return Math.floor(ts / HOUR)
}

/** Names one batch: of its question and of its answer. */
export function keyOf({ version, epoch, cycle }: Pick<Evaluation, 'version' | 'epoch' | 'cycle'>): string {
  return `${version} ${epoch} ${cycle}`
}

/** What a strategy saw in each slot, as the first 16 digits of a sha256 over figures, orders and state. */
export function hashesOf(views: readonly SlotView[]): Record<string, string> {
  return Object.fromEntries(views.map((view) => [view.slot, hashOf(view)]))
}

function hashOf({ row, positionId, orders, state, revision }: SlotView): string {
  return createHash('sha256')
    .update(JSON.stringify([row, positionId, orders, state, revision]))
    .digest('hex')
    .slice(0, 16)
}
