import type { Candle } from '../../shared/domain/feed.ts'
import { MICRO, price } from '../../shared/domain/money.ts'
import { type Asset, type Slot, type SlotId, type Window, type WindowId, windowAt } from '../../shared/domain/slots.ts'
import { MINUTE, SECOND, type UnixMs, unixMs } from '../../shared/domain/time.ts'
import type { EngineEvent } from '../events.ts'
import { BOUNDARY_MS, SILENCE_MS } from '../prices/prices.ts'
import { BookMaker } from './book-maker.ts'
import { normalAt, placeSeed, uniformAt } from './noise.ts'
import type { Schedule, VenueClock } from './schedule.ts'
import type { SimulatedAsset } from './simulated-asset.ts'
import type { SimulatedSlot } from './simulated-slot.ts'

export interface SettlerParts {
  readonly seed: number
  readonly slots: readonly SimulatedSlot[]
  readonly asset: (name: Asset) => SimulatedAsset<SimulatedSlot>
  /** The closing value is the mean over this many seconds before the end; 0 = the last price. */
  readonly meanSec: number
  /** Name of the simulated settlement source. */
  readonly source: string
  /** The closed minute of an asset by its open time; settles windows without a price at their boundary. */
  readonly minuteAt: (asset: Asset, openTime: number) => Candle | undefined
  /** True when the feed itself reported that minute, rather than the desk building it from prices. */
  readonly isReported: (asset: Asset, openTime: number) => boolean
  readonly clock: VenueClock
  readonly schedule: Schedule
  /** Called when trading in a window has ended. */
  readonly onWindowEnd: (windowId: WindowId, ts: UnixMs) => void
}

type DueEvent = Extract<EngineEvent, { kind: 'settled' | 'redeemed' }>

/** A window without a price at its end. */
interface UnobservedWindow {
  readonly slot: Slot
  readonly window: Window
  /** Null when there was no price at its start either. */
  readonly strike: number | null
}

/** State to persist across restarts: windows with their strikes, and outcomes not yet emitted. */
export interface SettlerState {
  readonly slots: readonly { readonly slot: SlotId; readonly windowStart: number; readonly strike: number | null }[]
  readonly due: readonly DueEvent[]
}

/** Strike from the very first price, if it arrives right at the start of the window; null otherwise. */
function openingPrice(window: Window, tsVenue: number, price: number): number | null {
  return tsVenue - window.start <= SILENCE_MS ? price : null
}

/** How long after its end a window's outcome is known: median 21 s, 99th percentile 85 s (venue facts B5). */
function settlementDelay(place: number): number {
  return Math.round(Math.min(316, Math.max(15, 15 + 6 * Math.exp(1.05 * normalAt(place, 0)))) * SECOND)
}

/** Settles the simulated windows: strikes, outcomes and redemptions, from prices, or from minute candles where prices are missing. */
export class Settler {
  private readonly parts: SettlerParts
  private readonly due = new Set<DueEvent>()
  private readonly awaitingMinutes = new Map<WindowId, UnobservedWindow>()

  constructor(parts: SettlerParts) {
    this.parts = parts
  }

  /** Settles the windows that ended before a price and starts the next ones. */
  passBoundary(asset: SimulatedAsset<SimulatedSlot>, ts: number, tsVenue: number, at: number): void {
    const ended = asset.boundary
    const isUnknown = asset.isClosingValueUnknown(this.parts.meanSec)
    const last = asset.price > 0 ? asset.price : at
    const value = asset.closingValue(ended) ?? (tsVenue === ended ? at : last)
    asset.boundary = tsVenue - (tsVenue % BOUNDARY_MS) + BOUNDARY_MS
    asset.meanStarted = false
    asset.calmUntil = 0
    for (const slot of asset.slots) {
      if (slot.window !== null && tsVenue < slot.window.end) continue
      const next = windowAt(slot.slot, unixMs(tsVenue))
      const isFirst = slot.window === null
      const strike =
        this.close(slot, ts, next, isUnknown ? null : value) ?? (isFirst ? openingPrice(next, tsVenue, at) : null)
      slot.window = next
      slot.quotedFor = -1
      // A window without a strike is not quoted.
      slot.strike = null
      slot.maker = null
      if (strike !== null) this.open(slot, next, strike, ts)
    }
  }

  /** Sets the strike of a slot's current window: makers start to quote it, and the desk receives it one to two seconds later. */
  private open(slot: SimulatedSlot, window: Window, strike: number, ts: number): void {
    const { seed, schedule } = this.parts
    slot.strike = strike
    slot.maker = new BookMaker(window, strike, seed, slot.depthScale)
    const delay = Math.floor(uniformAt(placeSeed(seed, 'strike ', window.id), 0) * 900)
    const receivedAt = unixMs(Math.max(ts, window.start) + 1_000 + delay)
    schedule.add(receivedAt, { kind: 'strike', ts: receivedAt, slot: slot.slot.id, windowId: window.id, strike })
  }

