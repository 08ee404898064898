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
import { quoteOf } from '../quotes.ts'
import type { SlotState } from '../slot-state.ts'
import { type Context, isWorking, logEvent, positionIn, record, slotOf } from '../state.ts'
import { applyFill, finishPosition } from './fills.ts'
import { type Approved, reserveFor } from './risk.ts'

/** A parsed intent with its limit on the price grid. */
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

/** Rounds a buyer's limit down and a seller's up to the grid, so that the price is never worse than requested. */
export function onGrid(limit: number, tick: Price, kind: 'enter' | 'exit'): Price {
  const micro = Math.round(limit * MICRO)
  const steps = kind === 'enter' ? Math.floor(micro / tick) : Math.ceil(micro / tick)
  return price(Math.min(MICRO, Math.max(0, steps * tick)))
}

/** Builds an order; it takes effect only once approved and registered. */
export function draftOrder(context: Context, request: OrderRequest): Order {
  const { state } = context
  const window = request.slot.window
  invariant(window !== null, `no window in ${request.slot.id}`)
  return {
    ...request.tags,
    id: orderId(state.config.idPrefix, state.nextOrder),
    createdAt: state.now,
    cycle: state.cycle,
    slot: request.slot.id,
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
    updatedAt: state.now,
  }
}

/** Records an approved order's intent, then requests that it be sent (I3). */
export function registerOrder(context: Context, order: Approved<Order>): void {
  context.state.nextOrder++
  context.state.orders.set(order.id, order)
  context.state.rate.add(context.state.now)
  slotOf(context.state, order.slot).changed = true
  record(context, { t: 'intent', order: { ...order } })
  record(context, { t: 'order', order: { ...order } })
  context.effects.push({ kind: 'place', order })
}

function advance(context: Context, order: Order, trigger: TriggerOf<'order'>, reason: string | null = null): void {
  order.state = step('order', order.state, trigger)
  order.updatedAt = context.state.now
  if (reason !== null) order.reason = reason
}

/** Applies a report on an order. Reports for final orders are journaled and ignored, since reports may repeat. */
export function applyReport(context: Context, orderId: OrderId, report: OrderReport): void {
  const order = context.state.orders.get(orderId)
  if (order === undefined) return onUnmatchedReport(context, orderId, report)
  if (isOutdated(order, report)) return
  slotOf(context.state, order.slot).changed = true
  switch (report.type) {
    case 'signed':
      advance(context, order, 'sign')
      order.digest = report.digest
      break
    case 'sent':
      advance(context, order, 'send')
      break
    case 'refused':
      advance(context, order, 'refuse', report.reason)
      logEvent(context, 'warn', 'refused', `${order.id} was not sent: ${report.reason}`, { slot: order.slot })
      break
    case 'delayed':
      advance(context, order, 'delay')
      break
    case 'open':
      advance(context, order, 'rest')
      break
    case 'fill':
      if (applyFill(context, order, report)) advance(context, order, 'fillPart')
      break
    case 'filled':
      if (!hasMissingFills(order)) advance(context, order, 'fill')
      else if (order.state !== 'unknown')
        markUnknown(context, order, 'the venue reports it as filled but has not reported all fills')
      break
    case 'cancelled':
    case 'expired':
      advance(context, order, report.type === 'cancelled' ? 'cancel' : 'expire', report.reason)
      if (order.filledShares === 0)
        logEvent(context, 'info', 'unfilled', `${order.id} was not filled: ${report.reason}`, { slot: order.slot })
      break
    case 'rejected':
      advance(context, order, 'reject', report.reason)
      countRejected(context, order)
      logEvent(context, 'warn', 'rejected', `${order.id} was rejected by the venue: ${report.reason}`, {
        slot: order.slot,
      })
      break
    case 'unknown':
      markUnknown(context, order, report.reason)
      break
  }
  record(context, { t: 'order', order: { ...order } })
  if (!isFinal('order', order.state)) return
  context.state.orders.delete(order.id)
  // The position may have been waiting for its last order to become final.
  const position = positionIn(context.state, order.windowId)
  if (position !== undefined) finishPosition(context, position)
}

function markUnknown(context: Context, order: Order, reason: string): void {
  advance(context, order, 'lose', reason)
  logEvent(context, 'warn', 'unknown', `fate of ${order.id} is unknown: ${reason}; querying the venue`, {
    slot: order.slot,
  })
}

/** True when fewer shares are booked than a completely filled order must have: a fill has not been reported yet. */
function hasMissingFills({ kind, filledShares, quantity }: Order): boolean {
  return filledShares === 0 || (kind === 'exit' && filledShares < quantity)
}

/** True for a report that is repeated or overtaken by a later one. */
function isOutdated({ state }: Order, { type }: OrderReport): boolean {
  if (type === 'delayed') return state !== 'sent' && state !== 'unknown'
  return type === 'open' && (state === 'open' || state === 'partial')
}

/** A report for a final order is ignored, since reports may repeat; an unknown fill pauses entries for a person to check. */
function onUnmatchedReport(context: Context, orderId: OrderId, report: OrderReport): void {
  if (report.type === 'fill') {
    if (context.state.fills.has(report.fillId)) return
    const message = `fill ${report.fillId} came for order ${orderId}, which is final or unknown: compare the books with the venue`
    logEvent(context, 'error', 'order', message, {
      cause: { code: 'unmatched-fill', fill: report.fillId, order: orderId },
    })
    if (context.state.trading === 'running') pauseEntries(context, message, null)
    return
  }
  logEvent(
    context,
    'warn',
    'order',
    `report "${report.type}" for order ${orderId}, which is final or unknown, was ignored`,
    { cause: { code: 'unmatched-report', report: report.type, order: orderId } },
  )
}

function countRejected(context: Context, { version }: Order): void {
  const tenure = version === 'desk' ? undefined : context.state.versions.get(version)?.tenure
  if (tenure !== undefined) tenure.rejected++
}

/** Requests cancellation of every working order that has been sent; the gate stops the others. @returns their number */
export function cancelAll(context: Context, include: (order: Order) => boolean = () => true): number {
  let requested = 0
  for (const order of context.state.orders.values()) {
    if (!isWorking(order) || !include(order) || order.state === 'intent' || order.state === 'signed') continue
    context.effects.push({ kind: 'cancel', orderId: order.id })
    requested++
  }
  return requested
}
