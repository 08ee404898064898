import { invariant } from '../../shared/domain/base.ts'
import { step } from '../../shared/domain/lifecycles.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import type { CanaryStart } from '../events.ts'
import { type Context, liveVersion, logEvent, record, type SlotState, slotGroupsOf, slotOf } from '../state.ts'
import { assignedVersion } from './assignment.ts'
import { beginDrain, retainState } from './drain.ts'
import { transferAll } from './owners.ts'
import { recordState, registerVersion, slotsOf, swapRefusal, transferToDesk } from './version-entry.ts'
import { recordVersion } from './version-record.ts'

/** Why a canary cannot begin now; null when it can. */
export function canaryRefusal(context: Context, { swap, slots }: CanaryStart): string | null {
  const { state } = context
  const hash = state.live.get(swap.strategy)
  if (hash === undefined) return `nothing of ${swap.strategy} is live that it could stand beside`
  if (state.canaries.has(swap.strategy)) return `a canary of ${swap.strategy} runs already`
  if (hash === swap.version) return `${swap.label} is live already`
  const own = new Set(slotsOf(context.state, swap.strategy).map(({ slot }) => slot.id))
  const foreign = slots.filter((slot) => !own.has(slot))
  if (slots.length === 0) return 'it would have no slots'
  if (foreign.length > 0) return `${foreign.join(', ')} is no slot of ${swap.strategy}`
  return swapRefusal(context, swap)
}

/**
 * A candidate gets a part of its strategy: some slots, or a part of the stake, or both. What is open in its slots stays
 * with the live version, which manages it aside; that version's state there is kept for the day the canary ends.
 */
export function beginCanary(context: Context, start: CanaryStart): void {
  const { state } = context
  const { swap, stakePpm } = start
  const refusal = canaryRefusal(context, start)
  invariant(refusal === null, `I4: canary ${swap.label} outside the yield interval: ${refusal}`)
  const version = registerVersion(context, swap, 'canary')
  const live = state.versions.get(state.live.get(swap.strategy) ?? version.hash)
  const mine = new Set(start.slots)
  for (const slot of slotsOf(context.state, swap.strategy)) {
    if (!mine.has(slot.id)) continue
    if (live !== undefined) retainState(context, live, slot)
    slot.canary = true
    slot.warmFor = null
    slot.lastWhy = `given to the canary ${swap.label}`
  }
  if (live !== undefined) state.residual.add(live.hash)
  state.canaries.set(swap.strategy, { version: swap.version, deployment: swap.deployment, stakePpm })
  for (const { slot: id, json } of swap.states) {
    const slot = slotOf(state, id)
    if (!mine.has(id)) continue
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
 * The canary is over: its slots go back to the live version with the state from before, and what it has open goes
 * there, too; to the desk while there is no live version to take it.
 */
export function endCanary(context: Context, strategy: string, why: string): void {
  const { state } = context
  const canary = state.canaries.get(strategy)
  if (canary === undefined) return
  const version = state.versions.get(canary.version)
  const lent = canarySlots(context, strategy)
  const own = new Set(slotsOf(context.state, strategy).map(({ slot }) => slot.id))
  const live = assignedVersion(state, { strategy, canary: false })
  const inItsOwn = ({ slot }: { slot: SlotId }) => own.has(slot)
  // Only a fault leaves nobody to take it.
  if (live === undefined) transferToDesk(context, canary.version, strategy, 'fault', inItsOwn)
  else transferAll(context, { from: canary.version, to: live.hash, reason: 'dismissal', deployment: null }, inItsOwn)
  returnCanarySlots(context, strategy, lent)
  state.canaries.delete(strategy)
  publishAssignment(context, strategy)
  logEvent(
    context,
    'warn',
    'deployment',
    `${version?.label ?? 'a canary that cannot be loaded'} is no canary any more: ${why}`,
    {
      version: canary.version,
    },
  )
  if (version?.state !== 'canary') return
  state.pending.delete(version.hash)
  if (beginDrain(context, version)) return
  version.state = step('version', version.state, 'retire')
  recordVersion(context, version)
}

/** The canary has been swapped in: what it was lent is its own, with the state that it has there. */
export function keepCanarySlots(context: Context, strategy: string): void {
  for (const slot of canarySlots(context, strategy)) slot.canary = false
  context.state.canaries.delete(strategy)
  publishAssignment(context, strategy)
}

function returnCanarySlots(context: Context, strategy: string, lent: readonly SlotState[]): void {
  const { state } = context
  const live = liveVersion(state, strategy)
  for (const slot of lent) {
    slot.setState(live?.retained.get(slot.id)?.json ?? 'null')
    live?.retained.delete(slot.id)
    slot.canary = false
    slot.warmFor = null
    slot.lastWhy = 'given back by the canary'
    if (live !== undefined) recordState(context, slot, live)
  }
}

function canarySlots(context: Context, strategy: string): readonly SlotState[] {
  return slotsOf(context.state, strategy).filter((slot) => slot.canary)
}

/** Who trades what has changed: said to the slotGroups and to the journal. */
export function publishAssignment(context: Context, strategy: string): void {
  context.state.slotGroups = slotGroupsOf(context.state.slots.values())
  const canary = context.state.canaries.get(strategy)
  const slots = canarySlots(context, strategy).map(({ slot }) => slot.id)
  const part = canary === undefined ? null : { ...canary, slots }
  record(context, { t: 'setting', setting: { name: 'canary', strategy, canary: part } })
}

/** Canaries that cannot be asked after a start, or that have nothing to stand beside any more. */
export function endUnavailableCanaries(context: Context): void {
  for (const [strategy, { version }] of [...context.state.canaries]) {
    if (!context.state.live.has(strategy)) endCanary(context, strategy, `nothing of ${strategy} is live beside it`)
    else if (context.state.versions.get(version)?.state !== 'canary')
      endCanary(context, strategy, 'it cannot be loaded any more')
  }
}
