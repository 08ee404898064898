import type { EngineState, SlotState, VersionRecord } from '../state.ts'

/** What says who is in charge: of a slot, or of a group of them. */
type SlotAssignment = Pick<SlotState, 'strategy' | 'canary'>

/** The version that decides there: the live one of its strategy, or its canary; undefined while none can be asked. */
export function assignedVersion(state: EngineState, { strategy, canary }: SlotAssignment): VersionRecord | undefined {
  if (strategy === null) return undefined
  const hash = canary ? state.canaries.get(strategy)?.version : state.live.get(strategy)
  const version = hash === undefined ? undefined : state.versions.get(hash)
  return version?.state === (canary ? 'canary' : 'live') ? version : undefined
}

/** True where the live version of a strategy has lent a slot to its canary: it keeps its state there, to go on with. */
export function isInCanary(state: EngineState, slot: SlotState, version: VersionRecord): boolean {
  return slot.canary && slot.strategy === version.strategy && state.live.get(version.strategy) === version.hash
}

/** Its thread is there to be asked: for slots of its own, or for what it still manages. */
export function mustEvaluate({ state }: VersionRecord): boolean {
  return state === 'live' || state === 'canary' || state === 'draining'
}
