import type { ReactNode } from 'react'
import { useReplay } from '../../data/hooks.ts'
import { Empty } from '../../ui/panel.tsx'
import { ReplayForm } from './form.tsx'
import { Run, RunHead } from './run.tsx'
import { ReplayTrades } from './trades.tsx'

/** What there is to say while no run is shown. */
function Nothing(): ReactNode {
  const tapes = useReplay((state) => state.tapes)
  const error = useReplay((state) => state.tapesError)
  const starting = useReplay((state) => state.starting)
  if (tapes === null && error !== null) {
    return <Empty>The tapes could not be listed: {error}. Trading is not affected.</Empty>
  }
  if (tapes === null) return <Empty busy>Looking for tapes…</Empty>
  if (tapes.length === 0) {
    return (
      <Empty>
        There is no tape yet. The desk records one while it runs: the first stretch can be replayed once it is closed.
        Recorded candles can be brought in with <code>baton tape</code>.
      </Empty>
    )
  }
  if (starting) return <Empty busy>Starting the replay…</Empty>
  return (
    <Empty>
      A replay runs a strategy, as its files are now, over recorded market time on the engine that trades, with the same
      caps, fees and fills. Nothing is ordered, and what is live goes on. Choose a tape and press Run: its trades appear
      here and on the chart, beside what the live version does on the same tape. Profit on past tape is no forecast.
    </Empty>
  )
}

/** Replays asked for by hand: what to run on the left, what it did on the right. */
export function Replay() {
  const run = useReplay((state) => state.runs.find((one) => one.id === state.shown) ?? null)
  const running = useReplay((state) => state.runs.find((one) => one.state === 'running')?.id ?? null)
  return (
    <div className="replay" data-testid="replay">
      <ReplayForm running={running} />
      <section className="replay-run" aria-label="Run">
        {run === null ? (
          <Nothing />
        ) : (
          <>
            <RunHead run={run} />
            <Run run={run} />
            <ReplayTrades run={run} />
          </>
        )}
      </section>
    </div>
  )
}
