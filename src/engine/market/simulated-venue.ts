import type { Disposer } from '../../shared/domain/base.ts'
import type { Candle, FeedEvent, PriceTick } from '../../shared/domain/feed.ts'
import type { FillId, OrderId } from '../../shared/domain/ids.ts'
import type { Order } from '../../shared/domain/records.ts'
import type { Asset, Slot, SlotId, Window, WindowId } from '../../shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../../shared/domain/time.ts'
import type { BookUpdate, EngineEvent } from '../events.ts'
import type { MinuteRemainder } from '../prices/prices.ts'
import { TICK_PRICE, TICK_TS, TICK_VENUE } from '../prices/tick-cells.ts'
import type { BookSource } from '../slot-state.ts'
import type { SlotListing } from '../venue/listing.ts'
import type { LocalSimulation, Venue, VenueCapabilities, VenueSnapshot } from '../venue/port.ts'
import { COARSE_TICK } from './book-maker.ts'
import { DelayLine } from './delay-line.ts'
import { Makers } from './makers.ts'
import { Matcher, type MatcherSettings } from './matcher.ts'
import { readSavedVenue, type SavedVenue } from './saved-venue.ts'
import { Schedule, type VenueClock } from './schedule.ts'
import { Settler } from './settler.ts'
import { SimulatedAsset } from './simulated-asset.ts'
import { SimulatedSlot } from './simulated-slot.ts'

export interface SimulatedVenueSettings {
  readonly seed: number
  readonly slots: readonly Slot[]
  readonly venue: MatcherSettings
  /** The closing value is the mean over this many seconds before the end; 0 = the last price. */
  readonly settlementMeanSec: number
  /** Delay of a price on its way to the desk, ms. By default makers react sooner, so that outdated quotes cannot be taken. */
  readonly feedDelayMs: number
  /** Name of the simulated settlement source. */
  readonly source: string
  /** The closed minute of an asset by its open time; settles windows without a price at their boundary. */
  readonly minuteAt: (asset: Asset, openTime: number) => Candle | undefined
  /** True when the feed itself reported that minute, rather than the desk building it from prices. Default: never. */
  readonly isReported?: (asset: Asset, openTime: number) => boolean
  /** True when the price path starts with this desk, so that nothing was missed before its first price. */
  readonly startsWithFeed?: boolean
  /** True: every quote is emitted as an event. False: only in windows with a resting order; otherwise books are read on demand. */
  readonly pushesBooks: boolean
}

/** Source of prices that pushes many at once without allocating. */
export interface PriceSource {
  /**
   * Pushes prices up to and including `until`.
   * @param all push each price to the venue at its time; otherwise a source may hold some back until they are pulled
   * @returns time reached: `until`, or the time of a price that scheduled an event
   */
  advance(until: number, all: boolean): number
}

/** Receives prices and events of a playback on behalf of the desk. */
export interface PlaybackSink {
  readonly price: (asset: SimulatedAsset, ticks: Float64Array, at: number) => void
  /** Applies the remainder of a minute at once; false when its prices must be applied one by one. */
  readonly remainder: (asset: SimulatedAsset, remainder: MinuteRemainder) => boolean
  readonly event: (event: EngineEvent) => void
}

const CAPABILITIES: VenueCapabilities = {
  inProcess: true,
  answerMs: null,
  readLagMs: 0,
  fateSettlesMs: 0,
  redeemsItself: true,
  officialStrikes: false,
}

/**
 * A venue simulated in desk time from any price feed: makers quote, a matcher fills, a settler settles. It takes prices and
 * orders and emits, in order of time, the events that a real venue would.
 */
export class SimulatedVenue implements Venue, LocalSimulation, BookSource {
  readonly name: string = 'simulated'
  readonly capabilities: VenueCapabilities = CAPABILITIES
  private readonly settings: SimulatedVenueSettings
  private readonly slots: readonly SimulatedSlot[]
  private readonly assets = new Map<Asset, SimulatedAsset<SimulatedSlot>>()
  private readonly clock: VenueClock = { now: 0 }
  private readonly schedule = new Schedule()
  private readonly delayed: DelayLine
  private readonly matcher: Matcher
  private readonly makers: Makers
  private readonly settler: Settler
  private readonly tick = new Float64Array(4)

