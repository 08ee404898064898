import { assertNever, invariant } from '../shared/domain/base.ts'
import type { Candle } from '../shared/domain/feed.ts'
import { type Asset, type CandleFrame, frameMs, type SlotId, windowAt } from '../shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../shared/domain/time.ts'
import type { AssetState } from './asset-state.ts'
import { beginCanary, canaryBar, endCanary } from './canary.ts'
import { inCharge } from './charge.ts'
import { applyCommand, applyHold, commandBar, type EngineCommand, expire, isEngineCommand } from './commands.ts'
import type { EngineConfig } from './config.ts'
import { endDrains, managerAside } from './drain.ts'
import type { CanaryStart, Effect, EngineEvent, Swap } from './events.ts'
import { applyFate } from './fills.ts'
import { flattenPosition } from './intents.ts'
import { applyReport, cancelAll } from './orders.ts'
import type { MinuteRest } from './prices.ts'
import { applyRedemption, applySettlement } from './settlement.ts'
import {
  assetOf,
  type BookSource,
  type Context,
  type EngineState,
  emptyState,
  record,
  type SlotState,
  say,
  slotOf,
  type Team,
  type VersionRecord,
  versionOf,
} from './state.ts'
import { TICK_PRICE, TICK_TS, TICK_VENUE, TICK_VOLUME } from './tick-cells.ts'
import { slotsOf, swapBar } from './version-entry.ts'
import { recordVersion } from './version-record.ts'
import { applyAgain, applyDecision, applyDecisions, applyFault, applySwap, takeInLost, warmUpLeft } from './versions.ts'
import { ROW, SHARED_WIDTH } from './view-row.ts'
import type { SlotDecision, SlotView } from './view-types.ts'
import { fillView, slotView, writeRow } from './views.ts'
import { nextWakeAt, wokenAt } from './wake.ts'
import { applyRest, applyStrike, applyTick, nameUnsettleable } from './windows.ts'

const NOTHING: readonly Effect[] = []

/**
 * The deterministic machine: events in, effects out. It does no I/O, reads no clock and draws no random number, so the
 * same events give the same effects, live, in a test and in a replay.
 */
export class Engine {
  readonly state: EngineState
  private readonly direct: Context
  private readonly quiet: Context
  private readonly cells = new Float64Array(4)
  /** Slots by their index. */
  private readonly slots: readonly SlotState[]
  private readonly lineUps = new Map<Team, LineUp>()
  /** The moment of the cycle, at its place of a view's row: views read it here. */
  readonly clock = new Float64Array(SHARED_WIDTH)

  constructor(config: EngineConfig) {
    this.state = emptyState(config)
    this.direct = { s: this.state, out: [], quiet: false }
    this.quiet = { s: this.state, out: [], quiet: true }
    this.slots = [...this.state.slots.values()]
  }

  /** Takes one event and returns what the runtime must now do, in order. Throws only on a broken invariant. */
  handle(event: EngineEvent): readonly Effect[] {
    const { state } = this
    // Time never goes back: an event that was late is told at the moment it arrives.
    if (event.ts > state.now) state.now = event.ts
    const c: Context = { s: state, out: [], quiet: false }
    this.dispatch(c, event)
    return c.out.length === 0 ? NOTHING : c.out
  }

