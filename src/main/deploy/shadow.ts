import { slotsOf } from '../../engine/versions/version-entry.ts'
import type { ShadowRow } from '../../shared/domain/deployments.ts'
import type { ReplayTrade } from '../../shared/domain/replays.ts'
import { SECOND, type UnixMs } from '../../shared/domain/time.ts'
import type { Journal } from '../db/journal.ts'
import type { ReplayLab } from '../replay/lab.ts'
import { stretchesOf } from '../replay/plan.ts'
import type { ProofParts } from '../replay/proof.ts'
import type { ReplayVersion } from '../replay/protocol.ts'
import { differencesBetween, statsOf, tradesOf } from '../replay/stats.ts'
import type { Deployment } from './deployment.ts'
import { liveReplayVersion } from './proving.ts'
import type { TradingPort } from './trading-port.ts'

export interface ShadowParts {
  readonly loop: Pick<TradingPort, 'engine'>
  readonly journal: Journal
  readonly now: () => UnixMs
  readonly proof: ProofParts
  /** Dedicated threads, so that a shadow delays neither the desk nor a proof. */
  readonly shadowLab: ReplayLab
}

/**
 * A candidate beside the live version on the same feed, with paper fills. It is played over the desk's own recording from
 * the moment it began, up to the newest, again and again on a thread of its own: what it decides is what it would have
 * decided live (I7), and nothing it does can hold up the desk. A look that does not come back in time ends the shadow.
 */
export class Shadow {
  private readonly parts: ShadowParts
  private readonly deployment: Deployment
  private readonly version: ReplayVersion
  private readonly since: UnixMs
  private lookedAt: number
  private looking = false
  private stored = 0
  /** Cancels the running replay. */
  private cancel: () => void = () => {}

  constructor(parts: ShadowParts, deployment: Deployment, version: ReplayVersion) {
    this.parts = parts
    this.deployment = deployment
    this.version = version
    this.since = parts.now()
    this.lookedAt = this.since
    deployment.shadows({
      since: this.since,
      reached: this.since,
      candidate: null,
      live: null,
      differences: 0,
      reason: null,
    })
  }

  /** To be called after each cycle. */
  look(): void {
    const now = this.parts.now()
    if (
      this.looking ||
      this.deployment.ended ||
      now - this.lookedAt < this.parts.proof.config.policy.shadowSeconds * SECOND
    )
      return
    this.looking = true
    this.lookedAt = now
    void this.play().finally(() => {
      this.looking = false
    })
  }

  end(): void {
    this.cancel()
  }

  private async play(): Promise<void> {
    const { loop, journal, proof, shadowLab, now } = this.parts
    const { tapeFolder: folder, recording: only, feed, config, seed } = proof
    await proof.flush()
    const tape = await shadowLab.open({ kind: 'own', folder, since: this.since, until: null, only, feed })
    if (!tape.ok) return this.tell({ reason: `nothing of it is on the tape yet: ${tape.error}` })
    const stretches = stretchesOf(tape.value, { from: undefined, to: undefined })
    if (!stretches.ok) return this.tell({ reason: stretches.error })
    const { strategy } = this.version
    const slots = slotsOf(loop.engine.state, strategy).map(({ slot }) => slot)
    const live = liveReplayVersion(loop, journal, strategy)
    const versions = [this.version, ...(live === null ? [] : [live.version])]
    const { settlement } = tape.value
    const spec = { versions, stretches: stretches.value, slots, config, market: 'shadow', settlement, seed }
    const run = shadowLab.run(spec)
    this.cancel = () => run.cancel()
    const { versions: outcomes, partial } = await run.done
    if (partial || this.deployment.ended) return
    const [candidate, beside] = outcomes
    if (candidate === undefined || candidate.failure !== null) {
      const why = candidate?.failure?.message ?? 'it did not run'
      return this.deployment.fail(now(), { code: 'shadow', why })
    }
    this.keepTrades(tradesOf(candidate.days))
    this.tell({
      reached: stretches.value.at(-1)?.to ?? this.since,
      candidate: statsOf(candidate.days),
      live: beside === undefined || beside.failure !== null ? null : statsOf(beside.days),
      differences: differencesBetween(candidate, beside).length,
      reason: null,
    })
  }

  /** Stored in a table of their own, never among trades made with money. */
  private keepTrades(trades: readonly ReplayTrade[]): void {
    const { id: deployment } = this.deployment
    this.parts.journal.write({ w: 'shadow', deployment, version: this.version.hash, trades: trades.slice(this.stored) })
    this.stored = trades.length
  }

  private tell(change: Partial<ShadowRow>): void {
    const { shadow } = this.deployment.current
    if (shadow !== null && !this.deployment.ended) this.deployment.shadows({ ...shadow, ...change })
  }
}
