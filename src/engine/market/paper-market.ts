import type { Candle, PriceTick } from '../../shared/domain/feed.ts'
import { MICRO, price } from '../../shared/domain/money.ts'
import type { Order, OrderId } from '../../shared/domain/records.ts'
import { type Asset, type Slot, type SlotId, type Window, type WindowId, windowAt } from '../../shared/domain/slots.ts'
import { MINUTE, SECOND, type UnixMs, unixMs } from '../../shared/domain/time.ts'
import { BOUNDARY_MS, type MinuteRest, SILENCE_MS } from '../asset-state.ts'
import type { BookUpdate, EngineEvent } from '../events.ts'
import type { BookSource } from '../state.ts'
import { TICK_PRICE, TICK_TS, TICK_VENUE } from '../tick-cells.ts'
import { AssetMarket } from './asset-market.ts'
import { BookMaker } from './book-maker.ts'
import { DelayLine } from './delay-line.ts'
import { placeSeed, uniformAt } from './noise.ts'
import { PaperVenue, settlementDelay, type VenueSettings } from './paper-venue.ts'
import { Schedule } from './schedule.ts'
import { reactionAt, SLOWEST_REACTION, SlotMarket } from './slot-market.ts'

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
  /** Whether the venue itself told that minute, rather than the desk making it of prices; where absent, none was told. */
  readonly isTold?: (asset: Asset, openTime: number) => boolean
  /** True where the prices are the market's own and begin with it: nothing was missed before the first. */
  readonly beginsHere?: boolean
  /** True: every quote is told as an event. False: whoever wants a book asks for it, and only resting orders hear of them. */
  readonly tellsBooks: boolean
}

/** A window whose end no price told. */
interface Missed {
  readonly slot: Slot
  readonly window: Window
  /** Null where its start was not told either. */
  readonly strike: number | null
}

/** The very first price of a market opens the window that it comes right at the start of. */
function openingPrice(window: Window, tsVenue: number, price: number): number | null {
  return tsVenue - window.start <= SILENCE_MS ? price : null
}

/** Prices in bulk. */
export interface PriceSource {
  /**
   * Tells prices up to and including `until`, without making anything.
   * @param all the market must hear of each at its moment; otherwise a source may keep some until somebody looks
   * @returns how far it told: `until`, or the moment of a price that put something on the schedule
   */
  advance(until: number, all: boolean): number
}

/** Who hears of the market. */
export interface DeskSide {
  readonly price: (asset: AssetMarket, ticks: Float64Array, at: number) => void
  /** The rest of a minute in one piece; false where the desk must hear its prices one by one. */
  readonly rest: (asset: AssetMarket, rest: MinuteRest) => boolean
  readonly event: (event: EngineEvent) => void
}

export interface PaperSnapshot {
  readonly slots: readonly { readonly slot: SlotId; readonly windowStart: number; readonly strike: number | null }[]
  readonly means: readonly { readonly asset: Asset; readonly boundary: number; readonly mean: readonly number[] }[]
  /** Venue time of each asset's last price, so that a stop is seen as the silence that it is; absent in older snapshots. */
  readonly heard?: readonly { readonly asset: Asset; readonly lastVenue: number }[] | undefined
  /** Settlements and redemptions that are still to come. */
  readonly due: readonly Extract<EngineEvent, { kind: 'settled' | 'redeemed' }>[]
}

/**
 * The venue around any price feed: books, matching, strikes, outcomes and redemptions, all derived from the prices and
 * a seed. It is told prices and orders and tells, in order of time, what the engine would hear from a real venue. A book
 * is a function of prices and time, so that it makes no difference whether anybody looked at the ones before.
 */
