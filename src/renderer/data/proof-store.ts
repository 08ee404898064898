import { createStore, type StoreApi } from 'zustand/vanilla'
import type { DeploymentRow } from '../../shared/domain/deployments.ts'
import type { DecisionDifference } from '../../shared/domain/proofs.ts'

/** The shown proof and its decision differences. */
export interface ProofState {
  /** Deployment whose proof is shown; null before the first. */
  readonly deployment: string | null
  /** By time; null while they load. */
  readonly items: readonly DecisionDifference[] | null
  readonly error: string | null
  /** The difference chosen in the list and shown on the chart. */
  readonly chosen: DecisionDifference | null
  /** Real milliseconds that a running proof still takes; null while unknown or not running. */
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

/** Identifies a difference. */
export function differenceKey(item: DecisionDifference): string {
  return `${item.ts} ${item.slot} ${item.candidate?.kind ?? 'hold'} ${item.live?.kind ?? 'hold'}`
}

/**
 * Merges both lists by time without duplicates: a difference that was pushed during a request may be in the answer, too.
 * @returns `items` itself when `more` contains nothing new
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
