import { expire } from '../commands/commands.ts'
import { flattenPosition } from '../orders/intents.ts'
import { cancelAll } from '../orders/orders.ts'
import { type Context, type EngineState, type SlotState, slotOf, type VersionRecord } from '../state.ts'
import { endDrains } from '../versions/drain.ts'
import { warmUpLeft } from '../versions/versions.ts'
import { ROW } from '../views/view-row.ts'
import { askOverduePayouts } from '../windows/redemption.ts'
import { nameUnsettleable } from '../windows/windows.ts'

/**
 * What every cycle begins with: whatever has run out, and what the desk itself sells.
 * @param clock gets the moment of the cycle, where views read it
 * @returns false when nobody may be asked in it: trading is killed
 */
export function beginCycle(c: Context, count: number, clock: Float64Array): boolean {
  const { s } = c
  s.cycle = count
  clock[ROW.now] = s.now
  expire(c)
  nameUnsettleable(c)
  askOverduePayouts(c)
  lapse(c)
  if (c.s.aside.size > 0) endDrains(c)
  if (c.s.closing.size > 0) sellClosing(c)
  if (s.trading !== 'killed') return true
  // A cancel may have met an order that could not be cancelled just then.
  cancelAll(c)
  if (s.flatten) flatten(c)
  return false
}

/** Good-till-date orders whose time has come are cancelled. */
function lapse(c: Context): void {
  for (const order of c.s.orders.values()) {
    if (
      order.expiresAt !== null &&
      c.s.now >= order.expiresAt &&
      (order.state === 'open' || order.state === 'partial')
    ) {
      c.out.push({ kind: 'cancel', orderId: order.id })
    }
  }
}

function flatten(c: Context): void {
  for (const position of c.s.positions.values()) {
    const slot = slotOf(c.s, position.slot)
    if (position.state === 'open' && slot.window?.id === position.windowId)
      flattenPosition(c, slot, position, 'flatten after kill')
  }
}

/** Goes on selling what a person wants sold, until it is sold or its window has ended. */
function sellClosing(c: Context): void {
  for (const id of c.s.closing) {
    const position = c.s.positions.get(id)
    const slot = position === undefined ? undefined : slotOf(c.s, position.slot)
    if (position?.state !== 'open' || slot?.window?.id !== position.windowId) c.s.closing.delete(id)
    else if (c.s.trading !== 'killed') flattenPosition(c, slot, position, 'closed by hand')
  }
}

/** To be asked of a slot whose row is written. */
export function ready(s: EngineState, slot: SlotState, version: VersionRecord): boolean {
  if (s.now >= (slot.row[ROW.windowEnd] ?? 0)) return false
  // Closed candles are never lost again: what was warm stays so.
  if (slot.warmFor === version) return true
  if (slot.window === null || slot.asset.price === 0) return false
  const lacking = warmUpLeft(slot, version)
  if (lacking === null) {
    slot.warmFor = version
    return true
  }
  slot.lastWhy = `warming up: ${lacking}`
  return false
}