export class PaperMarket implements BookSource {
  private readonly settings: PaperMarketSettings
  private readonly slots: readonly SlotMarket[]
  private readonly assets = new Map<Asset, AssetMarket<SlotMarket>>()
  private readonly schedule = new Schedule()
  private readonly delayed: DelayLine
  private readonly venue: PaperVenue
  private readonly due = new Set<Extract<EngineEvent, { kind: 'settled' | 'redeemed' }>>()
  /** Windows over whose end the feed was silent. */
  private readonly missed = new Map<WindowId, Missed>()
  /** The moment it has come to. */
  now = 0
  private readonly tick = new Float64Array(4)

  constructor(settings: PaperMarketSettings) {
    this.settings = settings
    this.slots = settings.slots.map((slot) => {
      const asset = this.asset(slot.asset)
      const market = new SlotMarket(slot, asset)
      asset.slots.push(market)
      return market
    })
    this.delayed = new DelayLine(settings.feedDelayMs)
    this.venue = new PaperVenue(settings.venue, settings.seed, {
      bookOf: (windowId) => this.venueBook(windowId),
      send: (ts, orderId, report) => this.schedule.add(ts, { kind: 'order', ts, orderId, report }),
      sendFate: (ts, fillId, fate) => this.schedule.add(ts, { kind: 'fill', ts, fillId, fate }),
      later: (ts, run) => this.schedule.add(unixMs(ts), run),
      onSwept: (windowId, side, taken, of, ts) => {
        this.slots.find((s) => s.window?.id === windowId)?.maker?.sweep(side, taken, of, ts)
      },
    })
  }

  /** Volatility before the first price, from closed minutes, oldest first. */
  seedVolatility(name: Asset, minutes: readonly { readonly high: number; readonly low: number }[]): void {
    for (const { high, low } of minutes) this.asset(name).vol.minute(high, low)
  }

  /** What a market knows of an underlying; made when it is first asked for. */
  asset(name: Asset): AssetMarket<SlotMarket> {
    let found = this.assets.get(name)
    if (found === undefined) {
      found = new AssetMarket(name, this.settings.beginsHere === true)
      this.assets.set(name, found)
    }
    return found
  }

  /** A price that the desk is to hear of only after the feed's delay: `pop` tells it. */
  relay(tick: PriceTick): void {
    this.onTick(tick)
    this.delayed.add(this.asset(tick.asset), this.tick)
  }

  /** The same of a price in cells. @returns true when it put something on the schedule */
  relayCells(asset: AssetMarket<SlotMarket>, tick: Float64Array): boolean {
    this.delayed.add(asset, tick)
    return this.take(asset, tick)
  }

  /** A price of an underlying: what makers, strikes and outcomes make of it comes out of `pop` later. */
  onTick(tick: PriceTick): void {
    this.tick[0] = tick.ts
    this.tick[1] = tick.tsVenue
    this.tick[2] = tick.price
    this.tick[3] = tick.volume
    this.take(this.asset(tick.asset), this.tick)
  }

  /** How long a price takes to the desk, in ms. */
  get feedDelayMs(): number {
    return this.settings.feedDelayMs
  }

  /** Takes in a price that the desk hears of from elsewhere. @returns true when it put something on the schedule */
  take(asset: AssetMarket<SlotMarket>, tick: Float64Array): boolean {
    const ts = tick[TICK_TS] ?? 0
    if (ts > this.now) this.now = ts
    let scheduled = false
    asset.noteSilence(tick[TICK_VENUE] ?? 0)
    if ((tick[TICK_VENUE] ?? 0) >= asset.boundary) {
      this.passBoundary(asset, ts, tick[TICK_VENUE] ?? 0, tick[TICK_PRICE] ?? 0)
      scheduled = true
    }
    asset.observe(tick, this.settings.settlementMeanSec)
    const unheard = !this.settings.tellsBooks && !this.venue.rests
    if (unheard && asset.isCalm(ts)) return scheduled
    for (const slot of asset.slots) if (this.react(slot)) scheduled = true
    if (unheard) this.findCalm(asset, ts)
    return scheduled
  }

