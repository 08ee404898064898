import type { Owner, VersionHash } from '../../shared/domain/ids.ts'
import { step } from '../../shared/domain/lifecycles.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import {
  type Context,
  type EngineState,
  isUnsettled,
  isWorking,
  logEvent,
  record,
  type SlotState,
  type VersionRecord,
} from '../state.ts'
import { isInCanary, mustEvaluate } from './assignment.ts'
import { recordVersion } from './version-record.ts'

/** Every slot in which an owner has a position that is not settled, or an order that the venue could still fill. */
export function slotsOwned(state: EngineState, owner: Owner): Set<SlotId> {
  const slots = new Set<SlotId>()
  for (const position of state.positions.values())
    if (position.ownedBy === owner && isUnsettled(position)) slots.add(position.slot)
  for (const order of state.orders.values()) if (order.owner === owner && isWorking(order)) slots.add(order.slot)
  return slots
}

/** The outgoing version keeps what it opened, with a copy of its state there, until all of it has settled. */
export function beginDrain(context: Context, version: VersionRecord): boolean {
  const slots = slotsOwned(context.state, version.hash)
  if (slots.size === 0) return false
  version.state = step('version', version.state, 'drain')
  for (const id of slots) if (!version.retained.has(id)) retainState(context, version, context.state.slots.get(id))
  context.state.residual.add(version.hash)
  recordVersion(context, version)
  return true
}

/** A version that goes on managing a slot that is no longer its own keeps a copy of its state there. */
export function retainState(context: Context, version: VersionRecord, slot: SlotState | undefined): void {
  if (slot === undefined) return
  version.retained.set(slot.id, { json: slot.stateJson, revision: slot.revision })
  recordRetained(context, version, slot)
}

/** The state of a slot as a version that manages it aside has it. */
export function recordRetained(context: Context, version: VersionRecord, slot: SlotState): void {
  const retained = version.retained.get(slot.id)
  if (retained === undefined) return
  record(context, { t: 'draining', slot: slot.id, strategy: version.strategy, version: version.hash, ...retained })
}

/** The version, not the slot's own, that manages what is open in the slot's window now. */
export function residualManager(state: EngineState, slot: SlotState): VersionRecord | undefined {
  if (state.residual.size === 0 || slot.window === null) return undefined
  const { id } = slot.window
  for (const position of state.positions.values())
    if (position.windowId === id && position.state === 'open') return residualOwner(state, slot, position.ownedBy)
  for (const order of state.orders.values())
    if (order.windowId === id && isWorking(order)) return residualOwner(state, slot, order.owner)
  return undefined
}

function residualOwner(state: EngineState, slot: SlotState, owner: Owner): VersionRecord | undefined {
  if (owner === 'desk' || !state.residual.has(owner)) return undefined
  const version = state.versions.get(owner)
  return version?.retained.has(slot.id) === true ? version : undefined
}

/** Lets go of versions whose last position has settled, and of slots that a live version managed aside. */
export function endDrains(context: Context): void {
  for (const hash of context.state.residual) {
    const version = context.state.versions.get(hash)
    if (version === undefined) continue
    const owned = slotsOwned(context.state, hash)
    for (const id of version.retained.keys()) {
      const slot = context.state.slots.get(id)
      if (!owned.has(id) && (slot === undefined || !isInCanary(context.state, slot, version)))
        version.retained.delete(id)
    }
    if (version.retained.size > 0) continue
    context.state.residual.delete(hash)
    if (version.state === 'draining') retireDrained(context, version)
  }
}

function retireDrained(context: Context, version: VersionRecord): void {
  version.state = step('version', version.state, 'retire')
  recordVersion(context, version)
  logEvent(context, 'info', 'deployment', `${version.label} has nothing open any more and is retired`, {
    version: version.hash,
  })
}

/** Owners of something open that nobody here can ask. */
export function unavailableOwners(state: EngineState): readonly VersionHash[] {
  const lost = new Set<VersionHash>()
  const look = (owner: Owner) => {
    if (owner === 'desk') return
    const version = state.versions.get(owner)
    if (version === undefined || !mustEvaluate(version)) lost.add(owner)
  }
  for (const position of state.positions.values()) if (isUnsettled(position)) look(position.ownedBy)
  for (const order of state.orders.values()) if (isWorking(order)) look(order.owner)
  return [...lost]
}