  private dispatch(c: Context, event: EngineEvent): void {
    switch (event.kind) {
      case 'price': {
        const asset = c.s.assets.get(event.asset)
        if (asset === undefined) return
        const { cells } = this
        cells[TICK_TS] = event.ts
        cells[TICK_VENUE] = event.tsVenue
        cells[TICK_PRICE] = event.price
        cells[TICK_VOLUME] = event.volume
        return applyTick(c, asset, cells, 0)
      }
      case 'book': {
        const slot = slotOf(c.s, event.slot)
        if (slot.window?.id === event.windowId) slot.book = event
        return
      }
      case 'candle':
        return this.takeCandle(c, event.asset, event.frame, event.candle)
      case 'feed': {
        const { connected, stale, detail, problems = [] } = event
        c.s.feed = { connected, stale, detail, problems }
        return say(c, event.level ?? (connected && stale.length === 0 ? 'info' : 'warn'), 'feed', detail)
      }
      case 'strike':
        return applyStrike(c, event)
      case 'settled':
        return applySettlement(c, event)
      case 'redeemed':
        return applyRedemption(c, event.windowId)
      case 'hold':
        return applyHold(c, event)
      case 'cycle':
        return this.cycle(c, event.count, event.slots)
      case 'decisions':
        return applyDecisions(c, event)
      case 'fault':
        return applyFault(c, event)
      case 'order':
        return applyReport(c, event.orderId, event.report)
      case 'fill':
        return applyFate(c, event)
      case 'command':
        if (isEngineCommand(event.command)) applyCommand(c, event.command)
        return
      case 'swap':
        return applySwap(c, event.swap)
      case 'canary':
        return beginCanary(c, event.start)
      case 'endCanary':
        return endCanary(c, event.strategy, event.why)
      case 'adopt':
        for (const { slot: id, json } of event.states) {
          slotOf(c.s, id).setState(json)
        }
        return
      case 'begin':
        return takeInLost(c)
      case 'deposit': {
        const movement = { cash: event.amount, deposit: event.amount }
        return record(c, { t: 'ledger', entry: c.s.ledger.post(c.s.now, 'deposit', 'account', movement) })
      }
      default:
        return assertNever(event)
    }
  }

  /** Closed minutes from before the start, oldest first; longer candles are folded from them. */
  seedHistory(name: Asset, minutes: readonly Candle[]): void {
    const asset = assetOf(this.state, name)
    asset.candles.seed(minutes)
    for (const minute of minutes) asset.vol.minute(minute.high, minute.low)
    asset.minutesChanged()
    const last = minutes.at(-1)
    if (last === undefined || asset.price > 0) return
    // Something to look at and to try a candidate on before the first price; as old as it is, nothing is bought on it.
    asset.price = last.close
    asset.priceTs = last.openTime + frameMs('1m')
    for (const slot of asset.slots) slot.window = windowAt(slot.slot, unixMs(asset.priceTs))
  }

  /** Why a command would be refused; null when it would be carried out. */
  commandBar(command: EngineCommand): string | null {
    return commandBar({ s: this.state, out: [] }, command)
  }

  /** Why a swap cannot be committed at this moment; null when it can. */
  swapBar(swap: Swap): string | null {
    return swapBar({ s: this.state, out: [] }, swap)
  }

  /** Why a canary cannot begin at this moment; null when it can. */
  canaryBar(start: CanaryStart): string | null {
    return canaryBar({ s: this.state, out: [] }, start)
  }

  /** State of each of a strategy's slots as its live version has it, for a migration. */
  strategyStates(strategy: string): readonly { slot: SlotId; json: string; revision: number; lent: boolean }[] {
    const live = this.state.versions.get(this.state.live.get(strategy) ?? ('' as never))
    return slotsOf({ s: this.state, out: [] }, strategy).map((slot) => ({
      slot: slot.slot.id,
      json: slot.canary ? (live?.kept.get(slot.slot.id)?.json ?? 'null') : slot.stateJson,
      revision: slot.revision,
      lent: slot.canary,
    }))
  }

  /** Views of every slot of a strategy as they are now, whatever is live: for a dry evaluation. */
  dryViews(strategy: string): readonly SlotView[] {
    return slotsOf({ s: this.state, out: [] }, strategy)
      .filter((slot) => slot.window !== null && slot.asset.price > 0)
      .map((slot) => slotView(this.state, slot))
  }

  /** Journals how far each version has come, for the snapshot every half minute. */
  progress(): readonly Effect[] {
    const c: Context = { s: this.state, out: [] }
    for (const version of this.state.versions.values()) recordVersion(c, version)
    return c.out
  }

