import { join } from 'node:path'
import type { Engine } from '../../engine/engine.ts'
import type { Effect, EngineEvent } from '../../engine/events.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import type { VersionHash } from '../../shared/domain/ids.ts'
import { Signal } from '../../shared/domain/signal.ts'
import { HOUR, SECOND, type UnixMs } from '../../shared/domain/time.ts'
import { snapshotOf } from './engine-snapshot.ts'
import { EventWriter } from './event-writer.ts'
import type { LostRecords, SegmentHeader } from './segment-header.ts'
import { hashesOf } from './view-hashes.ts'
import { WriterLink } from './writer-link.ts'
import type { FromWriter, TapeCaps } from './writer-thread.ts'

/** A version that decides in a recording, with the code it decides by. */
export interface RecordedVersion {
  readonly kind: 'version'
  readonly version: VersionHash
  readonly strategy: string
  readonly label: string
  readonly bundle: string
}

/** Hashes of the views of one batch. */
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
  readonly header: Pick<
    SegmentHeader,
    'engineBuild' | 'market' | 'feed' | 'settlement' | 'notices' | 'config' | 'listings'
  >
  readonly caps: TapeCaps
  /** Most bytes of raw frames; null where none are kept. */
  readonly rawBytes: number | null
  readonly engine: Engine
  readonly clock: Clock
  /** The thread that writes; undefined = one of its own. */
  readonly writer?: WriterLink
  /** Label and code of a version; undefined if its code is not stored. */
  readonly versionOf: (strategy: string, hash: VersionHash) => Pick<RecordedVersion, 'label' | 'bundle'> | undefined
}

type Evaluation = Extract<Effect, { kind: 'evaluate' }>

/** Bytes handed to the thread at once while no cycle ends. */
const HAND_OVER = 256 * 1024
/** Between two attempts to write a tape that could not be written. */
const RETRY_MS = 5 * SECOND
/** A segment that has grown to this ends before its hour does: the thread keeps it in memory until it is finished. */
const SEGMENT_BYTES = 64e6

/**
 * Records every event delivered to the engine, in order. The trading loop only copies bytes; a thread compresses and writes them.
 * Every hour a new segment begins, with a snapshot of the engine, so that each can be replayed by itself.
 */
export class TapeRecorder {
  readonly recording: string
  /** The tape cannot be written; emitted once until it can be again. */
  readonly failed = new Signal<string>()
  /** It can be written again; null where nothing is missing on it. */
  readonly recovered = new Signal<LostRecords | null>()
  /** Something went wrong that costs the tape no record. */
  readonly warned = new Signal<string>()
  private readonly parts: RecorderParts
  private readonly writer: WriterLink
  private readonly events: EventWriter
  private readonly header: Omit<SegmentHeader, 'segment' | 'createdAt'>
  /** Batches evaluated in this cycle. */
  private asked: Evaluation[] = []
  /** Bytes of records handed over in this segment. */
  private bytes = 0
  /** Segments begun, those included that got no file. */
  private attempt = 0
  /** Records that every segment begins with. */
  private preamble = 0
  private hour = -1
  private seq = 0
  /** Records are counted even while they cannot be written, so that the next segment states how many are missing. */
  private state: 'idle' | 'recording' | 'failed' | 'stopped' = 'idle'
  private failedAt = 0
  private complained = false
  private stopping: Promise<void> | null = null
  private raw: string[] | null

  constructor(parts: RecorderParts) {
    this.parts = parts
    this.writer = parts.writer ?? new WriterLink()
    this.recording = parts.recording
    this.raw = parts.rawBytes === null ? null : []
    this.writer.received.on((message) => this.onMessage(message))
    this.writer.crashed.on((error) => {
      this.state = 'stopped'
      this.failed.emit(`its thread crashed: ${error.message}; start the desk anew to record again`)
    })
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

  /** Begins a segment with a snapshot of the engine. */
  begin(ts: UnixMs): void {
    this.state = 'recording'
    this.hour = hourOf(ts)
    this.bytes = 0
    this.asked = []
    this.attempt++
    this.writer.send({
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

  /** To be called before the event is delivered to the engine. */
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

  /** In the yield interval: hands records to the thread, starts the next segment when due, and retries after a failure. */
  afterCycle(ts: UnixMs): void {
    if (!this.begun) return
    // Not before the first cycle: a desk that starts has more urgent threads to bring up.
    this.writer.start()
    this.recordViews(ts)
    this.handOver()
    const due =
      this.state === 'failed'
        ? this.parts.clock.monotonic() - this.failedAt >= RETRY_MS
        : hourOf(ts) !== this.hour || this.bytes > SEGMENT_BYTES
    if (due) this.begin(ts)
  }

  /** Resolves when everything recorded so far is in the file, or is lost. */
  flush(): Promise<void> {
    if (this.stopping !== null) return this.stopping
    if (this.state !== 'recording') return Promise.resolve()
    this.handOver()
    return this.writer.ask('flush')
  }

  /** Writes the end of the segment and ends the thread. */
  stop(): Promise<void> {
    this.stopping ??= this.end()
    return this.stopping
  }

  private async end(): Promise<void> {
    const { state } = this
    if (state === 'recording') {
      // Includes the views of a cycle that was cut short.
      this.recordViews(this.parts.engine.state.now)
      this.handOver()
    }
    this.state = 'stopped'
    if (state === 'idle' || state === 'stopped') return
    await this.writer.ask('close')
    await this.writer.end()
  }

  /** Hashes views after the cycle, so that no decision waits for it. */
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
      this.writer.send({ kind: 'chunk', chunk, firstSeq: this.seq }, [chunk.bytes.buffer])
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
    this.writer.send({ kind: 'raw', lines, ...place }, [lines.buffer])
  }

  private onMessage(message: Exclude<FromWriter, { kind: 'done' }>): void {
    switch (message.kind) {
      case 'failed':
        return this.fail(message)
      case 'warned':
        return this.warned.emit(message.message)
      case 'rawFailed':
        if (this.raw === null) return
        this.raw = null
        return this.warned.emit(`raw frames are no longer kept: ${message.message}`)
      case 'opened':
        // Only the current attempt counts: it may have failed since.
        if (message.attempt !== this.attempt || !this.complained) return
        this.complained = false
        return this.recovered.emit(message.lost)
    }
  }

  private fail({ attempt, hasFile, message }: Extract<FromWriter, { kind: 'failed' }>): void {
    // A failure of an earlier attempt does not affect the current one.
    if (attempt === this.attempt && this.state === 'recording') {
      this.state = 'failed'
      this.failedAt = this.parts.clock.monotonic()
      // Records repeated by the next attempt are not missing.
      if (!hasFile) this.seq -= this.preamble
      if (this.raw !== null) this.raw = []
    }
    if (this.complained) return
    this.complained = true
    this.failed.emit(message)
  }
}

function hourOf(ts: number): number {
  return Math.floor(ts / HOUR)
}
