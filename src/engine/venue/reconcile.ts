import type { FillId, OrderId } from '../../shared/domain/ids.ts'
import { MICRO } from '../../shared/domain/money.ts'
import type { Fill, Order } from '../../shared/domain/records.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { EngineEvent, OrderReport } from '../events.ts'
import { type EngineState, isWorking } from '../state.ts'
import type { VenueCapabilities, VenueOrder, VenueSnapshot } from './port.ts'

/** What the desk must ask its venue about. */
export interface OpenItems {
  readonly orders: readonly OrderId[]
  /** Orders that were never signed, and so did not leave; only where a start asks. */
  readonly unsigned: readonly OrderId[]
  /** Fills that the chain has neither confirmed nor refused, as far as the desk knows. */
  readonly fills: readonly FillId[]
}

/**
 * What a start asks about: every order that may have left, every fill without a fate, and where a confirmation may be taken
 * back every one that was confirmed: that may have happened while no desk ran.
 */
export function openItems({ orders, fills }: EngineState, { fateSettlesMs }: VenueCapabilities): OpenItems {
  const isOpen = ({ state }: Fill) => state === 'matched' || (state === 'confirmed' && fateSettlesMs > 0)
  return {
    unsigned: [...orders.values()].flatMap(({ id, state }) => (state === 'intent' ? [id] : [])),
    orders: [...orders.values()].flatMap((order) => (isWorking(order) && order.state !== 'intent' ? [order.id] : [])),
    fills: [...fills.values()].flatMap((fill) => (isOpen(fill) ? [fill.id] : [])),
  }
}

/** A fill whose fate has not come by then is asked about, in ms. */
const FATE_MS = 30_000

/**
 * What a running desk asks about: orders whose answer is overdue, whose fate is unknown, or which still work after their window;
 * fills that have waited long for their fate. Nothing where a venue loses no answer.
 */
export function overdueItems(state: EngineState, { answerMs }: VenueCapabilities, now: number): OpenItems {
  if (answerMs === null) return { orders: [], unsigned: [], fills: [] }
  const orders = [...state.orders.values()].flatMap(({ id, state: is, updatedAt, windowEnd }) => {
    const unanswered = (is === 'sent' || is === 'delayed') && now - updatedAt >= answerMs
    const outlived = (is === 'open' || is === 'partial') && now - windowEnd >= answerMs
    return is === 'unknown' || unanswered || outlived ? [id] : []
  })
  const fills = [...state.fills.values()].flatMap(({ id, state: is, ts }) =>
    is === 'matched' && (orders.length > 0 || now - ts >= FATE_MS) ? [id] : [],
  )
  return { orders, unsigned: [], fills }
}

/**
 * What a venue's answer means for the desk's orders, as the events that the engine is to be told, in order (I3). Nothing is
 * ever sent again: an order that the venue does not know is given up once it cannot appear any more.
 * @param asked what the venue was asked about; what has become final meanwhile is left alone
 * @param ts moment of the events
 */
export function reconcile(
  state: EngineState,
  asked: OpenItems,
  { orders, at }: VenueSnapshot,
  { inProcess, readLagMs }: VenueCapabilities,
  ts: UnixMs,
): readonly EngineEvent[] {
  const events: EngineEvent[] = []
  const known = new Map(orders.map((order) => [order.orderId, order]))
  for (const id of asked.unsigned)
    if (state.orders.get(id)?.state === 'intent')
      events.push(orderEvent(ts, id, { type: 'refused', reason: 'the desk stopped before it left' }))
  for (const id of asked.orders) {
    const order = state.orders.get(id)
    if (order === undefined || !isWorking(order)) continue
    const tell = (report: OrderReport) => events.push(orderEvent(ts, id, report))
    // Signed and durable: it may have left right before the end.
    if (order.state === 'signed') tell({ type: 'sent' })
    const found = known.get(id)
    if (found !== undefined) for (const report of reportsOf(order, found, state)) tell(report)
    else if (inProcess) giveUp(order, tell)
    // Its read side lags: an order is given up only where it was asked about before, and long enough ago.
    else if (order.state === 'unknown' && at - order.updatedAt >= readLagMs) giveUp(order, tell)
    else if (order.state === 'signed' || order.state === 'sent')
      tell({ type: 'unknown', reason: 'the venue does not know it yet' })
  }
  for (const { orderId, fills } of orders)
    for (const { report, fate } of fills)
      if (fate !== null) events.push({ kind: 'fill', ts, orderId, fillId: report.fillId, fate })
  // An in-process venue has no chain that could refuse what it matched.
  if (inProcess)
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
  if (isIncomplete(order, found)) {
    const reason = `the venue counts ${found.matched / MICRO} shares as filled and lists fewer`
    return order.state === 'unknown' && missing.length === 0 ? [] : [...missing, { type: 'unknown', reason }]
  }
  const rests = found.state.type === 'open' || found.state.type === 'delayed'
  // A partly filled order that rests stays partial.
  if (rests && found.fills.length > 0) return missing
  return [...missing, found.state]
}

/** Its list of fills is shorter than what it says was filled: what is missing comes later, and the order stays open until then. */
function isIncomplete({ kind, quantity }: Order, { state, matched, fills }: VenueOrder): boolean {
  const listed = fills.reduce((sum, { report }) => sum + report.shares, 0)
  // What rests goes on anyhow; its fills come with the next answer.
  if (state.type === 'open' || state.type === 'delayed') return false
  if (listed < matched) return true
  return state.type === 'filled' && (listed === 0 || (kind === 'exit' && listed < quantity))
}
