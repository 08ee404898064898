import { type FillId, fillId, type OrderId } from '../../shared/domain/ids.ts'
import {
  MICRO,
  NO_USD,
  notional,
  type Price,
  price,
  type Shares,
  shares,
  subShares,
} from '../../shared/domain/money.ts'
import type { Order } from '../../shared/domain/records.ts'
import type { WindowId } from '../../shared/domain/slots.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { BookUpdate, FillFate, OrderReport } from '../events.ts'
import {
  boundsRejection,
  CANCELLED,
  chainFate,
  FILLED,
  mayRest,
  type OrderEnd,
  oppositeLevels,
  REST_KILLED,
  restAfter,
  takerFillIds,
  takesAsks,
  unmatchedEnd,
} from '../market/order-rules.ts'
import { accepts, isComplete, sharesAtLimit, takeLevels } from '../market/taking.ts'
import type { SlotListing } from '../venue/listing.ts'
import type { TakenDepth } from './taken-depth.ts'

export interface PaperMatcherParts {
  readonly seed: number
  /** Time between the desk and the venue, ms. */
  readonly latencyMs: number
  /** Probability, in parts per million, that the fills of an order fail on chain. */
  readonly reversalPpm: number
  /** Terms of a window now; null if it is not tradable. */
  readonly termsOf: (windowId: WindowId) => SlotListing | null
  /** Newest real book of a window; null before the first. */
  readonly bookOf: (windowId: WindowId) => BookUpdate | null
  readonly depth: TakenDepth
  readonly send: (ts: UnixMs, orderId: OrderId, report: OrderReport) => void
  readonly sendFate: (ts: UnixMs, orderId: OrderId, fillId: FillId, fate: FillFate) => void
  readonly scheduleAt: (ts: number, run: (ts: UnixMs) => void) => void
  /** `scheduleAt` for what depends on a window's book; it may run a little later, once `bookOf` has every change until then. */
  readonly matchAt: (ts: number, windowId: WindowId, run: (ts: UnixMs) => void) => void
}

interface Resting {
  readonly order: Order
  left: Shares
  /** Its fills so far, to be confirmed on chain when the order ends. */
  readonly fills: FillId[]
}

const UNUSABLE: OrderEnd = { type: 'cancelled', reason: 'the book could not be used when the order was matched' }

/**
 * Matches paper orders against real books. A taker order is matched against the book as it is after latency and the market's
 * taker delay, less what earlier paper fills took from it, and cannot be cancelled meanwhile. A resting order is last in its
 * queue: it fills only once the book trades through its price, by at most the shares beyond it.
 */
export class PaperMatcher {
  private readonly parts: PaperMatcherParts
  private readonly resting = new Map<OrderId, Resting>()

  constructor(parts: PaperMatcherParts) {
    this.parts = parts
  }

  /** True while any order rests. */
  get hasResting(): boolean {
    return this.resting.size > 0
  }

  submit(order: Order, ts: UnixMs): void {
    this.parts.matchAt(ts + this.parts.latencyMs, order.windowId, (at) => this.arrive(order, at))
  }

  /** Has no effect on an order in its taker delay: the venue refuses it, and the desk repeats it. */
  cancel(orderId: OrderId, ts: UnixMs): void {
    this.parts.scheduleAt(ts + this.parts.latencyMs, (at) => this.endResting(orderId, at, CANCELLED))
  }

  /** Applies a new book, which must be the one that `bookOf` returns. */
  onBook(book: BookUpdate): void {
    if (!isUsable(book)) return
    this.parts.depth.onBook(book)
    for (const resting of this.resting.values())
      if (resting.order.windowId === book.windowId) this.tradeThrough(resting, book)
  }

  private arrive(order: Order, ts: UnixMs): void {
    const { termsOf, bookOf, send, matchAt } = this.parts
    const reject = (reason: string) => send(ts, order.id, { type: 'rejected', reason })
    if (ts >= order.windowEnd) return reject('market is closed')
    const terms = termsOf(order.windowId)
    if (terms === null) return reject('market does not accept orders')
    const book = bookOf(order.windowId)
    if (book === null) return reject('no orderbook exists for the requested token id')
    const rejection = boundsRejection(order, { ...terms, tick: book.tick })
    if (rejection !== null) return reject(rejection)
    if (!isUsable(book) && mayRest(order)) return reject('the book cannot be used')
    const best = oppositeLevels(order, book)[0]
    if (best === undefined || !accepts(order, best.price)) return this.restOrKill(order, ts)
    if (order.postOnly) return reject('invalid post-only order: order crosses book')
    send(ts, order.id, { type: 'delayed' })
    matchAt(ts + terms.takerDelayMs, order.windowId, (at) => this.take(order, at))
  }

