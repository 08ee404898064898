import { isEngineCommand } from '../../src/engine/commands/commands.ts'
import type { EngineConfig } from '../../src/engine/config.ts'
import { Engine } from '../../src/engine/engine.ts'
import type { Effect, EngineEvent, Swap } from '../../src/engine/events.ts'
import { DEFAULT_MATCHER } from '../../src/engine/market/matcher.ts'
import { SimPrices } from '../../src/engine/market/sim-prices.ts'
import {
  SimulatedVenue,
  type SimulatedVenueSettings,
  simulatedListing,
} from '../../src/engine/market/simulated-venue.ts'
import type { View } from '../../src/engine/strategy-api/baton.ts'
import { overdueItems, reconcile } from '../../src/engine/venue/reconcile.ts'
import type { SlotDecision, StrategyManifest } from '../../src/engine/views/view-types.ts'
import { sha256 } from '../../src/main/platform/system.ts'
import { Gate } from '../../src/main/runtime/gate.ts'
import { Outbox } from '../../src/main/runtime/outbox.ts'
import { Runtime, type RuntimeRecorder } from '../../src/main/runtime/runtime.ts'
import type { Refusal } from '../../src/shared/domain/commands.ts'
import { type CommandInput, commandSchema } from '../../src/shared/domain/commands.ts'
import type { DeploymentId, Owner, VersionHash } from '../../src/shared/domain/ids.ts'
import { usdOf } from '../../src/shared/domain/money.ts'
import type { EventCause, EventKind, JournalRecord } from '../../src/shared/domain/records.ts'
import { asset, makeSlot, type Slot, type SlotId } from '../../src/shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../../src/shared/domain/time.ts'
import { asView } from './views.ts'

export const START = unixMs(Date.UTC(2026, 0, 5))

export function testConfig(slots: readonly Slot[], part: Partial<EngineConfig> = {}): EngineConfig {
  return {
    idPrefix: '',
    market: 'simulated',
    slots,
    listings: new Map(slots.map(({ id }) => [id, simulatedListing(id, DEFAULT_MATCHER)])),
    assignments: new Map(slots.map((slot) => [slot.id, 'alpha'])),
    caps: {
      stakePerOrder: usdOf(10),
      exposurePerWindow: usdOf(12),
      exposurePerAsset: usdOf(24),
      exposurePerAccount: usdOf(40),
      ordersPerMinute: 40,
      lossPerDay: usdOf(200),
    },
    stalePriceMs: 10_000,
    faultsInRow: 3,
    freezeDrawdown: usdOf(10_000),
    handover: {},
    unsettledAfterMs: 900_000,
    settlementMeanSec: 60,
    fateSettlesMs: 0,
    redeemsItself: true,
    officialStrikes: false,
    ...part,
  }
}

export const MANIFEST: StrategyManifest = {
  name: 'alpha',
  params: {},
  history: { '1m': 0, '5m': 0, '15m': 0 },
  wake: [],
  hasMigrate: false,
  hasMigrateBack: false,
}

const rethrow = (error: unknown): never => {
  throw error
}

type Decide = (view: View) => Omit<SlotDecision, 'slot'>

/** The engine and the simulated venue with a synchronous runtime, without threads or disk. */
export class EngineBench {
  engine: Engine
  market: SimulatedVenue
  readonly source: SimPrices
  readonly records: JournalRecord[] = []
  private recorder: RuntimeRecorder | null = null
  readonly gate = new Gate()
  private runtime: Runtime
  now: UnixMs = START
  protected cycles = 0
  protected versions = 0

  constructor(
    slots: readonly Slot[],
    seed: number,
    part: Partial<EngineConfig> = {},
    reversalPpm = 0,
    makeVenue: (settings: SimulatedVenueSettings) => SimulatedVenue = (settings) => new SimulatedVenue(settings),
  ) {
    this.engine = new Engine(testConfig(slots, part))
    this.source = new SimPrices([...new Set(slots.map((slot) => slot.asset))], seed, START)
    const venue = { ...DEFAULT_MATCHER, reversalPpm }
    this.newMarket = () =>
      makeVenue({
        seed,
        slots,
        venue,
        settlementMeanSec: 60,
        feedDelayMs: 500,
        minuteAt: () => undefined,
        source: 'simulated',
        pushesBooks: true,
      })
    this.market = this.newMarket()
    this.runtime = this.newRuntime()
    this.deliver({ kind: 'deposit', ts: START, amount: usdOf(1_000) })
  }

