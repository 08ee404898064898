import { assertNever } from '../shared/domain/base.ts'
import type { Refusal } from '../shared/domain/commands.ts'
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
import type { BookSource, SlotState } from './slot-state.ts'
import { assetOf, type Context, type EngineState, emptyState, liveVersion, logEvent, record, slotOf } from './state.ts'
import { beginCanary, canaryRefusal, endCanary } from './versions/canary.ts'
import type { CanaryRefusal, SwapRefusal } from './versions/swap-refusal.ts'
import { slotsOf, swapRefusal } from './versions/version-entry.ts'
import { recordVersion } from './versions/version-record.ts'
import { applyDecisions, applyFault, applySwap, takeOverUnmanaged } from './versions/versions.ts'
import { SHARED_WIDTH } from './views/view-row.ts'
import type { SlotView } from './views/view-types.ts'
import { slotView, writeQuotes } from './views/views.ts'
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
  private readonly priceContext: Context
  private readonly cells = new Float64Array(4)
  /** Slots by index. */
  private readonly slots: readonly SlotState[]
  /** Time of the current cycle, at `ROW.now`; shared by all views. */
  readonly clock = new Float64Array(SHARED_WIDTH)

  constructor(config: EngineConfig) {
    this.state = emptyState(config)
    this.direct = new DirectCycles(this.state, this.clock)
    this.priceContext = { state: this.state, effects: [], discardsRecords: true }
    this.slots = [...this.state.slots.values()]
  }

  /** Applies one event and returns the effects that the runtime must perform, in order. Throws only on a broken invariant. */
  handle(event: EngineEvent): readonly Effect[] {
    const { state } = this
    // Time never goes back: a late event is applied at the current time.
    if (event.ts > state.now) state.now = event.ts
    const context: Context = { state, effects: [], discardsRecords: false }
    this.dispatch(context, event)
    return context.effects.length === 0 ? NOTHING : context.effects
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

  /** Adds closed minutes from before the start, oldest first; longer candles are aggregated from them. */
  seedHistory(name: Asset, minutes: readonly Candle[]): void {
    const asset = assetOf(this.state, name)
    asset.candles.seed(minutes)
    for (const minute of minutes) asset.vol.minute(minute.high, minute.low)
    asset.minutesChanged()
    const last = minutes.at(-1)
    if (last === undefined || asset.price > 0) return
    // A price for display and dry runs until the first one arrives; it is too old to pass the stale-price rule.
    asset.price = last.close
    asset.priceTs = last.openTime + frameMs('1m')
    for (const slot of asset.slots) slot.window = windowAt(slot.slot, unixMs(asset.priceTs))
  }

  /** Why a command would be refused now; null when it would be accepted. */
  commandRefusal(command: EngineCommand): Refusal | null {
    return commandRefusal({ state: this.state, effects: [] }, command)
  }

  /** Why a swap cannot be committed now; null when it can. */
  swapRefusal(swap: Swap): SwapRefusal | null {
    return swapRefusal({ state: this.state, effects: [] }, swap)
  }

  /** Why a canary cannot start now; null when it can. */
  canaryRefusal(start: CanaryStart): CanaryRefusal | null {
    return canaryRefusal({ state: this.state, effects: [] }, start)
  }

  /** The live version's state of each of a strategy's slots, for a migration; `lent`: the canary trades the slot. */
  strategyStates(strategy: string): readonly { slot: SlotId; json: string; revision: number; lent: boolean }[] {
    const live = liveVersion(this.state, strategy)
    return slotsOf(this.state, strategy).map((slot) => ({
      slot: slot.id,
      json: slot.canary ? (live?.retained.get(slot.id)?.json ?? 'null') : slot.stateJson,
      revision: slot.revision,
      lent: slot.canary,
    }))
  }

  /** Current views of all slots of a strategy, for a dry evaluation. */
  dryViews(strategy: string): readonly SlotView[] {
    return slotsOf(this.state, strategy)
      .filter((slot) => slot.window !== null && slot.asset.price > 0)
      .map((slot) => slotView(this.state, slot))
  }

  /** Records of every version's counters, for the snapshot every 30 s. */
  progress(): readonly Effect[] {
    const context: Context = { state: this.state, effects: [] }
    for (const version of this.state.versions.values()) recordVersion(context, version)
    return context.effects
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
   * One cycle with synchronous evaluations, as replays run it. Effects equal those of answers that arrive as events. The
   * returned list is reused by the next cycle.
   * @param only slots to evaluate in a wake-up cycle; null evaluates all
   */
  runCycle(ts: UnixMs, count: number, only: readonly SlotId[] | null, evaluator: DirectEvaluator): readonly Effect[] {
    return this.direct.cycle(ts, count, only, evaluator)
  }

  /** Applies a price given as numbers, without allocating an event; its records are discarded. */
  tick(asset: AssetState<SlotState>, cells: Float64Array, at: number): void {
    const ts = cells[at + TICK_TS] ?? 0
    if (ts > this.state.now) this.state.now = unixMs(ts)
    applyTick(this.priceContext, asset, cells, at)
    if (this.priceContext.effects.length > 0) this.priceContext.effects.length = 0
  }

  /** Applies the remainder of a minute at once; false, with nothing done, when its prices must be applied one by one. */
  remainder(asset: AssetState<SlotState>, remainder: MinuteRemainder): boolean {
    return applyRemainder(this.state, asset, remainder)
  }

  /** @param index position in the configured list of slots */
  slotAt(index: number): SlotState | undefined {
    return this.slots[index]
  }

  /** Brings the price in a slot's view up to the current time; called when a strategy reads it. */
  refreshPrice(slot: SlotState): void {
    slot.asset.bringUpTo(this.state.now)
  }

  /** Brings quotes and closing mean in a slot's view up to the current time; called when a strategy reads them. */
  refreshQuotes(slot: SlotState): void {
    this.refreshPrice(slot)
    writeQuotes(this.state, slot)
  }

  /** Reads books from `source` on demand instead of from book events. */
  readBooksFrom(source: BookSource): void {
    for (const slot of this.state.slots.values()) slot.books = source
  }

  /** The next wake-up after `ts` and its slots; null without one. */
  nextWake(ts: UnixMs): { readonly ts: number; readonly slots: readonly SlotId[] } | null {
    const at = nextWakeAt(this.state, ts)
    return at === Number.POSITIVE_INFINITY ? null : { ts: at, slots: wokenAt(this.state, at) }
  }

  /** Time of the next wake-up after `ts`, ms; infinity without one. */
  nextWakeAt(ts: number): number {
    return nextWakeAt(this.state, ts)
  }

  /** Slots whose strategies requested a wake-up at exactly `ts`. */
  wokenAt(ts: number): readonly SlotId[] {
    return wokenAt(this.state, ts)
  }
}
