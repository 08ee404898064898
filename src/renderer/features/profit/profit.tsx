import { lazy, Suspense } from 'react'
import { useLedger } from '../../data/hooks.ts'
import { Empty, Panel } from '../../ui/panel.tsx'
import { savePng } from '../../ui/save.ts'

// Fetched at once, drawn later: a desk that goes away in between must not leave the panel without its code.
const lines = import('./profit-lines.tsx')
lines.catch(() => {})
const ProfitLines = lazy(() => lines)

/** The chart as a picture, as it is now. */
function SavePng() {
  const save = (): void => {
    const drawing = document.querySelector<SVGSVGElement>('.profit-lines svg.recharts-surface')
    if (drawing !== null) void savePng('profit-by-version.png', drawing)
  }
  return (
    <button type="button" className="link" onClick={save}>
      save PNG
    </button>
  )
}

/** Cumulated profit, a line a version, each from zero. */
export function Profit() {
  const pnl = useLedger((state) => state.pnl)
  const drawn = (pnl?.series ?? []).filter((series) => series.points.length > 0)
  return (
    <Panel
      title="Profit by version"
      note="settled trades, each from zero"
      testId="profit"
      className="profit"
      aside={drawn.length === 0 ? undefined : <SavePng />}
    >
      {pnl === null ? (
        <Empty busy>Loading profit…</Empty>
      ) : drawn.length === 0 ? (
        <Empty>No trade has settled yet.</Empty>
      ) : (
        <Suspense fallback={<Empty busy>Loading the chart…</Empty>}>
          <ProfitLines series={drawn} deployments={pnl.deployments} freezes={pnl.freezes} />
        </Suspense>
      )}
    </Panel>
  )
}
