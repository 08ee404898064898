import type { VersionHash } from '../../shared/domain/ids.ts'
import { faultMessage, locateFailure } from '../strategy-host/source-position.ts'
import type { HostFailure } from '../strategy-host/thread-link.ts'
import type { VersionWorker } from '../strategy-host/version-worker.ts'

/** A version's thread and what is needed to locate a failure in its source. */
export interface HostedVersion {
  readonly worker: VersionWorker
  readonly strategy: string
  readonly sourceMap: string
}

/** The threads of versions, by version. */
export class Hosts {
  private readonly hosted = new Map<VersionHash, HostedVersion>()
  private readonly onExit: (version: VersionHash, message: string) => void

  /** @param onExit called when a thread ends by itself */
  constructor(onExit: (version: VersionHash, message: string) => void) {
    this.onExit = onExit
  }

  /** Sets the thread that evaluates a version, and stops a previous one. */
  host(version: VersionHash, hosted: HostedVersion): void {
    const before = this.hosted.get(version)
    if (before !== undefined && before !== hosted) before.worker.stop()
    this.hosted.set(version, hosted)
    hosted.worker.onExit((message) => this.onExit(version, message))
  }

  get(version: VersionHash): HostedVersion | undefined {
    return this.hosted.get(version)
  }

  /** Ends a version's thread. */
  stop(version: VersionHash): void {
    this.hosted.get(version)?.worker.stop()
    this.hosted.delete(version)
  }

  stopAll(): void {
    for (const version of [...this.hosted.keys()]) this.stop(version)
  }

  /** A failure in words, with its position in the source if known. */
  describe(version: VersionHash, failure: HostFailure): string {
    const hosted = this.hosted.get(version)
    const cause = failure.kind === 'threw' ? failure.failure : failure
    if (hosted === undefined || cause.stack === '') return cause.message
    return faultMessage(locateFailure(cause, hosted.sourceMap, `${hosted.strategy}.ts`))
  }
}
