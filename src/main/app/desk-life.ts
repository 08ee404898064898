import type { Disposer } from '../../shared/domain/base.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import { lostText } from '../tape/segment-header.ts'
import { botState } from './bot-state.ts'
import type { DeskParts } from './desk-parts.ts'
import { bringUpVersions } from './start/bring-up.ts'
import { decideMissedWindows, playIdleTime } from './start/resume.ts'
import { LiveDriver } from './time/live-driver.ts'
import { runVirtual } from './time/virtual-driver.ts'

const SNAPSHOT_MS = 30_000
/** An hour of cycles. */
const LATE_KEPT = 720
/** How long a stop waits for a virtual run whose journal cannot be written. */
const STOP_MS = 5_000

/** Starts and stops the parts of one desk: `start` begins to trade, `stop` leaves everything on disk. */
export class DeskLife {
  private readonly parts: DeskParts
  private readonly subscriptions: readonly Disposer[]
  private live: LiveDriver | undefined
  private stopping = false
  private begun = false
  private savedAt = 0
  private ended: () => void = () => {}
  /** Resolves when a bounded run is over, or when the desk was stopped. */
  readonly done: Promise<void>
  /** Why a virtual run broke off, or why the journal could not be closed. */
  private failure: unknown = null

  constructor(parts: DeskParts) {
    this.parts = parts
    this.done = new Promise((resolve) => {
      this.ended = resolve
    })
    const { loop, journal, emergency } = parts
    this.subscriptions = [
      loop.panicked.on((error) => emergency.trip(error)),
      journal.failed.on((error) => emergency.trip(error)),
      journal.blockedChanged.on((reason) => this.holdWhileBlocked(reason)),
      emergency.tripped.on(() => this.breakOff()),
      ...this.followRecorder(),
    ]
  }

  private followRecorder(): Disposer[] {
    const { recorder, events } = this.parts
    if (recorder === null) return []
    return [
      recorder.failed.on((message) => this.pauseWithoutTape(message)),
      recorder.warned.on((message) => events.add('warn', message)),
      recorder.recovered.on((lost) =>
        events.add('info', `the tape is written again; ${lost === null ? 'nothing' : lostText(lost)} is missing on it`),
      ),
    ]
  }

  /** Cause of a stop that nobody requested; null without one. */
  get panicked(): unknown {
    return this.parts.emergency.cause ?? this.failure
  }

  /** What is not recorded can be neither proved nor explained: entries are paused until a person resumes them. */
  private pauseWithoutTape(message: string): void {
    const { engine, loop, events, emergency, now } = this.parts
    const reason = `the tape cannot be written: ${message}`.slice(0, 400)
    if (this.stopping) return events.add('error', `${reason}; the desk was stopping`)
    try {
      // The pause first: on a full disk the event may not be written.
      if (engine.commandRefusal({ kind: 'pause', reason }) === null)
        loop.deliver({ kind: 'command', ts: now(), source: 'engine', command: { kind: 'pause', reason } })
      events.add('error', `${reason}; entries are paused: make room, then resume`)
    } catch (error) {
      // The loop has shut the gate by then.
      emergency.trip(error)
    }
  }

  /** I3: without the journal no order may leave. Entries are held until it is written again; the desk goes on. */
  private holdWhileBlocked(reason: string | null): void {
    const { loop, hub, virtual, now } = this.parts
    // Virtual time waits for the journal: the result must not depend on how long it takes.
    if (virtual) return
    const text = reason === null ? null : `the journal cannot be written for the moment (${reason}); it is tried again`
    loop.deliver({ kind: 'hold', ts: now(), about: 'journal', reason: text })
    loop.settle()
    hub.touch()
  }

