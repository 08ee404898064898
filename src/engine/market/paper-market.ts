import type { Candle, PriceTick } from '../../shared/domain/feed.ts'
import { MICRO, price } from '../../shared/domain/money.ts'
import type { Order, OrderId } from '../../shared/domain/records.ts'
import { type Asset, type Slot, type SlotId, type Window, type WindowId, windowAt } from '../../shared/domain/slots.ts'
import { MINUTE, SECOND, type UnixMs, unixMs } from '../../shared/domain/time.ts'
import { TimeMean, VolMeter } from '../estimate.ts'
import type { EngineEvent } from '../events.ts'
import { seededRng } from '../rng.ts'
import { BookMaker } from './book-maker.ts'
import { PaperVenue, settlementDelay, type VenueSettings } from './paper-venue.ts'
import { Schedule } from './schedule.ts'

export interface PaperMarketSettings {
  readonly seed: number
  readonly slots: readonly Slot[]
  readonly venue: VenueSettings
  /** Closing value is the mean over this many seconds before the end; 0 = the last price. */
  readonly settlementMeanSec: number
  /**
   * How long a price takes to the desk. Makers react to it before that by default, so that a quote which the price has
   * already left cannot be had.
   */
  readonly feedDelayMs: number
  /** Names what stands in for the venue's settlement source. */
  readonly source: string
  /** The closed minute of an asset that opened then: decides windows whose boundary no price told. */
  readonly minuteAt: (asset: Asset, openTime: number) => Candle | undefined
}

/** When makers have reacted to a price: 25, 50, 75 and 90 % of them within these (venue facts C 3). */
const REACTIONS = [150, 250, 300, 400, 480]

/** A feed that said nothing for so long has not seen what happened in between. */
const SILENCE_MS = 15_000

interface SlotMarket {
  readonly slot: Slot
  readonly mean: TimeMean
  window: Window | null
  maker: BookMaker | null
  strike: number | null
  meanStarted: boolean
  /** Venue time of the last price. */
  lastTs: number
}

interface AssetMarket {
  readonly vol: VolMeter
  price: number
}

export interface PaperSnapshot {
  readonly slots: readonly {
    readonly slot: SlotId
    readonly windowStart: number
    readonly strike: number | null
    readonly mean: readonly number[] | null
  }[]
  /** Settlements and redemptions that are still to come. */
  readonly due: readonly Extract<EngineEvent, { kind: 'settled' | 'redeemed' }>[]
}

/**
 * The venue around any price feed: books, matching, strikes, outcomes and redemptions, all derived from the prices and
 * a seed. It is told prices and orders and tells, in order of time, what the engine would hear from a real venue.
 */
export class PaperMarket {
  private readonly settings: PaperMarketSettings
  private readonly slots: SlotMarket[]
  private readonly assets = new Map<Asset, AssetMarket>()
  private readonly schedule = new Schedule()
  private readonly venue: PaperVenue
  private readonly due = new Set<Extract<EngineEvent, { kind: 'settled' | 'redeemed' }>>()
  /** Windows over whose end the feed was silent. */
  private readonly missed = new Map<WindowId, { readonly slot: Slot; readonly window: Window }>()

  constructor(settings: PaperMarketSettings) {
    this.settings = settings
    this.slots = settings.slots.map((slot) => ({
      slot,
      mean: new TimeMean(),
      window: null,
      maker: null,
      strike: null,
      meanStarted: false,
      lastTs: 0,
    }))
    this.venue = new PaperVenue(settings.venue, settings.seed, {
      send: (ts, orderId, report) => this.schedule.add(ts, { kind: 'order', ts, orderId, report }),
      later: (ts, run) => this.schedule.add(unixMs(ts), run),
      onSwept: (windowId, side, taken, of, ts) => {
        this.slots.find((s) => s.window?.id === windowId)?.maker?.sweep(side, taken, of, ts)
      },
    })
  }

  /** Volatility before the first tick, from closed minutes, oldest first. */
  seedVolatility(asset: Asset, closes: readonly { ts: number; price: number }[]): void {
    const meter = this.asset(asset).vol
    for (const { ts, price: at } of closes) meter.tick(ts, at)
  }

