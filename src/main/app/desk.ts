import { existsSync, writeFileSync } from 'node:fs'
import { Engine } from '../../engine/engine.ts'
import { tightenCaps } from '../../engine/restore.ts'
import { engineConfigOf } from '../../engine/settings.ts'
import { listingsOf } from '../../engine/venue/listing.ts'
import type { Timeline, Venue } from '../../engine/venue/port.ts'
import { mergedTimeline } from '../../engine/venue/timeline.ts'
import type { Config } from '../../shared/config.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import { BooksThread } from '../attribution/books-thread.ts'
import type { FileLock } from '../db/file-lock.ts'
import type { Journal } from '../db/journal.ts'
import { readMeta } from '../db/meta.ts'
import { findVersion, readBotState } from '../db/queries.ts'
import { readSavedDesk } from '../db/restore.ts'
import { heldSlots } from '../db/start.ts'
import { Deployer } from '../deploy/deployer.ts'
import { type OpenFeed, openFeed } from '../market/feeds.ts'
import { openVenue } from '../market/venues.ts'
import { engineBuild } from '../platform/engine-build.ts'
import { newId } from '../platform/system.ts'
import { ReplayLab } from '../replay/lab.ts'
import { Gate } from '../runtime/gate.ts'
import { TradingLoop } from '../runtime/trading-loop.ts'
import { TapeRecorder } from '../tape/recorder.ts'
import { lostText } from '../tape/segment-header.ts'
import { type BotState, botState, parseBotState } from './bot-state.ts'
import { bringUpVersions } from './bring-up.ts'
import { DeskHub } from './desk-hub.ts'
import type { DeskOptions, DeskParts } from './desk-parts.ts'
import { Dispatcher } from './dispatcher.ts'
import { apiFile, lockHome, packageRoot, prepareHome, readableConfig, readConfig } from './home.ts'
import { LiveDriver } from './live-driver.ts'
import { leftOut, openJournal, withSlots } from './opening.ts'
import { Reconciler } from './reconciler.ts'
import { decideMissedWindows, playIdleTime, restoreBooks } from './resume.ts'
import { TimeKeeper } from './time-keeper.ts'
import { runVirtual } from './virtual-driver.ts'

const SNAPSHOT_MS = 30_000
/** One for the candidate and one for the live version. */
const REPLAY_THREADS = 2
/** An hour of cycles. */
const LATE_KEPT = 720
/** How long a stop waits for a virtual run whose journal cannot be written. */
const STOP_MS = 5_000

/**
 * One desk, put together: the same parts for the window, the browser and the command line. `open` reads everything
 * that was, `start` begins to trade, `stop` leaves everything on disk.
 */
export class Desk implements DeskParts {
  readonly options: DeskOptions
  readonly config: Config
  readonly feed: OpenFeed
  readonly engine: Engine
  readonly loop: TradingLoop
  readonly journal: Journal
  readonly gate: Gate
  readonly deployer: Deployer
  readonly dispatcher: Dispatcher
  readonly hub: DeskHub
  readonly venue: Venue
  /** What happens in the desk's own time: pulled prices, and the market that lives on them. */
  readonly timeline: Timeline
  /** For proofs: no replay that a person asked for stands before one. */
  readonly proofLab: ReplayLab
  readonly replayLab: ReplayLab
  /** For shadows: one thread, which none of the others waits for. */
  readonly shadowLab: ReplayLab
  /** Judges versions by their trades, on a thread of its own. */
  readonly books: BooksThread
  /** Null where the configuration says that nothing is recorded. */
  readonly recorder: TapeRecorder | null
  private readonly reconciler: Reconciler
  /** Notices sleep and steps of the computer's clock; real time alone needs it. */
  private readonly time: TimeKeeper
  private readonly lock: FileLock
  private live: LiveDriver | undefined
  private stopping = false
  private begun = false
  private savedAt = 0
  private ended: () => void = () => {}
  /** Resolves when a bounded run is over, or when the desk was stopped. */
  readonly done: Promise<void>
  /** What a broken invariant said, once one broke. */
  panicked: unknown = null

