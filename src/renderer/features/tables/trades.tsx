import { type ReactNode, useMemo } from 'react'
import type { TradeRow } from '../../../shared/ipc/desk-view.ts'
import { useDesk, useDeskModel, useLedger, useToday } from '../../data/hooks.ts'
import { ProfitCell, SideCell, VersionCell } from '../../ui/cells.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { money, NONE, sentence, shares, stamp } from '../../ui/format.ts'
import { Empty } from '../../ui/panel.tsx'
import { VersionDot } from '../../ui/version-dot.tsx'

function columnsFor(today: number | null): readonly Column<TradeRow>[] {
  return [
    {
      key: 'time',
      head: 'opened',
      width: '76px',
      cell: (row) => <span className="figure dim">{stamp(row.openedAt, today)}</span>,
    },
    { key: 'slot', head: 'slot', width: '84px', cell: (row) => row.slot },
    { key: 'side', head: 'side', width: '50px', cell: (row) => <SideCell side={row.side} /> },
    {
      key: 'outcome',
      head: 'outcome',
      width: '64px',
      cell: (row) => (row.outcome === null ? <span className="faint">{row.state}</span> : sentence(row.outcome)),
    },
    { key: 'shares', head: 'shares', align: 'right', width: '54px', cell: (row) => shares(row.shares) },
    { key: 'cost', head: 'cost', align: 'right', width: '60px', cell: (row) => money(row.cost) },
    { key: 'fees', head: 'fees', align: 'right', width: '52px', cell: (row) => money(row.fees) },
    {
      key: 'payout',
      head: 'payout',
      align: 'right',
      width: '60px',
      cell: (row) => (row.payout === null ? NONE : money(row.payout)),
    },
    { key: 'pnl', head: 'P&L', align: 'right', width: '64px', cell: (row) => <ProfitCell value={row.pnl} /> },
    { key: 'version', head: 'opened by', width: '88px', cell: (row) => <VersionCell version={row.openedBy} /> },
    {
      key: 'owner',
      head: 'owner',
      width: '84px',
      cell: (row) => (row.ownedBy === row.openedBy.hash ? <span className="faint">same</span> : row.ownerLabel),
    },
    { key: 'regime', head: 'regime', cell: (row) => <span className="dim">{row.regime}</span> },
  ]
}

/** Trades, newest first, each with the version that opened it. */
export function Trades() {
  const trades = useLedger((state) => state.trades)
  const today = useToday()
  const columns = useMemo(() => columnsFor(today), [today])
  const version = useLedger((state) => state.tradesVersion)
  if (trades === null) return <Empty busy>Loading trades…</Empty>
  if (trades.length === 0 && version === null)
    return <Empty>No trade yet. Trades are listed from their first fill.</Empty>
  const table = <TradeTable trades={trades} columns={columns} />
  return version === null ? table : <FilteredTrades hash={version} table={table} />
}

/** Names the version whose trades are listed, with a button that lists all. */
function FilteredTrades({ hash, table }: { hash: string; table: ReactNode }) {
  const { ledgerActions } = useDeskModel()
  const version = useDesk((state) => state.versions.find((row) => row.hash === hash) ?? null)
  return (
    <div className="log">
      <p className="filter">
        <span className="version-cell">
          Opened by <VersionDot version={version} />
          {version?.label ?? hash.slice(0, 6)}
        </span>
        <button type="button" className="link" onClick={() => ledgerActions.filterTrades(null)}>
          show all
        </button>
      </p>
      {table}
    </div>
  )
}

function TradeTable({ trades, columns }: { trades: readonly TradeRow[]; columns: readonly Column<TradeRow>[] }) {
  return (
    <DataTable
      label="Trades"
      testId="trades"
      columns={columns}
      minWidth={800}
      rows={trades}
      rowKey={(row) => row.positionId}
    />
  )
}
