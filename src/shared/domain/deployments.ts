import type { DeploymentId } from './ids.ts'
import type { DeploymentState } from './lifecycles.ts'
import type { Usd } from './money.ts'
import type { ProofGate, ProofRow } from './proofs.ts'
import type { ReplayStats } from './replays.ts'
import type { SlotId } from './slots.ts'
import type { VersionRef } from './versions.ts'

export type StepName = 'compile' | 'check' | 'prove' | 'policy' | 'stage' | 'swap' | 'canary' | 'probation'

/** A position in a strategy's source. */
export interface SourcePlace {
  /** Path below the strategies folder, `snipe.ts`. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
}

export interface Diagnostic extends SourcePlace {
  readonly message: string
}

export interface DeploymentStep {
  readonly name: StepName
  readonly state: 'running' | 'done' | 'failed'
  readonly ms: number | null
  /** What the step processed: `3 modules`, `types, contract, globals`. */
  readonly note: string
}

/** A rule that holds a sound candidate back. */
export interface PolicyRefusal {
  readonly rule: 'reload' | 'shadow' | 'canary' | 'freeze' | 'venue' | 'cooldown' | 'tilt' | 'regime' | 'quiet'
  /** The figure, its limit, and what can be done; in words. */
  readonly message: string
  /** Latest time at which it ends by itself; null if unknown. */
  readonly until: number | null
}

/** A person's recorded decision to pass policy rules; shown with the version's figures permanently. */
export interface PolicyOverride {
  readonly ts: number
  readonly by: string
  readonly reason: string
  readonly rules: readonly string[]
}

/** State of a deployment's policy step. */
export interface PolicyRow {
  /** Rules it waits for now. */
  readonly waits: readonly PolicyRefusal[]
  /** Time at which it is given up if it still waits. */
  readonly waitsUntil: number | null
  readonly override: PolicyOverride | null
  /** Regime of each of its slots when it passed. */
  readonly regimes: Readonly<Record<string, string | null>>
}

export interface ProbationBound {
  readonly name: 'faults' | 'late answers' | 'rejected orders' | 'drawdown' | 'win rate'
  /** `chance`: probability of at most this many wins, given the proof's win rate; its bound is a minimum. */
  readonly unit: 'count' | 'usd' | 'chance'
  readonly value: number
  readonly bound: number
  readonly passed: boolean
}

/** State of a shadow: a candidate that runs beside the live version with paper fills. */
export interface ShadowRow {
  readonly since: number
  /** Market time reached. */
  readonly reached: number
  /** Results of the candidate since the start; null before the first evaluation. */
  readonly candidate: ReplayStats | null
  /** Results of the live version over the same time. */
  readonly live: ReplayStats | null
  /** Number of times at which the two acted differently. */
  readonly differences: number
  /** Why there are no results yet. */
  readonly reason: string | null
}

/** Part of its strategy that a version traded as a canary. */
export interface CanaryRow {
  readonly since: number
  readonly slots: readonly SlotId[]
  /** Percentage of the requested stake that is used. */
  readonly stakePercent: number
}

/** State of a version's probation. */
export interface ProbationRow {
  readonly verdict: 'running' | 'passed' | 'failed'
  readonly reason: string
  readonly since: number
  readonly until: number
  readonly windows: number
  readonly windowsNeeded: number
  readonly trades: number
  readonly wins: number
  readonly pnl: Usd
  readonly bounds: readonly ProbationBound[]
}

/** What ended a version's probation: its fault, or every bound that it broke. */
export type ProbationBreach = readonly ['fault'] | readonly ProbationBound['name'][]

/**
 * Why a deployment ended otherwise than live or kept, with the facts; `why` is a reason that somebody or something else has
 * given in words. `main/deploy/end-text.ts` puts it into words.
 */
