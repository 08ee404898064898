import type { Owner, VersionHash } from '../../shared/domain/ids.ts'
import { step } from '../../shared/domain/lifecycles.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import type { SlotState, VersionRecord } from '../slot-state.ts'
import { type Context, type EngineState, isUnsettled, isWorking, logEvent, record } from '../state.ts'
import { isInCanary, mustEvaluate } from './assignment.ts'
import { recordVersion } from './version-record.ts'

/** Slots in which an owner has an unsettled position or a working order. */
export function slotsOwned(state: EngineState, owner: Owner): Set<SlotId> {
  const slots = new Set<SlotId>()
  for (const position of state.positions.values())
    if (position.ownedBy === owner && isUnsettled(position)) slots.add(position.slot)
  for (const order of state.orders.values()) if (order.owner === owner && isWorking(order)) slots.add(order.slot)
  return slots
}

/**
 * Lets a replaced version manage what it opened, with a copy of its state, until all of it has settled.
 * @returns false when it has nothing open
 */
export function beginDrain(context: Context, version: VersionRecord): boolean {
  const slots = slotsOwned(context.state, version.hash)
  if (slots.size === 0) return false
  version.state = step('version', version.state, 'drain')
  for (const id of slots) if (!version.retained.has(id)) retainState(context, version, context.state.slots.get(id))
  context.state.residual.add(version.hash)
  recordVersion(context, version)
  return true
}

/** Retains a copy of a slot's state for a version that no longer trades the slot. */
export function retainState(context: Context, version: VersionRecord, slot: SlotState | undefined): void {
  if (slot === undefined) return
  version.retained.set(slot.id, { json: slot.stateJson, revision: slot.revision })
  recordRetained(context, version, slot)
}

/** Journals the state that a residual version retains for a slot. */
export function recordRetained(context: Context, version: VersionRecord, slot: SlotState): void {
  const retained = version.retained.get(slot.id)
  if (retained === undefined) return
  record(context, { t: 'draining', slot: slot.id, strategy: version.strategy, version: version.hash, ...retained })
}

/** The residual version that manages what is open in the slot's current window; undefined without one. */
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

/** Drops slots in which a residual version has nothing open any more, and retires draining versions without any left. */
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
  logEvent(context, 'info', 'deployment', `${version.label} has nothing open left and is retired`, {
    version: version.hash,
  })
}

/** Versions that own something open but cannot be evaluated. */
export function unavailableOwners(state: EngineState): readonly VersionHash[] {
  const unavailable = new Set<VersionHash>()
  const check = (owner: Owner) => {
    if (owner === 'desk') return
    const version = state.versions.get(owner)
    if (version === undefined || !mustEvaluate(version)) unavailable.add(owner)
  }
  for (const position of state.positions.values()) if (isUnsettled(position)) check(position.ownedBy)
  for (const order of state.orders.values()) if (isWorking(order)) check(order.owner)
  return [...unavailable]
}