  /** Works out between which prices makers need not be told of each, for the rest of the minute at most. */
  private findCalm(asset: AssetMarket<SlotMarket>, ts: number): void {
    const meanSec = this.settings.settlementMeanSec
    const until = Math.min(ts + MINUTE, asset.boundary - meanSec * SECOND)
    if (until <= ts) return
    let low = 0
    let high = Number.POSITIVE_INFINITY
    for (const { maker } of asset.slots) {
      const within = maker === null ? 0 : maker.calmWithin(asset, until, meanSec)
      low = Math.max(low, (maker?.strike ?? 0) - within)
      high = Math.min(high, (maker?.strike ?? 0) + within)
    }
    asset.calmLow = low
    asset.calmHigh = high
    asset.calmUntil = until
  }

  /** Makers of one slot see the newest price. */
  private react(slot: SlotMarket): boolean {
    const { maker, window, asset } = slot
    if (maker === null || window === null) return false
    maker.watch(asset, this.settings.settlementMeanSec)
    if (!this.settings.tellsBooks && !(this.venue.rests && this.venue.isResting(window.id))) return false
    const at = reactionAt(slot, 0)
    if (at >= window.end) return false
    if (this.shape(slot, 0)) this.schedule.add(unixMs(at), maker.book(unixMs(at)))
    return true
  }

  /** Has makers answer the price `ago` prices ago; false where that price was of another window. */
  private shape(slot: SlotMarket, ago: number): boolean {
    const { maker, asset } = slot
    const ts = asset.tsAt(ago)
    if (maker === null || ts < maker.window.start) return false
    if (slot.shapedFor !== ts) maker.shape(asset, ago, this.settings.settlementMeanSec)
    slot.shapedFor = ts
    return true
  }

  /** How many prices ago makers were told the one whose answer is seen now; −1 when no answer came since `since`. */
  private answered(slot: SlotMarket, since: number): number {
    const { asset, window } = slot
    if (window === null) return -1
    asset.source?.pull()
    const newest = asset.tsAt(0)
    const all = Math.max(newest, asset.tsVenueAt(0) + SLOWEST_REACTION)
    if (newest >= since && all <= this.now && all < window.end) return this.shape(slot, 0) ? 0 : -1
    for (let ago = 0; ago < asset.kept; ago++) {
      const at = reactionAt(slot, ago)
      if (at < since) return -1
      if (at <= this.now && at < window.end) return this.shape(slot, ago) ? ago : -1
    }
    return -1
  }

  /** @param index of the slot among those of the settings */
  bookOf(index: number, since: number): BookUpdate | null {
    const slot = this.slots[index]
    return slot === undefined ? null : this.bookSince(slot, since)
  }

  bestOf(index: number, since: number, out: Float64Array): boolean {
    const slot = this.slots[index]
    if (slot === undefined || this.answered(slot, since) < 0) return false
    slot.maker?.best(out)
    return true
  }

  private bookSince(slot: SlotMarket, since: number): BookUpdate | null {
    const ago = this.answered(slot, since)
    return ago < 0 || slot.maker === null ? null : slot.maker.book(unixMs(reactionAt(slot, ago)))
  }

  private venueBook(windowId: WindowId): BookUpdate | null {
    const slot = this.slots.find((s) => s.window?.id === windowId)
    return slot?.window == null ? null : this.bookSince(slot, slot.window.start)
  }

  submit(order: Order, ts: UnixMs): void {
    this.venue.submit(order, ts)
  }

  cancel(orderId: OrderId, ts: UnixMs): void {
    this.venue.cancel(orderId, ts)
  }

