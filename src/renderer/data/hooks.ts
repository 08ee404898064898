import { createContext, useContext } from 'react'
import { useStore } from 'zustand'
import type { DeploymentRow } from '../../shared/domain/deployments.ts'
import { DAY } from '../../shared/domain/time.ts'
import type { AttributionState } from './attribution-store.ts'
import type { ChartState } from './chart-store.ts'
import type { DeskModel } from './desk-model.ts'
import type { DeskState } from './desk-store.ts'
import type { FilesState } from './files-store.ts'
import type { LedgerState } from './ledger-store.ts'
import { type ProofState, shownDeployment } from './proof-store.ts'
import type { ReplayState } from './replay-store.ts'
import type { UiState } from './ui-store.ts'

export const DeskModelContext = createContext<DeskModel | null>(null)

/** The desk model of this window, provided in `main.tsx`. */
export function useDeskModel(): DeskModel {
  const model = useContext(DeskModelContext)
  if (model === null) throw new Error('the component is outside DeskModelContext')
  return model
}

export function useDesk<T>(select: (state: DeskState) => T): T {
  return useStore(useDeskModel().desk, select)
}

export function useChart<T>(select: (state: ChartState) => T): T {
  return useStore(useDeskModel().chart, select)
}

export function useLedger<T>(select: (state: LedgerState) => T): T {
  return useStore(useDeskModel().ledger, select)
}

export function useFiles<T>(select: (state: FilesState) => T): T {
  return useStore(useDeskModel().files, select)
}

export function useUi<T>(select: (state: UiState) => T): T {
  return useStore(useDeskModel().ui, select)
}

export function useProof<T>(select: (state: ProofState) => T): T {
  return useStore(useDeskModel().proof, select)
}

export function useAttribution<T>(select: (state: AttributionState) => T): T {
  return useStore(useDeskModel().attribution, select)
}

export function useReplay<T>(select: (state: ReplayState) => T): T {
  return useStore(useDeskModel().replay, select)
}

/** The deployment that the panel shows: the one picked from the list, else the latest. */
export function useShownDeployment(): DeploymentRow | undefined {
  const picked = useUi((state) => state.deployment)
  return useDesk((state) => shownDeployment(state.deployments, picked))
}

/** The desk's time in whole seconds. */
export function useNow(): number | null {
  return useStore(useDeskModel().clock, (state) => state.now)
}

/** The desk's current day, in days since 1970 UTC. */
export function useToday(): number | null {
  return useStore(useDeskModel().clock, (state) => (state.now === null ? null : Math.floor(state.now / DAY)))
}
