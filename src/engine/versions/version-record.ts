import { type Context, record, type VersionRecord } from '../state.ts'

/** Journals how far a version has come. */
export function recordVersion(c: Context, version: VersionRecord): void {
  const { hash, state, firstLiveAt, decisions, faults, tenure } = version
  record(c, { t: 'version', progress: { hash, state, firstLiveAt, decisions, faults, tenure: { ...tenure } } })
}
