import { lazy, Suspense } from 'react'
import { useLedger } from '../../data/hooks.ts'
import { Empty, Panel } from '../../ui/panel.tsx'
import { savePng } from '../../ui/save.ts'

// Imported at once instead of on first use, so that the code is there even if the desk goes down in between.
const profitLines = import('./profit-lines.tsx')
profitLines.catch(() => {})
const ProfitLines = lazy(() => profitLines)

function SavePng() {
  const save = (): void => {
    const svg = document.querySelector<SVGSVGElement>('.profit-lines svg.recharts-surface')
    if (svg !== null) void savePng('profit-by-version.png', svg)
  }
  return (
    <button type="button" className="link" onClick={save}>
      save PNG
    </button>
  )
}

/** Cumulative profit of each version, from zero. */
export function Profit() {
  const pnl = useLedger((state) => state.pnl)
  const series = (pnl?.series ?? []).filter(({ points }) => points.length > 0)
  return (
    <Panel
      title="Profit by version"
      note="settled trades, each from zero"
      testId="profit"
      className="profit"
      aside={series.length === 0 ? undefined : <SavePng />}
    >
      {pnl === null ? (
        <Empty busy>Loading profit…</Empty>
      ) : series.length === 0 ? (
        <Empty>No trade has settled yet.</Empty>
      ) : (
        <Suspense fallback={<Empty busy>Loading the chart…</Empty>}>
          <ProfitLines series={series} deployments={pnl.deployments} freezes={pnl.freezes} />
        </Suspense>
      )}
    </Panel>
  )
}
