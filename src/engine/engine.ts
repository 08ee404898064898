import { assertNever } from '../shared/domain/base.ts'
import type { Candle } from '../shared/domain/feed.ts'
import { MICRO, type Price, toDollars, toShares, usd } from '../shared/domain/money.ts'
import { type Asset, type CandleFrame, frameMs, type SlotId, windowAt } from '../shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../shared/domain/time.ts'
import { foldMinutes } from './candles.ts'
import { applyCommand, commandBar, type EngineCommand, expire, isEngineCommand } from './commands.ts'
import type { EngineConfig } from './config.ts'
import type { Effect, EngineEvent, Swap } from './events.ts'
import { flattenPosition } from './intents.ts'
import { applyReport, cancelAll } from './orders.ts'
import { regimeOf } from './regime.ts'
import {
  assetOf,
  type Context,
  type EngineState,
  emptyState,
  positionIn,
  quoteOf,
  record,
  remainingShares,
  type SlotState,
  say,
  slotOf,
  type VersionRecord,
  workingOrders,
} from './state.ts'
import type { Quote } from './strategy-api/baton.ts'
import {
  applyDecisions,
  applyFault,
  applySwap,
  evaluator,
  recordVersion,
  slotsOf,
  swapBar,
  warmUpLeft,
} from './versions.ts'
import type { SlotView } from './views.ts'
import { applyRedemption, applySettlement, applyStrike, applyTick, settlementSoFar } from './windows.ts'

const NOTHING: readonly Effect[] = []

/**
 * The deterministic machine: events in, effects out. It does no I/O, reads no clock and draws no random number, so the
 * same events give the same effects, live, in a test and in a replay.
 */
export class Engine {
  readonly state: EngineState

  constructor(config: EngineConfig) {
    this.state = emptyState(config)
  }

  /** Takes one event and returns what the runtime must now do, in order. Throws only on a broken invariant. */
  handle(event: EngineEvent): readonly Effect[] {
    const { state } = this
    // Time never goes back: an event that was late is told at the moment it arrives.
    if (event.ts > state.now) state.now = event.ts
    const c: Context = { s: state, out: [] }
    this.dispatch(c, event)
    return c.out.length === 0 ? NOTHING : c.out
  }

  private dispatch(c: Context, event: EngineEvent): void {
    switch (event.kind) {
      case 'price':
        return applyTick(c, event)
      case 'book': {
        const slot = slotOf(c.s, event.slot)
        if (slot.window?.id === event.windowId) slot.book = event
        return
      }
      case 'candle':
        return this.takeCandle(c, event.asset, event.frame, event.candle)
      case 'feed':
        c.s.feed = { connected: event.connected, stale: event.stale, detail: event.detail }
        return say(c, event.connected && event.stale.length === 0 ? 'info' : 'warn', 'feed', event.detail)
      case 'strike':
        return applyStrike(c, event)
      case 'settled':
        return applySettlement(c, event)
      case 'redeemed':
        return applyRedemption(c, event.windowId)
      case 'cycle':
        return this.cycle(c, event.count, event.slots)
      case 'decisions':
        return applyDecisions(c, event)
      case 'fault':
        return applyFault(c, event)
      case 'order':
        return applyReport(c, event.orderId, event.report)
      case 'command':
        if (isEngineCommand(event.command)) applyCommand(c, event.command)
        return
      case 'swap':
        return applySwap(c, event.swap)
      case 'deposit': {
        const movement = { cash: event.amount, deposit: event.amount }
        return record(c, { t: 'ledger', entry: c.s.ledger.post(c.s.now, 'deposit', 'account', movement) })
      }
      default:
        return assertNever(event)
    }
  }

