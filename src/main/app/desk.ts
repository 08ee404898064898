import { existsSync, writeFileSync } from 'node:fs'
import { Engine } from '../../engine/engine.ts'
import { PaperMarket } from '../../engine/market/paper-market.ts'
import type { SimSnapshot } from '../../engine/market/sim-prices.ts'
import { restoreState } from '../../engine/restore.ts'
import type { Config } from '../../shared/config.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import { usdOf } from '../../shared/domain/money.ts'
import type { VersionHash } from '../../shared/domain/records.ts'
import { asset, windowAt } from '../../shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../../shared/domain/time.ts'
import type { FeedKind } from '../../shared/ipc/contract.ts'
import type { Journal } from '../db/journal.ts'
import { findVersion } from '../db/queries.ts'
import { readBotState, readMinutes, readSavedDesk } from '../db/restore.ts'
import { Deployer } from '../deploy/deployer.ts'
import { VersionWorker } from '../strategy-host/version-worker.ts'
import { type BotState, botState, parseBotState } from './bot-state.ts'
import { DeskHub } from './desk-hub.ts'
import { Dispatcher } from './dispatcher.ts'
import { type OpenFeed, openFeed } from './feeds.ts'
import { Gate } from './gate.ts'
import { apiFile, type Home, HomeLock, prepareHome, readConfig } from './home.ts'
import { LiveDriver } from './live-driver.ts'
import { engineConfig, leftOut, openJournal } from './opening.ts'
import { Session } from './session.ts'
import { pump, runVirtual } from './virtual-driver.ts'

export interface DeskOptions {
  readonly home: Home
  readonly feed: FeedKind
  readonly tapes: readonly string[]
  readonly slots: string | undefined
  readonly seed: number
  /** Virtual time at this many seconds a second, null = as fast as it goes; undefined = real time. */
  readonly speed: number | null | undefined
  readonly from: UnixMs | undefined
  readonly forMs: number | undefined
  readonly clock: Clock
}

const SNAPSHOT_MS = 30_000
/** More than the longest window and its settlement, and than the history strategies ask for. */
const PLAYED_MS = 70 * 60_000
/** An hour of cycles. */
const LATE_KEPT = 720
const HISTORY_MINUTES = 400

/**
 * One desk, put together: the same parts for the window, the browser and the command line. `open` reads everything
 * that was, `start` begins to trade, `stop` leaves everything on disk.
 */