export type DeploymentEnd =
  /** Failed before the swap. */
  | { readonly code: 'no-source' }
  /** The stored bundle was made for another version of the strategy API. */
  | { readonly code: 'other-api'; readonly label: string }
  /** Failed at places in the sources, which the diagnostics name. */
  | { readonly code: 'compile' | 'check' | 'dry-run' | 'migration' }
  | { readonly code: 'not-loaded'; readonly label: string; readonly why: string }
  /** `broken`: the bounds of the proof that were exceeded; empty where it could not be replayed. */
  | { readonly code: 'proof'; readonly broken: readonly ProofGate['name'][]; readonly why: string }
  /** Refused before anything was compiled. */
  | { readonly code: 'frozen'; readonly why: string }
  /** `waitedMinutes` null: refused without a wait. */
  | {
      readonly code: 'policy'
      readonly rule: PolicyRefusal['rule']
      readonly waitedMinutes: number | null
      readonly why: string
    }
  /** Every try of the swap was refused; `refusal`: the code or rule of the last refusal. */
  | { readonly code: 'no-swap'; readonly tries: number; readonly refusal: string; readonly why: string }
  | { readonly code: 'shadow'; readonly why: string }
  | { readonly code: 'unexpected'; readonly why: string }
  /** Superseded. */
  | { readonly code: 'live-already' | 'canary-already'; readonly label: string }
  | { readonly code: 'newer-save' | 'canary-over' }
  | { readonly code: 'dismissed' | 'stopped'; readonly why: string }
  | { readonly code: 'replaced'; readonly by: string }
  /** Rolled back. */
  | { readonly code: 'canary-ended'; readonly breach: ProbationBreach; readonly why: string }
  | { readonly code: 'rolled-back'; readonly to: string; readonly breach: ProbationBreach; readonly why: string }
  /** `problem`: what kept it from being rolled back. */
  | {
      readonly code: 'not-rolled-back'
      readonly breach: ProbationBreach
      readonly why: string
      readonly problem: string
    }

/** `snipe.ts:3:14: Cannot find name 'x'.`: a diagnostic as one line. */
export function diagnosticText({ file, line, column, message }: Diagnostic): string {
  return `${file}:${line}:${column}: ${message.split('\n')[0]}`
}

/** The reason of a deployment's end with its first diagnostic, for a message that does not list the diagnostics. */
export function reasonWithPlace({ reason, diagnostics }: Pick<DeploymentRow, 'reason' | 'diagnostics'>): string | null {
  const [first] = diagnostics
  if (reason === null || first === undefined) return reason
  // The reason of a failed proof names the place of its fault itself.
  const isNamed = reason.includes(`${first.file}:${first.line}:${first.column}`)
  return isNamed ? reason : `${reason} (${diagnosticText(first)})`
}

export interface DeploymentRow {
  readonly id: DeploymentId
  readonly strategy: string
  readonly version: VersionRef | null
  readonly from: VersionRef | null
  readonly trigger: 'start' | 'save' | 'reload' | 'rollback'
  readonly by: string
  readonly state: DeploymentState
  readonly startedAt: number
  readonly endedAt: number | null
  /** Steps so far; steps that do not apply are absent. */
  readonly steps: readonly DeploymentStep[]
  /** In words: why it ended or what it waits for. */
  readonly reason: string | null
  /** Why it ended otherwise than live or kept. In memory only: the journal stores the reason. */
  readonly end?: DeploymentEnd
  /** Real milliseconds after which the failed attempt is made again; absent if it is not. In memory only. */
  readonly retryInMs?: number
  readonly diagnostics: readonly Diagnostic[]
  /** Real milliseconds from noticing the change to the commit of the swap. */
  readonly saveToLiveMs: number | null
  /** Real milliseconds for which the loop was blocked. */
  readonly swapMs: number | null
  readonly swappedAt: number | null
  readonly handoffs: number
  /** Null until the proof starts, and for a deployment without one. */
  readonly proof: ProofRow | null
  readonly policy: PolicyRow | null
  readonly probation: ProbationRow | null
  /** Null unless it ran as a shadow. */
  readonly shadow: ShadowRow | null
  /** Null unless it was a canary. */
  readonly canary: CanaryRow | null
}
