import { Line, LineChart, ReferenceArea, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { MICRO, usdOf } from '../../../shared/domain/money.ts'
import type { PnlSeries, ProfitHistory } from '../../../shared/ipc/chart-view.ts'
import { dateTime, fixed, hourMinute, profit } from '../../ui/format.ts'
import { versionStyle } from '../../ui/version-style.ts'

interface Point {
  readonly ts: number
  readonly usd: number
}

/** Points of a version's line, which starts at zero just before its first trade. */
function pointsOf(series: PnlSeries): readonly Point[] {
  const first = series.points[0]
  if (first === undefined) return []
  return [{ ts: first.ts - 1, usd: 0 }, ...series.points.map((point) => ({ ts: point.ts, usd: point.pnl / MICRO }))]
}

const TICK = { fontSize: 11, fill: '#8a939e' }
const X_AXIS = { tick: TICK, tickLine: false, axisLine: { stroke: '#22272e' }, allowDuplicatedCategory: false }
const Y_AXIS = { tick: TICK, tickLine: false, axisLine: false, width: 48 }
const TOOLTIP_STYLE = { background: '#161a1f', border: '1px solid #22272e', fontSize: 12, padding: '4px 8px' }

interface LabelProps {
  readonly index?: number | undefined
  readonly x?: number | string | undefined
  readonly y?: number | string | undefined
}

/** Draws the name of a version at the last point of its line. */
function endLabel(name: string, color: string, lastIndex: number) {
  return ({ index, x, y }: LabelProps) =>
    index === lastIndex ? (
      <text x={Number(x) + 5} y={Number(y) + 4} fill={color} fontSize={11} fontWeight={600}>
        {name}
      </text>
    ) : (
      <g />
    )
}

/** The line of one version. A function instead of a component: recharts only draws its own elements. */
function versionLine(series: PnlSeries, hasSeveralStrategies: boolean) {
  const { version } = series
  const { color } = versionStyle(version)
  const points = pointsOf(series)
  const name = `${version.strategy} v${version.number}`
  return (
    <Line
      key={version.hash}
      data={[...points]}
      dataKey="usd"
      name={name}
      type="stepAfter"
      stroke={color}
      strokeWidth={1.5}
      dot={false}
      activeDot={{ r: 3 }}
      isAnimationActive={false}
      label={endLabel(hasSeveralStrategies ? name : `v${version.number}`, color, points.length - 1)}
    />
  )
}

/** Cumulative profit of versions with deployments and freezes; in its own module because recharts is loaded late. */
export default function ProfitLines({
  series,
  deployments,
  freezes,
}: Pick<ProfitHistory, 'series' | 'deployments' | 'freezes'>) {
  const times = series.flatMap(({ points }) => [points[0]?.ts ?? 0, points.at(-1)?.ts ?? 0])
  const [first, last] = [Math.min(...times), Math.max(...times)]
  const hasSeveralStrategies = new Set(series.map(({ version }) => version.strategy)).size > 1
  return (
    <div className="profit-lines" role="img" aria-label={`Profit of ${series.length} versions over time`}>
      <ResponsiveContainer width="100%" height="100%" debounce={100}>
        <LineChart margin={{ top: 8, right: hasSeveralStrategies ? 58 : 34, bottom: 0, left: 0 }}>
          <XAxis
            {...X_AXIS}
            dataKey="ts"
            type="number"
            domain={['dataMin', 'dataMax']}
            tickFormatter={hourMinute}
            minTickGap={48}
          />
          <YAxis
            {...Y_AXIS}
            tickFormatter={(value: number) => `${value < 0 ? '−' : ''}$${fixed(Math.abs(value), 0)}`}
          />
          <ReferenceLine y={0} stroke="#3a424d" strokeDasharray="2 3" />
          {freezes.map(({ from, to }) => (
            <ReferenceArea key={from} x1={Math.max(from, first)} x2={to ?? last} fill="#5b9cf5" fillOpacity={0.12} />
          ))}
          {deployments
            .filter(({ ts }) => ts >= first && ts <= last)
            .map(({ ts, version }) => (
              <ReferenceLine
                key={`${ts} ${version.hash}`}
                x={ts}
                stroke={versionStyle(version).color}
                strokeOpacity={0.5}
                strokeDasharray="3 3"
              />
            ))}
          <Tooltip
            isAnimationActive={false}
            cursor={{ stroke: '#4a525c' }}
            contentStyle={TOOLTIP_STYLE}
            labelFormatter={(label) => `${dateTime(Number(label))} UTC`}
            formatter={(value) => profit(usdOf(Number(value)))}
          />
          {series.map((line) => versionLine(line, hasSeveralStrategies))}
        </LineChart>
      </ResponsiveContainer>
    </div>
  )
}