export class Desk {
  readonly options: DeskOptions
  readonly config: Config
  readonly feed: OpenFeed
  readonly engine: Engine
  readonly session: Session
  readonly journal: Journal
  readonly gate: Gate
  readonly deployer: Deployer
  readonly dispatcher: Dispatcher
  readonly hub: DeskHub
  private readonly market: PaperMarket
  private readonly lock: HomeLock
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
    const config = readConfig(home.config)
    if (!config.ok) return config
    const ready = prepareHome(home)
    if (!ready.ok) return ready
    const lock = HomeLock.take(home)
    if (!lock.ok) return lock
    const opened = await Desk.assemble(options, config.value, lock.value)
    if (!opened.ok) lock.value.release()
    return opened
  }

  private static async assemble(options: DeskOptions, config: Config, lock: HomeLock): Promise<Result<Desk>> {
    const virtual = options.speed !== undefined
    const journal = openJournal(options, virtual)
    if (!journal.ok) return journal
    const saved = parseBotState(readBotState(journal.value.db))
    const resume = saved?.prices as SimSnapshot | undefined
    const { feed: kind, tapes, seed, from, forMs, slots, clock } = options
    const feed = await openFeed({ kind, tapes, seed, virtual, from, forMs, slots, resume, config, clock })
    if (!feed.ok) {
      journal.value.close()
      return feed
    }
    const left = leftOut(journal.value, feed.value)
    if (left.length > 0) {
      await feed.value.stop()
      journal.value.close()
      return err(
        `positions or orders are open in ${left.join(', ')}: keep ${left.length === 1 ? 'this slot' : 'these slots'} in --slots or config.json until they are settled`,
      )
    }
    return ok(new Desk(options, config, lock, journal.value, feed.value, saved))
  }

  private constructor(
    options: DeskOptions,
    config: Config,
    lock: HomeLock,
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
    const settings = engineConfig(config, feed)
    this.engine = new Engine(settings)
    this.gate = new Gate()
    this.market = new PaperMarket({
      seed: options.seed,
      slots: feed.slots.filter((slot) => !feed.unlisted.has(slot.id)),
      venue: {
        latencyMs: config.paper.latencyMs,
        takerDelayMs: config.paper.takerDelayMs,
        feeRatePpm: settings.feeRatePpm,
        minShares: settings.minShares,
        minStake: settings.minStake,
        reversalPpm: config.paper.reversalPpm,
      },
      settlementMeanSec: config.settlementMeanSec,
      feedDelayMs: config.paper.feedDelayMs,
      source: feed.settlement,
      minuteAt: (asset, openTime) => {
        const [minute] = this.engine.state.candles.get(asset, '1m').after(openTime - 1)
        return minute?.openTime === openTime ? minute : undefined
      },
    })
    const { clock } = options
    this.session = new Session({
      engine: this.engine,
      journal,
      market: this.market,
      gate: this.gate,
      clock,
      // Virtual time has no hurry, and a slow machine must not end a run.
      decisionDeadlineMs: config.decisionDeadlineMs * (this.virtual ? 10 : 1),
      virtual: this.virtual,
    })
    this.restore(before)
    this.hub = new DeskHub(this)
    const now = () => this.now()
    this.deployer = new Deployer({
      session: this.session,
      journal,
      clock,
      now,
      folder: options.home.strategies,
      apiFile: apiFile(),
      deadlineMs: config.decisionDeadlineMs,
      strategies: new Set(settings.assignments.values()),
      onDeployment: (row) => this.hub.onDeployment(row),
    })
    this.dispatcher = new Dispatcher({
      session: this.session,
      gate: this.gate,
      journal,
      deployer: this.deployer,
      clock,
      now,
      killFilePresent: () => existsSync(options.home.kill),
      onOutcome: () => this.hub.touch(),
    })
    this.session.onRecord = (record) => this.hub.onRecord(record)
    this.session.onPanic = (error) => this.panic(error)
    journal.onEvent = (row) => this.hub.onEvent(row)
  }

  get virtual(): boolean {
    return this.options.speed !== undefined
  }

  /** The desk's own time: virtual in a virtual run. */
  now(): UnixMs {
    if (this.virtual) return this.engine.state.now > 0 ? this.engine.state.now : this.feed.from
    return this.options.clock.now()
  }

  private restore(before: BotState | undefined): void {
    const { db } = this.journal
    const saved = readSavedDesk(db)
    restoreState(this.engine.state, saved)
    this.session.figures.cycles = saved.lastCycle
    if (saved.trading === 'killed') this.gate.shut(saved.tradingReason ?? 'killed before the restart', saved.flatten)
    for (const name of new Set(this.feed.slots.map((slot) => slot.asset))) {
      const fresh = this.feed.source?.history(name, this.feed.from, HISTORY_MINUTES) ?? []
      const minutes = fresh.length > 0 ? fresh : readMinutes(db, name, HISTORY_MINUTES)
      if (minutes.length === 0) continue
      this.engine.seedHistory(name, minutes)
      for (const candle of fresh) this.journal.append({ t: 'candle', asset: name, frame: '1m', candle })
      const closes = minutes.map((minute) => ({ ts: minute.openTime + 60_000, price: minute.close }))
      this.market.seedVolatility(name, closes)
    }
    // Simulated prices go on where they stopped and tell every end; a real feed has moved on.
    const told = this.feed.source === null ? this.options.clock.now() : 0
    if (before?.paper !== undefined) this.market.restore(before.paper, told)
    // Only where the prices go on from the snapshot is the forming candle still the same.
    for (const [name, frame, candle] of before?.prices === undefined ? [] : before.forming) {
      this.engine.state.candles.get(asset(name), frame).resume(candle)
    }
    const ts = this.now()
    if (saved.ledger.length === 0) this.session.deliver({ kind: 'deposit', ts, amount: usdOf(this.config.accountUsd) })
    // An in-process venue died with the desk: what it had not filled can never fill. It is asked, not guessed.
    for (const order of saved.orders) this.askVenue(order.id, order.state, ts)
    this.session.settle()
  }

  private askVenue(
    orderId: typeof this.engine.state.orders extends Map<infer K, unknown> ? K : never,
    state: string,
    ts: UnixMs,
  ): void {
    const tell = (report: Parameters<Session['deliver']>[0] & { kind: 'order' }) => this.session.deliver(report)
    const reason = 'the desk restarted and the paper venue knows nothing of it'
    if (state === 'signed') tell({ kind: 'order', ts, orderId, report: { type: 'submitted' } })
    if (state === 'intent') {
      tell({ kind: 'order', ts, orderId, report: { type: 'refused', reason: 'the desk stopped before it left' } })
    } else if (state === 'matched') tell({ kind: 'order', ts, orderId, report: { type: 'confirmed' } })
    else {
      if (state !== 'unknown') tell({ kind: 'order', ts, orderId, report: { type: 'unknown', reason } })
      tell({ kind: 'order', ts, orderId, report: { type: 'done', reason } })
    }
  }

  /** Resumes what was live from its stored bundle, or deploys what the files say where nothing ever was. */
  private async bringUpVersions(): Promise<void> {
    const { engine, options } = this
    for (const [strategy, hash] of engine.state.live) {
      const resumed = await this.resumeVersion(strategy, hash)
      if (!resumed.ok) {
        this.session.deliver({
          kind: 'fault',
          ts: this.now(),
          version: hash,
          slot: null,
          fatal: true,
          message: resumed.error,
        })
      }
      const onDisk = await this.deployer.hashOfFiles(strategy)
      if (onDisk !== hash)
        this.hub.say(
          'info',
          `${strategy}.ts is not what is live; it is a candidate: save it again, or reload, to deploy it`,
        )
    }
    const known = new Set(this.deployer.available())
    for (const strategy of new Set(engine.state.config.assignments.values())) {
      if (!known.has(strategy))
        this.hub.say('warn', `slots are assigned to ${strategy}, but there is no ${strategy}.ts: they trade nothing`)
    }
    const missing = this.deployer.available().filter((strategy) => !engine.state.live.has(strategy))
    const noticedAt = options.clock.monotonic()
    const begun = missing.map((strategy) =>
      this.deployer.deploy({ strategy, trigger: 'start', by: 'start', noticedAt }),
    )
    if (this.virtual) await this.session.runYieldJobsUntil(Promise.all(begun))
    else await Promise.all(begun)
  }

  private async resumeVersion(strategy: string, hash: VersionHash): Promise<Result<void>> {
    const stored = findVersion(this.journal.db, strategy, hash)
    if (stored === undefined) return err('its bundle is not in the journal')
    if (stored.state !== 'live') return ok(undefined)
    const worker = await VersionWorker.start(
      stored.bundle,
      stored.label,
      this.options.clock,
      this.config.decisionDeadlineMs,
    )
    if (!worker.ok)
      return err(
        `it does not load from its stored bundle: ${worker.error.kind === 'dead' ? worker.error.message : worker.error.failure.message}`,
      )
    this.session.host(hash, { worker: worker.value, strategy, sourceMap: stored.source_map })
    return this.firstStates(strategy, worker.value)
  }

  /** Gives the slots that a resumed version has no state for the one it starts with. */
  private async firstStates(strategy: string, worker: VersionWorker): Promise<Result<void>> {
    const missing = this.engine.strategyStates(strategy).filter(({ json }) => json === 'null')
    if (missing.length === 0) return ok(undefined)
    const fresh = missing.map(({ slot }) => ({ slot, json: null }))
    const states = await worker.migrate(fresh, '', this.config.decisionDeadlineMs)
    if (!states.ok) return err(`it has no state for ${missing.map(({ slot }) => slot).join(', ')}`)
    this.engine.adoptStates(states.value)
    return ok(undefined)
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
      session: this.session,
      source: this.feed.source,
      market: this.market,
      clock,
      until: this.feed.until,
      onCycle: (ts, lateMs) => {
        const { lateMs: late } = this.session.figures
        late.push(lateMs)
        if (late.length > LATE_KEPT) late.shift()
        this.afterCycle(ts)
      },
      onEnd: () => this.ended(),
    })
    this.feed.listen?.((event) => this.live?.onFeed(event))
    this.skipIdleTime()
    this.decideMissedWindows()
    await this.bringUpVersions()
    this.live.start()
  }

  /**
   * Simulated prices go on from where they stopped. After a long stop the windows that were open are played out and the
   * newest hour is played for the strategies' history; what lies between concerns nobody.
   */
  private skipIdleTime(): void {
    const { source, simulated } = this.feed
    const from = source?.peek()
    if (simulated === null || source === null || from === undefined) return
    const now = this.options.clock.now()
    if (now - from < 2 * PLAYED_MS) return
    pump(this.session, source, this.market, unixMs(from + PLAYED_MS))
    while ((source.peek() ?? now) < now - PLAYED_MS) source.next()
    this.session.settle()
  }

  /** Positions whose window ended while no desk ran and that nothing else will settle. */
  private decideMissedWindows(): void {
    const now = this.options.clock.now()
    for (const position of this.engine.state.positions.values()) {
      const slot = this.engine.state.slots.get(position.slot)?.slot
      const waiting = position.state === 'open' || position.state === 'ended'
      if (!waiting || slot === undefined || position.windowEnd > now || this.market.isDeciding(position.windowId))
        continue
      this.market.miss(slot, windowAt(slot, unixMs(position.windowEnd - 1)))
    }
  }

  private async startVirtual(): Promise<void> {
    const { source } = this.feed
    if (source === null) throw new Error('a feed that pushes cannot be played in virtual time')
    try {
      await runVirtual({
        session: this.session,
        source,
        market: this.market,
        clock: this.options.clock,
        from: this.feed.from,
        until: this.feed.until,
        speed: this.options.speed ?? null,
        stopped: () => this.stopping,
        onPrimed: () => this.bringUpVersions(),
        onCycle: (ts) => this.afterCycle(ts),
      })
    } catch (error) {
      this.panicked ??= error
    }
    this.ended()
  }

  private afterCycle(ts: UnixMs): void {
    this.hub.touch()
    if (ts - this.savedAt < SNAPSHOT_MS) return
    this.savedAt = ts
    this.saveSnapshot(ts)
  }

  private saveSnapshot(ts: UnixMs): void {
    for (const effect of this.engine.progress()) if (effect.kind === 'record') this.journal.append(effect.record)
    this.journal.flush(() =>
      this.journal.saveBotState(ts, botState(this.engine, this.market.snapshot(), this.feed.simulated?.snapshot())),
    )
  }

  private panic(error: unknown): void {
    if (this.panicked !== null) return
    this.panicked = error
    this.latchKill(error)
    void this.live?.stop()
    this.ended()
  }

  /** Whoever starts this desk again must do so knowingly: the kill is left where it cannot be overlooked. */
  private latchKill(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    try {
      writeFileSync(this.options.home.kill, `${reason}\n`)
      this.journal.append({ t: 'trading', state: 'killed', reason, until: null, flatten: false })
      this.journal.flush()
    } catch {
      // A disk that takes nothing: the process ends, and what it wrote before is what the next start finds.
    }
  }

  /** Leaves everything on disk and lets the home folder go. */
  async stop(): Promise<void> {
    if (this.stopping) return
    this.stopping = true
    await this.feed.stop()
    await this.live?.stop()
    if (this.virtual && this.begun) await this.done
    await this.session.stop()
    await this.deployer.idle()
    this.hub.stop()
    this.saveSnapshot(this.now())
    this.journal.close()
    this.lock.release()
    this.ended()
  }
}
