import { z } from 'zod'
import type { Disposer } from '../../shared/domain/base.ts'
import type { Candle, FeedEvent, PriceTick } from '../../shared/domain/feed.ts'
import type { FillId, OrderId } from '../../shared/domain/ids.ts'
import type { Order } from '../../shared/domain/records.ts'
import { type Asset, asset, type Slot, type SlotId, type Window, type WindowId } from '../../shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../../shared/domain/time.ts'
import type { BookUpdate, EngineEvent } from '../events.ts'
import type { MinuteRemainder } from '../prices/prices.ts'
import { TICK_PRICE, TICK_TS, TICK_VENUE } from '../prices/tick-cells.ts'
import type { BookSource } from '../state.ts'
import type { SlotListing } from '../venue/listing.ts'
import type { LocalSimulation, Venue, VenueCapabilities, VenueSnapshot } from '../venue/port.ts'
import { COARSE_TICK } from './book-maker.ts'
import { DelayLine } from './delay-line.ts'
import { Makers } from './makers.ts'
import { Matcher, type MatcherSettings } from './matcher.ts'
import { Schedule, type VenueClock } from './schedule.ts'
import { Settler, type SettlerState } from './settler.ts'
import { SimulatedAsset } from './simulated-asset.ts'
import { SimulatedSlot } from './simulated-slot.ts'

export interface SimulatedVenueSettings {
  readonly seed: number
  readonly slots: readonly Slot[]
  readonly venue: MatcherSettings
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
  /** Whether the feed itself told that minute, rather than the desk making it of prices; where absent, none was told. */
  readonly isReported?: (asset: Asset, openTime: number) => boolean
  /** True where the prices are the market's own and begin with it: nothing was missed before the first. */
  readonly startsWithFeed?: boolean
  /** True: every quote is told as an event. False: whoever wants a book asks for it, and only resting orders hear of them. */
  readonly pushesBooks: boolean
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
export interface PlaybackSink {
  readonly price: (asset: SimulatedAsset, ticks: Float64Array, at: number) => void
  /** The rest of a minute in one piece; false where the desk must hear its prices one by one. */
  readonly rest: (asset: SimulatedAsset, rest: MinuteRemainder) => boolean
  readonly event: (event: EngineEvent) => void
}

/** What must outlive a restart. Orders do not: this venue ends with the desk, and nothing can have filled. */
interface SavedVenue extends SettlerState {
  readonly means: readonly { readonly asset: Asset; readonly boundary: number; readonly mean: readonly number[] }[]
  /** Venue time of each asset's last price, so that a stop is seen as the silence that it is; absent in older snapshots. */
  readonly heard?: readonly { readonly asset: Asset; readonly lastVenue: number }[] | undefined
}

const owed = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('settled'),
    ts: z.int(),
    slot: z.string(),
    windowId: z.string(),
    strike: z.number(),
    close: z.number(),
    payoutUp: z.int(),
    source: z.string(),
  }),
  z.object({ kind: z.literal('redeemed'), ts: z.int(), windowId: z.string() }),
])

const savedSchema = z.object({
  slots: z.array(z.object({ slot: z.string(), windowStart: z.int(), strike: z.number().nullable() })),
  due: z.array(owed),
  means: z.array(z.object({ asset: z.string(), boundary: z.int(), mean: z.array(z.number()) })).default([]),
  heard: z.array(z.object({ asset: z.string(), lastVenue: z.number() })).optional(),
})

const CAPABILITIES: VenueCapabilities = {
  inProcess: true,
  answerMs: null,
  readLagMs: 0,
  fateSettlesMs: 0,
  redeemsItself: true,
}

