import { expect } from 'vitest'
import type { EngineConfig } from '../../src/engine/config.ts'
import { Engine } from '../../src/engine/engine.ts'
import type { Swap } from '../../src/engine/events.ts'
import { DEFAULT_MATCHER } from '../../src/engine/market/matcher.ts'
import { restoreState } from '../../src/engine/restore.ts'
import { isWorking } from '../../src/engine/state.ts'
import { openItems, reconcile } from '../../src/engine/venue/reconcile.ts'
import { auditOpen } from '../../src/main/audit/audit.ts'
import { openDatabase } from '../../src/main/db/database.ts'
import type { WritableDb } from '../../src/main/db/db.ts'
import type { JournalWrite } from '../../src/main/db/journal-write.ts'
import { JournalWriter } from '../../src/main/db/journal-writer.ts'
import { listVersions } from '../../src/main/db/queries.ts'
import { readSavedDesk } from '../../src/main/db/restore.ts'
import { readTrades, TradeBook } from '../../src/main/db/trades.ts'
import type { CommandInput, Refusal } from '../../src/shared/domain/commands.ts'
import type { DeploymentRow } from '../../src/shared/domain/deployments.ts'
import type { DeploymentId, Owner, VersionHash } from '../../src/shared/domain/ids.ts'
import type { JournalRecord } from '../../src/shared/domain/records.ts'
import type { Slot } from '../../src/shared/domain/slots.ts'
import { plusMs } from '../../src/shared/domain/time.ts'
import type { SettledTrade } from '../../src/shared/domain/trade.ts'
import { deploymentRow } from '../renderer/rows.ts'
import { EngineBench, MANIFEST } from './bench-engine.ts'

/** A version that was ever swapped in. */
interface Known {
  readonly hash: VersionHash
  readonly strategy: string
  readonly number: number
}

/**
 * Engine, simulated venue and a real journal in one process, without threads. It can crash between any two steps and restart
 * from its journal.
 */
export class ModelDesk extends EngineBench {
  readonly db: WritableDb
  readonly known: Known[] = []
  private readonly writer: JournalWriter
  private pending: JournalWrite[] = []
  private readonly config: EngineConfig
  /** Owners according to the handoff ledger. */
  private readonly owners = new Map<string, Owner>()
  /** How often each order was sent. */
  private readonly sent = new Map<string, number>()
  private readonly seen = new Map<string, string>()
  private commands = 0

  constructor(
    slots: readonly Slot[],
    seed: number,
    part: Partial<EngineConfig>,
    makeVenue?: ConstructorParameters<typeof EngineBench>[4],
  ) {
    super(slots, seed, part, 200_000, makeVenue)
    this.config = this.engine.state.config
    const opened = openDatabase(':memory:', false)
    if (!opened.ok) throw new Error(opened.error)
    this.db = opened.value
    this.writer = new JournalWriter(this.db)
    for (const record of this.records.splice(0)) this.record(record)
    this.flush()
  }

  protected override record(record: JournalRecord): void {
    // The first records precede the journal.
    if (this.writer === undefined) return super.record(record)
    this.pending.push({ w: 'record', record })
    if (record.t === 'intent') this.owners.set(record.order.id, record.order.owner)
    if (record.t === 'position' && !this.owners.has(record.position.id))
      this.owners.set(record.position.id, record.position.ownedBy)
    if (record.t === 'order') {
      const { id, state } = record.order
      if (state === 'sent' && this.seen.get(id) === 'signed') this.sent.set(id, (this.sent.get(id) ?? 0) + 1)
      this.seen.set(id, state)
    }
    if (record.t !== 'handoff') return
    const { subjectId, from, to } = record.handoff
    expect(this.owners.get(subjectId), `I1: who hands over ${subjectId}`).toBe(from)
    this.owners.set(subjectId, to)
  }

  protected override beforeSigning(): void {
    this.flush()
  }

  /** Commits everything so far, and these records, in one transaction. */
  private flush(...also: readonly JournalWrite[]): void {
    this.writer.commit([...this.pending.splice(0), ...also])
  }

  /** Swaps a new version in, as a deployment does; not possible beside a canary. */
  bring(strategy: string): VersionHash | undefined {
    if (this.engine.state.canaries.has(strategy)) {
      const refusal = this.engine.swapRefusal(this.swapFor(this.nameNext(strategy), 'deployment'))
      expect(refusal, 'I4').toEqual({ code: 'has-canary', strategy })
      return undefined
    }
    const version = this.store(strategy)
    this.commit(version, this.swapFor(version, 'deployment'))
    return version.hash
  }

  private nameNext(strategy: string): Known {
    const number = this.known.length + 1
    return { hash: number.toString(16).padStart(64, '0') as VersionHash, strategy, number }
  }

  private store(strategy: string): Known {
    const version = this.nameNext(strategy)
    const { hash, number } = version
    const stored = {
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
    }
    this.flush({ w: 'version', version: stored })
    this.known.push(version)
    return version
  }

