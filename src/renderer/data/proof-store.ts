import { createStore, type StoreApi } from 'zustand/vanilla'
import type { DeploymentRow } from '../../shared/domain/deployments.ts'
import type { DecisionDifference } from '../../shared/domain/proofs.ts'

/** The proof that is shown, and the decisions that differ in it. */
export interface ProofState {
  /** Deployment whose proof is shown; null before the first. */
  readonly deployment: string | null
  /** In order of time; null while they load. */
  readonly items: readonly DecisionDifference[] | null
  readonly error: string | null
  /** The moment chosen in the list and shown on the chart. */
  readonly chosen: DecisionDifference | null
  /** Real milliseconds a running proof still takes; null while unknown or not running. */
  readonly remainingMs: number | null
}

export type ProofStore = StoreApi<ProofState>

export function createProofStore(): ProofStore {
  return createStore<ProofState>(() => ({ deployment: null, items: [], error: null, chosen: null, remainingMs: null }))
}

/** The deployment to show: the one picked from the list, else the latest. */
export function shownDeployment(
  deployments: readonly DeploymentRow[],
  picked: string | null,
): DeploymentRow | undefined {
  return deployments.find((row) => row.id === picked) ?? deployments[0]
}

/** One name for one moment of one slot. */
export function differenceKey(item: DecisionDifference): string {
  return `${item.ts} ${item.slot} ${item.candidate?.kind ?? 'hold'} ${item.live?.kind ?? 'hold'}`
}

/**
 * Both lists in order of time, each moment once: what was pushed while an answer was under way may be in the answer,
 * too. Nothing new leaves the list as it is.
 */
export function mergeDifferences(
  items: readonly DecisionDifference[],
  more: readonly DecisionDifference[],
): readonly DecisionDifference[] {
  const known = new Set(items.map(differenceKey))
  const fresh = more.filter((item) => {
    const key = differenceKey(item)
    if (known.has(key)) return false
    known.add(key)
    return true
  })
  if (fresh.length === 0) return items
  return [...items, ...fresh].sort((a, b) => a.ts - b.ts || a.slot.localeCompare(b.slot))
}
