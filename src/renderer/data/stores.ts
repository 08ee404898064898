import { type AttributionStore, createAttributionStore } from './attribution-store.ts'
import { type ChartStore, createChartStore } from './chart-store.ts'
import { type ClockStore, createClockStore } from './clock-store.ts'
import { createDeskStore, type DeskStore } from './desk-store.ts'
import { createFilesStore, type FilesStore } from './files-store.ts'
import { createLedgerStore, type LedgerStore } from './ledger-store.ts'
import { createProofStore, type ProofStore } from './proof-store.ts'
import { createReplayStore, type ReplayStore } from './replay-store.ts'
import { createUiStore, type UiStore } from './ui-store.ts'

/** The state of one window, one store per subject. */
export interface DeskStores {
  readonly desk: DeskStore
  readonly chart: ChartStore
  readonly ledger: LedgerStore
  readonly attribution: AttributionStore
  readonly files: FilesStore
  readonly ui: UiStore
  readonly clock: ClockStore
  readonly proof: ProofStore
  readonly replay: ReplayStore
}

export function createStores(singleKeys: boolean): DeskStores {
  return {
    desk: createDeskStore(),
    chart: createChartStore(),
    ledger: createLedgerStore(),
    attribution: createAttributionStore(),
    files: createFilesStore(),
    ui: createUiStore(singleKeys),
    clock: createClockStore(),
    proof: createProofStore(),
    replay: createReplayStore(),
  }
}
