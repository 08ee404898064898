import { existsSync } from 'node:fs'
import { type FSWatcher, watch } from 'chokidar'
import { isUnsettleable, isUnsettled, isWorking } from '../../engine/state.ts'
import { ok, type Result } from '../../shared/domain/base.ts'
import { toDollars, toShares } from '../../shared/domain/money.ts'
import { isoUtc } from '../../shared/domain/time.ts'
import { BrowserSessions } from '../api/browser-sessions.ts'
import type { DeskPort } from '../api/desk-port.ts'
import { type RunningApi, startApi } from '../api/server.ts'
import { type ControlAck, ControlFiles } from '../control/control-files.ts'
import { readStatus, type StatusFile, StatusWriter } from '../control/status-file.ts'
import { acknowledgedSeq } from '../db/control.ts'
import { StrategyWatcher } from '../deploy/watcher.ts'
import { type DeskLog, openLog } from '../platform/log.ts'
import { newToken } from '../platform/system.ts'
import type { Desk } from './desk-life.ts'
import type { DeskOptions } from './desk-options.ts'
import { openDesk } from './start/assemble.ts'
import { readConfig, readToken } from './start/home.ts'

export interface StationOptions extends DeskOptions {
  /** Port of the API; undefined takes the configured one, 0 = none. */
  readonly port: number | undefined
}

/** A desk with its surroundings: control files, status file, API and the watcher of strategy files. */
export class Station {
  readonly desk: Desk
  /** What windows see of it. */
  readonly port: DeskPort
  readonly api: RunningApi | null
  /** Token of the desk's own window; it lives as long as this process. */
  readonly windowToken: string
  private readonly control: ControlFiles
  private readonly status: StatusWriter
  private readonly watcher: StrategyWatcher
  private configWatcher: FSWatcher | undefined
  private stopping = false
  /** How the previous desk of this home ended; null if unknown or if there was none. */
  readonly lastEnd: string | null
  private readonly log: DeskLog
  private ack: ControlAck
  /** When and why the desk ended; null while it runs. */
  private ended: StatusFile['ended'] = null

  static async open(options: StationOptions): Promise<Result<Station>> {
    const opened = await openDesk(options)
    if (!opened.ok) return opened
    const desk = opened.value
    const windowToken = newToken()
    const port = options.port ?? desk.config.port
    const remoteToken = readToken(options.home.tokenFile)
    const api =
      port === 0 && options.port !== undefined
        ? ok(null)
        : await startApi({
            desk: portOf(desk),
            sessions: new BrowserSessions(desk.journal, options.clock),
            port,
            windowToken,
            remoteToken,
          })
    if (!api.ok) {
      await desk.life.stop()
      return api
    }
    return ok(new Station(desk, api.value, windowToken))
  }

  private constructor(desk: Desk, api: RunningApi | null, windowToken: string) {
    this.desk = desk
    this.port = portOf(desk)
    this.api = api
    this.windowToken = windowToken
    const { home, clock } = desk.options
    const log = openLog(home.logs)
    this.log = log
    desk.journal.eventWritten.on(({ level, message, ...row }) => log.line[level](row, message))
    this.lastEnd = lastEndOf(readStatus(home.status))
    const acknowledged = acknowledgedSeq(desk.journal.db)
    this.ack = { seq: acknowledged, outcome: 'done' }
    this.status = new StatusWriter(
      home.status,
      clock,
      (revision) => this.compose(revision),
      () => desk.journal.caughtUp(),
      (message) => desk.events.add('warn', message),
    )
    this.control = new ControlFiles({
      controlPath: home.control,
      killPaths: [home.kill, home.killAll],
      clock,
      acknowledged,
      dispatch: (input, source) => desk.dispatcher.dispatch(input, source),
      isKilled: () => desk.gate.isShut,
      onBegin: (seq) => desk.journal.write({ w: 'controlSeq', seq }),
      onAck: (ack) => this.acknowledge(ack),
      onProblem: (message) => desk.events.add('warn', message),
    })
    this.watcher = new StrategyWatcher({
      folder: home.strategies,
      deployer: desk.deployer,
      clock,
      liveHash: (strategy) => desk.engine.state.live.get(strategy),
      deployOnSave: () => desk.config.deployOn === 'save',
      onFile: (path) => desk.hub.onFile(path),
      onCandidate: (strategy) =>
        desk.events.add(
          'info',
          `${strategy}.ts was saved as a candidate; it is proved now, and a reload makes it live`,
        ),
    })
  }

  /** Starts trading and listening. */
  async start(): Promise<void> {
    const { desk } = this
    if (this.lastEnd !== null && !desk.virtual) desk.events.add('info', this.lastEnd, 'last-end')
    this.compareWithStatus()
    desk.hub.changed.on((urgent) => this.status.changed(urgent && !desk.virtual))
    for (const file of desk.hub.files.list()) this.watcher.remember(file.path, file.hash)
    desk.hub.files.written.on((path) => this.watcher.notice(path, 'desk'))
    this.control.start()
    const watching = this.watcher.start()
    await desk.life.start()
    await watching
    if (this.stopping) return
    this.watchConfig()
    await this.status.write()
  }

