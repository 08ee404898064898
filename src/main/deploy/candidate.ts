import type { StrategyManifest } from '../../engine/views/view-types.ts'
import type { VersionHash } from '../../shared/domain/ids.ts'
import type { VersionRef } from '../../shared/domain/versions.ts'
import type { HostedVersion } from '../runtime/hosts.ts'

/** A version that passed its check and runs in its own thread, before it is live. */
export interface Candidate {
  readonly hash: VersionHash
  readonly ref: VersionRef
  readonly manifest: StrategyManifest
  readonly hosted: HostedVersion
  readonly firstFile: string
}
