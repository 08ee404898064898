import { expect } from 'vitest'
import type { EngineCommand } from '../../src/engine/commands.ts'
import type { EngineConfig } from '../../src/engine/config.ts'
import { Engine } from '../../src/engine/engine.ts'
import type { Swap } from '../../src/engine/events.ts'
import { restoreState } from '../../src/engine/restore.ts'
import { isWorking } from '../../src/engine/state.ts'
import { askVenue } from '../../src/main/app/resume.ts'
import { auditOpen } from '../../src/main/audit/audit.ts'
import { type Db, openDatabase } from '../../src/main/db/database.ts'
import { Journal } from '../../src/main/db/journal.ts'
import { readSavedDesk } from '../../src/main/db/restore.ts'
import type { DeploymentId, JournalRecord, Owner, VersionHash } from '../../src/shared/domain/records.ts'
import type { Slot } from '../../src/shared/domain/slots.ts'
import type { DeploymentRow } from '../../src/shared/ipc/contract.ts'
import { deploymentRow } from '../renderer/rows.ts'
import { EngineBench, MANIFEST } from './bench-engine.ts'

/** A version that was ever swapped in. */
interface Known {
  readonly hash: VersionHash
  readonly strategy: string
  readonly number: number
}

/**
 * Engine, simulated market and a real journal in one process, without threads: what a desk does, done at once. It can crash
 * between any two steps and come back from its journal alone.
 */
export class ModelDesk extends EngineBench {
  readonly db: Db
  readonly known: Known[] = []
  private readonly journal: Journal
  private readonly config: EngineConfig
  /** Owner of everything as the ledger of handoffs tells it. */
  private readonly owners = new Map<string, Owner>()
  /** Orders that left, and how often. */
  private readonly sent = new Map<string, number>()
  private readonly seen = new Map<string, string>()
  private commands = 0

  constructor(slots: readonly Slot[], seed: number, part: Partial<EngineConfig>) {
    super(slots, seed, part, 200_000)
    this.config = this.engine.state.config
    const opened = openDatabase(':memory:', false)
    if (!opened.ok) throw new Error(opened.error)
    this.db = opened.value
    this.journal = new Journal(this.db)
    for (const record of this.records.splice(0)) this.record(record)
    this.journal.flush()
  }

  protected override record(record: JournalRecord): void {
    // The first records come before there is a journal.
    if (this.journal === undefined) return super.record(record)
    this.journal.append(record)
    if (record.t === 'intent') this.owners.set(record.order.id, record.order.owner)
    if (record.t === 'position' && !this.owners.has(record.position.id))
      this.owners.set(record.position.id, record.position.ownedBy)
    if (record.t === 'order') {
      const { id, state } = record.order
      if (state === 'submitted' && this.seen.get(id) === 'signed') this.sent.set(id, (this.sent.get(id) ?? 0) + 1)
      this.seen.set(id, state)
    }
    if (record.t !== 'handoff') return
    const { subjectId, from, to } = record.handoff
    expect(this.owners.get(subjectId), `I1: who hands over ${subjectId}`).toBe(from)
    this.owners.set(subjectId, to)
  }

  protected override beforeSigning(): void {
    this.journal.flush()
  }

  /** Swaps a new version in, as a deployment does. */
  bring(strategy: string): VersionHash {
    const number = this.known.length + 1
    const hash = number.toString(16).padStart(64, '0') as VersionHash
    this.journal.storeVersion({
      hash,
      strategy,
      number,
      label: `${strategy} v${number}`,
      apiVersion: 1,
      manifest: JSON.stringify({ ...MANIFEST, name: strategy }),
      bundle: '',
      sourceMap: '',
      createdAt: this.now,
      sources: [],
    })
    const version = { hash, strategy, number }
    this.known.push(version)
    this.commit(version, 'deployment')
    return hash
  }

  /** Goes back to a version that was live before. */
  back(version: Known): void {
    if (this.engine.state.live.get(version.strategy) !== version.hash) this.commit(version, 'rollback')
  }

  private commit({ hash, strategy, number }: Known, reason: Swap['reason']): void {
    const deployment = `D-${++this.versions}` as DeploymentId
    const label = `${strategy} v${number}`
    const states = this.engine
      .strategyStates(strategy)
      .map(({ slot, revision }) => ({ slot, json: '{}', fromRevision: revision }))
    const swap: Swap = { deployment, reason, strategy, version: hash, label, manifest: MANIFEST, before: null, states }
    expect(this.engine.swapBar(swap), 'I4: nothing is in flight').toBeNull()
    this.deliver({ kind: 'swap', ts: this.now, swap })
    this.journal.flush(() => {
      const count = this.db.prepare('SELECT count(*) FROM handoffs WHERE deployment = ?').pluck().get(deployment)
      const ref = { hash, strategy, label, number }
      const row: Partial<DeploymentRow> = { strategy, version: ref, from: null, swappedAt: this.now }
      this.journal.saveDeployment(deploymentRow(deployment, { ...row, handoffs: Number(count) }), null)
    })
  }