  constructor(settings: SimulatedVenueSettings) {
    this.settings = settings
    const { seed, settlementMeanSec: meanSec, pushesBooks, source, minuteAt, isReported = () => false } = settings
    const { clock, schedule } = this
    const slots = settings.slots.map((slot) => {
      const asset = this.asset(slot.asset)
      const simulated = new SimulatedSlot(slot, asset)
      asset.slots.push(simulated)
      return simulated
    })
    this.slots = slots
    this.delayed = new DelayLine(settings.feedDelayMs)
    this.matcher = new Matcher(settings.venue, seed, {
      bookOf: (windowId) => this.makers.bookIn(windowId),
      send: (ts, orderId, report) => schedule.add(ts, { kind: 'order', ts, orderId, report }),
      sendFate: (ts, orderId, fillId, fate) => schedule.add(ts, { kind: 'fill', ts, orderId, fillId, fate }),
      scheduleAt: (ts, run) => schedule.add(unixMs(ts), run),
      onSwept: (...swept) => this.makers.sweep(...swept),
    })
    this.makers = new Makers({ slots, meanSec, pushesBooks, clock, schedule, resting: this.matcher })
    const onWindowEnd = (windowId: WindowId, ts: UnixMs) => this.matcher.onWindowEnd(windowId, ts)
    const asset = (name: Asset) => this.asset(name)
    this.settler = new Settler({
      ...{ seed, slots, asset, meanSec, source, minuteAt, isReported, clock, schedule, onWindowEnd },
    })
  }

  get local(): LocalSimulation {
    return this
  }

  /** Current time, ms UTC. */
  get now(): number {
    return this.clock.now
  }

  listing(slot: SlotId): SlotListing | null {
    if (!this.slots.some((simulated) => simulated.slot.id === slot)) return null
    return simulatedListing(slot, this.settings.venue)
  }

  submit(order: Order, ts: UnixMs): void {
    this.matcher.submit(order, ts)
  }

  cancel(orderId: OrderId, ts: UnixMs): void {
    this.matcher.cancel(orderId, ts)
  }

  /** Always empty: the venue ended with the previous process. */
  snapshot(_orders: readonly OrderId[], _fills: readonly FillId[]): VenueSnapshot {
    return { at: unixMs(this.clock.now), orders: [], positions: null, cash: null }
  }

  redeem(windowId: WindowId, ts: UnixMs): void {
    this.settler.redeem(windowId, ts)
  }

  askOutcome(slot: Slot, window: Window): void {
    if (!this.settler.isPending(window.id)) this.settler.awaitMinutes(slot, window, null)
  }

  /** Events are delivered by `pop` only. */
  listen(): Disposer {
    return () => {}
  }

  seedHistory(name: Asset, minutes: readonly { readonly high: number; readonly low: number }[]): void {
    for (const { high, low } of minutes) this.asset(name).vol.minute(high, low)
  }

  /** State of an underlying, created on first use. */
  asset(name: Asset): SimulatedAsset<SimulatedSlot> {
    let found = this.assets.get(name)
    if (found === undefined) {
      found = new SimulatedAsset(name, this.settings.startsWithFeed === true)
      this.assets.set(name, found)
    }
    return found
  }

  relay(tick: PriceTick): void {
    this.onTick(tick)
    this.delayed.add(this.asset(tick.asset), this.tick)
  }

  /** `relay` for a price given as numbers, laid out by `tick-cells.ts`. @returns true when it scheduled an event */
  relayCells(asset: SimulatedAsset<SimulatedSlot>, tick: Float64Array): boolean {
    this.delayed.add(asset, tick)
    return this.take(asset, tick)
  }

  onFeedEvent(event: FeedEvent): void {
    if (event.kind === 'price') this.onTick(event)
    if (event.kind === 'candle') this.settler.onMinutes()
  }

  /** Applies a price to makers and settlement; resulting events come from `pop` later. */
  private onTick(tick: PriceTick): void {
    this.tick[0] = tick.ts
    this.tick[1] = tick.tsVenue
    this.tick[2] = tick.price
    this.tick[3] = tick.volume
    this.take(this.asset(tick.asset), this.tick)
  }

