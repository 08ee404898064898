import { messageOf } from '../../shared/domain/base.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import type { DeskClient } from '../../shared/ipc/connection.ts'
import type { ChartStore } from './chart-store.ts'
import { createThrottle } from './frame.ts'
import type { ReplayStore } from './replay-store.ts'

/** Shortest time between two fetches of a run's trades. */
const TRADES_EVERY_MS = 1_000
/** Shortest time between two fetches of a run's chart. */
const CHART_EVERY_MS = 300

export interface ReplayRunParts {
  readonly client: DeskClient
  readonly store: ReplayStore
  readonly chart: ChartStore
  readonly showChart: (slot: SlotId) => void
  readonly after: (delayMs: number, run: () => void) => () => void
}

/** Fetches tapes and runs, and the trades and chart of the run that is shown. */
export class ReplayRuns {
  private readonly parts: ReplayRunParts
  /** Runs started in this window. */
  private startedCount = 0
  readonly fetchTrades: () => void
  readonly fetchChart: () => void

  constructor(parts: ReplayRunParts) {
    this.parts = parts
    const { store, chart } = parts
    this.fetchTrades = createThrottle(TRADES_EVERY_MS, () => this.requestTrades(), parts.after)
    this.fetchChart = createThrottle(CHART_EVERY_MS, () => this.requestChart(), parts.after)
    chart.subscribe((state, before) => {
      const isSame = state.slot === before.slot && state.frame === before.frame
      if (store.getState().onChart === null || isSame) return
      store.setState({ chart: null, chartError: null })
      this.fetchChart()
    })
  }

  /** Shows a run on the chart, in one of its own slots. */
  showOnChart(id: string): void {
    const { store, chart, showChart } = this.parts
    if (store.getState().onChart !== id) store.setState({ onChart: id, chart: null, chartError: null })
    const slots = store.getState().runs.find((run) => run.id === id)?.slots ?? []
    const { slot } = chart.getState()
    const first = slots[0]
    if (first !== undefined && (slot === null || !slots.includes(slot))) showChart(first)
    this.fetchChart()
  }

  /** Shows a run in the tab and on the chart. */
  select(id: string): void {
    const { store } = this.parts
    if (store.getState().shown !== id) {
      store.setState({ shown: id, trades: null, tradesError: null, chosen: null })
      this.fetchTrades()
    }
    this.showOnChart(id)
  }

  /** Shows a run that this window has just started. */
  selectStarted(id: string): void {
    this.startedCount += 1
    this.select(id)
    // The first push of the run may arrive before or after the answer that named it.
    if (!this.parts.store.getState().runs.some((run) => run.id === id)) this.fetchRuns()
  }

  fetchRuns(): void {
    const { client, store } = this.parts
    const startedBefore = this.startedCount
    client.call('replay.list', {}).then(
      (runs) => {
        // A list requested before a start does not contain the started run.
        if (this.startedCount !== startedBefore) return this.fetchRuns()
        const isGone = (id: string | null): boolean => id !== null && !runs.some((run) => run.id === id)
        const state = store.getState()
        store.setState({
          runs,
          ...(isGone(state.shown) ? { shown: null, trades: null, chosen: null } : {}),
          ...(isGone(state.onChart) ? { onChart: null, chart: null } : {}),
        })
        // The newest run is shown in the tab; the chart stays live until a run is selected.
        const newest = runs[0]
        if (store.getState().shown === null && newest !== undefined) store.setState({ shown: newest.id })
        if (runs.length > 0) this.fetchTrades()
      },
      () => {
        // The runs shown stay; the next connection fetches again.
      },
    )
  }

  fetchTapes(): void {
    const { client, store } = this.parts
    client.call('tapes.list', {}).then(
      (tapes) =>
        store.setState(({ form }) => ({
          tapes,
          tapesError: null,
          form: tapes.some((tape) => tape.id === form.tape) ? form : { ...form, tape: tapes[0]?.id ?? null },
        })),
      (error: unknown) => store.setState({ tapesError: messageOf(error) }),
    )
  }

  private requestTrades(): void {
    const { client, store } = this.parts
    const id = store.getState().shown
    if (id === null) return
    client.call('replay.trades', { id }).then(
      (trades) => {
        if (store.getState().shown === id) store.setState({ trades, tradesError: null })
      },
      (error: unknown) => {
        if (store.getState().shown === id) store.setState({ tradesError: messageOf(error) })
      },
    )
  }

  private requestChart(): void {
    const { client, store, chart } = this.parts
    const id = store.getState().onChart
    const { slot, frame } = chart.getState()
    if (id === null || slot === null) return
    // Another run, slot or candle length may be shown when the answer arrives.
    const isCurrent = (): boolean => {
      const now = chart.getState()
      return store.getState().onChart === id && now.slot === slot && now.frame === frame
    }
    client.call('replay.chart', { id, slot, frame }).then(
      (data) => (isCurrent() ? store.setState({ chart: data, chartError: null }) : undefined),
      (error: unknown) => (isCurrent() ? store.setState({ chartError: messageOf(error) }) : undefined),
    )
  }
}
