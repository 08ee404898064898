import { assertNever } from '../../shared/domain/base.ts'
import type { FillId, OrderId } from '../../shared/domain/ids.ts'
import { fillId } from '../../shared/domain/ids.ts'
import { MICRO, NO_USD, notional, type Shares, shares, subShares, type Usd, usd } from '../../shared/domain/money.ts'
import type { Order } from '../../shared/domain/records.ts'
import type { WindowId } from '../../shared/domain/slots.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { BookUpdate, FillFate, Level, OrderReport } from '../events.ts'
import {
  boundsRejection,
  CANCELLED,
  chainFate,
  FILLED,
  type OrderEnd,
  oppositeLevels,
  REST_KILLED,
  restAfter,
  takerFillIds,
  takesAsks,
  unmatchedEnd,
} from './order-rules.ts'
import { accepts, isComplete, sharesAtLimit, takeLevels } from './taking.ts'

/** Behaviour of the simulated venue; defaults from venue facts B2.8, B2.9 and C. Times in ms, rates in parts per million. */
export interface MatcherSettings {
  readonly latencyMs: number
  readonly takerDelayMs: number
  readonly feeRatePpm: number
  readonly minShares: Shares
  readonly minStake: Usd
  /** Probability, in parts per million, that a matched trade fails on chain. */
  readonly reversalPpm: number
}

type Send = (ts: UnixMs, orderId: OrderId, report: OrderReport) => void
type SendFate = (ts: UnixMs, orderId: OrderId, fillId: FillId, fate: FillFate) => void
type ScheduleAt = (ts: number, run: (ts: UnixMs) => void) => void

interface Resting {
  readonly order: Order
  left: Shares
  /** Its fills so far, to be confirmed on chain when the order ends. */
  readonly fills: FillId[]
}

/**
 * Matches orders against the books as of the end of the taker delay, not as of the decision. A resting order fills only when
 * the price trades through it, since its position in the queue is unknown.
 */
export class Matcher {
  private readonly resting = new Map<OrderId, Resting>()
  private readonly cancelled = new Set<OrderId>()
  private readonly settings: MatcherSettings
  private readonly seed: number
  private readonly bookOf: (windowId: WindowId) => BookUpdate | null
  private readonly send: Send
  private readonly sendFate: SendFate
  private readonly scheduleAt: ScheduleAt
  private readonly onSwept: (
    windowId: WindowId,
    side: 'bids' | 'asks',
    taken: number,
    offered: number,
    ts: UnixMs,
  ) => void

  constructor(
    settings: MatcherSettings,
    seed: number,
    wiring: {
      bookOf: Matcher['bookOf']
      send: Send
      sendFate: SendFate
      scheduleAt: ScheduleAt
      onSwept: Matcher['onSwept']
    },
  ) {
    this.settings = settings
    this.seed = seed
    this.bookOf = wiring.bookOf
    this.send = wiring.send
    this.sendFate = wiring.sendFate
    this.scheduleAt = wiring.scheduleAt
    this.onSwept = wiring.onSwept
  }

  /** Fills resting orders that a new book trades through. */
  onBook(book: BookUpdate): void {
    for (const resting of this.resting.values()) {
      if (resting.order.windowId === book.windowId) this.tradeThrough(resting, book)
    }
  }

  /** True while any order rests. */
  get hasResting(): boolean {
    return this.resting.size > 0
  }

  /** True while an order of the window rests in its book. */
  isResting(windowId: WindowId): boolean {
    for (const { order } of this.resting.values()) if (order.windowId === windowId) return true
    return false
  }

  /** Expires resting orders of an ended window. */
  onWindowEnd(windowId: string, ts: UnixMs): void {
    for (const { order } of this.resting.values())
      if (order.windowId === windowId) this.endResting(order, ts, { type: 'expired', reason: 'the window ended' })
  }

  submit(order: Order, ts: UnixMs): void {
    const { latencyMs, takerDelayMs } = this.settings
    this.scheduleAt(ts + latencyMs, (at) => {
      const rejection = this.rejection(order, at)
      if (rejection !== null) return this.send(at, order.id, { type: 'rejected', reason: rejection })
      if (!this.crosses(order)) return this.onNotCrossing(order, at)
      if (order.postOnly)
        return this.send(at, order.id, { type: 'rejected', reason: 'invalid post-only order: order crosses book' })
      this.send(at, order.id, { type: 'delayed' })
      this.scheduleAt(at + takerDelayMs, (matchAt) => this.take(order, matchAt))
    })
  }

  cancel(orderId: OrderId, ts: UnixMs): void {
    this.scheduleAt(ts + this.settings.latencyMs, (at) => {
      const resting = this.resting.get(orderId)
      if (resting !== undefined) this.endResting(resting.order, at, CANCELLED)
      // The order is in its taker delay: what does not match then must not rest.
      else this.cancelled.add(orderId)
    })
  }

