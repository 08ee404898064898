import type { Attempt, CanaryPart } from './attempt.ts'

/** What ends the wait of a candidate. */
export type WaitSignal =
  /** A person lets it continue. */
  | ({ readonly kind: 'go' } & Pick<Attempt, 'by' | 'reason' | 'override' | 'shadow' | 'part'>)
  /** Time has passed, or something changed: the rules are asked again. */
  | { readonly kind: 'recheck' }
  /** It is over: something newer came, or it was dismissed. */
  | { readonly kind: 'drop' }

/** One deployment's way through the rules, with what people said of it on the way. */
export class PolicyCase {
  readonly strategy: string
  /** First digits of the candidate's hash. */
  readonly hash: string
  /** What a person must say before any rule is asked: a reload that names it, or a promotion of the shadow. */
  parked: 'reload' | 'shadow' | null
  /** Nothing of its strategy is live: there is no version to protect, and maybe no cycle yet in which to ask again. */
  readonly exempt: boolean
  /** What it gets as a canary; null: all of its strategy. */
  part: CanaryPart | null
  by: string
  reason: string | undefined
  override: string | undefined
  /** Since when nothing but `quiet` holds it back. */
  quietSince: number | null = null
  /** When it is given up if it still waits; null before it waits. */
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
