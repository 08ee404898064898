import type { Price, Usd } from './money.ts'
import type { ReplayStats } from './replays.ts'
import type { Side, SlotId } from './slots.ts'
import type { VersionRef } from './versions.ts'

/** One limit of a proof; it concerns safety, never profit. */
export interface ProofGate {
  readonly name: 'faults' | 'orders a minute' | 'stake an order' | 'drawdown'
  readonly value: number
  readonly bound: number
  readonly unit: 'count' | 'usd'
  readonly passed: boolean
}

/** A candidate's replay over recent tape, beside the live version's on the same tape. */
export interface ProofRow {
  /** `insufficient`: too little tape for a verdict. */
  readonly verdict: 'running' | 'passed' | 'failed' | 'insufficient'
  /** What the verdict is based on, or what is missing; one sentence. */
  readonly reason: string
  /** 0 … 1 of the tape. */
  readonly progress: number
  readonly from: number | null
  readonly to: number | null
  readonly slots: readonly SlotId[]
  readonly notices: readonly string[]
  readonly candidate: ReplayStats | null
  readonly live: ReplayStats | null
  readonly liveVersion: VersionRef | null
  readonly gates: readonly ProofGate[]
  /** Number of times at which candidate and live version acted differently; listed by `proof.diff`. */
  readonly differences: number
  /** Versions of this strategy that were ever proved or replayed, this one included. */
  readonly trials: number
  /** Windows settled on the tape, by slot and by regime at their start. */
  readonly coverage: Readonly<Record<string, Readonly<Record<string, number>>>>
}

export interface DecisionAct {
  readonly kind: 'enter' | 'exit' | 'cancel' | 'fault'
  readonly side: Side | null
  readonly limit: Price | null
  readonly stake: Usd | null
  readonly why: string
}

/** A time at which two versions acted differently on the same tape; null = held. */
export interface DecisionDifference {
  readonly ts: number
  readonly slot: SlotId
  readonly candidate: DecisionAct | null
  readonly live: DecisionAct | null
}