  /**
   * Plays a source in the order in which `relay` and `pop` would tell it, without making a thing for a price.
   * @returns plays up to and including a moment
   */
  player(source: PriceSource, desk: DeskSide): (until: number) => void {
    const { schedule, delayed, venue } = this
    return (until) => {
      for (;;) {
        const due = schedule.peek() ?? Number.POSITIVE_INFINITY
        const to = Math.min(due, until)
        const reached = source.advance(to, venue.rests)
        delayed.drain(reached, desk.price)
        if (reached < to) continue
        if (due > until) break
        const event = this.pop()
        if (event !== undefined) desk.event(event)
      }
      if (until > this.now) this.now = until
    }
  }

  /** Time of the next event; undefined when nothing is coming. */
  peek(): UnixMs | undefined {
    const next = Math.min(this.delayed.peek(), this.schedule.peek() ?? Number.POSITIVE_INFINITY)
    return next === Number.POSITIVE_INFINITY ? undefined : unixMs(next)
  }

  /** Takes the next event; undefined where the step was the venue's own and says nothing. */
  pop(): EngineEvent | undefined {
    if (this.delayed.peek() <= (this.schedule.peek() ?? Number.POSITIVE_INFINITY)) return this.delayed.take()
    const next = this.schedule.pop()
    if (next === undefined) return undefined
    if (next.ts > this.now) this.now = next.ts
    if (typeof next.what === 'function') {
      next.what(next.ts)
      return undefined
    }
    if (next.what.kind === 'book') this.venue.onBook(next.what)
    if (next.what.kind === 'settled' || next.what.kind === 'redeemed') this.due.delete(next.what)
    return next.what
  }

