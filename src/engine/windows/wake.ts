import type { SlotId } from '../../shared/domain/slots.ts'
import type { EngineState } from '../state.ts'
import { assignedVersion } from '../versions/assignment.ts'

const NO_WAKE: readonly number[] = []

/** Time of the next wake-up requested by a strategy after `ts`, ms; infinity without one. */
export function nextWakeAt(state: EngineState, ts: number): number {
  let earliest = Number.POSITIVE_INFINITY
  for (const group of state.slotGroups) {
    const wake = assignedVersion(state, group)?.manifest.wake ?? NO_WAKE
    for (let i = 0; i < wake.length; i++) {
      const beforeMs = (wake[i] ?? 0) * 1000
      for (const { window } of group.slots) {
        const at = window === null ? 0 : window.end - beforeMs
        if (at > ts && at < earliest) earliest = at
      }
    }
  }
  return earliest
}

/** Slots whose strategies requested a wake-up at exactly `ts`. */
export function wokenAt(state: EngineState, ts: number): readonly SlotId[] {
  const woken: SlotId[] = []
  for (const group of state.slotGroups) {
    const wake = assignedVersion(state, group)?.manifest.wake ?? NO_WAKE
    for (const { window, id } of group.slots) {
      if (window !== null && wake.some((secondsLeft) => window.end - secondsLeft * 1000 === ts)) woken.push(id)
    }
  }
  return woken
}
