import { expire } from '../commands/commands.ts'
import { flattenPosition } from '../orders/intents.ts'
import { cancelAll } from '../orders/orders.ts'
import { type Context, type EngineState, type SlotState, slotOf, type VersionRecord } from '../state.ts'
import { endDrains } from '../versions/drain.ts'
import { warmUpLeft } from '../versions/versions.ts'
import { ROW } from '../views/view-row.ts'
import { requestOverduePayouts } from '../windows/redemption.ts'
import { reportUnsettleable } from '../windows/windows.ts'

/**
 * What every cycle begins with: whatever has run out, and what the desk itself sells.
 * @param clock gets the moment of the cycle, where views read it
 * @returns false when nobody may be asked in it: trading is killed
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
  // A cancel may have met an order that could not be cancelled just then.
  cancelAll(context)
  if (state.flatten) flatten(context)
  return false
}

/** Good-till-date orders whose time has come are cancelled. */
function cancelExpired(context: Context): void {
  for (const order of context.state.orders.values()) {
    if (
      order.expiresAt !== null &&
      context.state.now >= order.expiresAt &&
      (order.state === 'open' || order.state === 'partial')
    ) {
      context.out.push({ kind: 'cancel', orderId: order.id })
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

/** Goes on selling what a person wants sold, until it is sold or its window has ended. */
function sellManuallyClosed(context: Context): void {
  for (const id of context.state.closing) {
    const position = context.state.positions.get(id)
    const slot = position === undefined ? undefined : slotOf(context.state, position.slot)
    if (position?.state !== 'open' || slot?.window?.id !== position.windowId) context.state.closing.delete(id)
    else if (context.state.trading !== 'killed') flattenPosition(context, slot, position, 'closed by hand')
  }
}

/** To be asked of a slot whose row is written. */
export function isReady(state: EngineState, slot: SlotState, version: VersionRecord): boolean {
  if (state.now >= (slot.row[ROW.windowEnd] ?? 0)) return false
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
