import { createStore, type StoreApi } from 'zustand/vanilla'
import type { ReplayRow, ReplayTrade, TapeEntry } from '../../shared/domain/replays.ts'
import type { ChartData } from '../../shared/ipc/chart-view.ts'
import type { DeskPush } from '../../shared/ipc/connection.ts'
import type { ReplayForm, ReplayProblem } from './replay-form.ts'

/** Most runs kept in a window, the same as in the desk. */
export const KEPT_RUNS = 20

export interface ReplayState {
  /** Null until the first answer. */
  readonly tapes: readonly TapeEntry[] | null
  readonly tapesError: string | null
  /** Newest first. */
  readonly runs: readonly ReplayRow[]
  /** Real milliseconds that each running replay still takes, by id; null while unknown. */
  readonly remainingMs: Readonly<Record<string, number | null>>
  readonly form: ReplayForm
  /** Why the last replay was not started. */
  readonly problem: ReplayProblem | null
  readonly starting: boolean
  /** Run whose cancellation is in progress. */
  readonly cancelling: string | null
  /** Run shown in the tab. */
  readonly shown: string | null
  /** Its trades, newest first; null while they load. */
  readonly trades: readonly ReplayTrade[] | null
  readonly tradesError: string | null
  /** The trade chosen in the list and shown on the chart. */
  readonly chosen: ReplayTrade | null
  /** Run on the chart in place of the live market; null = live. */
  readonly onChart: string | null
  /** Null while it loads. */
  readonly chart: ChartData | null
  readonly chartError: string | null
}

export type ReplayStore = StoreApi<ReplayState>

export function createReplayStore(): ReplayStore {
  return createStore<ReplayState>(() => ({
    tapes: null,
    tapesError: null,
    runs: [],
    remainingMs: {},
    form: { strategy: null, tape: null, slots: 'all', hours: '', params: '' },
    problem: null,
    starting: false,
    cancelling: null,
    shown: null,
    trades: null,
    tradesError: null,
    chosen: null,
    onChart: null,
    chart: null,
    chartError: null,
  }))
}

/** Identifies a trade of a run. */
export function tradeKey(trade: ReplayTrade): string {
  return `${trade.windowId} ${trade.side} ${trade.openedAt}`
}

/**
 * The runs after all pushes of one frame. Drops the oldest beyond the limit.
 * @param kept id of a run that is never dropped
 */
export function mergeRuns(
  runs: readonly ReplayRow[],
  pushes: readonly DeskPush[],
  kept: string | null,
): readonly ReplayRow[] {
  let next = runs
  for (const push of pushes) {
    if (push.kind !== 'replay') continue
    const { row } = push
    next = next.some((run) => run.id === row.id) ? next.map((run) => (run.id === row.id ? row : run)) : [row, ...next]
  }
  return next.length <= KEPT_RUNS ? next : next.filter((run, index) => index < KEPT_RUNS || run.id === kept)
}
