import { useMemo } from 'react'
import type { OrderRow } from '../../../shared/ipc/desk-view.ts'
import { useLedger, useToday } from '../../data/hooks.ts'
import { SideCell, VersionCell } from '../../ui/cells.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { money, price, shares, stamp } from '../../ui/format.ts'
import { Empty } from '../../ui/panel.tsx'

const ATTENTION: ReadonlySet<string> = new Set(['unknown', 'rejected', 'reversed', 'part reversed'])

/** State of the order; `reversed` where its fills failed on chain. */
function shownState({ state, filledShares, failedShares }: OrderRow): string {
  if (failedShares === 0) return state
  return failedShares < filledShares ? 'part reversed' : 'reversed'
}

function columnsFor(today: number | null): readonly Column<OrderRow>[] {
  return [
    {
      key: 'time',
      head: 'time UTC',
      width: '76px',
      cell: (row) => <span className="figure dim">{stamp(row.createdAt, today)}</span>,
    },
    { key: 'slot', head: 'slot', width: '84px', cell: (row) => row.slot },
    { key: 'kind', head: 'kind', width: '44px', cell: (row) => row.kind },
    { key: 'side', head: 'side', width: '50px', cell: (row) => <SideCell side={row.side} /> },
    {
      key: 'state',
      head: 'state',
      width: '84px',
      cell: (row) => <span className={ATTENTION.has(shownState(row)) ? 'attention' : ''}>{shownState(row)}</span>,
    },
    {
      key: 'limit',
      head: 'limit',
      align: 'right',
      width: '50px',
      cell: (row) => price(row.limit, row.limit % 10_000 === 0 ? 10_000 : 1_000),
    },
    { key: 'stake', head: 'stake', align: 'right', width: '58px', cell: (row) => money(row.stake) },
    { key: 'filled', head: 'filled', align: 'right', width: '54px', cell: (row) => shares(row.filledShares) },
    { key: 'fee', head: 'fee', align: 'right', width: '54px', cell: (row) => money(row.fee) },
    { key: 'version', head: 'version', width: '88px', cell: (row) => <VersionCell version={row.version} /> },
    { key: 'why', head: 'why', cell: (row) => <span title={row.why}>{row.why}</span> },
  ]
}

/** Orders, newest first, each with the strategy's reason. */
export function Orders() {
  const orders = useLedger((state) => state.orders)
  const today = useToday()
  const columns = useMemo(() => columnsFor(today), [today])
  if (orders === null) return <Empty busy>Loading orders…</Empty>
  if (orders.length === 0) return <Empty>No order yet. Orders are listed as soon as a strategy enters.</Empty>
  return (
    <DataTable label="Orders" testId="orders" columns={columns} minWidth={800} rows={orders} rowKey={(row) => row.id} />
  )
}