  /** Delay of a price on its way to the desk, ms. */
  get feedDelayMs(): number {
    return this.settings.feedDelayMs
  }

  /** Applies a price that reaches the desk by another path. @returns true when it scheduled an event */
  take(asset: SimulatedAsset<SimulatedSlot>, tick: Float64Array): boolean {
    const ts = tick[TICK_TS] ?? 0
    const tsVenue = tick[TICK_VENUE] ?? 0
    if (ts > this.clock.now) this.clock.now = ts
    asset.noteGap(tsVenue)
    const passes = tsVenue >= asset.boundary
    if (passes) this.settler.passBoundary(asset, ts, tsVenue, tick[TICK_PRICE] ?? 0)
    asset.observe(tick, this.settings.settlementMeanSec)
    return this.makers.react(asset, ts) || passes
  }

  bookOf(index: number, since: number): BookUpdate | null {
    return this.makers.bookOf(index, since)
  }

  bestOf(index: number, since: number, out: Float64Array): boolean {
    return this.makers.bestOf(index, since, out)
  }

  /**
   * Plays a source in the same order as `relay` and `pop`, without allocating per price.
   * @returns a function that plays up to and including a time
   */
  player(source: PriceSource, desk: PlaybackSink): (until: number) => void {
    const { schedule, delayed, matcher } = this
    return (until) => {
      for (;;) {
        const due = schedule.peek() ?? Number.POSITIVE_INFINITY
        const to = Math.min(due, until)
        const reached = source.advance(to, matcher.hasResting)
        delayed.drain(reached, desk.price)
        if (reached < to) continue
        if (due > until) break
        const event = this.pop()
        if (event !== undefined) desk.event(event)
      }
      this.advanceTo(until)
    }
  }

  /** Advances the clock; quotes that were due until then become visible. */
  advanceTo(ts: number): void {
    if (ts > this.clock.now) this.clock.now = ts
  }

  peek(): UnixMs | undefined {
    const next = Math.min(this.delayed.peek(), this.schedule.peek() ?? Number.POSITIVE_INFINITY)
    return next === Number.POSITIVE_INFINITY ? undefined : unixMs(next)
  }

  pop(): EngineEvent | undefined {
    if (this.delayed.peek() <= (this.schedule.peek() ?? Number.POSITIVE_INFINITY)) return this.delayed.take()
    const event = this.schedule.next(this.clock)
    if (event === undefined) return undefined
    if (event.kind === 'book') this.matcher.onBook(event)
    if (event.kind === 'settled' || event.kind === 'redeemed') this.settler.markDelivered(event)
    return event
  }

  save(): SavedVenue {
    const assets = [...this.assets.values()]
    const means = assets.flatMap(({ name, boundary, mean, meanStarted }) =>
      meanStarted ? [{ asset: name, boundary, mean: mean.snapshot() }] : [],
    )
    const heard = assets.map(({ name, lastVenue }) => ({ asset: name, lastVenue }))
    return { ...this.settler.save(), means, heard }
  }

  restore(saved: unknown, endedBefore: number): boolean {
    const state = readSavedVenue(saved)
    if (state === null) return false
    const lastVenue = (name: Asset) =>
      state.heard?.find((entry) => entry.asset === name)?.lastVenue ?? Number.MAX_SAFE_INTEGER
    this.settler.restore(state, endedBefore, lastVenue)
    for (const { asset: name, boundary, mean } of state.means) {
      const asset = this.asset(name)
      // The boundary may have passed since; the first price settles it like any other.
      asset.boundary = boundary
      asset.mean.restore(mean)
      asset.meanStarted = true
    }
    return true
  }
}

/** Terms of a slot at the simulated venue. */
export function simulatedListing(slot: SlotId, settings: MatcherSettings): SlotListing {
  const { minShares, minStake, feeRatePpm, takerDelayMs } = settings
  return { slot, tick: COARSE_TICK, minShares, minStake, takerFeePpm: feeRatePpm, takerDelayMs }
}
