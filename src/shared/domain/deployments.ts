import type { DeploymentId } from './ids.ts'
import type { DeploymentState } from './lifecycles.ts'
import type { Usd } from './money.ts'
import type { ProofRow } from './proofs.ts'
import type { ReplayStats } from './replays.ts'
import type { SlotId } from './slots.ts'
import type { VersionRef } from './versions.ts'

export type StepName = 'compile' | 'check' | 'prove' | 'policy' | 'stage' | 'swap' | 'canary' | 'probation'

export interface Diagnostic {
  /** Path below the strategies folder, `snipe.ts`. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  readonly message: string
}

export interface DeploymentStep {
  readonly name: StepName
  readonly state: 'running' | 'done' | 'failed'
  readonly ms: number | null
  /** What the step looked at: `3 modules`, `types, contract, globals`. */
  readonly note: string
}

/** Something that holds a sound candidate back. */
export interface PolicyRefusal {
  readonly rule: 'reload' | 'shadow' | 'canary' | 'freeze' | 'venue' | 'cooldown' | 'tilt' | 'regime' | 'quiet'
  /** The figure, its bound, and what one may do about it. */
  readonly message: string
  /** When it passes by itself, at the latest; null: nobody can tell. */
  readonly until: number | null
}

/** A person's word against the rules; it stays beside the version's figures for ever. */
export interface PolicyOverride {
  readonly ts: number
  readonly by: string
  readonly reason: string
  readonly rules: readonly string[]
}

/** What the policy step says of a deployment. */
export interface PolicyRow {
  /** What it waits for now. */
  readonly waits: readonly PolicyRefusal[]
  /** When it is given up if it still waits. */
  readonly waitsUntil: number | null
  readonly override: PolicyOverride | null
  /** Regime of each of its slots as it was let through. */
  readonly regimes: Readonly<Record<string, string | null>>
}

export interface ProbationBound {
  readonly name: 'faults' | 'late answers' | 'rejected orders' | 'drawdown' | 'win rate'
  /** `chance`: probability, by the proof, of as few wins or fewer; its bound is the least. */
  readonly unit: 'count' | 'usd' | 'chance'
  readonly value: number
  readonly bound: number
  readonly passed: boolean
}

/** A candidate that runs beside the live version with paper fills since it began. */
export interface ShadowRow {
  readonly since: number
  /** Market time up to which it has been played. */
  readonly reached: number
  /** What it, and the live version, would have done since; null before the first look. */
  readonly candidate: ReplayStats | null
  readonly live: ReplayStats | null
  /** Moments at which the two acted differently. */
  readonly differences: number
  /** Why nothing is known yet. */
  readonly reason: string | null
}

/** The part that a version had of its strategy before it got all of it. */
export interface CanaryRow {
  readonly since: number
  readonly slots: readonly SlotId[]
  /** Of what it wants to stake, this much is staked. */
  readonly stakePercent: number
}

/** The first windows of a version that has gone live. */
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

/** `snipe.ts:3:14: Cannot find name 'x'.`: a diagnostic as one line. */
export function diagnosticText({ file, line, column, message }: Diagnostic): string {
  return `${file}:${line}:${column}: ${message.split('\n')[0]}`
}

/** The reason of a deployment's end with its first diagnostic, for a message that does not list the diagnostics. */
export function reasonWithPlace({ reason, diagnostics }: DeploymentRow): string | null {
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
  /** Steps passed so far; a step that a deployment does not have is absent. */
  readonly steps: readonly DeploymentStep[]
  readonly reason: string | null
  readonly diagnostics: readonly Diagnostic[]
  /** Real milliseconds from noticing the change to the commit of the swap. */
  readonly saveToLiveMs: number | null
  /** Real milliseconds the loop was held. */
  readonly swapMs: number | null
  readonly swappedAt: number | null
  readonly handoffs: number
  /** Null until the proof begins, and for a deployment that has none. */
  readonly proof: ProofRow | null
  readonly policy: PolicyRow | null
  readonly probation: ProbationRow | null
  /** Null unless it ran as a shadow. */
  readonly shadow: ShadowRow | null
  /** Null unless it was a canary. */
  readonly canary: CanaryRow | null
}
