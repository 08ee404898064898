import { slotsOf } from '../../engine/versions/version-entry.ts'
import type { Config } from '../../shared/config.ts'
import type { DeploymentEnd, PolicyRefusal } from '../../shared/domain/deployments.ts'
import type { ProofRow } from '../../shared/domain/proofs.ts'
import { MINUTE, type UnixMs } from '../../shared/domain/time.ts'
import type { Deployment } from './deployment.ts'
import { advance, type StepResult, stopWith } from './pipeline.ts'
import { cooldownRefusal, isEnforced, type PolicyFacts, policyRefusals } from './policy.ts'
import type { PolicyCase, WaitSignal } from './policy-case.ts'
import type { TradingPort } from './trading-port.ts'

export interface PolicyParts {
  readonly loop: Pick<TradingPort, 'engine'>
  readonly config: Config
  readonly now: () => UnixMs
}

interface Waiter {
  readonly deployment: Deployment
  readonly wake: (signal: WaitSignal) => void
}

/** The policy step: a sound candidate waits while a rule refuses it, until the rule passes or a person overrides it. */
export class PolicyStep {
  private readonly parts: PolicyParts
  /** By strategy. */
  private readonly waiting = new Map<string, Waiter>()

  constructor(parts: PolicyParts) {
    this.parts = parts
  }

  /** The rules that refuse a swap now and were not overridden. */
  refusals(deployment: Deployment, of: PolicyCase): PolicyRefusal[] {
    if (of.parked !== null) return [of.parked === 'shadow' ? SHADOW : reloadRefusal(of.hash)]
    const beside = this.canaryRefusal(deployment, of)
    if (beside !== null) return [beside]
    if (of.override !== undefined) return []
    const refusals = this.judge(deployment, of)
    return of.exempt ? refusals.filter((refusal) => refusal.rule === 'freeze') : refusals
  }

  /** While a strategy has a canary, no other candidate of it may be swapped in, not even with an override. */
  private canaryRefusal(deployment: Deployment, { strategy }: PolicyCase): PolicyRefusal | null {
    const { canaries, versions } = this.parts.loop.engine.state
    const canary = canaries.get(strategy)
    if (canary === undefined || canary.version === deployment.current.version?.hash) return null
    const label = versions.get(canary.version)?.label ?? 'a version'
    return { rule: 'canary', message: `${label} is a canary of ${strategy}: promote it, or dismiss it`, until: null }
  }

  private judge(deployment: Deployment, of: PolicyCase): PolicyRefusal[] {
    const { proof } = deployment.current
    const facts = this.facts(of.strategy, proof, of.reason !== undefined, of.quietSince)
    return policyRefusals(facts, this.parts.config.policy)
  }

  /** The first cooldown that runs now; null when none does. */
  cooling(): PolicyRefusal | null {
    const { loop, config, now } = this.parts
    const s = loop.engine.state
    if (!isEnforced(config.policy, s.config.market)) return null
    for (const strategy of s.live.keys()) {
      const refusal = cooldownRefusal({ now: now(), live: this.live(strategy) }, config.policy)
      if (refusal !== null) return refusal
    }
    return null
  }

  /** What is wrong with the feed of these assets; null when nothing is. */
  trouble(assets: ReadonlySet<string>): string | null {
    const { feed } = this.parts.loop.engine.state
    if (!feed.connected) return `the feed is down: ${feed.detail}`
    const stale = feed.stale.filter((asset) => assets.has(asset))
    return stale.length === 0 ? null : `no prices of ${stale.join(', ')}`
  }

  private live(strategy: string): PolicyFacts['live'] {
    const s = this.parts.loop.engine.state
    const hash = s.live.get(strategy)
    const version = hash === undefined ? undefined : s.versions.get(hash)
    if (version === undefined) return null
    return { label: version.label, faulted: version.state !== 'live', ...version.tenure }
  }

  private facts(strategy: string, proof: ProofRow | null, reasoned: boolean, quietSince: number | null): PolicyFacts {
    const { loop, config, now } = this.parts
    const s = loop.engine.state
    const slots = slotsOf(s, strategy)
    const proved = proof === null || proof.candidate === null ? null : proof.coverage
    return {
      now: now(),
      enforced: isEnforced(config.policy, s.config.market),
      // I12: no code goes live while settings cannot be read.
      freeze: s.freeze ?? unreadable(s.holds.get('settings')),
      venue: this.trouble(new Set(slots.map(({ slot }) => slot.asset))),
      live: this.live(strategy),
      reasoned,
      slots: slots.map(({ slot, asset, window }) => ({
        slot: slot.id,
        regime: asset.regime,
        proved: proved === null ? null : (proved[slot.id] ?? {}),
        windowEnd: window?.end ?? null,
      })),
      quietSince,
    }
  }