  /** Closed minutes from before the start, oldest first; longer candles are folded from them. */
  seedHistory(asset: Asset, minutes: readonly Candle[]): void {
    const state = assetOf(this.state, asset)
    this.state.candles.seed(asset, minutes, ['1m', '5m', '15m'])
    for (const minute of minutes) state.vol.tick(minute.openTime + frameMs('1m'), minute.close)
    state.regime = regimeOf(this.state.candles.get(asset, '1m'))
    const last = minutes.at(-1)
    if (last === undefined || state.price > 0) return
    // Something to look at and to try a candidate on before the first price; as old as it is, nothing is bought on it.
    state.price = last.close
    state.priceTs = last.openTime + frameMs('1m')
    for (const slot of this.state.slots.values()) {
      if (slot.slot.asset === asset) slot.window = windowAt(slot.slot, unixMs(state.priceTs))
    }
  }

  /** Why a command would be refused; null when it would be carried out. */
  commandBar(command: EngineCommand): string | null {
    return commandBar({ s: this.state, out: [] }, command)
  }

  /** Why a swap cannot be committed at this moment; null when it can. */
  swapBar(swap: Swap): string | null {
    return swapBar({ s: this.state, out: [] }, swap)
  }

  /** State of each of a strategy's slots, for a migration. */
  strategyStates(strategy: string): readonly { slot: SlotId; json: string; revision: number }[] {
    return slotsOf({ s: this.state, out: [] }, strategy).map((slot) => ({
      slot: slot.slot.id,
      json: slot.stateJson,
      revision: slot.revision,
    }))
  }

  /** First states of slots that a resumed version has none for: new in the configuration, or another strategy's before. */
  adoptStates(states: readonly { slot: SlotId; json: string }[]): void {
    for (const { slot: id, json } of states) {
      const slot = slotOf(this.state, id)
      slot.stateJson = json
      slot.revision++
    }
  }

  /** Views of every slot of a strategy as they are now, whatever is live: for a dry evaluation. */
  dryViews(strategy: string): readonly SlotView[] {
    return slotsOf({ s: this.state, out: [] }, strategy)
      .filter((slot) => slot.window !== null && assetOf(this.state, slot.slot.asset).price > 0)
      .map((slot) => this.view(slot))
  }

  /** Journals how far each version has come, for the snapshot every half minute. */
  progress(): readonly Effect[] {
    const c: Context = { s: this.state, out: [] }
    for (const version of this.state.versions.values()) recordVersion(c, version)
    return c.out
  }

  private takeCandle(c: Context, asset: Asset, frame: CandleFrame, candle: Candle): void {
    const series = c.s.candles.get(asset, frame)
    if (!series.put(candle)) return
    record(c, { t: 'candle', asset, frame, candle })
    if (frame !== '1m') return
    assetOf(c.s, asset).regime = regimeOf(series)
    for (const longer of ['5m', '15m'] as const) {
      const from = candle.openTime - (candle.openTime % frameMs(longer))
      const minutes = series.after(from - 1).filter((minute) => minute.openTime < from + frameMs(longer))
      for (const folded of foldMinutes(minutes, longer)) this.takeCandle(c, asset, longer, folded)
    }
  }

  private cycle(c: Context, count: number, only: readonly SlotId[] | null): void {
    const { s } = c
    s.cycle = count
    expire(c)
    this.lapse(c)
    if (s.trading === 'killed') {
      // A cancel may have met an order that could not be cancelled just then.
      cancelAll(c)
      if (s.flatten) this.flatten(c)
      return
    }
    const batches = new Map<VersionRecord, SlotView[]>()
    for (const slot of s.slots.values()) {
      if (only !== null && !only.includes(slot.slot.id)) continue
      const version = evaluator(c, slot)
      if (version === undefined || !this.ready(c, slot, version)) continue
      const batch = batches.get(version)
      if (batch === undefined) batches.set(version, [this.view(slot)])
      else batch.push(this.view(slot))
    }
    for (const [version, views] of batches) {
      const slots = new Set(views.map((view) => view.slot))
      s.pending.set(version.hash, { cycle: count, epoch: version.epoch, slots })
      c.out.push({ kind: 'evaluate', version: version.hash, epoch: version.epoch, cycle: count, views })
    }
  }

