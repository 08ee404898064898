import { assertNever } from '../shared/domain/base.ts'
import type { Candle } from '../shared/domain/feed.ts'
import { type Asset, type CandleFrame, frameMs, type SlotId, windowAt } from '../shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../shared/domain/time.ts'
import { applyCommand, applyHold, commandRefusal, type EngineCommand, isEngineCommand } from './commands/commands.ts'
import type { EngineConfig } from './config.ts'
import { DirectCycles, type DirectEvaluator } from './cycle/direct.ts'
import { requestEvaluations } from './cycle/request-evaluations.ts'
import type { CanaryStart, Effect, EngineEvent, Swap } from './events.ts'
import { applyFate } from './orders/fills.ts'
import { applyReport } from './orders/orders.ts'
import type { AssetState } from './prices/asset-state.ts'
import type { MinuteRemainder } from './prices/prices.ts'
import { TICK_PRICE, TICK_TS, TICK_VENUE, TICK_VOLUME } from './prices/tick-cells.ts'
import {
  assetOf,
  type BookSource,
  type Context,
  type EngineState,
  emptyState,
  liveVersion,
  logEvent,
  record,
  type SlotState,
  slotOf,
} from './state.ts'
import { beginCanary, canaryRefusal, endCanary } from './versions/canary.ts'
import { slotsOf, swapRefusal } from './versions/version-entry.ts'
import { recordVersion } from './versions/version-record.ts'
import { applyDecisions, applyFault, applySwap, takeOverUnmanaged } from './versions/versions.ts'
import { SHARED_WIDTH } from './views/view-row.ts'
import type { SlotView } from './views/view-types.ts'
import { fillView, slotView } from './views/views.ts'
import { applyRedemption, applySettlement } from './windows/settlement.ts'
import { nextWakeAt, wokenAt } from './windows/wake.ts'
import { applyRemainder, applyStrike, applyTick } from './windows/windows.ts'

const NOTHING: readonly Effect[] = []

/**
 * The deterministic machine: events in, effects out. It does no I/O, reads no clock and draws no random number, so the
 * same events give the same effects, live, in a test and in a replay.
 */
export class Engine {
  readonly state: EngineState
  private readonly direct: DirectCycles
  private readonly discardsRecords: Context
  private readonly cells = new Float64Array(4)
  /** Slots by their index. */
  private readonly slots: readonly SlotState[]
  /** The moment of the cycle, at its place of a view's row: views read it here. */
  readonly clock = new Float64Array(SHARED_WIDTH)

  constructor(config: EngineConfig) {
    this.state = emptyState(config)
    this.direct = new DirectCycles(this.state, this.clock)
    this.discardsRecords = { state: this.state, out: [], discardsRecords: true }
    this.slots = [...this.state.slots.values()]
  }

  /** Takes one event and returns what the runtime must now do, in order. Throws only on a broken invariant. */
  handle(event: EngineEvent): readonly Effect[] {
    const { state } = this
    // Time never goes back: an event that was late is told at the moment it arrives.
    if (event.ts > state.now) state.now = event.ts
    const context: Context = { state, out: [], discardsRecords: false }
    this.dispatch(context, event)
    return context.out.length === 0 ? NOTHING : context.out
  }