  /** Advances when no rule refuses the deployment, waits while one does, and stops when the longest wait is over. */
  ask(deployment: Deployment, of: PolicyCase): StepResult {
    const { config, now } = this.parts
    const refusals = this.refusals(deployment, of)
    if (refusals.length === 0) {
      this.letThrough(deployment, of)
      of.waitsUntil = null
      return advance(passedNote(deployment))
    }
    of.waitsUntil ??= now() + config.policy.waitMinutes * MINUTE
    of.quietSince = refusals.every((refusal) => refusal.rule === 'quiet') ? (of.quietSince ?? now()) : null
    const over = this.over(refusals, of, of.waitsUntil)
    if (over !== null) return stopWith(over)
    deployment.waits(refusals, of.parked === null && refusals[0]?.rule !== 'freeze' ? of.waitsUntil : null)
    return { kind: 'wait', until: this.signal(deployment, of) }
  }

  /** Records that the rules passed, or which of them were overridden. Where a rule refuses, returns the refusals and records nothing. */
  letThrough(deployment: Deployment, of: PolicyCase): readonly PolicyRefusal[] {
    const refusals = this.refusals(deployment, of)
    if (refusals.length > 0) return refusals
    this.noteOverride(deployment, of)
    deployment.passes(this.regimes(of.strategy))
    return refusals
  }

  /** Keeps which rules refused the candidate when a person overrode them. */
  private noteOverride(deployment: Deployment, of: PolicyCase): void {
    const known = deployment.current.policy?.override ?? null
    if (of.override === undefined || known !== null) return
    const rules = this.judge(deployment, of).map((refusal) => refusal.rule)
    if (rules.length > 0) deployment.overrides({ ts: this.parts.now(), by: of.by, reason: of.override, rules })
  }

  /** Why the candidate is refused instead of waiting on; null while it may wait. */
  private over(refusals: readonly PolicyRefusal[], { parked }: PolicyCase, until: number): DeploymentEnd | null {
    const [first] = refusals
    if (first === undefined || parked !== null) return null
    const { rule, message: why } = first
    const { whileFrozen, waitMinutes } = this.parts.config.policy
    if (rule === 'freeze')
      // Only a person lifts a freeze, so a sound candidate waits for it without limit.
      return whileFrozen === 'wait' ? null : { code: 'policy', rule, waitedMinutes: null, why }
    return this.parts.now() >= until ? { code: 'policy', rule, waitedMinutes: waitMinutes, why } : null
  }

  /** Regime of each of a strategy's slots now. */
  regimes(strategy: string): Record<string, string | null> {
    const slots = slotsOf(this.parts.loop.engine.state, strategy)
    return Object.fromEntries(slots.map(({ slot, asset }) => [slot.id, asset.regime]))
  }

  private async signal(deployment: Deployment, of: PolicyCase): Promise<void> {
    const signal = await new Promise<WaitSignal>((wake) => {
      this.waiting.set(of.strategy, { deployment, wake })
    })
    if (signal.kind === 'go') of.confirm(signal)
  }

  /** Ends the wait of a strategy's candidate, if one waits. */
  wake(strategy: string, signal: WaitSignal): void {
    const waiter = this.waiting.get(strategy)
    this.waiting.delete(strategy)
    waiter?.wake(signal)
  }

  /** The deployment of a strategy that waits; undefined when none does. */
  waiter(strategy: string): Deployment | undefined {
    return this.waiting.get(strategy)?.deployment
  }

  /** Evaluates the rules again for every waiting candidate. To be called when time has passed. */
  recheck(): void {
    for (const strategy of [...this.waiting.keys()]) this.wake(strategy, { kind: 'recheck' })
  }
}

function passedNote({ current }: Deployment): string {
  const rules = current.policy?.override?.rules
  return rules === undefined ? 'nothing stands against it' : `overridden: ${rules.join(', ')}`
}

function unreadable(reason: string | undefined): { readonly reason: string; readonly until: null } | null {
  return reason === undefined ? null : { reason, until: null }
}

const SHADOW: PolicyRefusal = {
  rule: 'shadow',
  message: 'it runs as a shadow beside what is live: promote it, or dismiss it',
  until: null,
}

function reloadRefusal(hash: string): PolicyRefusal {
  return { rule: 'reload', message: `a reload that names ${hash}`, until: null }
}