  /** A price that the desk is to hear of only after the feed's delay: `pop` tells it. */
  relay(tick: PriceTick): void {
    this.onTick(tick)
    const ts = unixMs(tick.ts + this.settings.feedDelayMs)
    this.schedule.add(ts, { ...tick, ts })
  }

  /** A price of an underlying: what makers, strikes and outcomes make of it comes out of `pop` later. */
  onTick(tick: PriceTick): void {
    const asset = this.asset(tick.asset)
    const before = asset.price
    asset.vol.tick(tick.ts, tick.price)
    asset.price = tick.price
    for (const slot of this.slots) {
      if (slot.slot.asset !== tick.asset) continue
      this.roll(slot, tick, before)
      slot.mean.tick(tick.ts, tick.price)
      slot.lastTs = tick.tsVenue
      this.quote(slot, tick, asset)
    }
  }

  submit(order: Order, ts: UnixMs): void {
    this.venue.submit(order, ts)
  }

  cancel(orderId: OrderId, ts: UnixMs): void {
    this.venue.cancel(orderId, ts)
  }

  /** Time of the next event; undefined when nothing is coming. */
  peek(): UnixMs | undefined {
    return this.schedule.peek()
  }

  /** Takes the next event; undefined where the step was the venue's own and says nothing. */
  pop(): EngineEvent | undefined {
    const next = this.schedule.pop()
    if (next === undefined) return undefined
    if (typeof next.what === 'function') {
      next.what(next.ts)
      return undefined
    }
    if (next.what.kind === 'book') this.venue.onBook(next.what)
    if (next.what.kind === 'settled' || next.what.kind === 'redeemed') this.due.delete(next.what)
    return next.what
  }

  private asset(name: Asset): AssetMarket {
    let found = this.assets.get(name)
    if (found === undefined) {
      found = { vol: new VolMeter(5e-5, 300), price: 0 }
      this.assets.set(name, found)
    }
    return found
  }

  private roll(slot: SlotMarket, tick: PriceTick, before: number): void {
    if (slot.window === null || tick.ts >= slot.window.end) {
      const next = windowAt(slot.slot, tick.ts)
      const strike = this.close(slot, tick, next, before)
      slot.window = next
      slot.maker = new BookMaker(next, this.settings.seed)
      slot.strike = strike
      slot.meanStarted = false
      const rng = seededRng(this.settings.seed, `strike ${next.id}`)
      const at = unixMs(Math.max(tick.ts, next.start) + 1_000 + Math.floor(rng.uniform() * 900))
      this.schedule.add(at, { kind: 'strike', ts: at, slot: slot.slot.id, windowId: next.id, strike })
    }
    const from = slot.window.end - this.settings.settlementMeanSec * SECOND
    if (!slot.meanStarted && tick.ts >= from && this.settings.settlementMeanSec > 0) {
      slot.mean.begin(from, before > 0 ? before : tick.price)
      slot.meanStarted = true
    }
  }

  /** Settles the window that is over and returns the value at its end, which is the next one's strike. */
  private close(slot: SlotMarket, tick: PriceTick, next: Window, before: number): number {
    const old = slot.window
    if (old === null) return this.valueFromMinute(slot.slot.asset, next.start) ?? tick.price
    if (tick.tsVenue - slot.lastTs > SILENCE_MS) {
      this.venue.onWindowEnd(old.id, unixMs(Math.max(tick.ts, old.end)))
      this.miss(slot.slot, old)
      return this.valueFromMinute(slot.slot.asset, next.start) ?? tick.price
    }
    const last = before > 0 ? before : tick.price
    const atEnd = tick.ts === old.end ? tick.price : last
    const value = slot.meanStarted ? (slot.mean.mean(old.end) ?? atEnd) : atEnd
    if (slot.strike !== null) this.settle(slot.slot, old, slot.strike, value)
    this.venue.onWindowEnd(old.id, unixMs(Math.max(tick.ts, old.end)))
    return old.end === next.start ? value : tick.price
  }

  /** A window whose end no price told: it is decided by minute candles as soon as those are there. */
  miss(slot: Slot, window: Window): void {
    this.missed.set(window.id, { slot, window })
    this.settleMissed()
  }

