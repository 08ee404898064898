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
  /** Closing value is the mean over this many seconds before the end; 0 = the last price. */
  readonly meanSec: number
  /** Names what stands in for a venue's settlement source. */
  readonly source: string
  /** The closed minute of an asset that opened then: decides windows whose boundary no price told. */
  readonly minuteAt: (asset: Asset, openTime: number) => Candle | undefined
  /** Whether a venue itself told that minute, rather than the desk making it of prices. */
  readonly isReported: (asset: Asset, openTime: number) => boolean
  readonly clock: VenueClock
  readonly schedule: Schedule
  /** Nothing of this window can be traded any more. */
  readonly onWindowEnd: (windowId: WindowId, ts: UnixMs) => void
}

type DueEvent = Extract<EngineEvent, { kind: 'settled' | 'redeemed' }>

/** A window whose end no price told. */
interface UnobservedWindow {
  readonly slot: Slot
  readonly window: Window
  /** Null where its start was not told either. */
  readonly strike: number | null
}

/** What must outlive a restart: windows with their strikes, and outcomes that are still to be told. */
export interface SettlerState {
  readonly slots: readonly { readonly slot: SlotId; readonly windowStart: number; readonly strike: number | null }[]
  readonly due: readonly DueEvent[]
}

/** The very first price of a market opens the window that it comes right at the start of. */
function openingPrice(window: Window, tsVenue: number, price: number): number | null {
  return tsVenue - window.start <= SILENCE_MS ? price : null
}

/** How long after its end a window's outcome is known: median 21 s, 99th percentile 85 s (venue facts B5). */
function settlementDelay(place: number): number {
  return Math.round(Math.min(316, Math.max(15, 15 + 6 * Math.exp(1.05 * normalAt(place, 0)))) * SECOND)
}

/** Who decides the simulated windows: strikes, outcomes and redemptions, from prices, or from minute candles where prices are missing. */
export class Settler {
  private readonly parts: SettlerParts
  private readonly due = new Set<DueEvent>()
  private readonly awaitingMinutes = new Map<WindowId, UnobservedWindow>()

  constructor(parts: SettlerParts) {
    this.parts = parts
  }

  /** A price at or after the end of some windows has come: they are decided, and the next ones begin. */
  passBoundary(asset: SimulatedAsset<SimulatedSlot>, ts: number, tsVenue: number, at: number): void {
    const ended = asset.boundary
    const unseen = asset.isClosingValueUnknown(this.parts.meanSec)
    const last = asset.price > 0 ? asset.price : at
    const value = asset.closingValue(ended) ?? (tsVenue === ended ? at : last)
    asset.boundary = tsVenue - (tsVenue % BOUNDARY_MS) + BOUNDARY_MS
    asset.meanStarted = false
    asset.calmUntil = 0
    for (const slot of asset.slots) {
      if (slot.window !== null && tsVenue < slot.window.end) continue
      const next = windowAt(slot.slot, unixMs(tsVenue))
      const first = slot.window === null
      const strike =
        this.close(slot, ts, next, unseen ? null : value) ?? (first ? openingPrice(next, tsVenue, at) : null)
      slot.window = next
      slot.shapedFor = -1
      // Nobody quotes a window whose strike is not known.
      slot.strike = null
      slot.maker = null
      if (strike !== null) this.open(slot, next, strike, ts)
    }
  }

  /** The strike of the window that a slot is in is known: makers quote it, and the desk hears of it a moment later. */
  private open(slot: SimulatedSlot, window: Window, strike: number, ts: number): void {
    const { seed, schedule } = this.parts
    slot.strike = strike
    slot.maker = new BookMaker(window, strike, seed, slot.depthScale)
    const wait = Math.floor(uniformAt(placeSeed(seed, 'strike ', window.id), 0) * 900)
    const told = unixMs(Math.max(ts, window.start) + 1_000 + wait)
    schedule.add(told, { kind: 'strike', ts: told, slot: slot.slot.id, windowId: window.id, strike })
  }

  /**
   * Settles the window that is over.
   * @param value at its end; null where prices were silent then
   * @returns the strike of the next one: that value, else that of the minute before it; null where neither is known
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

  /** A window whose end no price told: it is decided by minute candles as soon as those are there. */
  awaitMinutes(slot: Slot, window: Window, strike: number | null): void {
    this.awaitingMinutes.set(window.id, { slot, window, strike })
    this.settleFromMinutes()
  }

  /** Minutes have come in: they decide windows that ended unseen, and open those that began unseen. */
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

  /** Typical price of the minute before `boundary`, which stands in for its mean; its close where no mean decides. */
  private valueFromMinute(name: Asset, boundary: number): number | undefined {
    const { meanSec, minuteAt, isReported } = this.parts
    const openTime = boundary - MINUTE
    const minute = minuteAt(name, openTime)
    if (minute === undefined) return undefined
    const asset = this.parts.asset(name)
    // A candle made of prices that were partly missing is none; one that the venue told is.
    if (asset.wasSilentIn(openTime) && !isReported(name, openTime)) return undefined
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

  /** It has been told. */
  markDelivered(event: DueEvent): void {
    this.due.delete(event)
  }

  /** True while the outcome of a window is known and still to be told, or waited for. */
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
   * @param endedBefore windows that ended before this are left out: no price will tell how they ended
   * @param lastVenue venue time of the last price that an asset had
   */
  restore(state: SettlerState, endedBefore: number, lastVenue: (asset: Asset) => number): void {
    for (const { slot: id, windowStart, strike } of state.slots) {
      const slot = this.parts.slots.find((one) => one.slot.id === id)
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
