import { slotsOf } from '../../engine/versions/version-entry.ts'
import type { Config } from '../../shared/config.ts'
import type { ProbationRow } from '../../shared/domain/deployments.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { TradingLoop } from '../runtime/trading-loop.ts'
import type { Deployment } from './deployment.ts'
import { judgeProbation } from './probation.ts'

export interface WatchParts {
  readonly loop: TradingLoop
  readonly config: Config
  readonly now: () => UnixMs
  /** A version went beyond a bound: it is not watched any more. */
  readonly onBreach: (deployment: Deployment, probation: ProbationRow) => void
}

/** Watches the first windows of every version that went live. */
export class ProbationWatch {
  private readonly parts: WatchParts
  /** By id. */
  private readonly watched = new Map<string, Deployment>()

  constructor(parts: WatchParts) {
    this.parts = parts
  }

  /** Whether deployments are watched at all. */
  get isOn(): boolean {
    return this.parts.config.probation.windows > 0
  }

  begin(deployment: Deployment): void {
    this.watched.set(deployment.id, deployment)
  }

  /** The deployment whose version is the canary of a strategy; undefined while there is none. */
  canaryOf(strategy: string): Deployment | undefined {
    return [...this.watched.values()].find(({ current, isCanary }) => isCanary && current.strategy === strategy)
  }

  /** Its version is not watched any more. */
  end(deployment: Deployment): void {
    this.watched.delete(deployment.id)
  }

  /** Another version has taken the place of the one that was watched. */
  replaced(strategy: string, by: string): void {
    for (const deployment of this.watched.values()) {
      if (deployment.current.strategy !== strategy || deployment.isCanary) continue
      this.end(deployment)
      if (!deployment.ended) deployment.supersede(this.parts.now(), `${by} took its place before its probation ended`)
    }
  }

  /** To be called after every cycle: ends probations, well or badly. */
  look(): void {
    for (const deployment of this.watched.values()) {
      const row = this.judge(deployment)
      if (row === null) continue
      // A canary that has seen enough waits for somebody to say so.
      if (row.verdict === 'running' || (deployment.isCanary && row.verdict === 'passed')) {
        if (changed(deployment.current.probation, row)) deployment.watched(row)
        continue
      }
      this.end(deployment)
      if (row.verdict === 'passed') deployment.keep(this.parts.now(), row)
      else this.parts.onBreach(deployment, row)
    }
  }

  private judge({ current, isCanary }: Deployment): ProbationRow | null {
    const { loop, config, now } = this.parts
    const s = loop.engine.state
    const version = current.version === null ? undefined : s.versions.get(current.version.hash)
    if (version === undefined) return null
    const proof = current.proof?.candidate ?? null
    const part = isCanary ? current.canary?.slots : undefined
    const { length: slots } = part ?? slotsOf(s, current.strategy)
    const stopped = version.state === 'faulted'
    return judgeProbation({ now: now(), tenure: version.tenure, slots, stopped, proof }, config.probation)
  }
}

/** Figures that a person follows; time alone is no news. */
function changed(before: ProbationRow | null, now: ProbationRow): boolean {
  return (
    before === null || JSON.stringify(before.bounds) !== JSON.stringify(now.bounds) || before.windows !== now.windows
  )
}
