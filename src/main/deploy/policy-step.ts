import { slotsOf } from '../../engine/versions/version-entry.ts'
import type { Config } from '../../shared/config.ts'
import type { CanaryRow, PolicyRefusal } from '../../shared/domain/deployments.ts'
import type { ProofRow } from '../../shared/domain/proofs.ts'
import { MINUTE, type UnixMs } from '../../shared/domain/time.ts'
import type { TradingLoop } from '../runtime/trading-loop.ts'
import type { Deployment } from './deployment.ts'
import { cooldownRefusal, isEnforced, type PolicyFacts, policyRefusals } from './policy.ts'

export interface PolicyParts {
  readonly loop: Pick<TradingLoop, 'engine'>
  readonly config: Config
  readonly now: () => UnixMs
}

/** What a canary gets of its strategy. */
export type Part = Omit<CanaryRow, 'since'>

/** What somebody said of a candidate that waits. */
export type Word =
  | {
      readonly kind: 'go'
      readonly by: string
      readonly reason?: string | undefined
      readonly override?: string | undefined
      readonly shadow?: boolean
      /** What it is to get as a canary. */
      readonly part?: Part | undefined
    }
  /** Time has passed, or something changed: look again. */
  | { readonly kind: 'look' }
  /** It is over: something newer came, or it was dismissed. */
  | { readonly kind: 'drop' }

/** One deployment's way through the rules; what people say of it on the way is kept here. */
export class PolicyCase {
  readonly strategy: string
  /** First digits of the candidate's hash. */
  readonly hash: string
  /** What a person must say before any rule is looked at: a reload that names it, or a promotion of the shadow. */
  parked: 'reload' | 'shadow' | null
  /** Nothing of its strategy is live: there is neither a version to protect nor, maybe, a cycle yet in which to look again. */
  readonly exempt: boolean
  /** What it gets as a canary; null: all of its strategy. */
  part: Part | null = null
  by: string
  reason: string | undefined
  override: string | undefined
  /** Since when nothing but `quiet` holds it back. */
  quietSince: number | null = null

  constructor(of: Pick<PolicyCase, 'strategy' | 'hash' | 'parked' | 'exempt' | 'by' | 'reason' | 'override'>) {
    this.strategy = of.strategy
    this.hash = of.hash
    this.parked = of.parked
    this.exempt = of.exempt
    this.by = of.by
    this.reason = of.reason
    this.override = of.override
  }

  hear(word: Extract<Word, { kind: 'go' }>): void {
    this.parked = word.shadow === true ? 'shadow' : null
    this.part = word.part ?? null
    this.by = word.by
    this.reason = word.reason ?? this.reason
    this.override = word.override ?? this.override
  }
}

interface Waiter {
  readonly deployment: Deployment
  readonly wake: (word: Word) => void
}

/** The policy step: holds a sound candidate back while a rule stands against it, until that passes or a person overrides. */
export class PolicyStep {
  private readonly parts: PolicyParts
  /** By strategy. */
  private readonly waiting = new Map<string, Waiter>()

  constructor(parts: PolicyParts) {
    this.parts = parts
  }

  /** Everything that stands against a swap now and that nobody has overridden. */
  refusals(deployment: Deployment, of: PolicyCase): PolicyRefusal[] {
    if (of.parked !== null) return [of.parked === 'shadow' ? SHADOW : reloadRefusal(of.hash)]
    const beside = this.canaryRefusal(deployment, of)
    if (beside !== null) return [beside]
    if (of.override !== undefined) return []
    const refusals = this.judge(deployment, of)
    return of.exempt ? refusals.filter((refusal) => refusal.rule === 'freeze') : refusals
  }

  /** Beside a canary there is no room for another candidate, whatever anybody says. */
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

  /** The first cooldown that runs now, for the desk's one word on deployments; null when none does. */
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
      // I12: on settings that nobody can read no code goes live.
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

  /**
   * Waits until nothing stands against the deployment.
   * @returns false when it is over: refused, waited too long, dismissed or superseded; its row says which
   */
  async pass(deployment: Deployment, of: PolicyCase): Promise<boolean> {
    const { config, now } = this.parts
    const until = now() + config.policy.waitMinutes * MINUTE
    while (!deployment.ended) {
      const refusals = this.refusals(deployment, of)
      if (refusals.length === 0) {
        this.letThrough(deployment, of)
        return true
      }
      of.quietSince = refusals.every((refusal) => refusal.rule === 'quiet') ? (of.quietSince ?? now()) : null
      const over = this.over(refusals, of, until)
      if (over !== null) {
        deployment.fail(now(), `${over}; what is live keeps trading`)
        return false
      }
      deployment.waits(refusals, of.parked === null && refusals[0]?.rule !== 'freeze' ? until : null)
      const word = await this.word(deployment, of.strategy)
      if (word.kind === 'go') of.hear(word)
    }
    return false
  }

  /** Writes down that nothing stands against it, or what a person overrode; what does is returned, and nothing written. */
  letThrough(deployment: Deployment, of: PolicyCase): readonly PolicyRefusal[] {
    const refusals = this.refusals(deployment, of)
    if (refusals.length > 0) return refusals
    this.noteOverride(deployment, of)
    deployment.passes(this.regimes(of.strategy))
    return refusals
  }

  /** What stood against it when a person let it through all the same is kept for ever. */
  private noteOverride(deployment: Deployment, of: PolicyCase): void {
    const known = deployment.current.policy?.override ?? null
    if (of.override === undefined || known !== null) return
    const rules = this.judge(deployment, of).map((refusal) => refusal.rule)
    if (rules.length > 0) deployment.overrides({ ts: this.parts.now(), by: of.by, reason: of.override, rules })
  }

  /** Why it need not wait any longer: it is refused. */
  private over(refusals: readonly PolicyRefusal[], { parked }: PolicyCase, until: number): string | null {
    const [first] = refusals
    if (first === undefined || parked !== null) return null
    if (first.rule === 'freeze')
      // A person froze and a person unfreezes: however long that takes, a sound candidate waits.
      return this.parts.config.policy.whileFrozen === 'wait'
        ? null
        : `${first.message}; unfreeze, or reload with an override`
    if (this.parts.now() >= until) return `waited ${this.parts.config.policy.waitMinutes} min in vain: ${first.message}`
    return null
  }

  /** Regime of each of a strategy's slots now. */
  regimes(strategy: string): Record<string, string | null> {
    const slots = slotsOf(this.parts.loop.engine.state, strategy)
    return Object.fromEntries(slots.map(({ slot, asset }) => [slot.id, asset.regime]))
  }

  private word(deployment: Deployment, strategy: string): Promise<Word> {
    return new Promise((wake) => {
      this.waiting.set(strategy, { deployment, wake })
    })
  }

  /** Says something to the candidate of a strategy that waits. */
  say(strategy: string, word: Word): void {
    const waiter = this.waiting.get(strategy)
    this.waiting.delete(strategy)
    waiter?.wake(word)
  }

  /** The deployment of a strategy that waits; undefined when none does. */
  waiter(strategy: string): Deployment | undefined {
    return this.waiting.get(strategy)?.deployment
  }

  /** Time has passed: every candidate that waits looks again. */
  look(): void {
    for (const strategy of [...this.waiting.keys()]) this.say(strategy, { kind: 'look' })
  }
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
