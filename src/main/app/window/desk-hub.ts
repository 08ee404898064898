import { readFileSync } from 'node:fs'
import type { Disposer } from '../../../shared/domain/base.ts'
import type { CommandSource } from '../../../shared/domain/commands.ts'
import type { DeploymentRow } from '../../../shared/domain/deployments.ts'
import { reasonWithPlace } from '../../../shared/domain/deployments.ts'
import type { JournalRecord } from '../../../shared/domain/records.ts'
import type { TapeEntry } from '../../../shared/domain/replays.ts'
import { Signal } from '../../../shared/domain/signal.ts'
import type { Slot } from '../../../shared/domain/slots.ts'
import type { VersionRef } from '../../../shared/domain/versions.ts'
import type { CallHandlers, CallName, CallOutput, ParsedInput } from '../../../shared/ipc/calls.ts'
import type { DeskPush } from '../../../shared/ipc/connection.ts'
import type { DeskSnapshot, DeskStatus, SlotOutage, SlotRow } from '../../../shared/ipc/desk-view.ts'
import { versionRef } from '../../db/deployment-row.ts'
import { markOfRecord } from '../../db/marks.ts'
import {
  decisionDifferences,
  listDeployments,
  listEvents,
  listOrders,
  listTrades,
  listVersions,
  versionSources,
} from '../../db/queries.ts'
import { apiFile } from '../../platform/package-files.ts'
import { ChartSource } from './chart-source.ts'
import { StrategyFiles } from './files.ts'
import type { HubParts } from './hub-parts.ts'
import { outagesOf } from './outages.ts'
import { deskStatus, slotRow } from './projection.ts'
import { Replays } from './replays.ts'

/** Shortest interval between two pushes to windows, ms; changes in between are merged. */
const PUSH_MS = 100

function headOf(row: DeploymentRow) {
  const { id, strategy, state } = row
  return { id, strategy, state, reason: reasonWithPlace(row) }
}

/** Serves every window, over any transport: answers calls and pushes changes. */
export class DeskHub {
  readonly files: StrategyFiles
  readonly replays: Replays
  private readonly desk: HubParts
  private readonly charts: ChartSource
  private readonly subscriptions: readonly Disposer[]
  private readonly listeners = new Set<(push: DeskPush) => void>()
  private readonly refs = new Map<string, VersionRef>()
  private readonly shown = new Map<string, string>()
  private readonly startedAt: number
  private versionsChanged = false
  /** Lists that lack unreadable rows, as reported. */
  private readonly incomplete = new Set<string>()
  /** Outages at the moment the desk stopped; null while it runs. */
  private lastOutages: readonly SlotOutage[] | null = null
  /** The newest deployment; before the first of this process, the newest one in the journal. */
  lastDeployment: ReturnType<typeof headOf> | null
  private timer: (() => void) | undefined
  /** Something that the status file or the tray shows has changed; true where it must be shown at once. */
  readonly changed = new Signal<boolean>()

  constructor(desk: HubParts) {
    this.desk = desk
    this.charts = new ChartSource(desk)
    this.replays = new Replays(desk, (row) => this.push({ kind: 'replay', row }))
    this.files = new StrategyFiles(desk.options.home.strategies)
    this.startedAt = desk.options.clock.now()
    const [newest] = listDeployments(desk.journal.db, 1, this.leftOut('deployments'))
    this.lastDeployment = newest === undefined ? null : headOf(newest)
    const { loop, journal, deployer, dispatcher } = desk
    this.subscriptions = [
      loop.recorded.on((record) => this.onRecord(record)),
      journal.eventWritten.on((row) => this.push({ kind: 'event', row })),
      journal.listsChanged.on(() => this.onListsChanged()),
      deployer.changed.on((row) => this.onDeployment(row)),
      deployer.differed.on((found) => this.push({ kind: 'diff', ...found })),
      dispatcher.answered.on(() => this.touch()),
    ]
  }

  /** Subscribes a window; the disposer ends it. */
  subscribe(listener: (push: DeskPush) => void): () => void {
    this.listeners.add(listener)
    this.schedule()
    return () => {
      this.listeners.delete(listener)
    }
  }

  /** Answers one call of a window. Inputs were parsed by the transport. */
  async call<N extends CallName>(name: N, input: ParsedInput<N>, source: CommandSource): Promise<CallOutput<N>> {
    return this.handlers(source)[name](input)
  }

  private handlers(source: CommandSource): CallHandlers {
    const { journal } = this.desk
    return {
      'desk.snapshot': async () => {
        await journal.caughtUp()
        return this.snapshot()
      },
      'desk.command': (input) => this.desk.dispatcher.dispatch(input, source),
      'chart.get': ({ slot, frame }) => this.charts.chart(slot, frame),
      'trades.list': (filter) => listTrades(journal.db, filter),
      'orders.list': ({ limit }) => listOrders(journal.db, limit),
      'attribution.records': (input) => this.desk.books.ask('attribution.records', input),
      'attribution.compare': (input) => this.desk.books.ask('attribution.compare', input),
      'attribution.profit': (input) => this.desk.books.ask('attribution.profit', input),
      'attribution.gauge': (input) => this.desk.books.ask('attribution.gauge', input),
      'files.list': () => this.files.list(),
      'files.read': ({ path }) => this.files.read(path),
      'files.write': ({ path, text, baseHash }) => this.files.write(path, text, baseHash),
      'versions.source': ({ hash }) => {
        const version = this.refOf(hash)
        return version === null ? null : { version, files: versionSources(journal.db, hash) }
      },
      'proof.diff': ({ id }) => decisionDifferences(journal.db, id),
      'tapes.list': () => this.tapes(),
      'replay.start': (request) => this.replays.start(request),
      'replay.cancel': ({ id }) => ({ ok: this.replays.cancel(id) }),
      'replay.list': () => this.replays.list(),
      'replay.trades': ({ id }) => this.replays.trades(id),
      'replay.chart': (request) => this.replays.chart(request),
      'editor.types': () => ({ text: readFileSync(apiFile(), 'utf8') }),
    }
  }

