import type { FillId, Order, OrderId } from '../../shared/domain/records.ts'
import type { WindowId } from '../../shared/domain/slots.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { EngineEvent, OrderReport } from '../events.ts'
import { type EngineState, isWorking } from '../state.ts'
import type { VenueCapabilities, VenueOrder, VenueSnapshot } from './port.ts'

/** What the desk must ask its venue about. */
export interface OpenItems {
  readonly orders: readonly OrderId[]
  /** Fills that the chain has neither confirmed nor refused, as far as the desk knows. */
  readonly fills: readonly FillId[]
}

/** Every order that may have left, and every fill without a fate. */
export function openItems({ orders, fills }: EngineState): OpenItems {
  return {
    orders: [...orders.values()].flatMap((order) => (isWorking(order) && order.state !== 'intent' ? [order.id] : [])),
    fills: [...fills.values()].flatMap((fill) => (fill.state === 'matched' ? [fill.id] : [])),
  }
}

/** Windows with a payout that may never have been asked for: the desk may have stopped right before. */
export function unredeemed({ positions }: EngineState): readonly WindowId[] {
  return [...positions.values()].flatMap(({ state, windowId }) => (state === 'resolved' ? [windowId] : []))
}

/** Orders whose answer is overdue, or whose fate is unknown already; nothing where a venue loses no answer. */
export function overdueItems(state: EngineState, { answerMs }: VenueCapabilities, now: number): OpenItems {
  if (answerMs === null) return { orders: [], fills: [] }
  const orders = [...state.orders.values()].flatMap(({ id, state: is, updatedAt }) =>
    is === 'unknown' || ((is === 'sent' || is === 'delayed') && now - updatedAt >= answerMs) ? [id] : [],
  )
  return { orders, fills: openItems(state).fills }
}

/**
 * What a venue's answer means for the desk's orders, as the events that the engine is to be told, in order (I3). Nothing is
 * ever sent again: an order that the venue does not know is given up once it cannot appear any more.
 * @param asked what the venue was asked about; what has become final meanwhile is left alone
 * @param ts moment of the events
 * @param restarted true at a start: what was never signed did not leave, and what was signed may have
 */
export function reconcile(
  state: EngineState,
  asked: OpenItems,
  { orders, at }: VenueSnapshot,
  { inProcess, readLagMs }: VenueCapabilities,
  ts: UnixMs,
  restarted: boolean,
): readonly EngineEvent[] {
  const events: EngineEvent[] = []
  const known = new Map(orders.map((order) => [order.orderId, order]))
  if (restarted)
    for (const { id, state: was } of state.orders.values())
      if (was === 'intent')
        events.push(orderEvent(ts, id, { type: 'refused', reason: 'the desk stopped before it left' }))
  for (const id of asked.orders) {
    const order = state.orders.get(id)
    if (order === undefined || !isWorking(order)) continue
    const tell = (report: OrderReport) => events.push(orderEvent(ts, id, report))
    // Signed and durable: it may have left right before the end.
    if (order.state === 'signed') tell({ type: 'sent' })
    const found = known.get(id)
    if (found !== undefined) for (const report of reportsOf(order, found, state)) tell(report)
    else if (inProcess || at - order.createdAt >= readLagMs) giveUp(order, tell)
    else if (order.state !== 'unknown') tell({ type: 'unknown', reason: 'the venue does not know it yet' })
  }
  for (const { orderId, fills } of orders)
    for (const { report, fate } of fills)
      if (fate !== null) events.push({ kind: 'fill', ts, orderId, fillId: report.fillId, fate })
  // An in-process venue has no chain that could refuse what it matched.
  if (inProcess && restarted)
    for (const fillId of asked.fills) {
      const orderId = state.fills.get(fillId)?.orderId
      if (orderId !== undefined) events.push({ kind: 'fill', ts, orderId, fillId, fate: { type: 'confirmed' } })
    }
  return events
}

function orderEvent(ts: UnixMs, orderId: OrderId, report: OrderReport): EngineEvent {
  return { kind: 'order', ts, orderId, report }
}

function giveUp(order: Order, tell: (report: OrderReport) => void): void {
  const reason = 'the venue knows nothing of it'
  if (order.state !== 'unknown') tell({ type: 'unknown', reason })
  tell({ type: 'cancelled', reason })
}

/** Reports that bring the desk's order to where the venue has it; fills that the desk has are left out. */
function reportsOf(order: Order, found: VenueOrder, { fills }: EngineState): readonly OrderReport[] {
  const missing = found.fills.flatMap(({ report }) => (fills.has(report.fillId) ? [] : [report]))
  const same = found.state.type === order.state && missing.length === 0
  if (same) return []
  const rests = found.state.type === 'open' || found.state.type === 'delayed'
  // A partly filled order that rests stays partial.
  if (rests && found.fills.length > 0) return missing
  return [...missing, found.state]
}
