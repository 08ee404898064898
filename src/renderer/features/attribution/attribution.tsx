import { useMemo } from 'react'
import { csvText, flatRecord } from '../../../shared/attribution/flat.ts'
import { sureSign } from '../../../shared/attribution/sure.ts'
import type { AttributionRow } from '../../../shared/ipc/desk-view.ts'
import { type Grouping, recordKey, nameOf, type Period, type SortKey, visibleRows } from '../../data/attribution-store.ts'
import { useAttribution, useDesk, useDeskModel } from '../../data/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { ProfitCell } from '../../ui/cells.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { count, money, NONE, percent, range } from '../../ui/format.ts'
import { Empty } from '../../ui/panel.tsx'
import { saveText } from '../../ui/save.ts'
import { VersionDot } from '../../ui/version-dot.tsx'
import { Detail } from './detail.tsx'

const GROUPING_NAMES: Readonly<Record<Grouping, string>> = {
  version: 'Version',
  regime: 'Version × regime',
  slot: 'Version × slot',
}
const PERIOD_NAMES: Readonly<Record<Period, string>> = { day: '24 h', week: '7 days', all: 'Ever' }

/** Green or red only where it is sure: a figure that may be chance has no colour. */
function edgeTone(figures: AttributionRow['figures']): string {
  const sign = sureSign(figures)
  return sign === null ? 'dim' : sign > 0 ? 'up' : 'down'
}

/** The market is named where it is not the desk's own: a shadow's, or an earlier run's. */
function Name({ row }: { row: AttributionRow }) {
  const market = useDesk((state) => state.status?.market)
  const { regime, slot, version, market: own } = row.of
  return (
    <span className="version-cell" title={nameOf(row)}>
      <VersionDot version={row.version} />
      {row.version === null ? (version ?? '') : `${row.version.strategy} v${row.version.number}`}
      <span className="dim">{[own === market ? '' : own, regime, slot].filter(Boolean).join(' ')}</span>
    </span>
  )
}

const COLUMNS: readonly (Column<AttributionRow> & { readonly key: SortKey })[] = [
  {
    key: 'name',
    head: 'version',
    cell: (row) => <Name row={row} />,
  },
  { key: 'trades', head: 'trades', align: 'right', width: '56px', cell: ({ figures }) => count(figures.trades) },
  { key: 'pnl', head: 'P&L', align: 'right', width: '72px', cell: ({ figures }) => <ProfitCell value={figures.pnl} /> },
  {
    key: 'winRate',
    head: 'win',
    align: 'right',
    width: '58px',
    cell: ({ figures }) => <span title={`95 %: ${range(figures.winRateInterval)}`}>{percent(figures.winRate)}</span>,
  },
  {
    key: 'breakEven',
    head: 'break-even',
    align: 'right',
    width: '70px',
    cell: ({ figures }) => <span className="dim">{percent(figures.breakEven)}</span>,
  },
  {
    key: 'edge',
    head: 'edge',
    align: 'right',
    width: '66px',
    cell: ({ figures }) => (
      <span className={edgeTone(figures)} title={`95 %: ${range(figures.edgeInterval)}`}>
        {percent(figures.edge)}
      </span>
    ),
  },
  {
    key: 'sharpe',
    head: 'Sharpe',
    align: 'right',
    width: '60px',
    cell: ({ figures }) => (figures.sharpeTrade === null ? NONE : figures.sharpeTrade.toFixed(2).replace('-', '−')),
  },
  {
    key: 'psr',
    head: 'PSR',
    align: 'right',
    width: '56px',
    cell: ({ figures }) => percent(figures.probabilisticSharpe),
  },
  {
    key: 'drawdown',
    head: 'drawdown',
    align: 'right',
    width: '76px',
    cell: ({ figures }) => money(figures.drawdown),
  },
]

const SORTABLE: ReadonlySet<string> = new Set(COLUMNS.map((column) => column.key))

function Choice<T extends string>(props: {
  label: string
  names: Readonly<Record<T, string>>
  value: T
  onChange: (value: T) => void
}) {
  return (
    <fieldset className="filter" aria-label={props.label}>
      {(Object.keys(props.names) as T[]).map((name) => (
        <button key={name} type="button" aria-pressed={props.value === name} onClick={() => props.onChange(name)}>
          {props.names[name]}
        </button>
      ))}
    </fieldset>
  )
}

function Bar({ rows }: { rows: readonly AttributionRow[] }) {
  const { attributionActions } = useDeskModel()
  const grouping = useAttribution((state) => state.grouping)
  const period = useAttribution((state) => state.period)
  const search = useAttribution((state) => state.search)
  return (
    <div className="attribution-bar">
      <Choice
        label="A line for"
        names={GROUPING_NAMES}
        value={grouping}
        onChange={(value) => attributionActions.show({ grouping: value })}
      />
      <Choice
        label="Settled within"
        names={PERIOD_NAMES}
        value={period}
        onChange={(value) => attributionActions.show({ period: value })}
      />
      <input
        className="search"
        aria-label="Filter"
        placeholder="snipe v7 wild"
        value={search}
        spellCheck={false}
        onChange={(event) => attributionActions.show({ search: event.target.value })}
      />
      <span className="spring" />
      <Button
        small
        onClick={() =>
          saveText('records.csv', 'text/csv', csvText(rows.map((row) => ({ name: nameOf(row), ...flatRecord(row) }))))
        }
      >
        Save CSV
      </Button>
    </div>
  )
}

/** Every version judged by its own trades; a line that is chosen says what may be concluded. */
export function Attribution() {
  const { attributionActions } = useDeskModel()
  const all = useAttribution((state) => state.rows)
  const error = useAttribution((state) => state.error)
  const search = useAttribution((state) => state.search)
  const sort = useAttribution((state) => state.sort)
  const chosen = useAttribution((state) => state.chosen)
  const grouping = useAttribution((state) => state.grouping)
  const rows = useMemo(() => visibleRows({ rows: all, search, sort }), [all, search, sort])
  if (all === null) return <Empty busy={error === null}>{error ?? 'Reading the trades…'}</Empty>
  if (all.length === 0)
    return <Empty>No trade has settled yet. Each version is judged by its own from the first on.</Empty>
  const picked = rows.find((row) => recordKey(row) === chosen) ?? rows[0]
  return (
    <div className="attribution">
      <Bar rows={rows} />
      <div className="attribution-body">
        <DataTable
          label="Records of versions"
          testId="attribution"
          columns={COLUMNS}
          rows={rows}
          rowKey={recordKey}
          minWidth={grouping === 'version' ? 620 : 690}
          chosen={picked === undefined ? null : recordKey(picked)}
          onChoose={(row) => attributionActions.choose(recordKey(row))}
          sort={sort}
          onSort={(key) =>
            attributionActions.show({
              sort: { key: key as SortKey, descends: sort.key === key ? !sort.descends : key !== 'name' },
            })
          }
          sortable={SORTABLE}
        />
        {picked === undefined ? null : <Detail row={picked} />}
      </div>
    </div>
  )
}