  private restOrKill(order: Order, ts: UnixMs): void {
    const { tif } = order
    if (tif === 'FAK' || tif === 'FOK') return this.parts.send(ts, order.id, unmatchedEnd(tif))
    this.rest({ order, left: sharesAtLimit(order), fills: [] }, ts)
  }

  /** Puts an order into the book until it is filled or cancelled, expires, or its window ends. */
  private rest(resting: Resting, ts: UnixMs): void {
    const { order, fills } = resting
    const endsAt = Math.min(order.windowEnd, order.expiresAt ?? Number.POSITIVE_INFINITY)
    const reason = endsAt === order.windowEnd ? 'the window ended' : 'its time was over'
    if (ts >= endsAt) return this.end(order, ts, { type: 'expired', reason }, fills)
    this.resting.set(order.id, resting)
    if (fills.length === 0) this.parts.send(ts, order.id, { type: 'open' })
    this.parts.scheduleAt(endsAt, (at) => this.endResting(order.id, at, { type: 'expired', reason }))
  }

  /** Matches an order once its taker delay is over. */
  private take(order: Order, ts: UnixMs): void {
    const { termsOf, bookOf, depth, send } = this.parts
    const expire = (reason: string) => send(ts, order.id, { type: 'expired', reason })
    if (ts >= order.windowEnd) return expire('the window ended during the taker delay')
    const terms = termsOf(order.windowId)
    if (terms === null) return expire('the market stopped accepting orders during the taker delay')
    const book = bookOf(order.windowId)
    if (book === null || !isUsable(book))
      return mayRest(order) ? send(ts, order.id, UNUSABLE) : this.restOrKill(order, ts)
    const fills = takeLevels(order, oppositeLevels(order, depth.available(book)), terms.takerFeePpm)
    const isKilled = order.tif === 'FOK' && !isComplete(order, fills)
    if (fills.length === 0 || isKilled) return this.restOrKill(order, ts)
    const ids = takerFillIds(order, fills)
    for (const [i, fill] of fills.entries()) {
      this.noteTaken(order, fill.price, fill.shares)
      send(ts, order.id, { type: 'fill', fillId: fillId(`${order.id}-${i + 1}`), ...fill })
    }
    const left = restAfter(order, fills)
    if (left !== null) return this.rest({ order, left, fills: ids }, ts)
    this.end(order, ts, isComplete(order, fills) ? FILLED : REST_KILLED, ids)
  }

  /** @param at price of the order's own token */
  private noteTaken(order: Order, at: Price, quantity: Shares): void {
    const ofUp = order.side === 'up' ? at : price(MICRO - at)
    this.parts.depth.take(order.windowId, takesAsks(order) ? 'asks' : 'bids', ofUp, quantity)
  }

  /** Fills a resting order at its limit with the shares that the book offers beyond it. */
  private tradeThrough(resting: Resting, book: BookUpdate): void {
    const { order, fills } = resting
    let quantity = 0
    for (const level of oppositeLevels(order, this.parts.depth.available(book))) {
      const isBeyond = order.kind === 'enter' ? level.price < order.limit : level.price > order.limit
      const taken = Math.min(level.shares, resting.left - quantity)
      if (!isBeyond || taken <= 0) break
      this.noteTaken(order, level.price, shares(taken))
      quantity += taken
    }
    if (quantity === 0) return
    const filled = shares(quantity)
    resting.left = subShares(resting.left, filled)
    const id = fillId(`${order.id}-m${fills.length + 1}`)
    fills.push(id)
    // Makers pay no fee.
    const terms = { price: order.limit, shares: filled, cash: notional(order.limit, filled), fee: NO_USD }
    this.parts.send(book.ts, order.id, { type: 'fill', fillId: id, ...terms })
    if (resting.left === 0) this.endResting(order.id, book.ts, FILLED)
  }

  private endResting(orderId: OrderId, ts: UnixMs, end: OrderEnd): void {
    const resting = this.resting.get(orderId)
    if (resting === undefined) return
    this.resting.delete(orderId)
    this.end(resting.order, ts, end, resting.fills)
  }

  /** Ends an order; its fills are confirmed, or fail, on chain later. */
  private end(order: Order, ts: UnixMs, end: OrderEnd, fills: readonly FillId[]): void {
    const { seed, reversalPpm, send, sendFate, scheduleAt } = this.parts
    send(ts, order.id, end)
    if (fills.length === 0) return
    const { fate, afterMs } = chainFate(order, seed, reversalPpm)
    scheduleAt(ts + afterMs, (at) => {
      for (const fill of fills) sendFate(at, order.id, fill, fate)
    })
  }
}

/** False for a book without levels, which stands for one that cannot be used. */
export function isUsable({ bids, asks }: BookUpdate): boolean {
  return bids.length > 0 || asks.length > 0
}
