import type { ReactNode } from 'react'
import { MICRO } from '../../shared/domain/money.ts'
import type { ReplayStats, VersionRef } from '../../shared/ipc/contract.ts'
import { count, money, NONE, percent, profit, shortLabel, tone } from './format.ts'
import { VersionDot } from './version-dot.tsx'

/** One version's results; `stats` is null while they are counted, or where nothing is live. */
export interface StatsOf {
  readonly version: VersionRef | null
  /** `candidate`, `replay` or `live`. */
  readonly role: string
  readonly stats: ReplayStats | null
}

interface Metric {
  readonly key: string
  readonly name: string
  /** Where the name has to be short. */
  readonly short: string
  readonly title?: string
  readonly width: string
  readonly cell: (stats: ReplayStats) => ReactNode
}

function WinRate({ stats }: { stats: ReplayStats }) {
  if (stats.winRate === null || stats.breakEven === null) return <>{percent(stats.winRate)}</>
  return <span className={stats.winRate >= stats.breakEven ? 'up' : 'down'}>{percent(stats.winRate)}</span>
}

const METRICS: readonly Metric[] = [
  { key: 'orders', name: 'Orders', short: 'orders', width: '46px', cell: (stats) => count(stats.orders) },
  {
    key: 'stake',
    name: 'Stake',
    short: 'stake',
    title: 'Cash spent on entries, fees not included',
    width: '68px',
    cell: (stats) => money(stats.stake),
  },
  {
    key: 'trades',
    name: 'Trades',
    short: 'trades',
    title: 'Settled positions',
    width: '46px',
    cell: (stats) => count(stats.trades),
  },
  {
    key: 'pnl',
    name: 'Profit',
    short: 'P&L',
    title: 'What settled, after fees. No forecast.',
    width: '68px',
    cell: (stats) => <span className={tone(stats.pnl / MICRO, 2)}>{profit(stats.pnl)}</span>,
  },
  { key: 'win', name: 'Win rate', short: 'win', width: '54px', cell: (stats) => <WinRate stats={stats} /> },
  {
    key: 'even',
    name: 'Break-even',
    short: 'break even',
    title: 'Win rate at which the prices and fees paid earn nothing',
    width: '54px',
    cell: (stats) => <span className="dim">{percent(stats.breakEven)}</span>,
  },
  {
    key: 'drawdown',
    name: 'Max drawdown',
    short: 'draw-down',
    title: 'Largest fall of realised profit from a peak',
    width: '62px',
    cell: (stats) => profit(-Math.abs(stats.maxDrawdown)),
  },
  {
    key: 'faults',
    name: 'Faults',
    short: 'faults',
    width: '44px',
    cell: (stats) => <span className={stats.faults > 0 ? 'down' : ''}>{count(stats.faults)}</span>,
  },
]

function Figure({ metric, stats }: { metric: Metric; stats: ReplayStats | null }) {
  return stats === null ? <span className="faint">{NONE}</span> : metric.cell(stats)
}

function Who({ of, short }: { of: StatsOf; short?: boolean }) {
  if (of.version === null) return <span className="faint">{of.role === 'live' ? 'nothing live' : of.role}</span>
  return (
    <span className="version-cell" title={`${of.version.label}, ${of.role}`}>
      <VersionDot version={of.version} />
      {shortLabel(of.version)}
      {short === true ? null : <span className={of.role === 'live' ? 'tag live' : 'tag'}>{of.role}</span>}
    </span>
  )
}

/**
 * Two versions over the same tape. `columns`: a column each, for a narrow panel; `rows`: a row each, as in the table of
 * versions, for a wide one.
 */
export function StatsTable(props: { label: string; layout: 'columns' | 'rows'; of: readonly StatsOf[] }) {
  if (props.layout === 'columns') {
    return (
      <table className="table stats-table columns" aria-label={props.label}>
        <thead>
          <tr>
            <td />
            {props.of.map((one) => (
              <th key={one.role} scope="col" className="right">
                <Who of={one} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {METRICS.map((metric) => (
            <tr key={metric.key}>
              <th scope="row" title={metric.title}>
                {metric.name}
              </th>
              {props.of.map((one) => (
                <td key={one.role} className="right">
                  <Figure metric={metric} stats={one.stats} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    )
  }
  return (
    <table className="table stats-table rows" aria-label={props.label}>
      <colgroup>
        <col />
        {METRICS.map((metric) => (
          <col key={metric.key} style={{ width: metric.width }} />
        ))}
      </colgroup>
      <thead>
        <tr>
          <th scope="col">version</th>
          {METRICS.map((metric) => (
            <th key={metric.key} scope="col" className="right" title={metric.title}>
              {metric.short}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {props.of.map((one) => (
          <tr key={one.role}>
            <th scope="row">
              <Who of={one} />
            </th>
            {METRICS.map((metric) => (
              <td key={metric.key} className="right">
                <Figure metric={metric} stats={one.stats} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