  deliver(event: EngineEvent): readonly Effect[] {
    return this.runtime.dispatch(event)
  }

  protected readonly newMarket: () => SimulatedVenue

  /** The current venue; a restart replaces it. */
  private newRuntime(): Runtime {
    const outbox = new Outbox({
      gate: this.gate,
      submit: (order, ts) => this.market.submit(order, ts),
      durable: () => {
        this.beforeSigning()
        return undefined
      },
      sign: (order) => sha256(order.id),
      report: (orderId, report, ts) => this.deliver({ kind: 'order', ts, orderId, report }),
      isSent: (orderId) => this.engine.state.orders.get(orderId)?.state === 'sent',
      timeOf: (requestedAt) => requestedAt,
      stopwatch: () => () => 0,
      refusal: () => null,
      onBatchSent: () => {},
    })
    return new Runtime(
      this.engine,
      {
        record: (record) => this.record(record),
        evaluate: () => {},
        place: (orders, ts) => outbox.place(orders, ts, rethrow),
        cancel: (orderId, ts) => this.market.cancel(orderId, ts),
        redeem: (windowId, ts) => this.market.redeem(windowId, ts),
      },
      this.recorder,
    )
  }

  /** Records everything from now on. */
  recordTo(recorder: RuntimeRecorder): void {
    this.recorder = recorder
    this.runtime = this.newRuntime()
  }

  /** Continues with another engine, as after a restart. */
  protected goOnWith(engine: Engine): void {
    this.engine = engine
    this.runtime = this.newRuntime()
  }

  protected record(record: JournalRecord): void {
    this.records.push(record)
  }

  /** I3: hook for benches that keep a journal, to make it durable. */
  protected beforeSigning(): void {}

  /** Processes all events up to and including `ts`. */
  pump(ts: UnixMs): void {
    for (;;) {
      const tickAt = this.source.peek() ?? Number.POSITIVE_INFINITY
      const marketAt = this.market.peek() ?? Number.POSITIVE_INFINITY
      if (Math.min(tickAt, marketAt) > ts) break
      if (tickAt <= marketAt) {
        const tick = this.source.next()
        if (tick !== undefined) this.market.relay(tick)
      } else {
        const event = this.market.pop()
        if (event !== undefined) this.deliver(event)
      }
    }
    this.now = ts
  }

  /** Runs one cycle now, answered at once unless `answer` is false. */
  cycle(decide: Decide, answer = true): Extract<Effect, { kind: 'evaluate' }>[] {
    const effects = this.deliver({ kind: 'cycle', ts: this.now, count: ++this.cycles, slots: null })
    const asked = effects.filter((effect) => effect.kind === 'evaluate')
    if (answer) for (const evaluation of asked) this.answer(evaluation, decide)
    this.askOverdue()
    return asked
  }

  /** Queries overdue orders, as a desk does after each cycle. */
  private askOverdue(): void {
    const { market, now } = this
    const { state } = this.engine
    const items = overdueItems(state, market.capabilities, now)
    if (items.orders.length + items.fills.length === 0) return
    const snapshot = market.snapshot(items.orders, items.fills)
    for (const event of reconcile(state, items, snapshot, market.capabilities, now)) this.deliver(event)
  }

  answer(evaluation: Extract<Effect, { kind: 'evaluate' }>, decide: Decide): readonly Effect[] {
    const { version, epoch, cycle, views } = evaluation
    const decisions = views.map((view) => ({ slot: view.slot, ...decide(asView(view)) }))
    return this.deliver({ kind: 'decisions', ts: this.now, version, epoch, cycle, decisions, clean: true })
  }

  /** Swaps a new version in; the hash names how many came before. */
  swap(strategy = 'alpha', manifest = MANIFEST, json = '{}'): VersionHash {
    const version = `${++this.versions}`.padStart(64, '0') as VersionHash
    this.deliver({ kind: 'swap', ts: this.now, swap: this.swapOf(strategy, version, manifest, json) })
    return version
  }

