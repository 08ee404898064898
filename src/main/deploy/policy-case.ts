import type { Attempt, CanaryPart } from './attempt.ts'

/** What ends the wait of a candidate. */
export type WaitSignal =
  /** A person lets it continue. */
  | ({ readonly kind: 'go' } & Pick<Attempt, 'by' | 'reason' | 'override' | 'shadow' | 'part'>)
  /** Time has passed or something changed: the rules are evaluated again. */
  | { readonly kind: 'recheck' }
  /** The deployment is over: superseded or dismissed. */
  | { readonly kind: 'drop' }

/** One deployment before the policy rules, with what people decided about it. */
export class PolicyCase {
  readonly strategy: string
  /** First digits of the candidate's hash. */
  readonly hash: string
  /** What a person must do before any rule is evaluated: name it in a reload, or promote the shadow. */
  parked: 'reload' | 'shadow' | null
  /** True if nothing of its strategy is live: there is no version to protect, and possibly no cycle yet to re-evaluate in. */
  readonly exempt: boolean
  /** What it gets as a canary; null: all of its strategy. */
  part: CanaryPart | null
  by: string
  reason: string | undefined
  override: string | undefined
  /** Since when nothing but `quiet` holds it back. */
  quietSince: number | null = null
  /** When it fails if it still waits; null before it waits. */
  waitsUntil: number | null = null

  constructor(attempt: Attempt, hash: string) {
    this.strategy = attempt.strategy
    this.hash = hash.slice(0, 12)
    this.parked = attempt.shadow === true ? 'shadow' : attempt.hold === true ? 'reload' : null
    this.exempt = attempt.trigger === 'start'
    this.part = attempt.part ?? null
    this.by = attempt.by
    this.reason = attempt.reason
    this.override = attempt.override
  }

  confirm(signal: Extract<WaitSignal, { kind: 'go' }>): void {
    this.parked = signal.shadow === true ? 'shadow' : null
    this.part = signal.part ?? null
    this.by = signal.by
    this.reason = signal.reason ?? this.reason
    this.override = signal.override ?? this.override
  }
}
