import { expire } from '../commands/commands.ts'
import { flattenPosition } from '../orders/intents.ts'
import { cancelAll } from '../orders/orders.ts'
import type { SlotState, VersionRecord } from '../slot-state.ts'
import { type Context, type EngineState, slotOf } from '../state.ts'
import { endDrains } from '../versions/drain.ts'
import { warmUpLeft } from '../versions/versions.ts'
import { ROW } from '../views/view-row.ts'
import { requestOverduePayouts } from '../windows/redemption.ts'
import { reportUnsettleable } from '../windows/windows.ts'

/**
 * First part of every cycle: expiries, overdue payouts and the desk's own sales.
 * @param clock receives the time of the cycle, for views
 * @returns false when no version may be evaluated because trading is killed
 */
export function beginCycle(context: Context, count: number, clock: Float64Array): boolean {
  const { state } = context
  state.cycle = count
  clock[ROW.now] = state.now
  expire(context)
  reportUnsettleable(context)
  requestOverduePayouts(context)
  cancelExpired(context)
  if (context.state.residual.size > 0) endDrains(context)
  if (context.state.closing.size > 0) sellManuallyClosed(context)
  if (state.trading !== 'killed') return true
  // Repeated each cycle: an order may not have been cancellable the last time.
  cancelAll(context)
  if (state.flatten) flatten(context)
  return false
}

/** Cancels good-till-date orders that have expired. */
function cancelExpired(context: Context): void {
  for (const order of context.state.orders.values()) {
    if (
      order.expiresAt !== null &&
      context.state.now >= order.expiresAt &&
      (order.state === 'open' || order.state === 'partial')
    ) {
      context.effects.push({ kind: 'cancel', orderId: order.id })
    }
  }
}

function flatten(context: Context): void {
  for (const position of context.state.positions.values()) {
    const slot = slotOf(context.state, position.slot)
    if (position.state === 'open' && slot.window?.id === position.windowId)
      flattenPosition(context, slot, position, 'flatten after kill')
  }
}

/** Continues to sell positions closed by hand, until they are sold or their window has ended. */
function sellManuallyClosed(context: Context): void {
  for (const id of context.state.closing) {
    const position = context.state.positions.get(id)
    const slot = position === undefined ? undefined : slotOf(context.state, position.slot)
    if (position?.state !== 'open' || slot?.window?.id !== position.windowId) context.state.closing.delete(id)
    else if (context.state.trading !== 'killed') flattenPosition(context, slot, position, 'closed by hand')
  }
}

/** True when a slot can be evaluated: its window is open and warm-up is complete. Its row must be up to date. */
export function isReady(state: EngineState, slot: SlotState, version: VersionRecord): boolean {
  if (state.now >= (slot.row[ROW.windowEnd] ?? 0)) return false
  // Closed candles are never removed, so a completed warm-up stays complete.
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