  /** Rolls back to an earlier version, after dismissing a canary. */
  back(version: Known): void {
    this.dismiss(version.strategy)
    if (this.engine.state.live.get(version.strategy) !== version.hash)
      this.commit(version, this.swapFor(version, 'rollback'))
  }

  /** Starts a canary with some of a strategy's slots and a part of the stake. */
  tryOut(strategy: string, count: number, stakePpm: number): void {
    const own = this.engine.strategyStates(strategy).map(({ slot }) => slot)
    const slots = own.slice(0, 1 + (count % Math.max(1, own.length)))
    const swap = this.swapFor(this.nameNext(strategy), 'deployment')
    if (this.engine.canaryRefusal({ swap, slots, stakePpm }) !== null) return
    const version = this.store(strategy)
    this.deliver({ kind: 'canary', ts: this.now, start: { swap, slots, stakePpm } })
    this.saveDeployment(version, swap.deployment)
  }

  promoteCanary(strategy: string): void {
    const canary = this.engine.state.canaries.get(strategy)
    const version = this.known.find(({ hash }) => hash === canary?.version)
    if (canary === undefined || version === undefined) return
    const { states, ...rest } = this.swapFor(version, 'deployment')
    const lent = new Set(this.engine.strategyStates(strategy).flatMap((slot) => (slot.lent ? [slot.slot] : [])))
    const own = states.filter(({ slot }) => !lent.has(slot))
    this.commit(version, { ...rest, deployment: canary.deployment, states: own })
  }

  dismiss(strategy: string): void {
    if (!this.engine.state.canaries.has(strategy)) return
    this.deliver({ kind: 'endCanary', ts: this.now, strategy, why: 'test' })
  }

  private swapFor({ hash, strategy, number }: Known, reason: Swap['reason']): Swap {
    const deployment = `D-${++this.versions}` as DeploymentId
    const label = `${strategy} v${number}`
    const states = this.engine
      .strategyStates(strategy)
      .map(({ slot, revision }) => ({ slot, json: '{}', fromRevision: revision }))
    return { deployment, reason, strategy, version: hash, label, manifest: MANIFEST, before: null, states }
  }

  private commit(version: Known, swap: Swap): void {
    expect(this.engine.swapRefusal(swap), 'I4: nothing is in flight').toBeNull()
    this.deliver({ kind: 'swap', ts: this.now, swap })
    this.saveDeployment(version, swap.deployment)
  }

  private saveDeployment({ hash, strategy, number }: Known, deployment: DeploymentId): void {
    const label = `${strategy} v${number}`
    this.flush()
    const count = this.db.prepare('SELECT count(*) FROM handoffs WHERE deployment = ?').pluck().get(deployment)
    const ref = { hash, strategy, label, number }
    const row: Partial<DeploymentRow> = { strategy, version: ref, from: null, swappedAt: this.now }
    const saved = deploymentRow(deployment, { ...row, handoffs: Number(count) })
    this.flush({ w: 'deployment', row: saved, outgoingStates: null })
  }

  /** Stops the process for a while; the venue's events in that time are lost. @returns their number */
  away(ms: number): number {
    const deliver = this.deliver
    let unheard = 0
    this.deliver = (event) => {
      if (event.kind !== 'order' && event.kind !== 'fill' && event.kind !== 'redeemed') return deliver.call(this, event)
      unheard++
      return []
    }
    this.pump(plusMs(this.now, ms))
    this.deliver = deliver
    this.flush()
    this.restart(() => 'loads')
    return unheard
  }

  /** Applies and journals a command, as the dispatcher does. */
  override command(command: CommandInput): Refusal | null {
    const refusal = super.command(command)
    const outcome = {
      id: `C-${++this.commands}`,
      outcome: refusal === null ? 'done' : 'refused',
      code: refusal?.code ?? null,
      message: '',
    } as const
    const { kind } = command
    this.flush({ w: 'command', ts: this.now, source: 'cli', kind, body: JSON.stringify(command), outcome })
    return refusal
  }

  /** Drops the prices of a period. */
  silence(ms: number): void {
    const until = this.now + ms
    while ((this.source.peek() ?? until) < until) this.source.next()
    this.pump(plusMs(this.now, ms))
  }

