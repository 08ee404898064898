import type { SlotId } from '../../shared/domain/slots.ts'
import type { EngineState } from '../state.ts'
import { assignedVersion } from '../versions/assignment.ts'

const NEVER: readonly number[] = []

/** The moment after `ts` at which strategies asked to be woken next, in ms; infinity when none did. */
export function nextWakeAt(state: EngineState, ts: number): number {
  let best = Number.POSITIVE_INFINITY
  for (const group of state.slotGroups) {
    const wake = assignedVersion(state, group)?.manifest.wake ?? NEVER
    for (let w = 0; w < wake.length; w++) {
      const beforeMs = (wake[w] ?? 0) * 1000
      for (const { window } of group.slots) {
        const at = window === null ? 0 : window.end - beforeMs
        if (at > ts && at < best) best = at
      }
    }
  }
  return best
}

/** Slots whose strategies asked to be woken at exactly `ts`. */
export function wokenAt(state: EngineState, ts: number): readonly SlotId[] {
  const woken: SlotId[] = []
  for (const group of state.slotGroups) {
    const wake = assignedVersion(state, group)?.manifest.wake ?? NEVER
    for (const { window, slot } of group.slots) {
      if (window !== null && wake.some((secondsLeft) => window.end - secondsLeft * 1000 === ts)) woken.push(slot.id)
    }
  }
  return woken
}