  /**
   * Settles a slot's ended window.
   * @param value closing value; null when prices were missing at its end
   * @returns strike of the next window: that value, else the value of the minute before it; null when neither is known
   */
  private close(slot: SimulatedSlot, ts: number, next: Window, value: number | null): number | null {
    const old = slot.window
    if (old !== null) {
      this.parts.onWindowEnd(old.id, unixMs(Math.max(ts, old.end)))
      if (value === null) this.awaitMinutes(slot.slot, old, slot.strike)
      else if (slot.strike === null) this.awaitMinutes(slot.slot, old, null)
      else this.settle(slot.slot, old, slot.strike, value)
      if (value !== null && old.end === next.start) return value
    }
    return this.valueFromMinute(slot.slot.asset, next.start) ?? null
  }

  /** Settles a window without a price at its end from minute candles, as soon as these are available. */
  awaitMinutes(slot: Slot, window: Window, strike: number | null): void {
    this.awaitingMinutes.set(window.id, { slot, window, strike })
    this.settleFromMinutes()
  }

  /** Called when closed minutes arrive: settles windows, and sets strikes, for which prices were missing. */
  onMinutes(): void {
    this.settleFromMinutes()
    for (const slot of this.parts.slots) {
      if (slot.window === null || slot.strike !== null) continue
      const strike = this.valueFromMinute(slot.slot.asset, slot.window.start)
      if (strike !== undefined) this.open(slot, slot.window, strike, this.parts.clock.now)
    }
  }

  private settleFromMinutes(): void {
    for (const { slot, window, strike: known } of this.awaitingMinutes.values()) {
      const strike = known ?? this.valueFromMinute(slot.asset, window.start)
      const close = this.valueFromMinute(slot.asset, window.end)
      if (strike === undefined || close === undefined) continue
      this.awaitingMinutes.delete(window.id)
      this.settle(slot, window, strike, close)
    }
  }

  /** Substitute for a closing value: the typical price (HLC/3) of the minute before `boundary`, or its close without a closing mean. */
  private valueFromMinute(name: Asset, boundary: number): number | undefined {
    const { meanSec, minuteAt, isReported } = this.parts
    const openTime = boundary - MINUTE
    const minute = minuteAt(name, openTime)
    if (minute === undefined) return undefined
    const asset = this.parts.asset(name)
    // A candle built from incomplete prices is not used; one reported by the feed is.
    if (asset.hasGapIn(openTime) && !isReported(name, openTime)) return undefined
    for (const price of [minute.high, minute.low, minute.close]) asset.grid.include(price)
    return meanSec > 0 ? asset.grid.nearest((minute.high + minute.low + minute.close) / 3) : minute.close
  }

  private settle(slot: Slot, window: Window, strike: number, close: number): void {
    const { seed, source } = this.parts
    const place = placeSeed(seed, 'settle ', window.id)
    const ts = unixMs(window.end + settlementDelay(place))
    // A tie is Up.
    const payoutUp = price(close >= strike ? MICRO : 0)
    this.scheduleDue({ kind: 'settled', ts, slot: slot.id, windowId: window.id, strike, close, payoutUp, source })
    const redeemed = unixMs(ts + 10_000 + Math.floor(uniformAt(place, 9) * 50_000))
    this.scheduleDue({ kind: 'redeemed', ts: redeemed, windowId: window.id })
  }

  private scheduleDue(event: DueEvent): void {
    this.due.add(event)
    this.parts.schedule.add(event.ts, event)
  }

  /** Schedules the payout of a window that was settled before a restart. */
  redeem(windowId: WindowId, ts: UnixMs): void {
    if (!this.isPending(windowId)) this.scheduleDue({ kind: 'redeemed', ts, windowId })
  }

  /** Removes an outcome or redemption that has been emitted. */
  markDelivered(event: DueEvent): void {
    this.due.delete(event)
  }

  /** True while a window waits for its outcome, or its outcome for being emitted. */
  isPending(windowId: WindowId): boolean {
    return this.awaitingMinutes.has(windowId) || [...this.due].some((event) => event.windowId === windowId)
  }

  save(): SettlerState {
    const slots = this.parts.slots.map(({ slot, window, strike }) => ({
      slot: slot.id,
      windowStart: window?.start ?? 0,
      strike,
    }))
    return { slots, due: [...this.due] }
  }

  /**
   * @param endedBefore windows that ended before this are skipped: no price will arrive to settle them
   * @param lastVenue venue time of an asset's last price
   */
  restore(state: SettlerState, endedBefore: number, lastVenue: (asset: Asset) => number): void {
    for (const { slot: id, windowStart, strike } of state.slots) {
      const slot = this.parts.slots.find((candidate) => candidate.slot.id === id)
      if (slot === undefined || windowStart === 0) continue
      const window = windowAt(slot.slot, unixMs(windowStart))
      if (window.end <= endedBefore) continue
      slot.window = window
      slot.asset.lastVenue = lastVenue(slot.slot.asset)
      slot.strike = strike
      if (strike === null) continue
      slot.maker = new BookMaker(window, strike, this.parts.seed, slot.depthScale)
      const ts = unixMs(windowStart)
      this.parts.schedule.add(ts, { kind: 'strike', ts, slot: id, windowId: window.id, strike })
    }
    for (const event of state.due) this.scheduleDue(event)
  }
}
