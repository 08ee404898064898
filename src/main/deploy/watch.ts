import { slotsOf } from '../../engine/versions.ts'
import type { Config } from '../../shared/config.ts'
import type { VersionHash } from '../../shared/domain/records.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { ProbationRow } from '../../shared/ipc/contract.ts'
import type { Session } from '../app/session.ts'
import type { Deployment } from './deployment.ts'
import { judgeProbation } from './probation.ts'

export interface WatchParts {
  readonly session: Session
  readonly config: Config
  readonly now: () => UnixMs
  /** A version went beyond a bound: it is not watched any more. */
  readonly onBreach: (deployment: Deployment, probation: ProbationRow) => void
}

/** Watches the first windows of every version that went live. */
export class ProbationWatch {
  private readonly parts: WatchParts
  /** By strategy. */
  private readonly watched = new Map<string, Deployment>()

  constructor(parts: WatchParts) {
    this.parts = parts
  }

  /** Whether deployments are watched at all. */
  get isOn(): boolean {
    return this.parts.config.probation.windows > 0
  }

  begin(deployment: Deployment): void {
    this.watched.set(deployment.current.strategy, deployment)
  }

  /** Another version has taken the place of the one that was watched. */
  replaced(strategy: string, by: string): void {
    const deployment = this.watched.get(strategy)
    this.watched.delete(strategy)
    if (deployment?.ended === false)
      deployment.supersede(this.parts.now(), `${by} took its place before its probation ended`)
  }

  /** To be called after every cycle: ends probations, well or badly. */
  look(): void {
    for (const [strategy, deployment] of this.watched) {
      const row = this.judge(strategy, deployment)
      if (row === null) continue
      if (row.verdict === 'running') {
        if (changed(deployment.current.probation, row)) deployment.watched(row)
        continue
      }
      this.watched.delete(strategy)
      if (row.verdict === 'passed') deployment.keep(this.parts.now(), row)
      else this.parts.onBreach(deployment, row)
    }
  }

  private judge(strategy: string, { current }: Deployment): ProbationRow | null {
    const { session, config, now } = this.parts
    const s = session.engine.state
    const version = s.versions.get((current.version?.hash ?? '') as VersionHash)
    if (version === undefined) return null
    const proof = current.proof?.candidate ?? null
    const slots = slotsOf({ s, out: [] }, strategy).length
    const stopped = version.state === 'faulted'
    return judgeProbation({ now: now(), stint: version.stint, slots, stopped, proof }, config.probation)
  }
}

/** Figures that a person follows; time alone is no news. */
function changed(before: ProbationRow | null, now: ProbationRow): boolean {
  return (
    before === null || JSON.stringify(before.bounds) !== JSON.stringify(now.bounds) || before.windows !== now.windows
  )
}
