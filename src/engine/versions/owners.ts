import type { DeploymentId, Owner } from '../../shared/domain/ids.ts'
import type { Handoff, Order, Position } from '../../shared/domain/records.ts'
import { fairUp } from '../prices/estimate.ts'
import {
  type Context,
  type EngineState,
  isMeanRunning,
  isUnsettled,
  isWorking,
  markOf,
  record,
  type SlotState,
  slotOf,
} from '../state.ts'

/** Probability of Up from prices alone, for a window whose book says nothing; null when even that is unknown. */
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

function handOver(context: Context, subject: Position | Order, what: 'position' | 'order', transfer: Transfer): void {
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
      subject: what,
      subjectId: subject.id,
      from: transfer.from,
      to: transfer.to,
      mark,
      markSource: source,
    },
  })
}

/**
 * Moves every unsettled position and working order from one owner to another, each with its ledger row (I1).
 * `only` narrows it down.
 */
export function transferAll(
  context: Context,
  transfer: Transfer,
  only: (subject: Position | Order) => boolean = () => true,
): number {
  let moved = 0
  for (const position of context.state.positions.values()) {
    if (position.ownedBy !== transfer.from || !isUnsettled(position) || !only(position)) continue
    handOver(context, position, 'position', transfer)
    position.ownedBy = transfer.to
    if (transfer.to !== 'desk') context.state.heldForNextVersion.delete(position.id)
    record(context, { t: 'position', position: { ...position } })
    moved++
  }
  for (const order of context.state.orders.values()) {
    if (order.owner !== transfer.from || !isWorking(order) || !only(order)) continue
    handOver(context, order, 'order', transfer)
    order.owner = transfer.to
    if (transfer.to !== 'desk') context.state.heldForNextVersion.delete(order.id)
    record(context, { t: 'order', order: { ...order } })
    moved++
  }
  return moved
}