  private dispatch(context: Context, event: EngineEvent): void {
    switch (event.kind) {
      case 'price': {
        const asset = context.state.assets.get(event.asset)
        if (asset === undefined) return
        const { cells } = this
        cells[TICK_TS] = event.ts
        cells[TICK_VENUE] = event.tsVenue
        cells[TICK_PRICE] = event.price
        cells[TICK_VOLUME] = event.volume
        return applyTick(context, asset, cells, 0)
      }
      case 'book': {
        const slot = slotOf(context.state, event.slot)
        if (slot.window?.id === event.windowId) slot.book = event
        return
      }
      case 'candle':
        return this.takeCandle(context, event.asset, event.frame, event.candle)
      case 'feed': {
        const { connected, stale, detail, problems = [] } = event
        context.state.feed = { connected, stale, detail, problems }
        return logEvent(context, event.level ?? (connected && stale.length === 0 ? 'info' : 'warn'), 'feed', detail)
      }
      case 'strike':
        return applyStrike(context, event)
      case 'settled':
        return applySettlement(context, event)
      case 'redeemed':
        return applyRedemption(context, event.windowId)
      case 'hold':
        return applyHold(context, event)
      case 'cycle':
        return requestEvaluations(context, event.count, event.slots, this.clock)
      case 'decisions':
        return applyDecisions(context, event)
      case 'fault':
        return applyFault(context, event)
      case 'order':
        return applyReport(context, event.orderId, event.report)
      case 'fill':
        return applyFate(context, event)
      case 'command':
        if (isEngineCommand(event.command)) applyCommand(context, event.command)
        return
      case 'swap':
        return applySwap(context, event.swap)
      case 'canary':
        return beginCanary(context, event.start)
      case 'endCanary':
        return endCanary(context, event.strategy, event.why)
      case 'adopt':
        for (const { slot: id, json } of event.states) {
          slotOf(context.state, id).setState(json)
        }
        return
      case 'begin':
        return takeOverUnmanaged(context)
      case 'deposit': {
        const movement = { cash: event.amount, deposit: event.amount }
        return record(context, {
          t: 'ledger',
          entry: context.state.ledger.post(context.state.now, 'deposit', 'account', movement),
        })
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
  commandRefusal(command: EngineCommand): string | null {
    return commandRefusal({ state: this.state, out: [] }, command)
  }

  /** Why a swap cannot be committed at this moment; null when it can. */
  swapRefusal(swap: Swap): string | null {
    return swapRefusal({ state: this.state, out: [] }, swap)
  }

  /** Why a canary cannot begin at this moment; null when it can. */
  canaryRefusal(start: CanaryStart): string | null {
    return canaryRefusal({ state: this.state, out: [] }, start)
  }

  /** State of each of a strategy's slots as its live version has it, for a migration. */
  strategyStates(strategy: string): readonly { slot: SlotId; json: string; revision: number; lent: boolean }[] {
    const live = liveVersion(this.state, strategy)
    return slotsOf(this.state, strategy).map((slot) => ({
      slot: slot.id,
      json: slot.canary ? (live?.retained.get(slot.id)?.json ?? 'null') : slot.stateJson,
      revision: slot.revision,
      lent: slot.canary,
    }))
  }

  /** Views of every slot of a strategy as they are now, whatever is live: for a dry evaluation. */
  dryViews(strategy: string): readonly SlotView[] {
    return slotsOf(this.state, strategy)
      .filter((slot) => slot.window !== null && slot.asset.price > 0)
      .map((slot) => slotView(this.state, slot))
  }

  /** Journals how far each version has come, for the snapshot every half minute. */
  progress(): readonly Effect[] {
    const context: Context = { state: this.state, out: [] }
    for (const version of this.state.versions.values()) recordVersion(context, version)
    return context.out
  }

  private takeCandle(context: Context, name: Asset, frame: CandleFrame, candle: Candle): void {
    const asset = assetOf(context.state, name)
    if (frame === '1m') asset.noteReported(candle.openTime)
    if (!asset.candles[frame].put(candle)) return
    record(context, { t: 'candle', asset: name, frame, candle })
    if (frame !== '1m') return
    asset.vol.minute(candle.high, candle.low)
    asset.minutesChanged()
    for (const longer of asset.candles.refold(candle)) record(context, { t: 'candle', asset: name, ...longer })
  }

  /**
   * One cycle whose strategies answer at once: a replay's. The effects are the same as when every answer came as an event;
   * their list is used again by the next cycle.
   * @param only null, or the slots that asked to be woken
   */
  runCycle(ts: UnixMs, count: number, only: readonly SlotId[] | null, evaluator: DirectEvaluator): readonly Effect[] {
    return this.direct.cycle(ts, count, only, evaluator)
  }

  /** A price, without an event made for it; its effects are only records of closed candles and ended positions. */
  tick(asset: AssetState<SlotState>, cells: Float64Array, at: number): void {
    const ts = cells[at + TICK_TS] ?? 0
    if (ts > this.state.now) this.state.now = unixMs(ts)
    applyTick(this.discardsRecords, asset, cells, at)
    if (this.discardsRecords.out.length > 0) this.discardsRecords.out.length = 0
  }

  /** What is left of a minute in one piece; false where its prices must be told one by one. */
  rest(asset: AssetState<SlotState>, rest: MinuteRemainder): boolean {
    return applyRemainder(this.state, asset, rest)
  }

  /** @param index place in the configuration */
  slotAt(index: number): SlotState | undefined {
    return this.slots[index]
  }

  /** Has the price of a view be that of now, when a strategy looks. */
  look(slot: SlotState): void {
    slot.asset.bringUpTo(this.state.now)
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