  /** A person's command, journaled as the dispatcher does. */
  override command(command: EngineCommand): string | null {
    const bar = super.command(command)
    const outcome = { id: `C-${++this.commands}`, outcome: bar === null ? 'done' : 'refused', message: '' } as const
    this.journal.flush()
    this.journal.saveCommand(this.now, 'cli', command.kind, JSON.stringify(command), outcome)
    return bar
  }

  /**
   * The process ends between two instructions, and another begins with what is on disk.
   * @param loads whether a version's bundle loads again; where its very row is lost, `lost`
   */
  restart(loads: (version: Known) => 'loads' | 'fails' | 'lost'): void {
    // What was not flushed is gone: the last batch of records is not pending here because every step ends with a flush.
    for (const version of this.known)
      if (loads(version) === 'lost')
        this.db.prepare("UPDATE versions SET manifest = 'gone' WHERE hash = ?").run(version.hash)
    const saved = readSavedDesk(this.db)
    this.engine = new Engine(this.config)
    this.engine.state.now = this.now
    restoreState(this.engine.state, saved)
    this.gateShut = saved.trading === 'killed'
    const market = this.newMarket()
    market.restore(this.market.snapshot(), 0)
    this.market = market
    askVenue(this.engine, (orderId, report) => this.deliver({ kind: 'order', ts: this.now, orderId, report }))
    for (const { hash, state } of [...this.engine.state.versions.values()]) {
      const version = this.known.find((one) => one.hash === hash)
      if ((state !== 'live' && state !== 'draining') || version === undefined || loads(version) === 'loads') continue
      const message = 'it does not load from its stored bundle'
      this.deliver({ kind: 'fault', ts: this.now, version: hash, slot: null, fatal: true, message })
    }
    this.deliver({ kind: 'begin', ts: this.now })
    this.journal.flush()
  }

  /** I1–I3, I6 and I10, and the books of money, as they are in memory right now. */
  check(): void {
    this.journal.flush()
    const s = this.engine.state
    expect(s.ledger.balanced(), 'I10').toBe(true)
    const cost = [...s.positions.values()].reduce((sum, position) => sum + position.cost, 0)
    expect(cost, 'I10: cost of open positions').toBe(s.ledger.costOfOpen)
    const windows = new Map<string, number>()
    const count = (windowId: string) => windows.set(windowId, (windows.get(windowId) ?? 0) + 1)
    for (const position of s.positions.values()) {
      count(position.windowId)
      expect(this.owners.get(position.id), `I1: owner of ${position.id}`).toBe(position.ownedBy)
      if (position.state === 'open' || position.state === 'ended') this.checkOwner(position.ownedBy, position.id)
      this.checkTags(position, position.id)
    }
    for (const order of s.orders.values()) {
      expect(this.sent.get(order.id) ?? 0, `I3: ${order.id} leaves once`).toBeLessThanOrEqual(1)
      this.checkTags(order, order.id)
      if (!isWorking(order)) continue
      expect(this.owners.get(order.id), `I1: owner of ${order.id}`).toBe(order.owner)
      this.checkOwner(order.owner, order.id)
      if (order.kind === 'enter' && order.filledShares === 0) count(order.windowId)
      if (s.trading === 'killed') expect(order.owner, 'I5: late fills are the desk’s').toBe('desk')
    }
    for (const [windowId, entries] of windows) expect(entries, `I2: ${windowId}`).toBeLessThanOrEqual(1)
  }

  /** I1: the desk, or a version that can be asked; whatever is open in another's slot is managed aside. */
  private checkOwner(owner: Owner, what: string): void {
    if (owner === 'desk') return
    const version = this.engine.state.versions.get(owner)
    expect(['live', 'draining'], `I1: ${what} belongs to ${owner}`).toContain(version?.state)
    if (version?.state === 'draining') expect(this.engine.state.aside.has(owner), `I1: ${what} is managed`).toBe(true)
  }

  private checkTags(tags: { version: Owner; deployment: DeploymentId | null; regime: string }, what: string): void {
    expect(tags.deployment, `I6: deployment of ${what}`).not.toBeNull()
    expect(
      this.known.some(({ hash }) => hash === tags.version),
      `I6: version of ${what}`,
    ).toBe(true)
  }

  /** The database by itself, with code that shares nothing with the engine. */
  audit(): void {
    this.journal.flush()
    const report = auditOpen(this.db, 'model', [this.config.feeRatePpm])
    if (!report.ok) throw new Error(report.error)
    const findings = report.value.findings.filter(({ message }) => !message.includes("'gone'"))
    expect(findings).toEqual([])
  }
}
