import { invariant } from '../../shared/domain/base.ts'
import type { OrderId, Owner } from '../../shared/domain/ids.ts'
import { orderId } from '../../shared/domain/ids.ts'
import { isFinal, step, type TriggerOf } from '../../shared/domain/lifecycles.ts'
import { MICRO, NO_SHARES, NO_USD, type Price, price, type Usd } from '../../shared/domain/money.ts'
import type { Order, Position, Tags, TimeInForce } from '../../shared/domain/records.ts'
import type { Side } from '../../shared/domain/slots.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import { pauseEntries } from '../commands/trading.ts'
import type { OrderReport } from '../events.ts'
import { type Context, isWorking, positionIn, quoteOf, record, type SlotState, say, slotOf } from '../state.ts'
import { applyFill, finishPosition } from './fills.ts'
import { type Approved, reserveFor } from './risk.ts'

/** What an intent asks for, once read and put on the market's grid. */
export interface OrderRequest {
  readonly slot: SlotState
  readonly kind: 'enter' | 'exit'
  readonly side: Side
  readonly limit: Price
  readonly stake: Usd
  readonly quantity: Order['quantity']
  readonly tif: TimeInForce
  readonly postOnly: boolean
  readonly expiresAt: UnixMs | null
  readonly position: Position | null
  readonly owner: Owner
  readonly tags: Tags
  readonly why: string
}

/** A buyer's limit goes down to the grid, a seller's up: neither ever gets a worse price than was asked. */
export function onGrid(limit: number, tick: Price, kind: 'enter' | 'exit'): Price {
  const micro = Math.round(limit * MICRO)
  const steps = kind === 'enter' ? Math.floor(micro / tick) : Math.ceil(micro / tick)
  return price(Math.min(MICRO, Math.max(0, steps * tick)))
}

/** Makes the order; it is nothing until it is approved and registered. */
export function draftOrder(c: Context, request: OrderRequest): Order {
  const { s } = c
  const window = request.slot.window
  invariant(window !== null, `no window in ${request.slot.slot.id}`)
  return {
    ...request.tags,
    id: orderId(s.config.idPrefix, s.nextOrder),
    createdAt: s.now,
    cycle: s.cycle,
    slot: request.slot.slot.id,
    windowId: request.position?.windowId ?? window.id,
    windowEnd: request.position?.windowEnd ?? window.end,
    kind: request.kind,
    side: request.side,
    tif: request.tif,
    postOnly: request.postOnly,
    expiresAt: request.expiresAt,
    limit: request.limit,
    stake: request.stake,
    quantity: request.quantity,
    reserve:
      request.kind === 'enter'
        ? reserveFor(request.stake, request.limit, request.slot.listing?.takerFeePpm ?? 0)
        : NO_USD,
    positionId: request.position?.id ?? null,
    why: request.why,
    quote: quoteOf(request.slot.book, request.side)[request.kind === 'enter' ? 'ask' : 'bid']?.price ?? null,
    state: 'intent',
    owner: request.owner,
    digest: null,
    filledShares: NO_SHARES,
    filledCost: NO_USD,
    fee: NO_USD,
    reason: null,
    updatedAt: s.now,
  }
}

/** Takes an approved order into the books and asks for it to be sent: intent first (I3). */
export function registerOrder(c: Context, order: Approved<Order>): void {
  c.s.nextOrder++
  c.s.orders.set(order.id, order)
  c.s.rate.add(c.s.now)
  slotOf(c.s, order.slot).changed = true
  record(c, { t: 'intent', order: { ...order } })
  record(c, { t: 'order', order: { ...order } })
  c.out.push({ kind: 'place', order })
}

function advance(c: Context, order: Order, trigger: TriggerOf<'order'>, reason: string | null = null): void {
  order.state = step('order', order.state, trigger)
  order.updatedAt = c.s.now
  if (reason !== null) order.reason = reason
}

