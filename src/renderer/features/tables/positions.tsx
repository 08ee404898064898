import { useMemo } from 'react'
import { subUsd } from '../../../shared/domain/money.ts'
import type { SlotPosition, SlotRow, VersionRow } from '../../../shared/ipc/desk-view.ts'
import { closePosition, openVoidDialog } from '../../data/actions.ts'
import { useDesk, useDeskModel } from '../../data/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { OwnerCell, ProfitCell, SideCell } from '../../ui/cells.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { money, NONE, price, shares } from '../../ui/format.ts'
import { Empty } from '../../ui/panel.tsx'

/** One row: a position and its slot. */
interface PositionItem {
  readonly row: SlotRow
  readonly position: SlotPosition
}

/** Closes an open position, or voids one that can never be settled. */
function PositionAction({ row, position }: PositionItem) {
  const model = useDeskModel()
  if (position.unsettleable)
    return (
      <Button
        small
        title={`Void the ${position.side} position in ${row.slot}: prices for its outcome are missing`}
        onClick={() => openVoidDialog(model, position.id, row.slot)}
      >
        Void…
      </Button>
    )
  if (position.state !== 'open') return null
  return (
    <Button
      small
      title={`Close the ${position.side} position in ${row.slot}`}
      onClick={() => closePosition(model, position.id)}
    >
      Close
    </Button>
  )
}

function columnsFor(versions: readonly VersionRow[]): readonly Column<PositionItem>[] {
  return [
    { key: 'slot', head: 'slot', width: '80px', cell: ({ row }) => row.slot },
    { key: 'side', head: 'side', width: '46px', cell: ({ position }) => <SideCell side={position.side} /> },
    { key: 'shares', head: 'shares', align: 'right', width: '52px', cell: ({ position }) => shares(position.shares) },
    {
      key: 'paid',
      head: 'paid',
      align: 'right',
      width: '56px',
      cell: ({ row, position }) =>
        position.shares === 0 ? NONE : price((position.cost / position.shares) * 1_000_000, row.tick),
    },
    { key: 'cost', head: 'cost', align: 'right', width: '58px', cell: ({ position }) => money(position.cost) },
    {
      key: 'mark',
      head: 'mark',
      align: 'right',
      width: '58px',
      cell: ({ position }) => (position.markValue === null ? NONE : money(position.markValue)),
    },
    {
      key: 'profit',
      head: 'P&L',
      align: 'right',
      width: '62px',
      cell: ({ position }) => (
        <ProfitCell value={position.markValue === null ? null : subUsd(position.markValue, position.cost)} />
      ),
    },
    {
      key: 'state',
      head: 'state',
      width: '84px',
      cell: ({ position }) => (position.unsettleable ? <span className="attention">no outcome</span> : position.state),
    },
    {
      key: 'owner',
      head: 'owner',
      width: '80px',
      cell: ({ position }) => <OwnerCell owner={position.owner} label={position.ownerLabel} versions={versions} />,
    },
    {
      key: 'opened',
      head: 'opened by',
      cell: ({ position }) => <span title={position.openedByLabel}>{position.openedByLabel.split(' · ')[0]}</span>,
    },
    {
      key: 'close',
      head: '',
      width: '80px',
      cell: ({ row, position }) => <PositionAction row={row} position={position} />,
    },
  ]
}

/** Every open position with its owner, including positions of earlier windows that are not settled yet. */
export function Positions() {
  const slots = useDesk((state) => state.slots)
  const ids = useDesk((state) => state.slotIds)
  const versions = useDesk((state) => state.versions)
  const columns = useMemo(() => columnsFor(versions), [versions])
  const rows = ids.flatMap((id) => {
    const row = slots[id]
    if (row === undefined) return []
    return [...row.awaiting, ...(row.position === null ? [] : [row.position])].map((position) => ({ row, position }))
  })
  if (rows.length === 0) return <Empty>No position is open.</Empty>
  return (
    <DataTable
      label="Positions"
      testId="positions"
      minWidth={720}
      columns={columns}
      rows={rows}
      rowKey={({ position }) => position.id}
    />
  )
}
