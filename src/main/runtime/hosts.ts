import type { VersionHash } from '../../shared/domain/ids.ts'
import { locateFailure } from '../strategy-host/source-position.ts'
import type { HostFailure, VersionWorker } from '../strategy-host/version-worker.ts'

/** A version's thread and what is needed to name a place in its source. */
export interface HostedVersion {
  readonly worker: VersionWorker
  readonly strategy: string
  readonly sourceMap: string
}

/** The threads of versions, by version. */
export class Hosts {
  private readonly hosted = new Map<VersionHash, HostedVersion>()
  private readonly onDeath: (version: VersionHash, message: string) => void

  /** @param onDeath a thread ended by itself */
  constructor(onDeath: (version: VersionHash, message: string) => void) {
    this.onDeath = onDeath
  }

  /** Makes a thread the one that is asked for a version. */
  host(version: VersionHash, hosted: HostedVersion): void {
    const before = this.hosted.get(version)
    if (before !== undefined && before !== hosted) before.worker.stop()
    this.hosted.set(version, hosted)
    hosted.worker.onDeath((message) => this.onDeath(version, message))
  }

  of(version: VersionHash): HostedVersion | undefined {
    return this.hosted.get(version)
  }

  /** Ends a version's thread. */
  dismiss(version: VersionHash): void {
    this.hosted.get(version)?.worker.stop()
    this.hosted.delete(version)
  }

  dismissAll(): void {
    for (const version of [...this.hosted.keys()]) this.dismiss(version)
  }

  /** A failure in words, with its place in the source where it has one. */
  describe(version: VersionHash, failure: HostFailure): string {
    const hosted = this.hosted.get(version)
    const of = failure.kind === 'threw' ? failure.failure : failure
    // What says nothing of a place is of the version as a whole.
    if (hosted === undefined || of.stack === '') return of.message
    const at = locateFailure(of, hosted.sourceMap, `${hosted.strategy}.ts`)
    return `${at.file}:${at.line}:${at.column} ${of.message}`
  }
}
