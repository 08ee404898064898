import { messageOf } from '../../shared/domain/base.ts'
import type { ReplayRow, ReplayTrade } from '../../shared/domain/replays.ts'
import type { DeskPush } from '../../shared/ipc/connection.ts'
import { RemainingTime } from './remaining-time.ts'
import { type ReplayForm, requestOf } from './replay-form.ts'
import { type ReplayRunParts, ReplayRuns } from './replay-runs.ts'
import { mergeRuns } from './replay-store.ts'

interface Parts extends ReplayRunParts {
  readonly notify: (tone: 'refused' | 'failed', text: string) => void
  readonly monotonic: () => number
}

/** True when a run has other trades or another state than before. */
function hasMore(before: readonly ReplayRow[], after: readonly ReplayRow[], id: string | null): boolean {
  const row = after.find((run) => run.id === id)
  if (row === undefined) return false
  const old = before.find((run) => run.id === id)
  return old === undefined || old.state !== row.state || old.stats?.trades !== row.stats?.trades
}

/** What the replay tab and the chart do with replays. */
export class ReplayActions {
  private readonly parts: Parts
  private readonly runs: ReplayRuns
  private readonly remaining: RemainingTime

  constructor(parts: Parts) {
    this.parts = parts
    this.runs = new ReplayRuns(parts)
    this.remaining = new RemainingTime(parts.monotonic)
  }

  /** Fetches tapes, runs and the chart of the run on it; at every connection. */
  refresh(): void {
    this.runs.fetchTapes()
    this.runs.fetchRuns()
    this.runs.fetchChart()
  }

  receive(pushes: readonly DeskPush[]): void {
    const { store } = this.parts
    const { runs, shown, onChart, cancelling } = store.getState()
    const next = mergeRuns(runs, pushes, shown)
    if (next === runs) return
    const isCancelled = cancelling !== null && next.find((run) => run.id === cancelling)?.state !== 'running'
    store.setState({
      runs: next,
      remainingMs: this.estimateAll(next),
      ...(isCancelled ? { cancelling: null } : {}),
    })
    if (hasMore(runs, next, shown)) this.runs.fetchTrades()
    if (hasMore(runs, next, onChart)) this.runs.fetchChart()
    // A run started in this window is on the chart before its slots are known.
    if (onChart !== null && !runs.some((run) => run.id === onChart)) this.runs.showOnChart(onChart)
  }

  edit(change: Partial<ReplayForm>): void {
    this.parts.store.setState(({ form }) => ({ form: { ...form, ...change }, problem: null }))
  }

  /** Validates the form and starts the replay it describes. */
  async start(): Promise<void> {
    const { client, store, chart } = this.parts
    const { form, tapes, starting } = store.getState()
    if (starting) return
    const request = requestOf(form, tapes ?? [], chart.getState().slot)
    if (!request.ok) {
      store.setState({ problem: request.problem })
      return
    }
    store.setState({ starting: true, problem: null })
    try {
      const answer = await client.call('replay.start', request.input)
      store.setState({ starting: false, problem: answer.ok ? null : { field: null, text: answer.error } })
      if (answer.ok) this.runs.selectStarted(answer.id)
    } catch (error) {
      store.setState({ starting: false, problem: { field: null, text: `Not started: ${messageOf(error)}.` } })
    }
  }

  async cancel(id: string): Promise<void> {
    const { client, store, notify } = this.parts
    store.setState({ cancelling: id })
    try {
      const { ok } = await client.call('replay.cancel', { id })
      if (ok) return
      store.setState({ cancelling: null })
      notify('refused', 'That replay is no longer running.')
    } catch (error) {
      store.setState({ cancelling: null })
      notify('failed', `The replay was not cancelled: ${messageOf(error)}.`)
    }
  }

  /** Shows a run in the tab and on the chart. */
  select(id: string): void {
    this.runs.select(id)
  }

  /** Shows a trade of the shown run on the chart. */
  choose(trade: ReplayTrade): void {
    const { store, showChart } = this.parts
    const { shown } = store.getState()
    if (shown === null) return
    store.setState({ chosen: trade })
    showChart(trade.slot)
    this.runs.showOnChart(shown)
  }

  /** Shows the live market on the chart again. */
  backToLive(): void {
    this.parts.store.setState({ onChart: null, chart: null, chartError: null, chosen: null })
  }

  /** Real milliseconds that each running replay still takes. */
  private estimateAll(runs: readonly ReplayRow[]): Readonly<Record<string, number | null>> {
    const remainingMs = { ...this.parts.store.getState().remainingMs }
    for (const run of runs) {
      if (run.state === 'running') remainingMs[run.id] = this.remaining.estimate(run.id, run.progress)
      else {
        delete remainingMs[run.id]
        this.remaining.forget(run.id)
      }
    }
    return remainingMs
  }
}
