import type { EngineCommand } from '../../engine/commands/commands.ts'
import { err, type Result } from '../../shared/domain/base.ts'
import { type Refusal, refusal } from '../../shared/domain/commands.ts'
import {
  type DeploymentRow,
  type ProbationBreach,
  type ProbationRow,
  reasonWithPlace,
} from '../../shared/domain/deployments.ts'
import { DAY, isoUtc, type UnixMs, utcDay } from '../../shared/domain/time.ts'
import { deploymentsToday, recentRollbacks, versionBefore } from '../db/deployments.ts'
import type { Journal } from '../db/journal.ts'
import type { ProofParts } from '../replay/proof.ts'
import type { Canaries } from './canaries.ts'
import type { Deployment } from './deployment.ts'
import { endText } from './end-text.ts'
import { isEnforced } from './policy.ts'
import type { TradingPort } from './trading-port.ts'

export interface ConsequencesParts {
  readonly loop: Pick<TradingPort, 'engine' | 'deliver' | 'settle'>
  readonly journal: Journal
  readonly now: () => UnixMs
  readonly proof: ProofParts
  /** Something that a person must see at once. */
  readonly onAlarm: (message: string) => void
  readonly canaries: Canaries
  readonly rollback: (strategy: string, to: string, by: string) => Promise<Result<DeploymentRow, Refusal>>
}

/** Automatic reactions to failed deployments and to too many of them: rollback, pause, freeze. */
export class Consequences {
  private readonly parts: ConsequencesParts
  private stopped = false

  constructor(parts: ConsequencesParts) {
    this.parts = parts
  }

  /** Stops reacting; what fails from now on is judged again after the next start. */
  stop(): void {
    this.stopped = true
  }

  /** A version on probation broke a bound: rolls back to the last version that was kept. */
  async breach(deployment: Deployment, probation: ProbationRow, breach: ProbationBreach): Promise<void> {
    if (deployment.isCanary) {
      const reason = await this.parts.canaries.breach(deployment, probation, breach)
      return this.stopped ? undefined : this.wentBack(reason)
    }
    const { journal, now } = this.parts
    await journal.caughtUp()
    const { strategy, version } = deployment.current
    const good = versionBefore(journal.db, strategy, version?.hash ?? '')
    const back =
      good === undefined
        ? err(refusal('unknown', 'there is no earlier version that was kept'))
        : await this.parts.rollback(strategy, good, 'probation')
    const row = back.ok ? back.value : null
    // If the desk is stopping, probation resumes after the next start; if the version was replaced meanwhile, it is over.
    if (this.stopped || (deployment.ended && row?.swappedAt == null)) return
    if (row === null || row.swappedAt === null) {
      const ended = row === null ? null : reasonWithPlace(row)
      const problem = back.ok ? (ended ?? 'the rollback did not end') : back.error.message
      const end = { code: 'not-rolled-back', breach, why: probation.reason, problem } as const
      const reason = endText(end, deployment.current)
      this.command({ kind: 'pause', strategy, reason: reason.slice(0, 400) })
      deployment.failProbation(now(), probation, end)
      return this.parts.onAlarm(reason)
    }
    const end = { code: 'rolled-back', to: row.version?.label ?? strategy, breach, why: probation.reason } as const
    const reason = endText(end, deployment.current)
    if (!deployment.ended) deployment.rolledBack(now(), probation, end)
    await this.wentBack(reason)
  }

  /** Raises an alarm; after too many automatic rollbacks it also freezes deployments until a person unfreezes them. */
  private async wentBack(reason: string): Promise<void> {
    const { journal, now } = this.parts
    this.parts.onAlarm(reason)
    await journal.caughtUp()
    const { rollbacksToFreeze } = this.parts.proof.config.policy
    const count = recentRollbacks(journal.db, now())
    if (count >= rollbacksToFreeze && this.parts.loop.engine.state.freeze === null)
      this.command({
        kind: 'freeze',
        reason: `${count} automatic rollbacks, bound ${rollbacksToFreeze}: look into them, then unfreeze`,
      })
  }

  /** Freezes deployments for the rest of the UTC day once their daily limit is reached. */
  async freezeAfterMany(): Promise<void> {
    const { loop, journal, now, proof } = this.parts
    const { policy } = proof.config
    const s = loop.engine.state
    if (s.freeze !== null || !isEnforced(policy, s.config.market)) return
    await journal.caughtUp()
    const count = deploymentsToday(journal.db, now())
    if (count < policy.deploymentsPerDay) return
    const until = isoUtc(utcDay(now()) + DAY)
    this.command({ kind: 'freeze', reason: `${count} deployments today, bound ${policy.deploymentsPerDay}`, until })
  }

  /** Issues a command on behalf of a rule; the engine journals it like a person's. */
  private command(command: EngineCommand): void {
    const { loop, now } = this.parts
    if (loop.engine.commandRefusal(command) !== null) return
    loop.deliver({ kind: 'command', ts: now(), source: 'engine', command })
    loop.settle()
  }
}
