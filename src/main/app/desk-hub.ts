import { readFileSync } from 'node:fs'
import type { CommandSource } from '../../shared/domain/commands.ts'
import { type DeploymentRow, reasonWithPlace } from '../../shared/domain/deployments.ts'
import type { DeploymentId } from '../../shared/domain/ids.ts'
import type { DecisionDifference } from '../../shared/domain/proofs.ts'
import type { EventKind, JournalRecord } from '../../shared/domain/records.ts'
import type { TapeEntry } from '../../shared/domain/replays.ts'
import { frameMs, type SlotId } from '../../shared/domain/slots.ts'
import type { VersionRef } from '../../shared/domain/versions.ts'
import type { CallHandlers, CallName, CallOutput, ParsedInput } from '../../shared/ipc/calls.ts'
import type { CandleTuple, ChartData } from '../../shared/ipc/chart-view.ts'
import type { DeskPush } from '../../shared/ipc/connection.ts'
import type { DeskSnapshot, DeskStatus, EventRow, SlotOutage, SlotRow } from '../../shared/ipc/desk-view.ts'
import { versionRef } from '../db/deployment-row.ts'
import { chartMarks, deploymentLines, markOfRecord } from '../db/marks.ts'
import {
  decisionDifferences,
  listDeployments,
  listEvents,
  listOrders,
  listTrades,
  listVersions,
  versionSources,
} from '../db/queries.ts'
import type { DeskParts } from './desk-parts.ts'
import { StrategyFiles } from './files.ts'
import { apiFile } from './home.ts'
import { outagesOf } from './outages.ts'
import { deskStatus, slotRow } from './projection.ts'
import { Replays } from './replays.ts'

/** Windows are told at most this often; what changed in between is told once. */
const PUSH_MS = 100
const CHART_CANDLES = 360

function headOf(row: DeploymentRow) {
  const { id, strategy, state } = row
  return { id, strategy, state, reason: reasonWithPlace(row) }
}

/** What every window sees and may ask, whichever transport it came by. */
export class DeskHub {
  readonly files: StrategyFiles
  readonly replays: Replays
  private readonly desk: DeskParts
  private readonly listeners = new Set<(push: DeskPush) => void>()
  private readonly refs = new Map<string, VersionRef>()
  private readonly shown = new Map<string, string>()
  private readonly startedAt: number
  private versionsChanged = false
  /** As they were when the desk stopped; null while it runs. */
  private lastOutages: readonly SlotOutage[] | null = null
  /** The newest attempt of this process, as far as it has come; before the first, the newest one journaled. */
  lastDeployment: ReturnType<typeof headOf> | null
  private timer: (() => void) | undefined
  /** Told after every change of the desk: the status file and the tray listen here. */
  onChange: (urgent: boolean) => void = () => {}
  /** Told of every journaled event: the log file listens here. */
  onEventRow: (row: EventRow) => void = () => {}

  constructor(desk: DeskParts) {
    this.desk = desk
    this.replays = new Replays(desk, (row) => this.push({ kind: 'replay', row }))
    this.files = new StrategyFiles(desk.options.home.strategies)
    this.startedAt = desk.options.clock.now()
    const [newest] = listDeployments(desk.journal.db, 1)
    this.lastDeployment = newest === undefined ? null : headOf(newest)
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
      'chart.get': ({ slot, frame }) => this.chart(slot, frame),
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
    const parts = { engine: this.desk.engine, refOf: (hash: string) => this.refOf(hash) }
    return [...this.desk.engine.state.slots.values()].map((slot) => slotRow(parts, slot))
  }

  snapshot(): DeskSnapshot {
    const { db } = this.desk.journal
    return {
      status: this.status(),
      slots: this.slots(),
      versions: listVersions(db),
      deployments: listDeployments(db, 50),
      events: listEvents(db, 200),
    }
  }

  private chart(slot: SlotId, frame: ChartData['frame']): ChartData {
    const { engine, journal } = this.desk
    const state = engine.state.slots.get(slot)
    if (state === undefined) return { slot, frame, candles: [], marks: [], lines: [] }
    const { candles: all } = state.asset
    const series = all[frame]
    const current = all.current(frame)
    const candles: CandleTuple[] = [...series.newest(CHART_CANDLES), ...(current === undefined ? [] : [current])].map(
      (c) => [c.openTime, c.open, c.high, c.low, c.close, c.volume],
    )
    const since = candles[0]?.[0] ?? 0
    return {
      slot,
      frame,
      candles,
      marks: chartMarks(journal.db, slot, since),
      lines: state.strategy === null ? [] : deploymentLines(journal.db, state.strategy, since),
    }
  }