  refOf(hash: string): VersionRef | null {
    const known = this.refs.get(hash)
    if (known !== undefined) return known
    const found = versionRef(this.desk.journal.db, hash)
    if (found !== null) this.refs.set(hash, found)
    return found
  }

  status(): DeskStatus {
    const { desk } = this
    const { figures } = desk.loop
    return deskStatus(
      desk.engine,
      {
        market: desk.feed.market,
        feed: desk.options.feed,
        notices: desk.feed.notices,
        cycle: {
          count: figures.cycles,
          lastMs: figures.lastCycleMs,
          missed: figures.missedCycles,
          at: figures.lastCycleAt,
        },
        speed: desk.options.speed === undefined ? 1 : desk.options.speed,
        startedAt: this.startedAt,
        homeFolder: desk.options.home.folder,
        outages: this.outages(),
      },
      desk.deployer.cooling(),
    )
  }

  slots(): SlotRow[] {
    const { engine, feed } = this.desk
    const parts = {
      engine,
      refOf: (hash: string) => this.refOf(hash),
      dataOf: (slot: Slot) => feed.data?.status(slot) ?? null,
    }
    return [...engine.state.slots.values()].map((slot) => slotRow(parts, slot))
  }

  snapshot(): DeskSnapshot {
    const { db } = this.desk.journal
    return {
      status: this.status(),
      slots: this.slots(),
      versions: listVersions(db, this.leftOut('versions')),
      deployments: listDeployments(db, 50, this.leftOut('deployments')),
      events: listEvents(db, 200, this.leftOut('events')),
    }
  }

  /** Reports once that a list lacks rows which cannot be read. */
  private leftOut(list: string): (reason: string) => void {
    return (reason) => {
      if (this.incomplete.has(list)) return
      this.incomplete.add(list)
      const message = `the list of ${list} lacks rows that cannot be read (${reason}): run "baton audit"`
      this.desk.events.add('error', message, 'alarm')
    }
  }

  private onRecord(record: JournalRecord): void {
    const urgent = record.t === 'position' || record.t === 'handoff' || record.t === 'trading' || record.t === 'live'
    if (urgent) this.changed.emit(true)
    if (this.listeners.size === 0) return
    const mark = markOfRecord(record, (hash) => this.refOf(hash))
    if (mark !== null) this.push({ kind: 'mark', ...mark })
    if (record.t === 'live' && record.version !== null) this.pushLine(record.strategy, record.version)
  }

  private pushLine(strategy: string, hash: string): void {
    const version = this.refOf(hash)
    if (version === null) return
    const slots = [...this.desk.engine.state.slots.values()]
      .filter((slot) => slot.strategy === strategy)
      .map((slot) => slot.id)
    this.push({ kind: 'line', slots, line: { ts: this.desk.now(), version } })
  }

  /** The journal changed what lists of versions show. */
  private onListsChanged(): void {
    this.versionsChanged = true
    this.schedule()
  }

  private onDeployment(row: DeploymentRow): void {
    this.lastDeployment = headOf(row)
    this.push({ kind: 'deployment', row })
    this.changed.emit(false)
  }

  /** What can be replayed. */
  tapes(): Promise<readonly TapeEntry[]> {
    return this.replays.tapes()
  }

  /** A strategy file was written or seen to change. */
  onFile(path: string): void {
    const file = this.files.read(path)
    if (file !== null) this.push({ kind: 'file', entry: { path, hash: file.hash, bytes: file.bytes } })
  }

  /** Something that windows show has changed. */
  touch(): void {
    this.changed.emit(false)
    this.schedule()
  }

  /** To be called while the journal can still be read; later calls are answered from what was read then. */
  stop(): void {
    this.timer?.()
    for (const dispose of this.subscriptions) dispose()
    this.listeners.clear()
    this.lastOutages = this.outages()
  }

  private outages(): readonly SlotOutage[] {
    const { engine, journal } = this.desk
    return this.lastOutages ?? outagesOf({ engine, db: journal.db, refOf: (hash) => this.refOf(hash) })
  }

  private push(push: DeskPush): void {
    for (const listener of this.listeners) listener(push)
  }

  private schedule(): void {
    if (this.timer !== undefined || this.listeners.size === 0) return
    this.timer = this.desk.options.clock.after(PUSH_MS, () => {
      this.timer = undefined
      this.tell()
      this.schedule()
    })
  }

  /** Pushes everything that changed since the last push. */
  private tell(): void {
    this.push({ kind: 'status', status: this.status() })
    const rows = this.slots().filter((row) => {
      const text = JSON.stringify(row)
      if (this.shown.get(row.slot) === text) return false
      this.shown.set(row.slot, text)
      return true
    })
    if (rows.length > 0) this.push({ kind: 'slots', rows })
    for (const push of this.charts.changed(rows)) this.push(push)
    if (!this.versionsChanged) return
    this.versionsChanged = false
    this.push({ kind: 'versions', rows: listVersions(this.desk.journal.db, this.leftOut('versions')) })
  }
}
