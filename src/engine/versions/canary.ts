import { broken } from '../../shared/domain/base.ts'
import { step } from '../../shared/domain/lifecycles.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import type { CanaryStart } from '../events.ts'
import { type SlotState, slotGroupsOf } from '../slot-state.ts'
import { type Context, liveVersion, logEvent, record, slotOf } from '../state.ts'
import { assignedVersion } from './assignment.ts'
import { beginDrain, retainState } from './drain.ts'
import { transferAll } from './owners.ts'
import { type CanaryRefusal, swapRefusalText } from './swap-refusal.ts'
import { recordState, registerVersion, slotsOf, swapRefusal, transferToDesk } from './version-entry.ts'
import { recordVersion } from './version-record.ts'

/** Why a canary cannot begin now; null when it can. */
export function canaryRefusal(context: Context, { swap, slots }: CanaryStart): CanaryRefusal | null {
  const { state } = context
  const hash = state.live.get(swap.strategy)
  if (hash === undefined) return { code: 'no-live-version', strategy: swap.strategy }
  if (state.canaries.has(swap.strategy)) return { code: 'canary-already', strategy: swap.strategy }
  if (hash === swap.version) return { code: 'live-already', label: swap.label }
  const own = new Set(slotsOf(context.state, swap.strategy).map(({ slot }) => slot.id))
  const foreign = slots.filter((slot) => !own.has(slot))
  if (slots.length === 0) return { code: 'no-slots' }
  if (foreign.length > 0) return { code: 'unassigned', slots: foreign, strategy: swap.strategy }
  return swapRefusal(context, swap)
}

/**
 * Starts a canary on some slots of its strategy, or on part of the stake, or both. The live version keeps managing what is
 * open in those slots, and retains its state of them for when the canary ends.
 */
export function beginCanary(context: Context, start: CanaryStart): void {
  const { state } = context
  const { swap, stakePpm } = start
  const refusal = canaryRefusal(context, start)
  if (refusal !== null) broken(`I4: canary ${swap.label} outside the yield interval: ${swapRefusalText(refusal)}`)
  const version = registerVersion(context, swap, 'canary')
  const live = state.versions.get(state.live.get(swap.strategy) ?? version.hash)
  const selected = new Set(start.slots)
  for (const slot of slotsOf(context.state, swap.strategy)) {
    if (!selected.has(slot.id)) continue
    if (live !== undefined) retainState(context, live, slot)
    slot.canary = true
    slot.warmFor = null
    slot.lastWhy = `traded by the canary ${swap.label}`
  }
  if (live !== undefined) state.residual.add(live.hash)
  state.canaries.set(swap.strategy, { version: swap.version, deployment: swap.deployment, stakePpm })
  for (const { slot: id, json } of swap.states) {
    const slot = slotOf(state, id)
    if (!selected.has(id)) continue
    slot.setState(json)
    recordState(context, slot, version)
  }
  publishAssignment(context, swap.strategy)
  const part = stakePpm < 1_000_000 ? ` with ${stakePpm / 10_000} % of its stake` : ''
  logEvent(context, 'info', 'deployment', `${swap.label} is a canary in ${start.slots.join(', ')}${part}`, {
    version: swap.version,
  })
}

/**
 * Ends a canary: the live version takes back the slots with its retained state, and owns what the canary has open; without
 * a live version the desk does.
 */
export function endCanary(context: Context, strategy: string, why: string): void {
  const { state } = context
  const canary = state.canaries.get(strategy)
  if (canary === undefined) return
  const version = state.versions.get(canary.version)
  const slots = canarySlots(context, strategy)
  const own = new Set(slotsOf(context.state, strategy).map(({ slot }) => slot.id))
  const live = assignedVersion(state, { strategy, canary: false })
  const isInStrategy = ({ slot }: { slot: SlotId }) => own.has(slot)
  // The live version is missing only after a fault.
  if (live === undefined) transferToDesk(context, canary.version, strategy, 'fault', isInStrategy)
  else
    transferAll(context, { from: canary.version, to: live.hash, reason: 'dismissal', deployment: null }, isInStrategy)
  returnCanarySlots(context, strategy, slots)
  state.canaries.delete(strategy)
  publishAssignment(context, strategy)
  logEvent(context, 'warn', 'deployment', `canary ${version?.label ?? 'that cannot be loaded'} has ended: ${why}`, {
    version: canary.version,
  })
  if (version?.state !== 'canary') return
  state.pending.delete(version.hash)
  if (beginDrain(context, version)) return
  version.state = step('version', version.state, 'retire')
  recordVersion(context, version)
}

/** Ends a canary that became the live version: it keeps its slots and their state. */
export function keepCanarySlots(context: Context, strategy: string): void {
  for (const slot of canarySlots(context, strategy)) slot.canary = false
  context.state.canaries.delete(strategy)
  publishAssignment(context, strategy)
}

function returnCanarySlots(context: Context, strategy: string, slots: readonly SlotState[]): void {
  const { state } = context
  const live = liveVersion(state, strategy)
  for (const slot of slots) {
    slot.setState(live?.retained.get(slot.id)?.json ?? 'null')
    live?.retained.delete(slot.id)
    slot.canary = false
    slot.warmFor = null
    slot.lastWhy = 'returned by the canary'
    if (live !== undefined) recordState(context, slot, live)
  }
}

function canarySlots(context: Context, strategy: string): readonly SlotState[] {
  return slotsOf(context.state, strategy).filter((slot) => slot.canary)
}

/** Publishes the new slot assignment to the slot groups and the journal. */
export function publishAssignment(context: Context, strategy: string): void {
  context.state.slotGroups = slotGroupsOf(context.state.slots.values())
  const canary = context.state.canaries.get(strategy)
  const slots = canarySlots(context, strategy).map(({ slot }) => slot.id)
  const part = canary === undefined ? null : { ...canary, slots }
  record(context, { t: 'setting', setting: { name: 'canary', strategy, canary: part } })
}

/** Ends canaries that could not be loaded, or that have no live version beside them. */
export function endUnavailableCanaries(context: Context): void {
  for (const [strategy, { version }] of [...context.state.canaries]) {
    if (!context.state.live.has(strategy)) endCanary(context, strategy, `${strategy} has no live version`)
    else if (context.state.versions.get(version)?.state !== 'canary')
      endCanary(context, strategy, 'it cannot be loaded')
  }
}
