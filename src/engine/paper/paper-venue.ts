import type { Disposer } from '../../shared/domain/base.ts'
import type { FeedEvent, PriceTick } from '../../shared/domain/feed.ts'
import type { FillId, OrderId } from '../../shared/domain/ids.ts'
import type { Order } from '../../shared/domain/records.ts'
import {
  type Asset,
  type Slot,
  type SlotId,
  startOf,
  type Window,
  type WindowId,
  windowAt,
} from '../../shared/domain/slots.ts'
import { MINUTE, SECOND, type UnixMs, unixMs } from '../../shared/domain/time.ts'
import type { BookUpdate, EngineEvent } from '../events.ts'
import { Schedule, type VenueClock } from '../market/schedule.ts'
import type { SlotListing } from '../venue/listing.ts'
import type { MarketData, MarketDataEvent } from '../venue/market-data.ts'
import type { LocalSimulation, Venue, VenueCapabilities, VenueSnapshot } from '../venue/port.ts'
import { PaperMatcher } from './paper-matcher.ts'
import { readSavedPaper, type SavedPaper } from './saved-paper.ts'
import { TakenDepth } from './taken-depth.ts'

export interface PaperVenueSettings {
  readonly seed: number
  readonly slots: readonly Slot[]
  /** Time between the desk and the venue, ms. */
  readonly latencyMs: number
  /** Probability, in parts per million, that the fills of an order fail on chain. */
  readonly reversalPpm: number
  readonly data: MarketData
}

const CAPABILITIES: VenueCapabilities = {
  inProcess: true,
  answerMs: null,
  readLagMs: 0,
  fateSettlesMs: 0,
  redeemsItself: true,
  officialStrikes: true,
}

/** Time from a window's outcome to its payout, ms. */
const PAYOUT_MS = 30 * SECOND

/** Outcomes remembered: those of a day of fourteen slots and more. */
const OUTCOMES_KEPT = 4_000

/** Length of the longest window, ms. */
const LONGEST_WINDOW_MS = 15 * MINUTE

type Strike = Extract<EngineEvent, { kind: 'strike' }>

/**
 * Paper trading on a venue's real books, strikes and outcomes: only fills and payouts are simulated, in desk time. Events of
 * the market data are put on the same timeline, so that each order meets the book as it was at the moment of its match.
 */
export class PaperVenue implements Venue, LocalSimulation {
  readonly name = 'paper'
  readonly capabilities = CAPABILITIES
  private readonly data: MarketData
  private readonly slots: ReadonlyMap<SlotId, Slot>
  private readonly clock: VenueClock = { now: 0 }
  private readonly schedule = new Schedule()
  private readonly depth = new TakenDepth()
  private readonly matcher: PaperMatcher
  private readonly books = new Map<WindowId, BookUpdate>()
  /** Books received and not applied yet, by window, oldest first. */
  private readonly ahead = new Map<WindowId, BookUpdate[]>()
  private readonly strikes = new Map<WindowId, Strike>()
  /** Window of each slot's newest price: the one that the desk trades. */
  private readonly current = new Map<SlotId, WindowId>()
  /** Times of payouts to come. */
  private readonly payouts = new Map<WindowId, UnixMs>()
  /** Windows whose outcome was delivered, newest last: several sources may report the same. */
  private readonly settled = new Set<WindowId>()

  constructor({ seed, slots, latencyMs, reversalPpm, data }: PaperVenueSettings) {
    const { schedule, depth } = this
    this.data = data
    this.slots = new Map(slots.map((slot) => [slot.id, slot]))
    this.matcher = new PaperMatcher({
      seed,
      latencyMs,
      reversalPpm,
      depth,
      termsOf: (windowId) => data.terms(windowId),
      bookOf: (windowId) => this.books.get(windowId) ?? null,
      send: (ts, orderId, report) => schedule.add(ts, { kind: 'order', ts, orderId, report }),
      sendFate: (ts, orderId, fillId, fate) => schedule.add(ts, { kind: 'fill', ts, orderId, fillId, fate }),
      scheduleAt: (ts, run) => schedule.add(unixMs(ts), run),
      matchAt: (ts, windowId, run) => schedule.add(unixMs(ts), (at) => this.matchOnNewest(windowId, at, run)),
    })
  }

  get local(): LocalSimulation {
    return this
  }

  listing(slot: SlotId): SlotListing | null {
    return this.slots.has(slot) ? this.data.listing(slot) : null
  }

  submit(order: Order, ts: UnixMs): void {
    this.matcher.submit(order, ts)
  }

  cancel(orderId: OrderId, ts: UnixMs): void {
    this.matcher.cancel(orderId, ts)
  }

  /** Always empty: the venue's orders ended with the previous process. */
  snapshot(_orders: readonly OrderId[], _fills: readonly FillId[]): VenueSnapshot {
    return { at: unixMs(this.clock.now), orders: [], positions: null, cash: null }
  }

