import type { SlotState, VersionRecord } from '../slot-state.ts'
import type { EngineState } from '../state.ts'

/** What determines which version trades a slot or a group of slots. */
type SlotAssignment = Pick<SlotState, 'strategy' | 'canary'>

/** The version that trades there: the strategy's live version or its canary; undefined while it cannot be evaluated. */
export function assignedVersion(state: EngineState, { strategy, canary }: SlotAssignment): VersionRecord | undefined {
  if (strategy === null) return undefined
  const hash = canary ? state.canaries.get(strategy)?.version : state.live.get(strategy)
  const version = hash === undefined ? undefined : state.versions.get(hash)
  return version?.state === (canary ? 'canary' : 'live') ? version : undefined
}

/** True when the canary trades a slot of this live version, which retains its own state of the slot meanwhile. */
export function isInCanary(state: EngineState, slot: SlotState, version: VersionRecord): boolean {
  return slot.canary && slot.strategy === version.strategy && state.live.get(version.strategy) === version.hash
}

/** True if the version must still be evaluated, for its own slots or as a residual version. */
export function mustEvaluate({ state }: VersionRecord): boolean {
  return state === 'live' || state === 'canary' || state === 'draining'
}
