import { createStore, type StoreApi } from 'zustand/vanilla'
import type { ProfitHistory } from '../../shared/ipc/chart-view.ts'
import type { OrderRow, TradeRow } from '../../shared/ipc/desk-view.ts'

/** Lists that the window fetches instead of receiving them as pushes; null until the first answer. */
export interface LedgerState {
  readonly orders: readonly OrderRow[] | null
  readonly trades: readonly TradeRow[] | null
  readonly pnl: ProfitHistory | null
  /** Hash of the version whose trades are listed; null = all versions. */
  readonly tradesVersion: string | null
}

export type LedgerStore = StoreApi<LedgerState>

export function createLedgerStore(): LedgerStore {
  return createStore<LedgerState>(() => ({ orders: null, trades: null, pnl: null, tradesVersion: null }))
}