  /** Starts a canary. */
  canary(strategy: string, of: readonly string[], stakePpm: number, json = '{}'): VersionHash {
    const version = `${++this.versions}`.padStart(64, '0') as VersionHash
    const swap = this.swapOf(strategy, version, MANIFEST, json)
    this.deliver({ kind: 'canary', ts: this.now, start: { swap, slots: of as readonly SlotId[], stakePpm } })
    return version
  }

  /** Promotes a strategy's canary. */
  promote(strategy: string, json = '{}'): void {
    const canary = this.engine.state.canaries.get(strategy)
    if (canary === undefined) throw new Error('there is no canary')
    const { states, ...rest } = this.swapOf(strategy, canary.version, MANIFEST, json)
    const lent = new Set(this.engine.strategyStates(strategy).flatMap((slot) => (slot.lent ? [slot.slot] : [])))
    const swap = { ...rest, states: states.filter(({ slot }) => !lent.has(slot)) }
    this.deliver({ kind: 'swap', ts: this.now, swap })
  }

  private swapOf(strategy: string, version: VersionHash, manifest: typeof MANIFEST, json: string): Swap {
    const states = this.engine
      .strategyStates(strategy)
      .map(({ slot, revision }) => ({ slot, json, fromRevision: revision }))
    const label = `${strategy} v${Number(version)}`
    const deployment = `D-${Number(version)}` as DeploymentId
    return { deployment, reason: 'deployment', strategy, version, label, manifest, before: null, states }
  }

  /** Applies a command. @returns why it is refused; null when it was applied */
  command(input: CommandInput): Refusal | null {
    const command = commandSchema.parse(input)
    if (!isEngineCommand(command)) throw new Error(`${command.kind} is not the engine's`)
    const refusal = this.engine.commandRefusal(command)
    if (refusal !== null) return refusal
    if (command.kind === 'kill') this.gate.shut('killed', command.positions === 'flatten')
    if (command.kind === 'rearm') this.gate.open()
    this.deliver({ kind: 'command', ts: this.now, source: 'cli', command })
    return null
  }

  events(kind: EventKind): string[] {
    return this.records.flatMap((record) =>
      record.t === 'event' && record.event.kind === kind ? [record.event.message] : [],
    )
  }

  /** What the events of a kind report; an event without a cause fails the test. */
  causes(kind: EventKind): EventCause[] {
    return this.records.flatMap((record) => {
      if (record.t !== 'event' || record.event.kind !== kind) return []
      const { cause, message } = record.event
      if (cause === undefined) throw new Error(`an event without a cause: ${message}`)
      return [cause]
    })
  }

  /** Owners according to the handoff ledger, for comparison with the books (I1). */
  ownersByLedger(): Map<string, Owner> {
    const owners = new Map<string, Owner>()
    for (const record of this.records) {
      if (record.t === 'intent') owners.set(record.order.id, record.order.owner)
      if (record.t === 'position' && !owners.has(record.position.id))
        owners.set(record.position.id, record.position.ownedBy)
      if (record.t === 'handoff') {
        const { subjectId, from, to } = record.handoff
        if (owners.get(subjectId) !== from)
          throw new Error(`I1: ${subjectId} was handed over by ${from}, but ${owners.get(subjectId)} owned it`)
        owners.set(subjectId, to)
      }
    }
    return owners
  }
}

export const hold = (): Omit<SlotDecision, 'slot'> => ({ intents: [], why: 'hold', state: null })

export function slots(...names: readonly string[]): Slot[] {
  return names.map((name) => {
    const [ticker = '', frame] = name.split('-')
    return makeSlot(asset(ticker), frame === '15m' ? '15m' : '5m')
  })
}

/** Buys a side at any price for a stake. */
export function enter(side: 'up' | 'down', stakeUsd = 5, limit = 0.99): Omit<SlotDecision, 'slot'> {
  return { intents: [{ kind: 'enter', side, limit, stakeUsd, why: 'test' }], why: 'test', state: null }
}
