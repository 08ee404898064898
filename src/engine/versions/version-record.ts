import type { VersionRecord } from '../slot-state.ts'
import { type Context, record } from '../state.ts'

/** Journals a version's state and counters. */
export function recordVersion(context: Context, version: VersionRecord): void {
  const { hash, state, firstLiveAt, decisions, faults, tenure } = version
  record(context, { t: 'version', progress: { hash, state, firstLiveAt, decisions, faults, tenure: { ...tenure } } })
}