  private takeCandle(c: Context, name: Asset, frame: CandleFrame, candle: Candle): void {
    const asset = assetOf(c.s, name)
    if (frame === '1m') asset.noteTold(candle.openTime)
    if (!asset.candles[frame].put(candle)) return
    record(c, { t: 'candle', asset: name, frame, candle })
    if (frame !== '1m') return
    asset.vol.minute(candle.high, candle.low)
    asset.minutesChanged()
    for (const longer of asset.candles.refold(candle)) record(c, { t: 'candle', asset: name, ...longer })
  }

  private cycle(c: Context, count: number, only: readonly SlotId[] | null): void {
    if (!this.beginCycle(c, count)) return
    for (const team of c.s.teams) {
      const version = inCharge(c.s, team)
      if (version === undefined) continue
      const views: SlotView[] = []
      for (const slot of team.slots) {
        if (only !== null && !only.includes(slot.slot.id)) continue
        if (slot.changed) writeRow(c.s, slot)
        if (this.managedAside(c, slot)) continue
        if (ready(c.s, slot, version)) views.push(slotView(c.s, slot))
      }
      if (version.kept.size > 0) views.push(...this.asideViews(c, version, only))
      this.evaluate(c, version, count, views)
    }
    if (c.s.aside.size > 0) this.askAside(c, count, only)
  }

  /** Those that are not asked for slots of their own in the same breath. */
  private askAside(c: Context, count: number, only: readonly SlotId[] | null): void {
    const inTeams = new Set(c.s.teams.map((team) => inCharge(c.s, team)))
    for (const hash of c.s.aside) {
      const version = versionOf(c.s, hash)
      if (!inTeams.has(version)) this.evaluate(c, version, count, this.asideViews(c, version, only))
    }
  }

  private evaluate(c: Context, version: VersionRecord, cycle: number, views: readonly SlotView[]): void {
    if (views.length === 0) return
    const asked = c.s.pending.get(version.hash)
    invariant(asked?.cycle !== cycle, `${version.label} is asked twice in a cycle`)
    const slots = new Set(views.map((view) => view.slot))
    c.s.pending.set(version.hash, { cycle, epoch: version.epoch, slots })
    c.out.push({ kind: 'evaluate', version: version.hash, epoch: version.epoch, cycle, views })
  }

  /** What is open in the slot is another version's to manage: its own is not asked until that is over. */
  private managedAside(c: Context, slot: SlotState): boolean {
    const manager = managerAside(c.s, slot)
    if (manager === undefined) return false
    slot.lastWhy = `${manager.label} manages what it has open in this window`
    return true
  }

  /** Asks a version for what it manages in slots that are not its own any more, with the state it keeps there. */
  private asideViews(c: Context, version: VersionRecord, only: readonly SlotId[] | null): SlotView[] {
    const views: SlotView[] = []
    for (const [id, { json, revision }] of version.kept) {
      const slot = slotOf(c.s, id)
      if (only !== null && !only.includes(id)) continue
      if (slot.changed) writeRow(c.s, slot)
      if (managerAside(c.s, slot) !== version || c.s.now >= (slot.row[ROW.windowEnd] ?? 0)) continue
      views.push({ ...slotView(c.s, slot), state: json, revision })
    }
    return views
  }

  /** What every cycle begins with; false when nobody may be asked in it. */
  private beginCycle(c: Context, count: number): boolean {
    const { s } = c
    s.cycle = count
    this.clock[ROW.now] = s.now
    expire(c)
    nameUnsettleable(c)
    this.lapse(c)
    if (c.s.aside.size > 0) endDrains(c)
    if (c.s.closing.size > 0) this.close(c)
    if (s.trading !== 'killed') return true
    // A cancel may have met an order that could not be cancelled just then.
    cancelAll(c)
    if (s.flatten) this.flatten(c)
    return false
  }

