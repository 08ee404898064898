import { useMemo } from 'react'
import { csvText, flatRecord } from '../../../shared/attribution/flat.ts'
import { sureSign } from '../../../shared/attribution/sure.ts'
import type { AttributionRow } from '../../../shared/ipc/desk-view.ts'
import {
  type Grouping,
  type Period,
  recordKey,
  recordName,
  type SortKey,
  visibleRows,
} from '../../data/attribution-store.ts'
import { useAttribution, useDesk, useDeskModel } from '../../data/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { ProfitCell } from '../../ui/cells.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { count, money, NONE, percent, range } from '../../ui/format.ts'
import { Empty } from '../../ui/panel.tsx'
import { saveText } from '../../ui/save.ts'
import { VersionDot } from '../../ui/version-dot.tsx'
import { RecordDetail } from './detail.tsx'

const GROUPING_CHOICES: Choices<Grouping> = [
  ['version', 'Version'],
  ['regime', 'Version × regime'],
  ['slot', 'Version × slot'],
]
const PERIOD_CHOICES: Choices<Period> = [
  ['day', '24 h'],
  ['week', '7 days'],
  ['all', 'All time'],
]

/** Colour of an edge; none where its interval contains zero. */
function edgeTone(figures: AttributionRow['figures']): string {
  const sign = sureSign(figures)
  return sign === null ? 'dim' : sign > 0 ? 'up' : 'down'
}

/** Name of a record; the market is shown where it is not the desk's current one. */
function NameCell({ row }: { row: AttributionRow }) {
  const market = useDesk((state) => state.status?.market)
  const { regime, slot, version, market: recordMarket } = row.of
  return (
    <span className="version-cell" title={recordName(row)}>
      <VersionDot version={row.version} />
      {row.version === null ? (version ?? '') : `${row.version.strategy} v${row.version.number}`}
      <span className="dim">
        {[recordMarket === market ? '' : recordMarket, regime, slot].filter(Boolean).join(' ')}
      </span>
    </span>
  )
}

const COLUMNS: readonly (Column<AttributionRow> & { readonly key: SortKey })[] = [
  {
    key: 'name',
    head: 'version',
    cell: (row) => <NameCell row={row} />,
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

/** Values with their labels. */
type Choices<T extends string> = readonly (readonly [value: T, label: string])[]

function Choice<T extends string>(props: {
  label: string
  choices: Choices<T>
  value: T
  onChange: (value: T) => void
}) {
  return (
    <fieldset className="filter" aria-label={props.label}>
      {props.choices.map(([value, label]) => (
        <button key={value} type="button" aria-pressed={props.value === value} onClick={() => props.onChange(value)}>
          {label}
        </button>
      ))}
    </fieldset>
  )
}

function FilterBar({ rows }: { rows: readonly AttributionRow[] }) {
  const { attributionActions } = useDeskModel()
  const grouping = useAttribution((state) => state.grouping)
  const period = useAttribution((state) => state.period)
  const search = useAttribution((state) => state.search)
  return (
    <div className="attribution-bar">
      <Choice
        label="Group by"
        choices={GROUPING_CHOICES}
        value={grouping}
        onChange={(value) => attributionActions.show({ grouping: value })}
      />
      <Choice
        label="Settled within"
        choices={PERIOD_CHOICES}
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
      <span className="spacer" />
      <Button
        small
        onClick={() =>
          saveText(
            'records.csv',
            'text/csv',
            csvText(rows.map((row) => ({ name: recordName(row), ...flatRecord(row) }))),
          )
        }
      >
        Save CSV
      </Button>
    </div>
  )
}

/** Results of every version from its own trades, with the details of the chosen record. */
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
    return <Empty>No trade has settled yet. Versions are listed once they have a settled trade.</Empty>
  const shown = rows.find((row) => recordKey(row) === chosen) ?? rows[0]
  return (
    <div className="attribution">
      <FilterBar rows={rows} />
      <div className="attribution-body">
        <DataTable
          label="Records of versions"
          testId="attribution"
          columns={COLUMNS}
          rows={rows}
          rowKey={recordKey}
          minWidth={grouping === 'version' ? 620 : 690}
          chosen={shown === undefined ? null : recordKey(shown)}
          onChoose={(row) => attributionActions.choose(recordKey(row))}
          sort={sort}
          onSort={(head) => {
            const key = COLUMNS.find((column) => column.key === head)?.key
            if (key === undefined) return
            attributionActions.show({
              sort: { key, descends: sort.key === key ? !sort.descends : key !== 'name' },
            })
          }}
          sortable={SORTABLE}
        />
        {shown === undefined ? null : <RecordDetail row={shown} />}
      </div>
    </div>
  )
}
