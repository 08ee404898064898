import type { ReplayRow } from '../../../shared/domain/replays.ts'
import { backToLive } from '../../data/actions.ts'
import { useDeskModel, useReplay } from '../../data/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { dateTime, span } from '../../ui/format.ts'
import { VersionDot } from '../../ui/version-dot.tsx'

/** Band above the chart of a replay. */
export function ReplayBand({ run }: { run: ReplayRow | undefined }) {
  const model = useDeskModel()
  const title = useReplay((state) => state.tapes?.find((tape) => tape.id === run?.tape)?.title ?? run?.tape)
  return (
    <div className="chart-band replayed" role="status" data-testid="replay-band">
      <strong className="replay-badge">REPLAY</strong>
      {run === undefined ? (
        <span>Starting…</span>
      ) : (
        <>
          <VersionDot version={run.version} />
          <span className="chart-band-text">
            Replay of {run.version.label} on {title}
          </span>
          {run.state === 'partial' ? <strong className="attention">PARTIAL</strong> : null}
          <span className="figure chart-band-span">{span(run.from, run.to)} UTC</span>
        </>
      )}
      <span className="spacer" />
      <Button small keys="Esc" onClick={() => backToLive(model)}>
        Back to live
      </Button>
    </div>
  )
}

/** Band above the live chart while a decision difference is shown on it. */
export function DifferenceBand({ ts, firstCandle }: { ts: number; firstCandle: number | undefined }) {
  const model = useDeskModel()
  const isBeforeChart = firstCandle !== undefined && ts < firstCandle
  return (
    <div className="chart-band" role="status" data-testid="moment-band">
      <span className="chart-band-text">
        Decision difference at {dateTime(ts)} UTC
        {isBeforeChart ? ': before the first candle of this chart' : ''}
      </span>
      <span className="spacer" />
      <Button small keys="Esc" onClick={() => backToLive(model)}>
        Back to now
      </Button>
    </div>
  )
}