/** Applies what is said of an order. A report for a final order is journaled and ignored: reports may repeat. */
export function applyReport(c: Context, orderId: OrderId, report: OrderReport): void {
  const order = c.s.orders.get(orderId)
  if (order === undefined) return reportForNone(c, orderId, report)
  if (isOvertaken(order, report)) return
  slotOf(c.s, order.slot).changed = true
  switch (report.type) {
    case 'signed':
      advance(c, order, 'sign')
      order.digest = report.digest
      break
    case 'sent':
      advance(c, order, 'send')
      break
    case 'refused':
      advance(c, order, 'refuse', report.reason)
      say(c, 'warn', 'refused', `${order.id} did not leave: ${report.reason}`, { slot: order.slot })
      break
    case 'delayed':
      advance(c, order, 'delay')
      break
    case 'open':
      advance(c, order, 'rest')
      break
    case 'fill':
      if (applyFill(c, order, report)) advance(c, order, 'fillPart')
      break
    case 'filled':
      if (!lacksFills(order)) advance(c, order, 'fill')
      else if (order.state !== 'unknown') lose(c, order, 'the venue calls it filled and has not told all of its fills')
      break
    case 'cancelled':
    case 'expired':
      advance(c, order, report.type === 'cancelled' ? 'cancel' : 'expire', report.reason)
      if (order.filledShares === 0)
        say(c, 'info', 'unfilled', `${order.id} got nothing: ${report.reason}`, { slot: order.slot })
      break
    case 'rejected':
      advance(c, order, 'reject', report.reason)
      countRejected(c, order)
      say(c, 'warn', 'rejected', `${order.id} was rejected by the venue: ${report.reason}`, { slot: order.slot })
      break
    case 'unknown':
      lose(c, order, report.reason)
      break
  }
  record(c, { t: 'order', order: { ...order } })
  if (!isFinal('order', order.state)) return
  c.s.orders.delete(order.id)
  // What waited for its last order may be sold out, or have an outcome.
  const position = positionIn(c.s, order.windowId)
  if (position !== undefined) finishPosition(c, position)
}

function lose(c: Context, order: Order, reason: string): void {
  advance(c, order, 'lose', reason)
  say(c, 'warn', 'unknown', `fate of ${order.id} is unknown: ${reason}; the venue is asked`, { slot: order.slot })
}

/** Fewer shares are booked than an order that was filled must have: a fill of it has not been told. */
function lacksFills({ kind, filledShares, quantity }: Order): boolean {
  return filledShares === 0 || (kind === 'exit' && filledShares < quantity)
}

/** A report that repeats, or comes after a later one: the order is where it says already, or past it. */
function isOvertaken({ state }: Order, { type }: OrderReport): boolean {
  if (type === 'delayed') return state !== 'sent' && state !== 'unknown'
  return type === 'open' && (state === 'open' || state === 'partial')
}

/** Reports may repeat, so one for an order that is final changes nothing; but a fill that is not in the books must be looked at. */
function reportForNone(c: Context, orderId: OrderId, report: OrderReport): void {
  if (report.type === 'fill') {
    if (c.s.fills.has(report.fillId)) return
    const message = `fill ${report.fillId} came for order ${orderId}, which is final or unknown: compare the books with the venue`
    say(c, 'error', 'order', message)
    if (c.s.trading === 'running') pauseEntries(c, message, null)
    return
  }
  say(c, 'warn', 'order', `report "${report.type}" for order ${orderId}, which is final or unknown, was ignored`)
}

function countRejected(c: Context, { version }: Order): void {
  const tenure = version === 'desk' ? undefined : c.s.versions.get(version)?.tenure
  if (tenure !== undefined) tenure.rejected++
}

/** Asks for every working order to be cancelled; those that have not left are refused by the gate. */
export function cancelAll(c: Context, only: (order: Order) => boolean = () => true): number {
  let asked = 0
  for (const order of c.s.orders.values()) {
    if (!isWorking(order) || !only(order) || order.state === 'intent' || order.state === 'signed') continue
    c.out.push({ kind: 'cancel', orderId: order.id })
    asked++
  }
  return asked
}