  /**
   * One cycle whose strategies answer at once: a replay's. Rows are read where they lie, and the effects are the same as
   * when every answer came as an event.
   * @param only null, or the slots that asked to be woken
   */
  cycleAtOnce(ts: UnixMs, count: number, only: readonly SlotId[] | null, decider: Decider): readonly Effect[] {
    const c = this.direct
    if (c.out.length > 0) c.out.length = 0
    if (ts > c.s.now) c.s.now = ts
    if (!this.beginCycle(c, count)) return c.out
    for (const team of c.s.teams) {
      const version = inCharge(c.s, team)
      if (version !== undefined) this.ask(c, team, version, only, decider)
    }
    return c.out
  }

  private ask(c: Context, team: Team, version: VersionRecord, only: readonly SlotId[] | null, decider: Decider): void {
    const { turn, count } = this.lineUp(c, team, version, only, decider)
    let faults: { slot: SlotId; message: string }[] | undefined
    for (let next = 0; next < count; next++) {
      const at = decider.ask(turn, next, count)
      applyAgain(version, at - next)
      next = at
      const slot = at === count ? undefined : this.slotAt(turn[at] ?? 0)
      if (slot === undefined) break
      const { fault, why, state, intents } = decider.answer
      if (fault === null) applyDecision(c, slot, version, why, state, intents)
      else {
        faults ??= []
        faults.push({ slot: slot.slot.id, message: fault })
      }
    }
    if (faults === undefined) version.faultsInRow = 0
    for (const { slot, message } of faults ?? []) {
      applyFault(c, { kind: 'fault', ts: c.s.now, version: version.hash, slot, fatal: false, message })
    }
  }

  /**
   * Who of a team is asked now, and in which order; rows are written. With all of them asked it stays the same until a
   * window ends or something of a slot changes: that is most cycles.
   */
  private lineUp(
    c: Context,
    team: Team,
    version: VersionRecord,
    only: readonly SlotId[] | null,
    decider: Decider,
  ): LineUp {
    const known = this.lineUps.get(team)
    if (only === null && known?.version === version && c.s.now < known.until && isSame(team)) return known
    const { slots } = team
    const made = known ?? { turn: new Int32Array(slots.length), count: 0, version, until: 0 }
    made.version = version
    made.count = 0
    let until = Number.POSITIVE_INFINITY
    for (const slot of slots) {
      if (only !== null && !only.includes(slot.slot.id)) continue
      if (slot.changed) {
        writeRow(c.s, slot)
        decider.meet(slot)
      }
      if (!ready(c.s, slot, version)) continue
      made.turn[made.count++] = slot.index
      until = Math.min(until, slot.row[ROW.windowEnd] ?? 0)
    }
    // Whoever is left out may be asked again without any change to be seen.
    made.until = made.count === slots.length ? until : 0
    this.lineUps.set(team, made)
    return made
  }

  /** A price, without an event made for it; its effects are only records of closed candles and ended positions. */
  tick(asset: AssetState<SlotState>, cells: Float64Array, at: number): void {
    const ts = cells[at + TICK_TS] ?? 0
    if (ts > this.state.now) this.state.now = ts as UnixMs
    applyTick(this.quiet, asset, cells, at)
    if (this.quiet.out.length > 0) this.quiet.out.length = 0
  }

  /** What is left of a minute in one piece; false where its prices must be told one by one. */
  rest(asset: AssetState<SlotState>, rest: MinuteRest): boolean {
    return applyRest(this.state, asset, rest)
  }

  /** @param index place in the configuration */
  slotAt(index: number): SlotState | undefined {
    return this.slots[index]
  }

  /** Has the price of a view be that of now, when a strategy looks. */
  look(slot: SlotState): void {
    slot.asset.look(this.state.now)
  }

  /** Fills in what a view says of book and closing mean, when a strategy looks. */
  fill(slot: SlotState): void {
    this.look(slot)
    fillView(this.state, slot)
  }