  redeem(windowId: WindowId, ts: UnixMs): void {
    this.payAt(windowId, unixMs(ts + PAYOUT_MS))
  }

  askOutcome(slot: Slot, window: Window): void {
    this.data.askOutcome(slot, window)
  }

  /** Subscribes to the market data. Its events, and the venue's own, are delivered by `pop` only. */
  listen(): Disposer {
    return this.data.listen((event) => this.receive(event))
  }

  /** Runs a match right after the first book event at or after its time, which has every change until then. */
  private matchOnNewest(windowId: WindowId, ts: UnixMs, run: (ts: UnixMs) => void): void {
    const gathers = this.data.refresh(windowId)
    const [next] = this.ahead.get(windowId) ?? []
    if (gathers && next !== undefined) this.schedule.add(next.ts, run)
    else run(ts)
  }

  private receive(event: MarketDataEvent): void {
    if (!this.slots.has(event.slot)) return
    const ts = unixMs(Math.max(event.ts, this.clock.now))
    const received = { ...event, ts }
    this.schedule.add(ts, received)
    if (received.kind !== 'book') return
    const ahead = this.ahead.get(event.windowId)
    if (ahead === undefined) this.ahead.set(event.windowId, [received])
    else ahead.push(received)
  }

  relay(tick: PriceTick): void {
    this.schedule.add(tick.ts, tick)
  }

  onFeedEvent(event: FeedEvent): void {
    if (event.kind === 'price') this.passBoundary(event)
  }

  /** The desk's fills depend on the real books alone. */
  seedHistory(_asset: Asset): void {}

  /**
   * Repeats book and strike of a window at its first price: the desk ignores those that come before it.
   * Forgets the slot's earlier windows.
   */
  private passBoundary({ asset, ts, tsVenue }: PriceTick): void {
    for (const slot of this.slots.values()) {
      if (slot.asset !== asset) continue
      const window = windowAt(slot, tsVenue)
      if (this.current.get(slot.id) === window.id) continue
      this.current.set(slot.id, window.id)
      this.forgetBefore(window)
      for (const known of [this.strikes.get(window.id), this.books.get(window.id)])
        if (known !== undefined) this.schedule.add(ts, { ...known, ts })
    }
  }

  private forgetBefore({ slot, start }: Window): void {
    for (const known of [this.books, this.strikes])
      for (const [windowId, event] of known)
        if (event.slot === slot && startOf(windowId) < start) {
          known.delete(windowId)
          this.depth.forget(windowId)
          this.ahead.delete(windowId)
        }
  }

  peek(): UnixMs | undefined {
    return this.schedule.peek()
  }

  pop(): EngineEvent | undefined {
    const event = this.schedule.next(this.clock)
    return event !== undefined && this.apply(event) ? event : undefined
  }

  /** Applies an event to the venue itself, right before the desk receives it. @returns false if it must not be delivered */
  private apply(event: EngineEvent): boolean {
    if (event.kind === 'price') this.passBoundary(event)
    else if (event.kind === 'strike') this.strikes.set(event.windowId, event)
    else if (event.kind === 'redeemed') this.payouts.delete(event.windowId)
    else if (event.kind === 'settled') return this.settle(event.windowId, event.ts)
    else if (event.kind === 'book') {
      this.books.set(event.windowId, event)
      const ahead = this.ahead.get(event.windowId)
      if (ahead?.[0] === event) ahead.shift()
      this.matcher.onBook(event)
    }
    return true
  }

  /** Schedules the payout of a window. @returns false if its outcome was delivered before */
  private settle(windowId: WindowId, ts: UnixMs): boolean {
    if (this.settled.has(windowId)) return false
    this.settled.add(windowId)
    const [oldest] = this.settled
    if (this.settled.size > OUTCOMES_KEPT && oldest !== undefined) this.settled.delete(oldest)
    this.payAt(windowId, unixMs(ts + PAYOUT_MS))
    return true
  }

  private payAt(windowId: WindowId, ts: UnixMs): void {
    if (this.payouts.has(windowId)) return
    this.payouts.set(windowId, ts)
    this.schedule.add(ts, { kind: 'redeemed', ts, windowId })
  }

  save(): SavedPaper {
    const payouts = [...this.payouts].map(([windowId, ts]) => ({ windowId, ts }))
    return { kind: 'paper', payouts, taken: this.depth.save() }
  }

  restore(saved: unknown, endedBefore: number): boolean {
    const state = readSavedPaper(saved)
    if (state === null) return false
    for (const { windowId, ts } of state.payouts) this.payAt(windowId, ts)
    this.depth.restore(state.taken.filter(({ windowId }) => startOf(windowId) + LONGEST_WINDOW_MS > endedBefore))
    return true
  }
}