  /**
   * Crashes between two instructions and restarts from disk.
   * @param loads whether a version's bundle loads again; `lost` if even its row is missing
   */
  restart(loads: (version: Known) => 'loads' | 'fails' | 'lost'): void {
    // Unflushed records are lost; there are none, because every step ends with a flush.
    for (const version of this.known)
      if (loads(version) === 'lost')
        this.db.prepare("UPDATE versions SET manifest = 'gone' WHERE hash = ?").run(version.hash)
    const saved = readSavedDesk(this.db)
    this.goOnWith(new Engine(this.config))
    this.engine.state.now = this.now
    restoreState(this.engine.state, saved)
    this.gate.open()
    if (saved.trading === 'killed') this.gate.shut('killed before the restart', saved.flatten)
    const market = this.newMarket()
    market.restore(this.market.save(), 0)
    this.market = market
    const { state } = this.engine
    const { capabilities } = market
    const items = openItems(state, capabilities)
    for (const event of reconcile(state, items, market.snapshot(items.orders, items.fills), capabilities, this.now))
      this.deliver(event)
    for (const { hash, state } of [...this.engine.state.versions.values()]) {
      const version = this.known.find((one) => one.hash === hash)
      if (
        (state !== 'live' && state !== 'canary' && state !== 'draining') ||
        version === undefined ||
        loads(version) === 'loads'
      )
        continue
      const message = 'it does not load from its stored bundle'
      this.deliver({ kind: 'fault', ts: this.now, version: hash, slot: null, fatal: true, message })
    }
    this.deliver({ kind: 'begin', ts: this.now })
    this.flush()
  }

  /** Checks I1–I3, I6, I10 and the account in memory. */
  check(): void {
    this.flush()
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
    this.checkCanaries()
    for (const [windowId, entries] of windows) expect(entries, `I2: ${windowId}`).toBeLessThanOrEqual(1)
  }

  /** A canary has a live version beside it, trades slots of its strategy, and is in the journal. */
  private checkCanaries(): void {
    const s = this.engine.state
    for (const slot of s.slots.values())
      if (slot.canary) expect(s.canaries.has(slot.strategy ?? ''), `${slot.id} has its canary`).toBe(true)
    for (const [strategy, { version }] of s.canaries) {
      expect(s.versions.get(version)?.state, `canary of ${strategy}`).toBe('canary')
      expect(s.live.has(strategy), `${strategy} is live beside its canary`).toBe(true)
    }
    const lent = (strategy: string) =>
      [...s.slots.values()].filter((slot) => slot.canary && slot.strategy === strategy).map(({ slot }) => slot.id)
    const saved = readSavedDesk(this.db).canaries.map(({ strategy, version, slots }) => [strategy, version, slots])
    expect(saved.sort()).toEqual([...s.canaries].map(([of, { version }]) => [of, version, lent(of)]).sort())
  }

  /** I1: every owner is the desk or a version that is evaluated; in other slots it is a residual version. */
  private checkOwner(owner: Owner, what: string): void {
    if (owner === 'desk') return
    const version = this.engine.state.versions.get(owner)
    expect(['live', 'canary', 'draining'], `I1: ${what} belongs to ${owner}`).toContain(version?.state)
    if (version?.state === 'draining')
      expect(this.engine.state.residual.has(owner), `I1: ${what} is managed`).toBe(true)
  }

  private checkTags(tags: { version: Owner; deployment: DeploymentId | null; regime: string }, what: string): void {
    expect(tags.deployment, `I6: deployment of ${what}`).not.toBeNull()
    expect(
      this.known.some(({ hash }) => hash === tags.version),
      `I6: version of ${what}`,
    ).toBe(true)
  }

  /** Every settled trade is stored, its parts add up to its profit, and the rebuilt table is equal. */
  private checkTrades(): void {
    const kept = [...readTrades(this.db)].map(({ trade }) => trade)
    for (const { position, pnl, parts, openedBy, settledUnder } of kept) {
      if (parts === null) expect(settledUnder, `${position} never changed its owner`).toBe(openedBy)
      else {
        expect(
          parts.reduce((sum, part) => sum + part.pnl, 0),
          `parts of ${position}`,
        ).toBe(pnl)
        expect([parts[0]?.owner, parts.at(-1)?.owner]).toEqual([openedBy, settledUnder])
      }
    }
    const versions = listVersions(this.db)
    const byVersion = Map.groupBy(kept, (trade) => trade.openedBy)
    for (const { hash, trades, pnl } of versions) {
      const own = byVersion.get(hash as never) ?? []
      expect([own.length, own.reduce((sum, trade) => sum + trade.pnl, 0)], `trades of ${hash}`).toEqual([trades, pnl])
    }
    expect(new TradeBook(this.db).rebuild()).toBe(kept.length)
    const order = (trades: readonly SettledTrade[]) => trades.toSorted((a, b) => (a.position < b.position ? -1 : 1))
    expect(order([...readTrades(this.db)].map(({ trade }) => trade))).toEqual(order(kept))
  }

  /** Audits the database, with code independent of the engine. */
  audit(): void {
    this.flush()
    const report = auditOpen(this.db, 'model', [DEFAULT_MATCHER.feeRatePpm])
    if (!report.ok) throw new Error(report.error)
    this.checkTrades()
    const findings = report.value.findings.filter(({ message }) => !message.includes("'gone'"))
    expect(findings).toEqual([])
  }
}
