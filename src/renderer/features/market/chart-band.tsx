import type { ReplayRow } from '../../../shared/domain/replays.ts'
import { backToLive } from '../../data/actions.ts'
import { useReplay, useDeskModel } from '../../data/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { dateTime, span } from '../../ui/format.ts'
import { VersionDot } from '../../ui/version-dot.tsx'

/** Above a chart that is not the live market: what it is, and the way back. */
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
      <span className="spring" />
      <Button small keys="Esc" onClick={() => backToLive(model)}>
        Back to live
      </Button>
    </div>
  )
}

/** Above the live chart while a moment of the past is shown on it. */
export function MomentBand({ ts, first }: { ts: number; first: number | undefined }) {
  const model = useDeskModel()
  const before = first !== undefined && ts < first
  return (
    <div className="chart-band" role="status" data-testid="moment-band">
      <span className="chart-band-text">
        Decision that differs at {dateTime(ts)} UTC
        {before ? ': before the first candle of this chart' : ''}
      </span>
      <span className="spring" />
      <Button small keys="Esc" onClick={() => backToLive(model)}>
        Back to now
      </Button>
    </div>
  )
}