  /** Opens home, journal and feed, and brings the engine to where the journal left off. */
  static async open(options: DeskOptions): Promise<Result<Desk>> {
    const { home } = options
    const read = readConfig(home.config)
    if (!read.ok && options.strict) return read
    const config = read.ok ? read.value : readableConfig(home.config)
    const ready = prepareHome(home)
    if (!ready.ok) return ready
    const lock = lockHome(home)
    if (!lock.ok) return lock
    const opened = await Desk.assemble(options, config, lock.value, read.ok ? [] : [read.error])
    if (!opened.ok) lock.value.release()
    return opened
  }

  /** @param unreadable what of config.json cannot be read; empty where it can be */
  private static async assemble(
    options: DeskOptions,
    read: Config,
    lock: FileLock,
    unreadable: readonly string[],
  ): Promise<Result<Desk>> {
    const virtual = options.speed !== undefined
    const journal = openJournal(options, virtual)
    if (!journal.ok) return journal
    const settings = readSavedDesk(journal.value.db).unreadable
    if (options.strict && settings.length > 0) {
      await journal.value.close()
      return err(
        `${options.home.database}: ${settings.join('; ')} cannot be read: start "baton desk", which holds entries and names them`,
      )
    }
    // Which slots were meant cannot be read: those that hold something are managed in any case.
    const config = unreadable.length === 0 ? read : withSlots(read, heldSlots(journal.value.db))
    const saved = parseBotState(readBotState(journal.value.db))
    const resume = saved?.prices
    const { feed: kind, tapes, seed, from, forMs, slots, clock } = options
    const frames = { take: (_text: string): void => {} }
    const onFrame = (text: string) => frames.take(text)
    const feed = await openFeed({ kind, tapes, seed, virtual, from, forMs, slots, resume, config, clock, onFrame })
    if (!feed.ok) {
      await journal.value.close()
      return feed
    }
    const left = leftOut(journal.value, feed.value)
    if (left.length > 0) {
      await feed.value.stop()
      await journal.value.close()
      return err(
        `positions or orders are open in ${left.join(', ')}: keep ${left.length === 1 ? 'this slot' : 'these slots'} in --slots or config.json until they are settled`,
      )
    }
    const desk = new Desk(options, config, lock, journal.value, feed.value, saved)
    frames.take = (text) => desk.recorder?.frame(desk.now(), text)
    await desk.reconciler.start()
    desk.holdFor([...unreadable, ...settings])
    return ok(desk)
  }

