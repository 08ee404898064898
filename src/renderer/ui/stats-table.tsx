import type { ReactNode } from 'react'
import { MICRO, usd } from '../../shared/domain/money.ts'
import type { ReplayStats } from '../../shared/domain/replays.ts'
import type { VersionRef } from '../../shared/domain/versions.ts'
import { count, money, NONE, percent, profit, shortLabel, tone } from './format.ts'
import { VersionDot } from './version-dot.tsx'

/** One version's results; `stats` is null while they are counted, or where nothing is live. */
export interface VersionResults {
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

const METRICS: readonly Metric[] = [
  { key: 'orders', name: 'Orders', short: 'orders', width: '42px', cell: (stats) => count(stats.orders) },
  {
    key: 'stake',
    name: 'Stake',
    short: 'stake',
    title: 'Cash spent on entries, fees not included',
    width: '58px',
    cell: (stats) => money(stats.stake),
  },
  {
    key: 'trades',
    name: 'Trades',
    short: 'trades',
    title: 'Settled positions',
    width: '42px',
    cell: (stats) => count(stats.trades),
  },
  {
    key: 'pnl',
    name: 'Profit',
    short: 'P&L',
    title: 'What settled, after fees. No forecast.',
    width: '60px',
    cell: (stats) => <span className={tone(stats.pnl / MICRO, 2)}>{profit(stats.pnl)}</span>,
  },
  { key: 'win', name: 'Win rate', short: 'win', width: '48px', cell: (stats) => percent(stats.winRate) },
  {
    key: 'even',
    name: 'Break-even',
    short: 'break even',
    title: 'Win rate at which the prices and fees paid earn nothing',
    width: '48px',
    cell: (stats) => <span className="dim">{percent(stats.breakEven)}</span>,
  },
  {
    key: 'drawdown',
    name: 'Max drawdown',
    short: 'draw-down',
    title: 'Largest fall of realised profit from a peak',
    width: '56px',
    cell: (stats) => profit(usd(-Math.abs(stats.maxDrawdown))),
  },
  {
    key: 'faults',
    name: 'Faults',
    short: 'faults',
    width: '36px',
    cell: (stats) => <span className={stats.faults > 0 ? 'down' : ''}>{count(stats.faults)}</span>,
  },
]

function Figure({ metric, stats }: { metric: Metric; stats: ReplayStats | null }) {
  return stats === null ? <span className="faint">{NONE}</span> : metric.cell(stats)
}

/** `plain`: without the word for what stands there only once, to leave room for the figures. */
function Who({ of, plain }: { of: VersionResults; plain?: boolean }) {
  if (of.version === null) return <span className="faint">{of.role === 'live' ? 'nothing live' : of.role}</span>
  return (
    <span className="version-cell" title={`${of.version.label}, ${of.role}`}>
      <VersionDot version={of.version} />
      {shortLabel(of.version)}
      {plain === true && of.role !== 'live' ? null : (
        <span className={of.role === 'live' ? 'tag live' : 'tag'}>{of.role}</span>
      )}
    </span>
  )
}

/**
 * Two versions over the same tape. `columns`: a column each, for a narrow panel; `rows`: a row each, as in the table of
 * versions, for a wide one.
 */
export function StatsTable(props: {
  label: string
  layout: 'columns' | 'rows'
  of: readonly VersionResults[]
  /** What the figures rest on, in the corner of a table with columns. */
  basis?: string
}) {
  if (props.layout === 'columns') {
    return (
      <table className="table stats-table columns" aria-label={props.label}>
        <thead>
          <tr>
            <td className="faint">{props.basis}</td>
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
      <thead>
        <tr>
          <th scope="col">version</th>
          {METRICS.map((metric) => (
            <th
              key={metric.key}
              scope="col"
              className="right"
              title={metric.title}
              style={{ minWidth: metric.width, width: metric.width }}
            >
              {metric.short}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {props.of.map((one) => (
          <tr key={one.role}>
            <th scope="row">
              <Who of={one} plain />
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