  private endResting(order: Order, ts: UnixMs, end: OrderEnd): void {
    const fills = this.resting.get(order.id)?.fills ?? []
    this.resting.delete(order.id)
    this.end(order, ts, end, fills)
  }

  private rejection(order: Order, ts: UnixMs): string | null {
    const book = this.bookOf(order.windowId)
    if (ts >= order.windowEnd) return 'market is closed'
    if (book === null) return 'no orderbook exists for the requested token id'
    return boundsRejection(order, { ...this.settings, tick: book.tick })
  }

  /** Levels on the opposite side, best first, in prices of the order's own token. */
  private levels(order: Order): readonly Level[] {
    return oppositeLevels(order, this.bookOf(order.windowId))
  }

  private crosses(order: Order): boolean {
    const best = this.levels(order)[0]
    return best !== undefined && accepts(order, best.price)
  }

  private onNotCrossing(order: Order, ts: UnixMs): void {
    switch (order.tif) {
      case 'FAK':
      case 'FOK':
        return this.send(ts, order.id, unmatchedEnd(order.tif))
      case 'GTC':
      case 'GTD':
        return this.rest(order, sharesAtLimit(order), ts)
      default:
        return assertNever(order.tif)
    }
  }

  private rest(order: Order, left: Shares, ts: UnixMs): void {
    if (this.cancelled.delete(order.id)) return this.send(ts, order.id, CANCELLED)
    this.resting.set(order.id, { order, left, fills: [] })
    this.send(ts, order.id, { type: 'open' })
  }

  /** Fills an order from the levels within its limit. */
  private take(order: Order, ts: UnixMs): void {
    if (ts >= order.windowEnd || this.bookOf(order.windowId) === null) {
      return this.send(ts, order.id, { type: 'expired', reason: 'the window ended during the taker delay' })
    }
    const fills = takeLevels(order, this.levels(order), this.settings.feeRatePpm)
    const isKilled = order.tif === 'FOK' && !isComplete(order, fills)
    if (fills.length === 0 || isKilled) return this.onNotCrossing(order, ts)
    const ids = takerFillIds(order, fills)
    for (const [i, fill] of fills.entries())
      this.send(ts, order.id, { type: 'fill', fillId: fillId(`${order.id}-${i + 1}`), ...fill })
    this.reportSweep(order, fills, ts)
    const rest = restAfter(order, fills)
    if (rest !== null) {
      if (this.cancelled.delete(order.id)) return this.end(order, ts, CANCELLED, ids)
      this.resting.set(order.id, { order, left: rest, fills: ids })
      return
    }
    this.end(order, ts, isComplete(order, fills) ? FILLED : REST_KILLED, ids)
  }

  private reportSweep(order: Order, fills: readonly { shares: Shares }[], ts: UnixMs): void {
    const offered = this.levels(order).reduce((sum, level) => sum + level.shares, 0)
    const taken = fills.reduce((sum, fill) => sum + fill.shares, 0)
    this.onSwept(order.windowId, takesAsks(order) ? 'asks' : 'bids', taken, offered, ts)
  }

  /** Ends an order; its fills are confirmed, or fail, on chain later. */
  private end(order: Order, ts: UnixMs, end: OrderEnd, fills: readonly FillId[]): void {
    this.send(ts, order.id, end)
    if (fills.length === 0) return
    const { fate, afterMs } = chainFate(order, this.seed, this.settings.reversalPpm)
    this.scheduleAt(ts + afterMs, (at) => {
      for (const fillId of fills) this.sendFate(at, order.id, fillId, fate)
    })
  }

  private tradeThrough(resting: Resting, book: BookUpdate): void {
    const { order } = resting
    const best = oppositeLevels(order, book)[0]
    const through = best !== undefined && (order.kind === 'enter' ? best.price < order.limit : best.price > order.limit)
    if (!through || best === undefined) return
    const quantity = shares(Math.min(resting.left, best.shares))
    resting.left = subShares(resting.left, quantity)
    const cash = notional(order.limit, quantity)
    const id = fillId(`${order.id}-m${resting.fills.length + 1}`)
    resting.fills.push(id)
    // Makers pay no fee.
    this.send(book.ts, order.id, {
      type: 'fill',
      fillId: id,
      price: order.limit,
      shares: quantity,
      cash,
      fee: NO_USD,
    })
    if (resting.left > 0) return
    this.resting.delete(order.id)
    this.end(order, book.ts, FILLED, resting.fills)
  }
}

export const DEFAULT_MATCHER: MatcherSettings = {
  latencyMs: 25,
  takerDelayMs: 150,
  feeRatePpm: 70_000,
  minShares: shares(5 * MICRO),
  minStake: usd(MICRO),
  reversalPpm: 300,
}
