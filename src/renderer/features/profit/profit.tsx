import { lazy, Suspense } from 'react'
import { useLedger } from '../../data/hooks.ts'
import { Empty, Panel } from '../../ui/panel.tsx'

const ProfitLines = lazy(() => import('./profit-lines.tsx'))

/** Cumulated profit, a line a version, each from zero. */
export function Profit() {
  const pnl = useLedger((state) => state.pnl)
  const drawn = (pnl ?? []).filter((series) => series.points.length > 0)
  return (
    <Panel title="Profit by version" note="settled trades, each from zero" testId="profit" className="profit">
      {pnl === null ? (
        <Empty busy>Loading profit…</Empty>
      ) : drawn.length === 0 ? (
        <Empty>No trade has settled yet.</Empty>
      ) : (
        <Suspense fallback={<Empty busy>Loading the chart…</Empty>}>
          <ProfitLines series={drawn} />
        </Suspense>
      )}
    </Panel>
  )
}
