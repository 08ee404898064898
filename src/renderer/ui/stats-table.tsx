import type { ReactNode } from 'react'
import { MICRO, usd } from '../../shared/domain/money.ts'
import type { ReplayStats } from '../../shared/domain/replays.ts'
import type { VersionRef } from '../../shared/domain/versions.ts'
import { count, money, NONE, percent, profit, shortLabel, tone } from './format.ts'
import { VersionDot } from './version-dot.tsx'

/** Results of one version; `stats` is null until they are known, or without a live version. */
export interface VersionResults {
  readonly version: VersionRef | null
  /** `candidate`, `replay` or `live`. */
  readonly role: string
  readonly stats: ReplayStats | null
}

interface Metric {
  readonly key: string
  readonly name: string
  /** Column head, where space is short. */
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
    title: 'Profit of settled trades after fees. No forecast.',
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

function MetricCell({ metric, stats }: { metric: Metric; stats: ReplayStats | null }) {
  return stats === null ? <span className="faint">{NONE}</span> : metric.cell(stats)
}

/** Version and role. `compact`: the role is shown only for the live version. */
function VersionHead({ result, compact }: { result: VersionResults; compact?: boolean }) {
  const { version, role } = result
  if (version === null) return <span className="faint">{role === 'live' ? 'no live version' : role}</span>
  return (
    <span className="version-cell" title={`${version.label}, ${role}`}>
      <VersionDot version={version} />
      {shortLabel(version)}
      {compact === true && role !== 'live' ? null : (
        <span className={role === 'live' ? 'tag live' : 'tag'}>{role}</span>
      )}
    </span>
  )
}

/** One column for each version, one row for each metric. */
function MetricRows({ results, basis }: { results: readonly VersionResults[]; basis: string | undefined }) {
  return (
    <>
      <thead>
        <tr>
          <td className="faint">{basis}</td>
          {results.map((result) => (
            <th key={result.role} scope="col" className="right">
              <VersionHead result={result} />
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
            {results.map(({ role, stats }) => (
              <td key={role} className="right">
                <MetricCell metric={metric} stats={stats} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </>
  )
}

/** One row for each version, one column for each metric. */
function VersionRows({ results }: { results: readonly VersionResults[] }) {
  return (
    <>
      <thead>
        <tr>
          <th scope="col">version</th>
          {METRICS.map(({ key, title, width, short }) => (
            <th key={key} scope="col" className="right" title={title} style={{ minWidth: width, width }}>
              {short}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {results.map((result) => (
          <tr key={result.role}>
            <th scope="row">
              <VersionHead result={result} compact />
            </th>
            {METRICS.map((metric) => (
              <td key={metric.key} className="right">
                <MetricCell metric={metric} stats={result.stats} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </>
  )
}

/**
 * Results of versions over the same tape. `columns` has a column for each version and suits a narrow panel, `rows` a
 * row for each version.
 */
export function StatsTable(props: {
  label: string
  layout: 'columns' | 'rows'
  results: readonly VersionResults[]
  /** Amount of tape behind the results, in the corner of a table with columns. */
  basis?: string
}) {
  const { layout, results } = props
  return (
    <table className={`table stats-table ${layout}`} aria-label={props.label}>
      {layout === 'columns' ? <MetricRows results={results} basis={props.basis} /> : <VersionRows results={results} />}
    </table>
  )
}
