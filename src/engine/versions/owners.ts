import type { DeploymentId, Owner } from '../../shared/domain/ids.ts'
import type { Handoff, Order, Position } from '../../shared/domain/records.ts'
import { fairUp } from '../prices/estimate.ts'
import { markOf } from '../quotes.ts'
import { isMeanRunning, type SlotState } from '../slot-state.ts'
import { type Context, type EngineState, isUnsettled, isWorking, record, slotOf } from '../state.ts'

/** Probability of Up from the asset's prices alone, for windows without quotes; null when price or strike is unknown. */
export function estimateUp(state: EngineState, slot: SlotState): number | null {
  const { asset } = slot
  if (slot.window === null || slot.strike === null || asset.price === 0) return null
  return fairUp({
    price: asset.price,
    strike: slot.strike,
    secondsLeft: (slot.window.end - state.now) / 1000,
    volPerSec: asset.vol.perSecond(),
    meanSec: state.config.settlementMeanSec,
    meanSoFar: isMeanRunning(slot) ? asset.mean.mean(state.now) : null,
  })
}

interface Transfer {
  readonly from: Owner
  readonly to: Owner
  readonly reason: Handoff['reason']
  readonly deployment: DeploymentId | null
}

function handOver(
  context: Context,
  subject: Position | Order,
  subjectKind: 'position' | 'order',
  transfer: Transfer,
): void {
  const slot = slotOf(context.state, subject.slot)
  const current = slot.window?.id === subject.windowId
  const { mark, source } = current
    ? markOf(context.state, slot, subject.side, estimateUp(context.state, slot))
    : { mark: null, source: null }
  record(context, {
    t: 'handoff',
    handoff: {
      ts: context.state.now,
      deployment: transfer.deployment,
      reason: transfer.reason,
      subject: subjectKind,
      subjectId: subject.id,
      from: transfer.from,
      to: transfer.to,
      mark,
      markSource: source,
    },
  })
}

/**
 * Transfers unsettled positions and working orders from one owner to another, each with a handoff record (I1).
 * @returns how many were transferred
 */
export function transferAll(
  context: Context,
  transfer: Transfer,
  include: (subject: Position | Order) => boolean = () => true,
): number {
  let moved = 0
  for (const position of context.state.positions.values()) {
    if (position.ownedBy !== transfer.from || !isUnsettled(position) || !include(position)) continue
    handOver(context, position, 'position', transfer)
    position.ownedBy = transfer.to
    if (transfer.to !== 'desk') context.state.heldForNextVersion.delete(position.id)
    record(context, { t: 'position', position: { ...position } })
    moved++
  }
  for (const order of context.state.orders.values()) {
    if (order.owner !== transfer.from || !isWorking(order) || !include(order)) continue
    handOver(context, order, 'order', transfer)
    order.owner = transfer.to
    if (transfer.to !== 'desk') context.state.heldForNextVersion.delete(order.id)
    record(context, { t: 'order', order: { ...order } })
    moved++
  }
  return moved
}