  /** Books are asked for from now on, not told. */
  readBooksFrom(source: BookSource): void {
    for (const slot of this.state.slots.values()) slot.books = source
  }

  /** Good-till-date orders whose time has come are cancelled. */
  private lapse(c: Context): void {
    for (const order of c.s.orders.values()) {
      if (
        order.expiresAt !== null &&
        c.s.now >= order.expiresAt &&
        (order.state === 'open' || order.state === 'partial')
      ) {
        c.out.push({ kind: 'cancel', orderId: order.id })
      }
    }
  }

  private flatten(c: Context): void {
    for (const position of c.s.positions.values()) {
      const slot = slotOf(c.s, position.slot)
      if (position.state === 'open' && slot.window?.id === position.windowId)
        flattenPosition(c, slot, position, 'flatten after kill')
    }
  }

  /** Goes on selling what a person wants sold, until it is sold or its window has ended. */
  private close(c: Context): void {
    for (const id of c.s.closing) {
      const position = c.s.positions.get(id)
      const slot = position === undefined ? undefined : slotOf(c.s, position.slot)
      if (position?.state !== 'open' || slot?.window?.id !== position.windowId) c.s.closing.delete(id)
      else if (c.s.trading !== 'killed') flattenPosition(c, slot, position, 'closed by hand')
    }
  }

  /** The moment strategies asked to be woken next after `ts`, and for which slots; null when none did. */
  nextWake(ts: UnixMs): { readonly ts: number; readonly slots: readonly SlotId[] } | null {
    const at = nextWakeAt(this.state, ts)
    return at === Number.POSITIVE_INFINITY ? null : { ts: at, slots: wokenAt(this.state, at) }
  }

  /** The moment alone; infinity when none did. */
  nextWakeAt(ts: number): number {
    return nextWakeAt(this.state, ts)
  }

  /** Slots whose strategies asked to be woken at exactly `ts`. */
  wokenAt(ts: number): readonly SlotId[] {
    return wokenAt(this.state, ts)
  }
}

/** What a strategy answered for one slot; the same object may come every time. */
export interface DirectAnswer {
  why: string
  /** New state as JSON; null when it is unchanged. */
  state: string | null
  intents: SlotDecision['intents']
  /** What it threw, or what was wrong with its answer; null when nothing was. */
  fault: string | null
  /** Names the place in its bundle where it threw; empty where nothing was thrown. */
  stack: string
}

/** The slots of a team that are asked in a cycle: their indices, in turn. */
interface LineUp {
  readonly turn: Int32Array
  count: number
  version: VersionRecord
  /** First moment at which it may be another one; 0 = at once. */
  until: number
}

/** True when nothing of a team's slots has changed since their rows were written. */
function isSame({ slots }: Team): boolean {
  for (const slot of slots) if (slot.changed) return false
  return true
}

/** Asks a strategy about slots whose rows are written. */
export interface Decider {
  /** State, orders or the position of a slot may have changed: they are not in its row. */
  meet(slot: SlotState): void
  /** Of the slot that was asked last. */
  readonly answer: DirectAnswer
  /**
   * Asks about the slots whose indices stand in `turn` from `from` on, one after the other, until one says something new.
   * Holding on for the reason given last time is most of all answers, and nothing but their number comes of them.
   * @returns the place in `turn` of the slot that did; `end` where none before `end` did
   */
  ask(turn: Int32Array, from: number, end: number): number
}

/** To be asked of a slot whose row is written. */
function ready(s: EngineState, slot: SlotState, version: VersionRecord): boolean {
  if (s.now >= (slot.row[ROW.windowEnd] ?? 0)) return false
  // Closed candles are never lost again: what was warm stays so.
  if (slot.warmFor === version) return true
  if (slot.window === null || slot.asset.price === 0) return false
  const lacking = warmUpLeft(slot, version)
  if (lacking === null) {
    slot.warmFor = version
    return true
  }
  slot.lastWhy = `warming up: ${lacking}`
  return false
}
