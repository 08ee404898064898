import { type Context, record, type VersionRecord } from '../state.ts'

/** Journals how far a version has come. */
export function recordVersion(context: Context, version: VersionRecord): void {
  const { hash, state, firstLiveAt, decisions, faults, tenure } = version
  record(context, { t: 'version', progress: { hash, state, firstLiveAt, decisions, faults, tenure: { ...tenure } } })
}