  onRecord(record: JournalRecord): void {
    const urgent = record.t === 'position' || record.t === 'handoff' || record.t === 'trading' || record.t === 'live'
    if (urgent) this.onChange(true)
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
      .map((slot) => slot.slot.id)
    this.push({ kind: 'line', slots, line: { ts: this.desk.now(), version } })
  }

  onEvent(row: EventRow): void {
    this.onEventRow(row)
    this.push({ kind: 'event', row })
  }

  /** What lists of versions show has been written. */
  onListsChanged(): void {
    this.versionsChanged = true
    this.schedule()
  }

  onDeployment(row: DeploymentRow): void {
    this.lastDeployment = headOf(row)
    this.push({ kind: 'deployment', row })
    this.onChange(false)
  }

  /** What can be replayed. */
  tapes(): Promise<readonly TapeEntry[]> {
    return this.replays.tapes()
  }

  /** Found while a proof runs. */
  onDifferences(deployment: DeploymentId, items: readonly DecisionDifference[]): void {
    this.push({ kind: 'diff', deployment, items })
  }

  /** Journals and shows something that concerns the desk as a whole. Never throws: timers and watchers have words, too. */
  say(level: EventRow['level'], message: string, kind: EventKind = 'desk'): void {
    this.desk.journal.append({
      t: 'event',
      event: {
        ts: this.desk.now(),
        level,
        kind,
        slot: null,
        version: null,
        deployment: null,
        regime: null,
        market: this.desk.engine.state.config.market,
        message,
        detail: null,
      },
    })
    this.desk.loop.settle()
  }

  /** A strategy file was written or seen to change. */
  onFile(path: string): void {
    const file = this.files.read(path)
    if (file !== null) this.push({ kind: 'file', entry: { path, hash: file.hash, bytes: file.bytes } })
  }

  /** Something that windows show has changed. */
  touch(): void {
    this.onChange(false)
    this.schedule()
  }

  /** To be called while the journal can still be read: what is asked later is answered with what was then. */
  stop(): void {
    this.timer?.()
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

  /** Tells every window what changed since the last time. */
  private tell(): void {
    this.push({ kind: 'status', status: this.status() })
    const rows = this.slots().filter((row) => {
      const text = JSON.stringify(row)
      if (this.shown.get(row.slot) === text) return false
      this.shown.set(row.slot, text)
      return true
    })
    if (rows.length > 0) this.push({ kind: 'slots', rows })
    this.pushCandles(rows)
    if (!this.versionsChanged) return
    this.versionsChanged = false
    this.push({ kind: 'versions', rows: listVersions(this.desk.journal.db) })
  }

  private pushCandles(rows: readonly SlotRow[]): void {
    for (const row of new Map(rows.map((changed) => [changed.asset, changed])).values()) {
      const slot = this.desk.engine.state.slots.get(row.slot)
      if (slot === undefined) continue
      for (const frame of ['1m', '5m', '15m'] as const) {
        const { candles } = slot.asset
        const c = candles.current(frame)
        const closed = candles[frame].ago(0)
        const fresh =
          closed !== undefined &&
          c !== undefined &&
          c.openTime - closed.openTime === frameMs(frame) &&
          this.justClosed(row.asset, frame, closed.openTime)
        for (const candle of fresh ? [closed, c] : [c]) {
          if (candle === undefined) continue
          this.push({
            kind: 'candle',
            asset: row.asset,
            frame,
            candle: [candle.openTime, candle.open, candle.high, candle.low, candle.close, candle.volume],
          })
        }
      }
    }
  }

  private readonly closedTold = new Map<string, number>()

  /** The final form of a candle is told once. */
  private justClosed(asset: string, frame: string, openTime: number): boolean {
    const key = `${asset}:${frame}`
    if (this.closedTold.get(key) === openTime) return false
    this.closedTold.set(key, openTime)
    return true
  }
}
