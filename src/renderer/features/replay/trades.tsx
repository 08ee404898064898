import { useCallback, useMemo } from 'react'
import type { ReplayRow, ReplayTrade } from '../../../shared/domain/replays.ts'
import { useDeskModel, useReplay, useToday } from '../../data/hooks.ts'
import { tradeKey } from '../../data/replay-store.ts'
import { ProfitCell, SideCell } from '../../ui/cells.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { money, shares, stamp } from '../../ui/format.ts'
import { Empty } from '../../ui/panel.tsx'

function columnsFor(today: number | null): readonly Column<ReplayTrade>[] {
  return [
    { key: 'slot', head: 'slot', width: '80px', cell: (trade) => trade.slot },
    { key: 'side', head: 'side', width: '52px', cell: (trade) => <SideCell side={trade.side} /> },
    {
      key: 'opened',
      head: 'opened',
      width: '92px',
      cell: (trade) => <span className="figure dim">{stamp(trade.openedAt, today)}</span>,
    },
    { key: 'shares', head: 'shares', align: 'right', width: '52px', cell: (trade) => shares(trade.shares) },
    { key: 'cost', head: 'cost', align: 'right', width: '58px', cell: (trade) => money(trade.cost) },
    { key: 'fees', head: 'fees', align: 'right', width: '54px', cell: (trade) => money(trade.fees) },
    { key: 'result', head: 'P&L', align: 'right', width: '62px', cell: (trade) => <ProfitCell value={trade.pnl} /> },
    { key: 'regime', head: 'regime', width: '86px', cell: (trade) => <span className="dim">{trade.regime}</span> },
    { key: 'why', head: 'why', cell: (trade) => <span title={trade.why}>{trade.why}</span> },
  ]
}

/** Trades of a run, newest first; the chosen one is shown on the chart. */
export function ReplayTrades({ run }: { run: ReplayRow }) {
  const model = useDeskModel()
  const trades = useReplay((state) => state.trades)
  const error = useReplay((state) => state.tradesError)
  const chosen = useReplay((state) => state.chosen)
  const today = useToday()
  const columns = useMemo(() => columnsFor(today), [today])
  const choose = useCallback((trade: ReplayTrade) => model.replayActions.choose(trade), [model])
  if (trades === null) {
    if (run.state === 'failed') return null
    return error === null ? <Empty busy>Loading its trades…</Empty> : <Empty>No trades to show: {error}.</Empty>
  }
  if (trades.length === 0) {
    if (run.state === 'failed') return null
    return <Empty>{run.state === 'running' ? 'No trade so far.' : 'The strategy made no trade on this tape.'}</Empty>
  }
  return (
    <DataTable
      label="Trades of this replay"
      testId="replay-trades"
      minWidth={720}
      columns={columns}
      rows={trades}
      rowKey={tradeKey}
      chosen={chosen === null ? null : tradeKey(chosen)}
      onChoose={choose}
    />
  )
}