  private constructor(
    options: DeskOptions,
    config: Config,
    lock: FileLock,
    journal: Journal,
    feed: OpenFeed,
    before: BotState | undefined,
  ) {
    this.options = options
    this.config = config
    this.lock = lock
    this.journal = journal
    this.feed = feed
    this.done = new Promise((resolve) => {
      this.ended = resolve
    })
    const { market } = feed
    this.venue = (options.openVenue ?? openVenue)(feed, config, options.seed, {
      minuteAt: (asset, openTime) => {
        const [minute] = this.engine.state.assets.get(asset)?.candles['1m'].after(openTime - 1) ?? []
        return minute?.openTime === openTime ? minute : undefined
      },
      isReported: (asset, openTime) => this.engine.state.assets.get(asset)?.isReported(openTime) === true,
    })
    this.timeline = mergedTimeline(feed.source, this.venue.local)
    this.engine = new Engine(
      engineConfigOf(config, market, feed.slots, listingsOf(feed.slots, this.venue), {
        fateSettlesMs: this.venue.capabilities.fateSettlesMs,
        redeemsItself: this.venue.capabilities.redeemsItself,
        // The same run in virtual time has the same ids in every home.
        idPrefix: this.virtual ? '' : `${readMeta(journal.db, 'home') ?? ''}-`,
      }),
    )
    this.gate = new Gate()
    this.recorder = config.tape.record ? this.newRecorder() : null
    const { clock } = options
    this.loop = new TradingLoop({
      engine: this.engine,
      journal,
      venue: this.venue,
      gate: this.gate,
      clock,
      recorder: this.recorder,
      // Virtual time has no hurry, and a slow machine must not end a run.
      decisionDeadlineMs: config.decisionDeadlineMs * (this.virtual ? 10 : 1),
      virtual: this.virtual,
    })
    this.time = new TimeKeeper({
      loop: this.loop,
      clock,
      say: (level, message) => this.hub.say(level, message, 'clock'),
    })
    this.reconciler = new Reconciler({
      loop: this.loop,
      venue: this.venue,
      clock,
      now: () => this.now(),
      onAlarm: (message) => this.hub.say('error', message, 'venue'),
    })
    restoreBooks(this, before)
    this.proofLab = new ReplayLab(options.clock, REPLAY_THREADS)
    this.replayLab = new ReplayLab(options.clock, REPLAY_THREADS)
    this.shadowLab = new ReplayLab(options.clock, 1)
    this.books = new BooksThread(options.home.database, () => ({
      market: this.engine.state.config.market,
      live: Object.fromEntries(this.engine.state.live),
    }))
    this.hub = new DeskHub(this)
    const now = () => this.now()
    this.deployer = new Deployer({
      loop: this.loop,
      journal,
      clock,
      now,
      folder: options.home.strategies,
      apiFile: apiFile(),
      deadlineMs: this.loop.deadlineMs,
      proof: {
        lab: this.proofLab,
        config,
        tapeFolder: options.home.tape,
        recording: this.tapeRecording,
        feed: options.feed,
        flush: async () => this.recorder?.flush(),
        market,
        seed: options.seed,
      },
      shadowLab: this.shadowLab,
      onDeployment: (row) => this.hub.onDeployment(row),
      onDifferences: (deployment, found) => this.hub.onDifferences(deployment, found),
      onAlarm: (message) => this.hub.say('error', message, 'alarm'),
    })
    this.dispatcher = new Dispatcher({
      loop: this.loop,
      gate: this.gate,
      journal,
      deployer: this.deployer,
      clock,
      now,
      killFilePresent: () => existsSync(options.home.kill),
      latchKill: (reason) => this.writeKillFile(reason),
      onOutcome: () => this.hub.touch(),
    })
    this.loop.onRecord = (record) => this.hub.onRecord(record)
    this.loop.onPanic = (error) => this.panic(error)
    journal.onEvent = (row) => this.hub.onEvent(row)
    journal.onListsChanged = () => this.hub.onListsChanged()
    journal.onBlocked = (reason) => this.onJournalBlocked(reason)
    journal.onFailure = (error) => this.panic(error)
  }

  /** I12: what an operator set and nobody can read any more is named, and nothing is entered until it can be. */
  private holdFor(unreadable: readonly string[]): void {
    if (unreadable.length === 0) return
    tightenCaps(this.engine.state)
    const reason = `settings cannot be read: ${unreadable.join('; ')}. Put them right and restart the desk; positions are managed meanwhile`
    this.loop.deliver({ kind: 'hold', ts: this.now(), about: 'settings', reason: reason.slice(0, 1_000) })
    this.loop.settle()
  }