  /** Begins to trade. In virtual time the run has begun when this resolves, and `done` resolves at its end. */
  async start(): Promise<void> {
    const { parts } = this
    this.begun = true
    if (parts.virtual) {
      void this.startVirtual()
      return
    }
    this.live = new LiveDriver({
      loop: parts.loop,
      timeline: parts.timeline,
      venue: parts.venue,
      clock: parts.options.clock,
      until: parts.feed.until,
      onTime: () => parts.time.look(),
      onCycle: (ts, lateMs) => {
        const { lateMs: late } = parts.loop.figures
        late.push(lateMs)
        if (late.length > LATE_KEPT) late.shift()
        this.afterCycle(ts)
      },
      onEnd: () => void this.loopEnded(),
    })
    parts.feed.listen?.((event) => this.live?.onFeed(event))
    playIdleTime(parts)
    decideMissedWindows(parts)
    parts.recorder?.begin(parts.now())
    await bringUpVersions(parts)
    // The desk counts as started once the journal has all of it.
    await parts.journal.caughtUp()
    if (!this.stopping) this.live.start()
  }

  private async startVirtual(): Promise<void> {
    const { loop, timeline, options, feed, recorder, now } = this.parts
    if (feed.source === null) throw new Error('a feed that pushes cannot be played in virtual time')
    try {
      await runVirtual({
        loop,
        timeline,
        clock: options.clock,
        from: feed.from,
        until: feed.until,
        speed: options.speed ?? null,
        stopped: () => this.stopping,
        onPrimed: () => {
          recorder?.begin(now())
          return bringUpVersions(this.parts)
        },
        onCycle: (ts) => this.afterCycle(ts),
      })
    } catch (error) {
      this.failure ??= error
    }
    await this.loopEnded()
  }

  /** After the last cycle: deployments that wait for one end with that reason. */
  private async loopEnded(): Promise<void> {
    const { deployer, loop, journal } = this.parts
    deployer.stop('the run ended before it was live')
    await loop.endLoop('the run has ended')
    // Callers read the results from the journal.
    await journal.caughtUp()
    this.ended()
  }

  private afterCycle(ts: UnixMs): void {
    const { hub, recorder, deployer, reconciler } = this.parts
    hub.touch()
    recorder?.afterCycle(ts)
    deployer.afterCycle()
    reconciler.look()
    if (ts - this.savedAt < SNAPSHOT_MS) return
    this.savedAt = ts
    this.saveSnapshot(ts)
  }

  private saveSnapshot(ts: UnixMs): void {
    const { engine, journal, venue, feed } = this.parts
    for (const effect of engine.progress()) if (effect.kind === 'record') journal.append(effect.record)
    journal.write({ w: 'botState', ts, json: botState(engine, venue.local?.save(), feed.save()) })
  }

  private breakOff(): void {
    this.parts.reconciler.stop()
    void this.live?.stop()
    void this.loopEnded().catch(() => this.ended())
  }

  /** Leaves everything on disk and releases the home folder. */
  async stop(): Promise<void> {
    if (this.stopping) return
    this.stopping = true
    const { parts } = this
    parts.loop.refuseEntries('the desk is stopping')
    parts.reconciler.stop()
    await parts.feed.stop()
    await this.live?.stop()
    if (parts.virtual && this.begun) await this.virtualEnd()
    parts.deployer.stop('the desk stopped before it was live')
    await parts.loop.stop()
    await parts.recorder?.stop()
    for (const lab of [parts.proofLab, parts.replayLab, parts.shadowLab]) lab.close()
    parts.books.close()
    await parts.deployer.idle()
    parts.hub.stop()
    await this.closeJournal()
    for (const dispose of this.subscriptions) dispose()
    parts.lock.release()
    this.ended()
  }

  /** A virtual run waits for its journal: on a full disk it would never end by itself. */
  private async virtualEnd(): Promise<void> {
    const { journal, options } = this.parts
    const blocked = journal.whenBlocked()
    const given = blocked.then(() => new Promise<void>((resolve) => options.clock.after(STOP_MS, resolve)))
    await Promise.race([this.done, given])
  }

  private async closeJournal(): Promise<void> {
    const { journal, engine, emergency, now } = this.parts
    this.saveSnapshot(now())
    const closed = await journal.close()
    if (closed.ok) return
    this.failure ??= new Error(closed.error)
    // A kill that the journal never got must hold over the next start all the same.
    const { trading, killReason } = engine.state
    if (trading === 'killed') emergency.writeKillFile(killReason ?? 'killed')
  }
}

/** One running desk. */
export interface Desk extends DeskParts {
  readonly life: DeskLife
}
