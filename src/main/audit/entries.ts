import type { Books, OrderRow, PositionRow } from './books.ts'
import { type Report, WORKING } from './finding.ts'

/** I2: in one window no entry begins while another is held, open or of unknown fate; after a full exit it may. */
export function auditEntries(books: Books, report: Report): void {
  const entries = [...books.orders.values()].filter((order) => order.kind === 'enter')
  for (const [, ofWindow] of Map.groupBy(entries, (order) => order.window_id)) {
    if (ofWindow.length > 1) auditWindow(books, ofWindow.toSorted(byNumber), report)
  }
  for (const [windowId, held] of Map.groupBy(books.positions.values(), (position) => position.window_id)) {
    if (held.length > 1) auditHeld(windowId, held, report)
  }
  for (const position of books.positions.values()) {
    const from = new Set(
      (books.fillsOfPosition.get(position.id) ?? []).filter((f) => f.kind === 'enter').map((f) => f.order_id),
    )
    if (from.size > 1) report('positions', position.id, `${from.size} entries filled it: ${[...from].join(', ')}`)
  }
}

/** The number that an id ends in: orders and positions are numbered in the order in which they were made. */
function numberOf(id: string): number {
  return Number(id.slice(id.lastIndexOf('-') + 1))
}

/** Orders are numbered in the order they were made. */
function byNumber(a: OrderRow, b: OrderRow): number {
  return a.created_at - b.created_at || numberOf(a.id) - numberOf(b.id)
}

function auditWindow(books: Books, entries: readonly OrderRow[], report: Report): void {
  for (const [i, later] of entries.entries()) {
    for (const earlier of entries.slice(0, i)) {
      const refusal = standsAgainst(books, earlier, later.created_at)
      if (refusal !== null) report('orders', later.id, `second entry in ${later.window_id}: ${earlier.id} ${refusal}`)
    }
  }
}

/** Why an entry still stood at a moment; null when it was over. */
function standsAgainst(books: Books, order: OrderRow, ts: number): string | null {
  if (WORKING.has(order.state)) return `is still ${order.state}`
  const fills = books.fillsOfOrder.get(order.id) ?? []
  if (fills.length === 0) return order.updated_at > ts ? `was ${order.state} only later` : null
  for (const fill of fills) {
    if (fill.ts > ts) return `was still being filled (${fill.id})`
    const position = books.positions.get(fill.position_id)
    if (position === undefined) continue
    if (position.settled_at === null || position.settled_at > ts) return `had bought ${position.id}, which was held`
  }
  return null
}

function auditHeld(windowId: string, positions: readonly PositionRow[], report: Report): void {
  const inTime = positions.toSorted((a, b) => a.opened_at - b.opened_at || numberOf(a.id) - numberOf(b.id))
  for (const [i, later] of inTime.entries()) {
    const held = inTime.slice(0, i).find((p) => p.settled_at === null || p.settled_at > later.opened_at)
    if (held !== undefined) report('positions', later.id, `opened in ${windowId} while ${held.id} was held`)
  }
}