  private newRecorder(): TapeRecorder {
    const { home, clock, feed } = this.options
    const { keepHours, maxMb, rawFrames, rawMaxMb } = this.config.tape
    const started = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '')
    return new TapeRecorder({
      folder: home.tape,
      recording: newId(started),
      header: {
        engineBuild: engineBuild(packageRoot()),
        market: this.engine.state.config.market,
        feed,
        settlement: this.feed.settlement,
        notices: [...this.feed.notices],
        config: this.config,
      },
      caps: { keepHours, maxBytes: maxMb * 1e6 },
      rawBytes: rawFrames ? rawMaxMb * 1e6 : null,
      engine: this.engine,
      clock,
      versionOf: (strategy, hash) => findVersion(this.journal.db, strategy, hash),
      onProblem: (message) => this.onTapeProblem(message),
      onWarning: (message) => this.hub.say('warn', message),
      onRecovered: (lost) =>
        this.hub.say(
          'info',
          `the tape is written again; ${lost === null ? 'nothing' : lostText(lost)} is missing on it`,
        ),
    })
  }

  /** What is not recorded can be neither proved nor explained: nothing new is entered until a person resumes. */
  private onTapeProblem(message: string): void {
    const reason = `the tape cannot be written: ${message}`.slice(0, 400)
    if (this.stopping) return this.hub.say('error', `${reason}; the desk was stopping`)
    try {
      // The pause first: on a disk that is full the words may not be written.
      if (this.engine.commandRefusal({ kind: 'pause', reason }) === null)
        this.loop.deliver({ kind: 'command', ts: this.now(), source: 'engine', command: { kind: 'pause', reason } })
      this.hub.say('error', `${reason}; entries are paused: make room, then resume`)
    } catch (error) {
      // The loop has stopped trading by then, and says so to whoever waits for the desk.
      this.panic(error)
    }
  }

  /** Without the journal no order can leave (I3): entries are held until it is written again, and the desk goes on. */
  private onJournalBlocked(reason: string | null): void {
    // Virtual time waits for it: the result must not depend on how long it takes.
    if (this.virtual) return
    const text = reason === null ? null : `the journal cannot be written for the moment (${reason}); it is tried again`
    this.loop.deliver({ kind: 'hold', ts: this.now(), about: 'journal', reason: text })
    this.loop.settle()
    this.hub.touch()
  }

  /** A virtual run knows of its own tape alone: what earlier runs recorded must not change it. Null = all. */
  get tapeRecording(): string | null {
    return this.virtual ? (this.recorder?.recording ?? 'none') : null
  }

  get virtual(): boolean {
    return this.options.speed !== undefined
  }

  /** The desk's own time: virtual in a virtual run. */
  now(): UnixMs {
    if (this.virtual) return this.engine.state.now > 0 ? this.engine.state.now : this.feed.from
    return this.options.clock.now()
  }

  /** Begins to trade. In virtual time the run has begun when this resolves and `done` tells its end. */
  async start(): Promise<void> {
    const { clock } = this.options
    this.begun = true
    if (this.virtual) {
      void this.startVirtual()
      return
    }
    this.live = new LiveDriver({
      loop: this.loop,
      timeline: this.timeline,
      venue: this.venue,
      clock,
      until: this.feed.until,
      onTime: () => this.time.look(),
      onCycle: (ts, lateMs) => {
        const { lateMs: late } = this.loop.figures
        late.push(lateMs)
        if (late.length > LATE_KEPT) late.shift()
        this.afterCycle(ts)
      },
      onEnd: () => void this.loopEnded(),
    })
    this.feed.listen?.((event) => this.live?.onFeed(event))
    playIdleTime(this)
    decideMissedWindows(this)
    this.recorder?.begin(this.now())
    await bringUpVersions(this)
    // Begun is what the journal has.
    await this.journal.caughtUp()
    // Stopped while versions came up: nothing may begin any more.
    if (!this.stopping) this.live.start()
  }

  private async startVirtual(): Promise<void> {
    if (this.feed.source === null) throw new Error('a feed that pushes cannot be played in virtual time')
    try {
      await runVirtual({
        loop: this.loop,
        timeline: this.timeline,
        clock: this.options.clock,
        from: this.feed.from,
        until: this.feed.until,
        speed: this.options.speed ?? null,
        stopped: () => this.stopping,
        onPrimed: () => {
          this.recorder?.begin(this.now())
          return bringUpVersions(this)
        },
        onCycle: (ts) => this.afterCycle(ts),
      })
    } catch (error) {
      this.panicked ??= error
    }
    await this.loopEnded()
  }

  /** No cycle comes any more: whatever waits for one is ended with that reason, then whoever waits for the desk. */
  private async loopEnded(): Promise<void> {
    this.deployer.stop('the run ended before it was live')
    await this.loop.endLoop('the run has ended')
    // Whoever waits for the end reads what came of it from the journal.
    await this.journal.caughtUp()
    this.ended()
  }

  private afterCycle(ts: UnixMs): void {
    this.hub.touch()
    this.recorder?.afterCycle(ts)
    this.deployer.afterCycle()
    this.reconciler.look()
    if (ts - this.savedAt < SNAPSHOT_MS) return
    this.savedAt = ts
    this.saveSnapshot(ts)
  }

  private saveSnapshot(ts: UnixMs): void {
    for (const effect of this.engine.progress()) if (effect.kind === 'record') this.journal.append(effect.record)
    const json = botState(this.engine, this.venue.local?.save(), this.feed.save())
    this.journal.write({ w: 'botState', ts, json })
  }

  /** Something threw outside of the desk's own loop: no order leaves any more, and the next start is killed until re-armed. */
  breakOff(error: unknown): void {
    this.gate.shut(`an unexpected error: ${error instanceof Error ? error.message : String(error)}`, false)
    this.panic(error)
  }

  private panic(error: unknown): void {
    if (this.panicked !== null) return
    this.panicked = error
    this.reconciler.stop()
    this.latchKill(error)
    void this.live?.stop()
    void this.loopEnded().catch(() => this.ended())
  }

  /** Whoever starts this desk again must do so knowingly: the kill is left where it cannot be overlooked. */
  private latchKill(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    // On a disk that takes nothing the process ends, and what it wrote before is what the next start finds.
    this.writeKillFile(reason)
    this.journal.append({ t: 'trading', state: 'killed', reason, until: null, flatten: false })
    this.journal.flush().catch(() => {})
  }

  private writeKillFile(reason: string): Result<void> {
    try {
      writeFileSync(this.options.home.kill, `${reason}\n`)
      return ok(undefined)
    } catch (error) {
      return err(`no KILL file could be written either: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  /** Leaves everything on disk and lets the home folder go. */
  async stop(): Promise<void> {
    if (this.stopping) return
    this.stopping = true
    this.loop.refuseEntries('the desk is stopping')
    this.reconciler.stop()
    await this.feed.stop()
    await this.live?.stop()
    if (this.virtual && this.begun) await this.virtualEnd()
    this.deployer.stop('the desk stopped before it was live')
    await this.loop.stop()
    await this.recorder?.stop()
    this.proofLab.close()
    this.replayLab.close()
    this.shadowLab.close()
    this.books.close()
    await this.deployer.idle()
    this.hub.stop()
    await this.closeJournal()
    this.lock.release()
    this.ended()
  }

  /** Virtual time waits for its journal: on a disk that takes nothing it would never end by itself. */
  private async virtualEnd(): Promise<void> {
    const blocked = this.journal.whenBlocked()
    const given = blocked.then(() => new Promise<void>((resolve) => this.options.clock.after(STOP_MS, resolve)))
    await Promise.race([this.done, given])
  }

  private async closeJournal(): Promise<void> {
    this.saveSnapshot(this.now())
    const closed = await this.journal.close()
    if (closed.ok) return
    this.panicked ??= new Error(closed.error)
    // A kill that the journal never got must hold over the next start all the same.
    const { trading, killReason } = this.engine.state
    if (trading === 'killed') this.writeKillFile(killReason ?? 'killed')
  }
}
