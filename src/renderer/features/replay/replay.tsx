import type { ReactNode } from 'react'
import { useReplay } from '../../data/hooks.ts'
import { Empty } from '../../ui/panel.tsx'
import { ReplayForm } from './form.tsx'
import { Run, RunHead } from './run.tsx'
import { ReplayTrades } from './trades.tsx'

/** Shown while there is no run. */
function NoRun(): ReactNode {
  const tapes = useReplay((state) => state.tapes)
  const error = useReplay((state) => state.tapesError)
  const starting = useReplay((state) => state.starting)
  if (tapes === null && error !== null) {
    return <Empty>The tapes could not be listed: {error}. Trading is not affected.</Empty>
  }
  if (tapes === null) return <Empty busy>Loading tapes…</Empty>
  if (tapes.length === 0) {
    return (
      <Empty>
        There is no tape yet. The desk records one while it runs; its first segment can be replayed once it is closed.
        Recorded candles can be imported with <code>baton tape import</code>.
      </Empty>
    )
  }
  if (starting) return <Empty busy>Starting the replay…</Empty>
  return (
    <Empty>
      A replay runs the current files of a strategy over a tape, with the engine, caps and fees of trading and simulated
      fills. It sends no orders and does not affect live versions. Choose a tape and press Run: the trades appear here
      and on the chart, with the results of the live version on the same tape. Profit on past tape is no forecast.
    </Empty>
  )
}

/** Replays started by hand: the form on the left, the shown run on the right. */
export function Replay() {
  const run = useReplay((state) => state.runs.find(({ id }) => id === state.shown) ?? null)
  const running = useReplay((state) => state.runs.find((replay) => replay.state === 'running')?.id ?? null)
  return (
    <div className="replay" data-testid="replay">
      <ReplayForm running={running} />
      <section className="replay-run" aria-label="Run">
        {run === null ? (
          <NoRun />
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