/**
 * The venue around any price feed, in the desk's own time: makers quote, a matcher fills, a settler decides. It is told
 * prices and orders and tells, in order of time, what the engine would hear from a real venue.
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
      const of = this.asset(slot.asset)
      const market = new SimulatedSlot(slot, of)
      of.slots.push(market)
      return market
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

  /** The moment it has come to. */
  get now(): number {
    return this.clock.now
  }

  listing(slot: SlotId): SlotListing | null {
    if (!this.slots.some((one) => one.slot.id === slot)) return null
    return simulatedListing(slot, this.settings.venue)
  }

  submit(order: Order, ts: UnixMs): void {
    this.matcher.submit(order, ts)
  }

  cancel(orderId: OrderId, ts: UnixMs): void {
    this.matcher.cancel(orderId, ts)
  }

  /** It ended with the desk before, and knows nothing of what was there. */
  snapshot(_orders: readonly OrderId[], _fills: readonly FillId[]): VenueSnapshot {
    return { at: unixMs(this.clock.now), orders: [], positions: null, cash: null }
  }

  redeem(_windowId: WindowId, _ts: UnixMs): void {}

  askOutcome(slot: Slot, window: Window): void {
    if (!this.settler.isPending(window.id)) this.settler.awaitMinutes(slot, window, null)
  }

  /** Everything it tells comes in `pop`. */
  listen(): Disposer {
    return () => {}
  }

  seedHistory(name: Asset, minutes: readonly { readonly high: number; readonly low: number }[]): void {
    for (const { high, low } of minutes) this.asset(name).vol.minute(high, low)
  }

  /** What a market knows of an underlying; made when it is first asked for. */
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

  /** The same of a price in cells. @returns true when it put something on the schedule */
  relayCells(of: SimulatedAsset<SimulatedSlot>, tick: Float64Array): boolean {
    this.delayed.add(of, tick)
    return this.take(of, tick)
  }

  hear(event: FeedEvent): void {
    if (event.kind === 'price') this.onTick(event)
    if (event.kind === 'candle') this.settler.onMinutes()
  }

  /** A price of an underlying: what makers, strikes and outcomes make of it comes out of `pop` later. */
  private onTick(tick: PriceTick): void {
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
  take(of: SimulatedAsset<SimulatedSlot>, tick: Float64Array): boolean {
    const ts = tick[TICK_TS] ?? 0
    const tsVenue = tick[TICK_VENUE] ?? 0
    if (ts > this.clock.now) this.clock.now = ts
    of.noteSilence(tsVenue)
    const passes = tsVenue >= of.boundary
    if (passes) this.settler.passBoundary(of, ts, tsVenue, tick[TICK_PRICE] ?? 0)
    of.observe(tick, this.settings.settlementMeanSec)
    return this.makers.react(of, ts) || passes
  }

  bookOf(index: number, since: number): BookUpdate | null {
    return this.makers.bookOf(index, since)
  }

  bestOf(index: number, since: number, out: Float64Array): boolean {
    return this.makers.bestOf(index, since, out)
  }

  /**
   * Plays a source in the order in which `relay` and `pop` would tell it, without making a thing for a price.
   * @returns plays up to and including a moment
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
      this.reach(until)
    }
  }

  /** Time has passed: quotes that became visible until then are. */
  reach(ts: number): void {
    if (ts > this.clock.now) this.clock.now = ts
  }

  peek(): UnixMs | undefined {
    const next = Math.min(this.delayed.peek(), this.schedule.peek() ?? Number.POSITIVE_INFINITY)
    return next === Number.POSITIVE_INFINITY ? undefined : unixMs(next)
  }

  pop(): EngineEvent | undefined {
    if (this.delayed.peek() <= (this.schedule.peek() ?? Number.POSITIVE_INFINITY)) return this.delayed.take()
    const next = this.schedule.pop()
    if (next === undefined) return undefined
    if (next.ts > this.clock.now) this.clock.now = next.ts
    if (typeof next.what === 'function') {
      next.what(next.ts)
      return undefined
    }
    if (next.what.kind === 'book') this.matcher.onBook(next.what)
    if (next.what.kind === 'settled' || next.what.kind === 'redeemed') this.settler.markDelivered(next.what)
    return next.what
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
    const parsed = savedSchema.safeParse(saved)
    if (!parsed.success) return false
    // The schema has read every field; brands are names of what it read.
    const state = parsed.data as unknown as SavedVenue
    const lastVenue = (name: Asset) =>
      state.heard?.find((one) => one.asset === name)?.lastVenue ?? Number.MAX_SAFE_INTEGER
    this.settler.restore(state, endedBefore, lastVenue)
    for (const { asset: name, boundary, mean } of state.means) {
      const of = this.asset(asset(name))
      // The end that this mean decides may have passed: the first price finds it, as it finds any other.
      of.boundary = boundary
      of.mean.restore(mean)
      of.meanStarted = true
    }
    return true
  }
}

/** Terms of a slot at the simulated venue. */
export function simulatedListing(slot: SlotId, settings: MatcherSettings): SlotListing {
  const { minShares, minStake, feeRatePpm, takerDelayMs } = settings
  return { slot, tick: COARSE_TICK, minShares, minStake, takerFeePpm: feeRatePpm, takerDelayMs }
}
