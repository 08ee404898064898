import { invariant } from '../../shared/domain/base.ts'
import { step } from '../../shared/domain/lifecycles.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import type { CanaryStart } from '../events.ts'
import { type Context, liveVersion, record, type SlotState, say, slotGroupsOf, slotOf } from '../state.ts'
import { assignedVersion } from './assignment.ts'
import { beginDrain, keepState } from './drain.ts'
import { transferAll } from './owners.ts'
import { admit, leaveToDesk, recordState, slotsOf, swapRefusal } from './version-entry.ts'
import { recordVersion } from './version-record.ts'

/** Why a canary cannot begin now; null when it can. */
export function canaryRefusal(c: Context, { swap, slots }: CanaryStart): string | null {
  const { s } = c
  const hash = s.live.get(swap.strategy)
  if (hash === undefined) return `nothing of ${swap.strategy} is live that it could stand beside`
  if (s.canaries.has(swap.strategy)) return `a canary of ${swap.strategy} runs already`
  if (hash === swap.version) return `${swap.label} is live already`
  const own = new Set(slotsOf(c, swap.strategy).map(({ slot }) => slot.id))
  const foreign = slots.filter((slot) => !own.has(slot))
  if (slots.length === 0) return 'it would have no slots'
  if (foreign.length > 0) return `${foreign.join(', ')} is no slot of ${swap.strategy}`
  return swapRefusal(c, swap)
}

/**
 * A candidate gets a part of its strategy: some slots, or a part of the stake, or both. What is open in its slots stays
 * with the live version, which manages it aside; that version's state there is kept for the day the canary ends.
 */
export function beginCanary(c: Context, start: CanaryStart): void {
  const { s } = c
  const { swap, stakePpm } = start
  const refusal = canaryRefusal(c, start)
  invariant(refusal === null, `I4: canary ${swap.label} outside the yield interval: ${refusal}`)
  const version = admit(c, swap, 'canary')
  const live = s.versions.get(s.live.get(swap.strategy) ?? version.hash)
  const mine = new Set(start.slots)
  for (const slot of slotsOf(c, swap.strategy)) {
    if (!mine.has(slot.slot.id)) continue
    if (live !== undefined) keepState(c, live, slot)
    slot.canary = true
    slot.warmFor = null
    slot.lastWhy = `given to the canary ${swap.label}`
  }
  if (live !== undefined) s.aside.add(live.hash)
  s.canaries.set(swap.strategy, { version: swap.version, deployment: swap.deployment, stakePpm })
  for (const { slot: id, json } of swap.states) {
    const slot = slotOf(s, id)
    if (!mine.has(id)) continue
    slot.setState(json)
    recordState(c, slot, version)
  }
  publishAssignment(c, swap.strategy)
  const part = stakePpm < 1_000_000 ? ` with ${stakePpm / 10_000} % of its stake` : ''
  say(c, 'info', 'deployment', `${swap.label} is a canary in ${start.slots.join(', ')}${part}`, {
    version: swap.version,
  })
}

/**
 * The canary is over: its slots go back to the live version with the state from before, and what it has open goes
 * there, too; to the desk while there is no live version to take it.
 */
export function endCanary(c: Context, strategy: string, why: string): void {
  const { s } = c
  const canary = s.canaries.get(strategy)
  if (canary === undefined) return
  const version = s.versions.get(canary.version)
  const lent = lentSlots(c, strategy)
  const own = new Set(slotsOf(c, strategy).map(({ slot }) => slot.id))
  const live = assignedVersion(s, { strategy, canary: false })
  const inItsOwn = ({ slot }: { slot: SlotId }) => own.has(slot)
  // Only a fault leaves nobody to take it.
  if (live === undefined) leaveToDesk(c, canary.version, strategy, 'fault', inItsOwn)
  else transferAll(c, { from: canary.version, to: live.hash, reason: 'dismissal', deployment: null }, inItsOwn)
  giveBack(c, strategy, lent)
  s.canaries.delete(strategy)
  publishAssignment(c, strategy)
  say(c, 'warn', 'deployment', `${version?.label ?? 'a canary that cannot be loaded'} is no canary any more: ${why}`, {
    version: canary.version,
  })
  if (version?.state !== 'canary') return
  s.pending.delete(version.hash)
  if (beginDrain(c, version)) return
  version.state = step('version', version.state, 'retire')
  recordVersion(c, version)
}

/** The canary has been swapped in: what it was lent is its own, with the state that it has there. */
export function endLending(c: Context, strategy: string): void {
  for (const slot of lentSlots(c, strategy)) slot.canary = false
  c.s.canaries.delete(strategy)
  publishAssignment(c, strategy)
}

function giveBack(c: Context, strategy: string, lent: readonly SlotState[]): void {
  const { s } = c
  const live = liveVersion(s, strategy)
  for (const slot of lent) {
    slot.setState(live?.kept.get(slot.slot.id)?.json ?? 'null')
    live?.kept.delete(slot.slot.id)
    slot.canary = false
    slot.warmFor = null
    slot.lastWhy = 'given back by the canary'
    if (live !== undefined) recordState(c, slot, live)
  }
}

function lentSlots(c: Context, strategy: string): readonly SlotState[] {
  return slotsOf(c, strategy).filter((slot) => slot.canary)
}

/** Who trades what has changed: said to the slotGroups and to the journal. */
export function publishAssignment(c: Context, strategy: string): void {
  c.s.slotGroups = slotGroupsOf(c.s.slots.values())
  const canary = c.s.canaries.get(strategy)
  const slots = lentSlots(c, strategy).map(({ slot }) => slot.id)
  const part = canary === undefined ? null : { ...canary, slots }
  record(c, { t: 'setting', setting: { name: 'canary', strategy, canary: part } })
}

/** Canaries that cannot be asked after a start, or that have nothing to stand beside any more. */
export function endLostCanaries(c: Context): void {
  for (const [strategy, { version }] of [...c.s.canaries]) {
    if (!c.s.live.has(strategy)) endCanary(c, strategy, `nothing of ${strategy} is live beside it`)
    else if (c.s.versions.get(version)?.state !== 'canary') endCanary(c, strategy, 'it cannot be loaded any more')
  }
}
