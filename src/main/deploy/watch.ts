import { slotsOf } from '../../engine/versions/version-entry.ts'
import type { Config } from '../../shared/config.ts'
import type { ProbationBreach, ProbationRow } from '../../shared/domain/deployments.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { Deployment } from './deployment.ts'
import { brokenBounds, judgeProbation } from './probation.ts'
import type { TradingPort } from './trading-port.ts'

export interface WatchParts {
  readonly loop: Pick<TradingPort, 'engine'>
  readonly config: Config
  readonly now: () => UnixMs
  /** A version broke a bound and is no longer watched. */
  readonly onBreach: (deployment: Deployment, probation: ProbationRow, breach: ProbationBreach) => void
}

/** Judges the first windows of every version that went live, and of every canary. */
export class ProbationWatch {
  private readonly parts: WatchParts
  /** By id. */
  private readonly watched = new Map<string, Deployment>()

  constructor(parts: WatchParts) {
    this.parts = parts
  }

  /** False where the configuration turns probation off. */
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

  /** Stops watching a deployment. */
  end(deployment: Deployment): void {
    this.watched.delete(deployment.id)
  }

  /** Ends the probation of a version that another one has replaced. */
  replaced(strategy: string, by: string): void {
    for (const deployment of this.watched.values()) {
      if (deployment.current.strategy !== strategy || deployment.isCanary) continue
      this.end(deployment)
      if (!deployment.ended) deployment.supersede(this.parts.now(), { code: 'replaced', by })
    }
  }

  /** To be called after every cycle: ends probations that are passed or failed. */
  look(): void {
    for (const deployment of this.watched.values()) {
      const judged = this.judge(deployment)
      if (judged === null) continue
      const { row, stopped } = judged
      // A canary that passed its bounds waits for a person to promote it.
      if (row.verdict === 'running' || (deployment.isCanary && row.verdict === 'passed')) {
        if (changed(deployment.current.probation, row)) deployment.watched(row)
        continue
      }
      this.end(deployment)
      if (row.verdict === 'passed') deployment.keep(this.parts.now(), row)
      else this.parts.onBreach(deployment, row, stopped ? ['fault'] : brokenBounds(row))
    }
  }

  private judge({ current, isCanary }: Deployment): { readonly row: ProbationRow; readonly stopped: boolean } | null {
    const { loop, config, now } = this.parts
    const s = loop.engine.state
    const version = current.version === null ? undefined : s.versions.get(current.version.hash)
    if (version === undefined) return null
    const proof = current.proof?.candidate ?? null
    const part = isCanary ? current.canary?.slots : undefined
    const { length: slots } = part ?? slotsOf(s, current.strategy)
    const stopped = version.state === 'faulted'
    return {
      row: judgeProbation({ now: now(), tenure: version.tenure, slots, stopped, proof }, config.probation),
      stopped,
    }
  }
}

/** True if a figure shown to people changed; elapsed time does not count. */
function changed(before: ProbationRow | null, now: ProbationRow): boolean {
  return (
    before === null || JSON.stringify(before.bounds) !== JSON.stringify(now.bounds) || before.windows !== now.windows
  )
}
