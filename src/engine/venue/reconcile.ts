import type { FillId, OrderId } from '../../shared/domain/ids.ts'
import { MICRO } from '../../shared/domain/money.ts'
import type { Fill, Order } from '../../shared/domain/records.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { EngineEvent, OrderReport } from '../events.ts'
import { type EngineState, isWorking } from '../state.ts'
import type { VenueCapabilities, VenueOrder, VenueSnapshot } from './port.ts'

/** Orders and fills whose state the desk must query at its venue. */
export interface OpenItems {
  readonly orders: readonly OrderId[]
  /** Orders that were never signed and therefore never sent; only at a start. */
  readonly unsigned: readonly OrderId[]
  /** Fills whose fate the desk does not know. */
  readonly fills: readonly FillId[]
}

/**
 * Items to query at a start: every order that may have been sent, every fill without a fate and, where confirmations are not
 * final, every confirmed fill, since it may have failed while the desk was not running.
 */
export function openItems({ orders, fills }: EngineState, { fateSettlesMs }: VenueCapabilities): OpenItems {
  const isOpen = ({ state }: Fill) => state === 'matched' || (state === 'confirmed' && fateSettlesMs > 0)
  return {
    unsigned: [...orders.values()].flatMap(({ id, state }) => (state === 'intent' ? [id] : [])),
    orders: [...orders.values()].flatMap((order) => (isWorking(order) && order.state !== 'intent' ? [order.id] : [])),
    fills: [...fills.values()].flatMap((fill) => (isOpen(fill) ? [fill.id] : [])),
  }
}

/** Time without a fate after which a fill is queried, ms. */
const FATE_MS = 30_000

/**
 * Items to query while running: orders that are unknown, unanswered for too long, or still working after their window, and
 * fills that have waited too long for their fate. Empty if the venue never loses an answer.
 */
export function overdueItems(state: EngineState, { answerMs }: VenueCapabilities, now: number): OpenItems {
  if (answerMs === null) return { orders: [], unsigned: [], fills: [] }
  const orders = [...state.orders.values()].flatMap(({ id, state: stage, updatedAt, windowEnd }) => {
    const unanswered = (stage === 'sent' || stage === 'delayed') && now - updatedAt >= answerMs
    const outlived = (stage === 'open' || stage === 'partial') && now - windowEnd >= answerMs
    return stage === 'unknown' || unanswered || outlived ? [id] : []
  })
  const fills = [...state.fills.values()].flatMap(({ id, state: stage, ts }) =>
    stage === 'matched' && (orders.length > 0 || now - ts >= FATE_MS) ? [id] : [],
  )
  return { orders, unsigned: [], fills }
}

/**
 * Translates a venue's answer into engine events, in order (I3). Nothing is sent again: an order unknown to the venue is
 * cancelled once it can no longer appear.
 * @param queried items that were queried; those that have become final meanwhile are skipped
 * @param ts time of the events
 */
export function reconcile(
  state: EngineState,
  queried: OpenItems,
  { orders, at }: VenueSnapshot,
  { inProcess, readLagMs }: VenueCapabilities,
  ts: UnixMs,
): readonly EngineEvent[] {
  const events: EngineEvent[] = []
  const known = new Map(orders.map((order) => [order.orderId, order]))
  for (const id of queried.unsigned)
    if (state.orders.get(id)?.state === 'intent')
      events.push(orderEvent(ts, id, { type: 'refused', reason: 'the desk stopped before it was sent' }))
  for (const id of queried.orders) {
    const order = state.orders.get(id)
    if (order === undefined || !isWorking(order)) continue
    const emit = (report: OrderReport) => events.push(orderEvent(ts, id, report))
    // Signed and durable: it may have been sent just before the desk stopped.
    if (order.state === 'signed') emit({ type: 'sent' })
    const reported = known.get(id)
    if (reported !== undefined) for (const report of reportsOf(order, reported, state)) emit(report)
    else if (inProcess) giveUp(order, emit)
    // The venue's queries lag: an order is given up only once it has been unknown for long enough.
    else if (order.state === 'unknown' && at - order.updatedAt >= readLagMs) giveUp(order, emit)
    else if (order.state === 'signed' || order.state === 'sent')
      emit({ type: 'unknown', reason: 'the venue does not list it yet' })
  }
  for (const { orderId, fills } of orders)
    for (const { report, fate } of fills)
      if (fate !== null) events.push({ kind: 'fill', ts, orderId, fillId: report.fillId, fate })
  // An in-process venue has no chain on which a matched fill could fail.
  if (inProcess)
    for (const fillId of queried.fills) {
      const orderId = state.fills.get(fillId)?.orderId
      if (orderId !== undefined) events.push({ kind: 'fill', ts, orderId, fillId, fate: { type: 'confirmed' } })
    }
  return events
}

function orderEvent(ts: UnixMs, orderId: OrderId, report: OrderReport): EngineEvent {
  return { kind: 'order', ts, orderId, report }
}

function giveUp(order: Order, emit: (report: OrderReport) => void): void {
  const reason = 'the venue has no record of it'
  if (order.state !== 'unknown') emit({ type: 'unknown', reason })
  emit({ type: 'cancelled', reason })
}

/** Reports that bring the desk's order to the venue's state, without the fills that are already booked. */
function reportsOf(order: Order, reported: VenueOrder, { fills }: EngineState): readonly OrderReport[] {
  const missing = reported.fills.flatMap(({ report }) => (fills.has(report.fillId) ? [] : [report]))
  const same = reported.state.type === order.state && missing.length === 0
  if (same) return []
  if (isIncomplete(order, reported)) {
    const reason = `the venue counts ${reported.matched / MICRO} shares as filled and lists fewer`
    return order.state === 'unknown' && missing.length === 0 ? [] : [...missing, { type: 'unknown', reason }]
  }
  const isResting = reported.state.type === 'open' || reported.state.type === 'delayed'
  // A partly filled order that still rests stays `partial`.
  if (isResting && reported.fills.length > 0) return missing
  return [...missing, reported.state]
}

/** True when the venue lists fewer fills than it counts as filled; the missing ones come later, and the order stays open until then. */
function isIncomplete({ kind, quantity }: Order, { state, matched, fills }: VenueOrder): boolean {
  const listed = fills.reduce((sum, { report }) => sum + report.shares, 0)
  // A resting order continues anyway; its fills come with the next answer.
  if (state.type === 'open' || state.type === 'delayed') return false
  if (listed < matched) return true
  return state.type === 'filled' && (listed === 0 || (kind === 'exit' && listed < quantity))
}
