import type { ReplayRow, ReplayTrade } from '../../shared/domain/replays.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import type { DeskClient, DeskPush } from '../../shared/ipc/connection.ts'
import type { ChartStore } from './chart-store.ts'
import { createThrottle } from './frame.ts'
import { createTimeEstimator } from './remaining-time.ts'
import { type ReplayForm, requestOf } from './replay-form.ts'
import { mergeRuns, type ReplayStore } from './replay-store.ts'

/** What the replay tab and the chart may do with replays; every answer of the desk ends in the store. */
export interface ReplayActions {
  /** Asks for tapes and runs; after a reconnect, too. */
  refresh(): void
  receive(pushes: readonly DeskPush[]): void
  edit(change: Partial<ReplayForm>): void
  /** Checks the form and starts what it says. */
  start(): Promise<void>
  cancel(id: string): Promise<void>
  /** Shows a run in the tab and on the chart. */
  select(id: string): void
  /** Shows a trade of the shown run on the chart. */
  choose(trade: ReplayTrade): void
  backToLive(): void
}

interface Parts {
  readonly desk: DeskClient
  readonly store: ReplayStore
  readonly chart: ChartStore
  readonly showChart: (slot: SlotId) => void
  readonly notify: (tone: 'refused' | 'failed', text: string) => void
  readonly monotonic: () => number
  readonly after: (delayMs: number, run: () => void) => () => void
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** True when a run has more to show than before. */
function grew(before: ReplayRow | undefined, after: ReplayRow): boolean {
  return before === undefined || before.state !== after.state || before.stats?.trades !== after.stats?.trades
}

export function createReplayActions(parts: Parts): ReplayActions {
  const { desk, store, chart } = parts
  const estimator = createTimeEstimator(parts.monotonic)

  const fetchTrades = createThrottle(
    1_000,
    () => {
      const id = store.getState().shown
      if (id === null) return
      desk.call('replay.trades', { id }).then(
        (trades) => {
          if (store.getState().shown === id) store.setState({ trades, tradesError: null })
        },
        (error: unknown) => {
          if (store.getState().shown === id) store.setState({ tradesError: messageOf(error) })
        },
      )
    },
    parts.after,
  )

  const fetchChart = createThrottle(
    300,
    () => {
      const id = store.getState().onChart
      const { slot, frame } = chart.getState()
      if (id === null || slot === null) return
      // By the time of the answer another run, slot or candle length may be asked for.
      const wanted = (): boolean => {
        const now = chart.getState()
        return store.getState().onChart === id && now.slot === slot && now.frame === frame
      }
      desk.call('replay.chart', { id, slot, frame }).then(
        (data) => (wanted() ? store.setState({ chart: data, chartError: null }) : undefined),
        (error: unknown) => (wanted() ? store.setState({ chartError: messageOf(error) }) : undefined),
      )
    },
    parts.after,
  )

  const showRun = (id: string): void => {
    if (store.getState().onChart !== id) {
      store.setState({ onChart: id, chart: null, chartError: null })
    }
    const slots = store.getState().runs.find((run) => run.id === id)?.slots ?? []
    const { slot } = chart.getState()
    const first = slots[0]
    if (first !== undefined && (slot === null || !slots.includes(slot))) parts.showChart(first)
    fetchChart()
  }

  const select = (id: string): void => {
    if (store.getState().shown !== id) {
      store.setState({ shown: id, trades: null, tradesError: null, chosen: null })
      fetchTrades()
    }
    showRun(id)
  }

  let started = 0
  const fetchRuns = (): void => {
    const before = started
    desk.call('replay.list', {}).then(
      (runs) => {
        // A list from before a start does not know what was started.
        if (started !== before) return fetchRuns()
        const gone = (id: string | null): boolean => id !== null && !runs.some((run) => run.id === id)
        const state = store.getState()
        store.setState({
          runs,
          ...(gone(state.shown) ? { shown: null, trades: null, chosen: null } : {}),
          ...(gone(state.onChart) ? { onChart: null, chart: null } : {}),
        })
        // Shown in the tab, not on the chart: nobody asked for that yet.
        const newest = runs[0]
        if (store.getState().shown === null && newest !== undefined) store.setState({ shown: newest.id })
        if (runs.length > 0) fetchTrades()
      },
      () => {
        // What was shown stays; the next connection asks again.
      },
    )
  }

  const fetchTapes = (): void => {
    desk.call('tapes.list', {}).then(
      (tapes) =>
        store.setState(({ form }) => ({
          tapes,
          tapesError: null,
          form: tapes.some((tape) => tape.id === form.tape) ? form : { ...form, tape: tapes[0]?.id ?? null },
        })),
      (error: unknown) => store.setState({ tapesError: messageOf(error) }),
    )
  }

  chart.subscribe((state, before) => {
    if (store.getState().onChart === null || (state.slot === before.slot && state.frame === before.frame)) return
    store.setState({ chart: null, chartError: null })
    fetchChart()
  })

  return {
    refresh() {
      fetchTapes()
      fetchRuns()
      fetchChart()
    },
    receive(pushes) {
      const { runs, shown, onChart, remainingMs, cancelling } = store.getState()
      const next = mergeRuns(runs, pushes, shown)
      if (next === runs) return
      const left = { ...remainingMs }
      for (const run of next) {
        if (run.state === 'running') left[run.id] = estimator.remainingMs(run.id, run.progress)
        else {
          delete left[run.id]
          estimator.forget(run.id)
        }
      }
      const stopped = cancelling !== null && next.find((run) => run.id === cancelling)?.state !== 'running'
      store.setState({ runs: next, remainingMs: left, ...(stopped ? { cancelling: null } : {}) })
      const more = (id: string | null): boolean => {
        const after = next.find((run) => run.id === id)
        return (
          after !== undefined &&
          grew(
            runs.find((run) => run.id === id),
            after,
          )
        )
      }
      if (more(shown)) fetchTrades()
      if (more(onChart)) fetchChart()
      // A run that was started here is on the chart before its slots are known.
      if (onChart !== null && !runs.some((run) => run.id === onChart)) showRun(onChart)
    },
    edit(change) {
      store.setState(({ form }) => ({ form: { ...form, ...change }, problem: null }))
    },
    async start() {
      const { form, tapes, starting } = store.getState()
      if (starting) return
      const request = requestOf(form, tapes ?? [], chart.getState().slot)
      if (!request.ok) {
        store.setState({ problem: request.problem })
        return
      }
      store.setState({ starting: true, problem: null })
      try {
        const answer = await desk.call('replay.start', request.input)
        store.setState({ starting: false, problem: answer.ok ? null : { field: null, text: answer.error } })
        if (!answer.ok) return
        started += 1
        select(answer.id)
        // Its first push may have come before this answer, or not yet.
        if (!store.getState().runs.some((run) => run.id === answer.id)) fetchRuns()
      } catch (error) {
        store.setState({ starting: false, problem: { field: null, text: `Not started: ${messageOf(error)}.` } })
      }
    },
    async cancel(id) {
      store.setState({ cancelling: id })
      try {
        const { ok } = await desk.call('replay.cancel', { id })
        if (ok) return
        store.setState({ cancelling: null })
        parts.notify('refused', 'That replay is not running any more.')
      } catch (error) {
        store.setState({ cancelling: null })
        parts.notify('failed', `The replay was not cancelled: ${messageOf(error)}.`)
      }
    },
    select,
    choose(trade) {
      const { shown } = store.getState()
      if (shown === null) return
      store.setState({ chosen: trade })
      parts.showChart(trade.slot)
      showRun(shown)
    },
    backToLive() {
      store.setState({ onChart: null, chart: null, chartError: null, chosen: null })
    },
  }
}
