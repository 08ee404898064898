import type { DeskClient } from '../../shared/ipc/connection.ts'
import { createThrottle } from './frame.ts'
import type { LedgerStore } from './ledger-store.ts'

/** Most orders and trades listed in a window. */
const LIMIT = 200
/** Shortest time between two fetches. */
const FETCH_EVERY_MS = 1_000

export interface LedgerActions {
  /** Fetches orders, trades and profit, at most once a second. */
  refresh(): void
  /** Lists the trades of one version only; null = of all. */
  filterTrades(hash: string | null): void
}

export function createLedgerActions(
  desk: DeskClient,
  store: LedgerStore,
  after: (delayMs: number, run: () => void) => void,
): LedgerActions {
  const ignore = (): void => {
    // The lists shown stay; the next change or the next connection fetches again.
  }

  const fetchTrades = async (): Promise<void> => {
    const { tradesVersion } = store.getState()
    const trades = await desk.call('trades.list', { limit: LIMIT, version: tradesVersion ?? undefined })
    if (store.getState().tradesVersion === tradesVersion) store.setState({ trades })
  }

  const refresh = createThrottle(
    FETCH_EVERY_MS,
    () => {
      void Promise.all([
        desk.call('orders.list', { limit: LIMIT }).then((orders) => store.setState({ orders })),
        fetchTrades(),
        desk.call('attribution.profit', {}).then((pnl) => store.setState({ pnl })),
      ]).catch(ignore)
    },
    after,
  )

  return {
    refresh,
    filterTrades(hash) {
      store.setState({ tradesVersion: hash, trades: null })
      fetchTrades().catch(ignore)
    },
  }
}