  private passBoundary(asset: AssetMarket<SlotMarket>, ts: number, tsVenue: number, at: number): void {
    const ended = asset.boundary
    const unseen = asset.closedUnseen(this.settings.settlementMeanSec)
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
  private open(slot: SlotMarket, window: Window, strike: number, ts: number): void {
    slot.strike = strike
    slot.maker = new BookMaker(window, strike, this.settings.seed, slot.depthScale)
    const wait = Math.floor(uniformAt(placeSeed(this.settings.seed, 'strike ', window.id), 0) * 900)
    const told = unixMs(Math.max(ts, window.start) + 1_000 + wait)
    this.schedule.add(told, { kind: 'strike', ts: told, slot: slot.slot.id, windowId: window.id, strike })
  }

  /**
   * Settles the window that is over.
   * @param value at its end; null where prices were silent then
   * @returns the strike of the next one: that value, else that of the minute before it; null where neither is known
   */
  private close(slot: SlotMarket, ts: number, next: Window, value: number | null): number | null {
    const old = slot.window
    if (old !== null) {
      this.venue.onWindowEnd(old.id, unixMs(Math.max(ts, old.end)))
      if (value === null) this.miss(slot.slot, old, slot.strike)
      else if (slot.strike === null) this.miss(slot.slot, old, null)
      else this.settle(slot.slot, old, slot.strike, value)
      if (value !== null && old.end === next.start) return value
    }
    return this.valueFromMinute(slot.slot.asset, next.start) ?? null
  }

  /** A window whose end no price told: it is decided by minute candles as soon as those are there. */
  miss(slot: Slot, window: Window, strike: number | null): void {
    this.missed.set(window.id, { slot, window, strike })
    this.settleMissed()
  }

  /** To be called when minutes have come in: they decide windows that ended unseen, and open those that began unseen. */
  takeMinutes(): void {
    this.settleMissed()
    for (const slot of this.slots) {
      if (slot.window === null || slot.strike !== null) continue
      const strike = this.valueFromMinute(slot.slot.asset, slot.window.start)
      if (strike !== undefined) this.open(slot, slot.window, strike, this.now)
    }
  }

  private settleMissed(): void {
    for (const { slot, window, strike: known } of this.missed.values()) {
      const strike = known ?? this.valueFromMinute(slot.asset, window.start)
      const close = this.valueFromMinute(slot.asset, window.end)
      if (strike === undefined || close === undefined) continue
      this.missed.delete(window.id)
      this.settle(slot, window, strike, close)
    }
  }

  /** Typical price of the minute before `boundary`, which stands in for its mean; its close where no mean decides. */
  private valueFromMinute(asset: Asset, boundary: number): number | undefined {
    const openTime = boundary - MINUTE
    const minute = this.settings.minuteAt(asset, openTime)
    if (minute === undefined) return undefined
    // A candle made of prices that were partly missing is none; one that the venue told is.
    if (this.asset(asset).wasSilentIn(openTime) && this.settings.isTold?.(asset, openTime) !== true) return undefined
    const { grid } = this.asset(asset)
    for (const price of [minute.high, minute.low, minute.close]) grid.hear(price)
    return this.settings.settlementMeanSec > 0
      ? grid.nearest((minute.high + minute.low + minute.close) / 3)
      : minute.close
  }

  private settle(slot: Slot, window: Window, strike: number, close: number): void {
    const place = placeSeed(this.settings.seed, 'settle ', window.id)
    const ts = unixMs(window.end + settlementDelay(place))
    // A tie is Up.
    const payoutUp = price(close >= strike ? MICRO : 0)
    const { source } = this.settings
    this.owe({ kind: 'settled', ts, slot: slot.id, windowId: window.id, strike, close, payoutUp, source })
    const redeemed = unixMs(ts + 10_000 + Math.floor(uniformAt(place, 9) * 50_000))
    this.owe({ kind: 'redeemed', ts: redeemed, windowId: window.id })
  }

  private owe(event: Extract<EngineEvent, { kind: 'settled' | 'redeemed' }>): void {
    this.due.add(event)
    this.schedule.add(event.ts, event)
  }

  /** What must outlive a restart. Orders do not: an in-process venue dies with the desk, and nothing can have filled. */
  snapshot(): PaperSnapshot {
    const slots = this.slots.map((s) => ({
      slot: s.slot.id,
      windowStart: s.window?.start ?? 0,
      strike: s.strike,
    }))
    const means = [...this.assets.values()].flatMap(({ name: asset, boundary, mean, meanStarted }) =>
      meanStarted ? [{ asset, boundary, mean: mean.snapshot() }] : [],
    )
    const heard = [...this.assets.values()].map(({ name: asset, lastVenue }) => ({ asset, lastVenue }))
    return { slots, means, heard, due: [...this.due] }
  }

  /** @param endedBefore windows that ended before this are left out: no price will tell how they ended */
  restore(snapshot: PaperSnapshot, endedBefore: number): void {
    for (const saved of snapshot.slots) {
      const slot = this.slots.find((s) => s.slot.id === saved.slot)
      if (slot === undefined || saved.windowStart === 0) continue
      const window = windowAt(slot.slot, unixMs(saved.windowStart))
      if (window.end <= endedBefore) continue
      slot.window = window
      const heard = snapshot.heard?.find(({ asset }) => asset === slot.slot.asset)
      slot.asset.lastVenue = heard?.lastVenue ?? Number.MAX_SAFE_INTEGER
      slot.strike = saved.strike
      if (saved.strike === null) continue
      slot.maker = new BookMaker(slot.window, saved.strike, this.settings.seed, slot.depthScale)
      const ts = unixMs(saved.windowStart)
      this.schedule.add(ts, { kind: 'strike', ts, slot: saved.slot, windowId: slot.window.id, strike: saved.strike })
    }
    for (const { asset: name, boundary, mean } of snapshot.means ?? []) {
      const asset = this.asset(name)
      // The end that this mean decides may have passed: the first price finds it, as it finds any other.
      asset.boundary = boundary
      asset.mean.restore(mean)
      asset.meanStarted = true
    }
    for (const event of snapshot.due) this.owe(event)
  }

  /** True while the outcome of a window is known and still to be told, or waited for. */
  isDeciding(windowId: WindowId): boolean {
    return this.missed.has(windowId) || [...this.due].some((event) => event.windowId === windowId)
  }
}