  /** Logs a disagreement between the journal and the last status file; the journal is authoritative. */
  private compareWithStatus(): void {
    const before = readStatus(this.desk.options.home.status)
    if (before === undefined || this.desk.virtual) return
    const now = this.compose(0)
    const owners = (status: StatusFile) =>
      status.slots
        .flatMap((slot) => slot.positions.map(({ id, owner }) => `${id} ${owner}`))
        .toSorted()
        .join(', ')
    const differences = [
      before.trading === now.trading || before.holds.length > 0
        ? null
        : `trading was ${before.trading}, the journal says ${now.trading}`,
      JSON.stringify(before.versions) === JSON.stringify(now.versions) ? null : 'the live versions differ',
      owners(before) === owners(now) || now.slots.every((slot) => slot.positions.length === 0)
        ? null
        : 'positions or owners differ',
    ].filter((text) => text !== null)
    if (differences.length > 0)
      this.desk.events.add(
        'warn',
        `status.json and the journal disagreed at the start (${differences.join('; ')}); the journal holds`,
      )
  }

  private acknowledge(ack: ControlAck): void {
    this.ack = ack
    if (ack.seq !== null) this.desk.journal.write({ w: 'controlSeq', seq: ack.seq })
    this.status.changed(true)
  }

  /** A changed configuration takes effect at the next start; logs now whether it can be read. */
  private watchConfig(): void {
    const { config } = this.desk.options.home
    this.configWatcher = watch(config, {
      ignoreInitial: true,
      awaitWriteFinish: { stabilityThreshold: 60, pollInterval: 20 },
    })
    this.configWatcher.on('all', () => {
      if (!existsSync(config)) return
      const read = readConfig(config)
      if (read.ok) this.desk.events.add('info', 'config.json was changed; restart the desk to use it')
      else this.desk.events.add('warn', `${read.error}; the desk goes on with the configuration it started with`)
    })
  }

  private compose(revision: number): StatusFile {
    const { desk } = this
    const { state } = desk.engine
    const status = desk.hub.status()
    return {
      schema: 2,
      up: this.ended === null,
      ended: this.ended,
      pid: process.pid,
      revision,
      journalSeq: desk.journal.lastEventSeq,
      at: isoUtc(desk.now()),
      market: status.market,
      feed: status.feed,
      trading: status.trading,
      tradingReason: status.tradingReason,
      alerts: [...status.alerts],
      holds: [...state.holds].map(([about, reason]) => ({ about, reason })),
      clock: this.clockNow(),
      deploys: status.deploys,
      outages: status.outages.map(({ kind, strategy, version, slots, reason }) => ({
        kind,
        strategy,
        version: version?.label ?? null,
        slots: [...slots],
        reason,
      })),
      versions: Object.fromEntries(
        [...state.live].map(([strategy, hash]) => {
          const version = state.versions.get(hash)
          return [strategy, { version: hash, label: version?.label ?? hash, state: version?.state ?? 'unknown' }]
        }),
      ),
      slots: [...state.slots.values()].map((slot) => {
        const positions = [...state.positions.values()].filter((p) => p.slot === slot.id && isUnsettled(p))
        const orders = [...state.orders.values()].filter((order) => order.slot === slot.id && isWorking(order))
        return {
          slot: slot.id,
          status: slot.listed ? 'listed' : 'unlisted',
          window: slot.window?.id ?? '',
          positions: positions.map((position) => ({
            id: position.id,
            window: position.windowId,
            side: position.side,
            shares: toShares(position.shares),
            costUsd: toDollars(position.cost),
            owner: position.ownedBy,
            state: position.state,
            unsettleable: isUnsettleable(state, position),
          })),
          orders: orders.map((order) => ({
            id: order.id,
            window: order.windowId,
            kind: order.kind,
            side: order.side,
            owner: order.owner,
            state: order.state,
          })),
        }
      }),
      lastCycle: {
        count: status.cycle.count,
        at: status.cycle.at,
        ms: status.cycle.lastMs,
        missed: status.cycle.missed,
      },
      lastDeployment: desk.hub.lastDeployment,
      control: this.ack,
    }
  }

  private clockNow(): StatusFile['clock'] {
    const { desk } = this
    const { clock } = desk.options
    if (desk.virtual) return { follows: 'virtual', skewMs: 0 }
    return { follows: clock.followsVenue ? 'venue' : 'monotonic', skewMs: clock.skewMs }
  }

  /**
   * Stops listening, then trading, and leaves everything on disk.
   * @param reason why, for the status file, the log and the next start
   */
  async stop(reason = 'it was stopped'): Promise<void> {
    this.stopping = true
    await this.configWatcher?.close()
    await this.control.stop()
    await this.watcher.stop()
    await this.api?.close()
    await this.desk.life.stop()
    this.noteEnd(reason)
  }

  /** Records in the status file and the log that the desk is down; a later call replaces the reason. */
  noteEnd(reason: string): void {
    if (this.ended?.reason === reason) return
    this.ended = { at: isoUtc(this.desk.now()), reason }
    this.status.stop()
    this.log.line.info({ kind: 'end' }, `the desk is down: ${reason}`)
    this.log.flush()
  }
}

/** The desk as HTTP, sockets and windows see it. */
function portOf(desk: Desk): DeskPort {
  const { hub, dispatcher, journal, life } = desk
  return {
    db: journal.db,
    status: () => hub.status(),
    call: (name, input, source) => hub.call(name, input, source),
    subscribe: (listener) => hub.subscribe(listener),
    dispatch: (input, source) => dispatcher.dispatch(input, source),
    hasFailed: () => life.panicked !== null,
  }
}

/** How a desk ended, according to the status file it left. */
function lastEndOf(before: StatusFile | undefined): string | null {
  if (before === undefined) return null
  if (before.ended !== null) return `the desk before this one went down at ${before.ended.at}: ${before.ended.reason}`
  return `the desk before this one (process ${before.pid}) ended without a word, shortly after ${before.at}: killed, out of memory, or a power cut`
}