  private ready(c: Context, slot: SlotState, version: VersionRecord): boolean {
    const { s } = c
    if (slot.window === null || s.now >= slot.window.end || assetOf(s, slot.slot.asset).price === 0) return false
    const lacking = warmUpLeft(c, slot.slot.id, version)
    if (lacking !== null) slot.lastWhy = `warming up: ${lacking}`
    return lacking === null
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
      if (position.state === 'open' && slot.window?.id === position.windowId) flattenPosition(c, slot, position)
    }
  }

  private view(slot: SlotState): SlotView {
    const s = this.state
    const asset = assetOf(s, slot.slot.asset)
    const window = slot.window
    const position = window === null ? undefined : positionIn(s, window.id)
    const orders = window === null ? [] : workingOrders(s, window.id)
    return {
      slot: slot.slot.id,
      asset: slot.slot.asset,
      timeframe: slot.slot.timeframe,
      now: s.now,
      windowStart: window?.start ?? 0,
      windowEnd: window?.end ?? 0,
      secondsLeft: window === null ? 0 : (window.end - s.now) / 1000,
      strike: slot.strike,
      strikeIsEstimate: slot.strikeIsEstimate,
      price: asset.price,
      priceAgeMs: s.now - asset.priceTs,
      settlement: settlementSoFar(s, slot),
      up: viewQuote(slot, 'up'),
      down: viewQuote(slot, 'down'),
      tick: toDollars(slot.book?.tick ?? s.config.coarseTick),
      minShares: toShares(s.config.minShares),
      minStakeUsd: toDollars(s.config.minStake),
      feeRate: s.config.feeRatePpm / MICRO,
      position:
        position === undefined || position.state !== 'open' || position.shares === 0
          ? null
          : {
              id: position.id,
              side: position.side,
              shares: toShares(position.shares),
              costUsd: toDollars(position.cost),
              averagePrice: position.shares > 0 ? position.cost / position.shares : 0,
              openedAt: position.openedAt,
            },
      orders: orders.map((order) => ({
        id: order.id,
        kind: order.kind,
        side: order.side,
        limit: toDollars(order.limit),
        remainingShares:
          order.kind === 'exit'
            ? toShares(remainingShares(order))
            : toDollars(usd(order.stake - order.filledCost)) / toDollars(order.limit),
      })),
      lastSettlement: slot.lastSettlement,
      regime: asset.regime,
      state: slot.stateJson,
      revision: slot.revision,
    }
  }

  /** The moment strategies asked to be woken next after `ts`, and for which slots; null when none did. */
  nextWake(ts: UnixMs): { readonly ts: number; readonly slots: readonly SlotId[] } | null {
    let best = Number.POSITIVE_INFINITY
    let slots: SlotId[] = []
    for (const slot of this.state.slots.values()) {
      const version = evaluator({ s: this.state, out: [] }, slot)
      if (version === undefined || slot.window === null) continue
      for (const secondsLeft of version.manifest.wake) {
        const at = slot.window.end - secondsLeft * 1000
        if (at <= ts || at > best) continue
        if (at < best) slots = []
        best = at
        slots.push(slot.slot.id)
      }
    }
    return slots.length === 0 ? null : { ts: best, slots }
  }
}

function viewQuote(slot: SlotState, side: 'up' | 'down'): Quote {
  const { bid, ask } = quoteOf(slot.book, side)
  const dollars = (level: { price: Price } | null) => (level === null ? null : toDollars(level.price))
  return {
    bid: dollars(bid),
    ask: dollars(ask),
    bidShares: bid === null ? 0 : toShares(bid.shares),
    askShares: ask === null ? 0 : toShares(ask.shares),
  }
}
