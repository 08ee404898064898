import { useMemo, useState } from 'react'
import type { EventRow } from '../../../shared/ipc/desk-view.ts'
import { useDesk, useToday } from '../../data/hooks.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { stamp } from '../../ui/format.ts'
import { Empty } from '../../ui/panel.tsx'

const LEVELS = ['all', 'warn', 'error'] as const
type Level = (typeof LEVELS)[number]
const LEVEL_NAMES: Readonly<Record<Level, string>> = { all: 'All', warn: 'Warnings and errors', error: 'Errors' }

function columnsFor(today: number | null): readonly Column<EventRow>[] {
  return [
    {
      key: 'time',
      head: 'time UTC',
      width: '76px',
      cell: (row) => <span className="figure dim">{stamp(row.ts, today)}</span>,
    },
    {
      key: 'level',
      head: 'level',
      width: '52px',
      cell: (row) => (
        <span className={row.level === 'error' ? 'down' : row.level === 'warn' ? 'attention' : 'faint'}>
          {row.level}
        </span>
      ),
    },
    { key: 'kind', head: 'kind', width: '92px', cell: (row) => <span className="dim">{row.kind}</span> },
    { key: 'slot', head: 'slot', width: '84px', cell: (row) => row.slot ?? '' },
    { key: 'message', head: 'message', cell: (row) => <span title={row.message}>{row.message}</span> },
  ]
}

function passes(level: Level, row: EventRow): boolean {
  return level === 'all' || row.level === 'error' || (level === 'warn' && row.level === 'warn')
}

/** Events of the desk, newest first. */
export function Log() {
  const events = useDesk((state) => state.events)
  const today = useToday()
  const columns = useMemo(() => columnsFor(today), [today])
  const [level, setLevel] = useState<Level>('all')
  const rows = events.filter((row) => passes(level, row))
  return (
    <div className="log">
      <fieldset className="filter" aria-label="Level">
        {LEVELS.map((name) => (
          <button key={name} type="button" aria-pressed={level === name} onClick={() => setLevel(name)}>
            {LEVEL_NAMES[name]}
          </button>
        ))}
      </fieldset>
      {rows.length === 0 ? (
        <Empty>{events.length === 0 ? 'No event yet.' : 'No event of this level among the latest.'}</Empty>
      ) : (
        <DataTable label="Log" testId="log" wrap columns={columns} rows={rows} rowKey={(row) => String(row.seq)} />
      )}
    </div>
  )
}