  /** To be called when minutes have come in. */
  settleMissed(): void {
    for (const { slot, window } of this.missed.values()) {
      const strike = this.valueFromMinute(slot.asset, window.start)
      const close = this.valueFromMinute(slot.asset, window.end)
      if (strike === undefined || close === undefined) continue
      this.missed.delete(window.id)
      this.settle(slot, window, strike, close)
    }
  }

  /** Typical price of the minute before `boundary`, which stands in for its mean; its close where no mean decides. */
  private valueFromMinute(asset: Asset, boundary: number): number | undefined {
    const minute = this.settings.minuteAt(asset, boundary - MINUTE)
    if (minute === undefined) return undefined
    return this.settings.settlementMeanSec > 0 ? (minute.high + minute.low + minute.close) / 3 : minute.close
  }

  private settle(slot: Slot, window: Window, strike: number, close: number): void {
    const rng = seededRng(this.settings.seed, `settle ${window.id}`)
    const ts = unixMs(window.end + settlementDelay(rng))
    // A tie is Up.
    const payoutUp = price(close >= strike ? MICRO : 0)
    const { source } = this.settings
    this.owe({ kind: 'settled', ts, slot: slot.id, windowId: window.id, strike, close, payoutUp, source })
    this.owe({ kind: 'redeemed', ts: unixMs(ts + 10_000 + Math.floor(rng.uniform() * 50_000)), windowId: window.id })
  }

  private owe(event: Extract<EngineEvent, { kind: 'settled' | 'redeemed' }>): void {
    this.due.add(event)
    this.schedule.add(event.ts, event)
  }

  private quote(slot: SlotMarket, tick: PriceTick, asset: AssetMarket): void {
    if (slot.maker === null || slot.strike === null || slot.window === null) return
    const book = slot.maker.quote({
      ts: tick.ts,
      price: tick.price,
      strike: slot.strike,
      volPerSec: asset.vol.perSecond(),
      meanSec: this.settings.settlementMeanSec,
      meanSoFar: slot.meanStarted ? slot.mean.mean(tick.ts) : null,
    })
    const lag = REACTIONS[((tick.ts / 1000) * 7 + slot.slot.id.length * 3) % REACTIONS.length] ?? 250
    const ts = unixMs(Math.max(tick.ts, tick.tsVenue + lag))
    if (ts < slot.window.end) this.schedule.add(ts, { ...book, ts })
  }

  /** What must outlive a restart. Orders do not: an in-process venue dies with the desk, and nothing can have filled. */
  snapshot(): PaperSnapshot {
    const slots = this.slots.map((s) => ({
      slot: s.slot.id,
      windowStart: s.window?.start ?? 0,
      strike: s.strike,
      mean: s.meanStarted ? s.mean.snapshot() : null,
    }))
    return { slots, due: [...this.due] }
  }

  /** @param endedBefore windows that ended before this are left out: no price will tell how they ended */
  restore(snapshot: PaperSnapshot, endedBefore: number): void {
    for (const saved of snapshot.slots) {
      const slot = this.slots.find((s) => s.slot.id === saved.slot)
      if (slot === undefined || saved.windowStart === 0) continue
      const window = windowAt(slot.slot, unixMs(saved.windowStart))
      if (window.end <= endedBefore) continue
      slot.window = window
      slot.lastTs = Number.MAX_SAFE_INTEGER
      slot.maker = new BookMaker(slot.window, this.settings.seed)
      slot.strike = saved.strike
      slot.meanStarted = saved.mean !== null
      if (saved.mean !== null) slot.mean.restore(saved.mean)
      if (saved.strike === null) continue
      const ts = unixMs(saved.windowStart)
      this.schedule.add(ts, { kind: 'strike', ts, slot: saved.slot, windowId: slot.window.id, strike: saved.strike })
    }
    for (const event of snapshot.due) this.owe(event)
  }

  /** True while the outcome of a window is known and still to be told, or waited for. */
  isDeciding(windowId: WindowId): boolean {
    return this.missed.has(windowId) || [...this.due].some((event) => event.windowId === windowId)
  }
}
