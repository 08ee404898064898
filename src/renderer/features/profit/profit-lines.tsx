import { Line, LineChart, ReferenceArea, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { MICRO, usdOf } from '../../../shared/domain/money.ts'
import type { PnlSeries, ProfitHistory } from '../../../shared/ipc/chart-view.ts'
import { dateTime, fixed, hourMinute, profit } from '../../ui/format.ts'
import { versionStyle } from '../../ui/version-style.ts'

interface Point {
  readonly ts: number
  readonly usd: number
}

/** A version starts at nothing: a step line needs that point to begin with. */
function pointsOf(series: PnlSeries): readonly Point[] {
  const first = series.points[0]
  if (first === undefined) return []
  return [{ ts: first.ts - 1, usd: 0 }, ...series.points.map((point) => ({ ts: point.ts, usd: point.pnl / MICRO }))]
}

const AXIS = { fontSize: 11, fill: '#8a939e' }

/** The lines themselves; a module of its own so that recharts loads after the desk is on screen. */
export default function ProfitLines({
  series,
  deployments,
  freezes,
}: Pick<ProfitHistory, 'series' | 'deployments' | 'freezes'>) {
  const times = series.flatMap(({ points }) => [points[0]?.ts ?? 0, points.at(-1)?.ts ?? 0])
  const [first, last] = [Math.min(...times), Math.max(...times)]
  const several = new Set(series.map((one) => one.version.strategy)).size > 1
  return (
    <div className="profit-lines" role="img" aria-label={`Profit of ${series.length} versions over time`}>
      <ResponsiveContainer width="100%" height="100%" debounce={100}>
        <LineChart margin={{ top: 8, right: several ? 58 : 34, bottom: 0, left: 0 }}>
          <XAxis
            dataKey="ts"
            type="number"
            domain={['dataMin', 'dataMax']}
            allowDuplicatedCategory={false}
            tickFormatter={hourMinute}
            tick={AXIS}
            tickLine={false}
            axisLine={{ stroke: '#22272e' }}
            minTickGap={48}
          />
          <YAxis
            width={48}
            tick={AXIS}
            tickLine={false}
            axisLine={false}
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
            contentStyle={{ background: '#161a1f', border: '1px solid #22272e', fontSize: 12, padding: '4px 8px' }}
            labelFormatter={(label) => `${dateTime(Number(label))} UTC`}
            formatter={(value) => profit(usdOf(Number(value)))}
          />
          {series.map((one) => {
            const { color } = versionStyle(one.version)
            const points = pointsOf(one)
            return (
              <Line
                key={one.version.hash}
                data={[...points]}
                dataKey="usd"
                name={`${one.version.strategy} v${one.version.number}`}
                type="stepAfter"
                stroke={color}
                strokeWidth={1.5}
                dot={false}
                activeDot={{ r: 3 }}
                isAnimationActive={false}
                label={({
                  index,
                  x,
                  y,
                }: {
                  index?: number | undefined
                  x?: number | string | undefined
                  y?: number | string | undefined
                }) =>
                  index === points.length - 1 ? (
                    <text x={Number(x) + 5} y={Number(y) + 4} fill={color} fontSize={11} fontWeight={600}>
                      {several ? `${one.version.strategy} ` : ''}v{one.version.number}
                    </text>
                  ) : (
                    <g />
                  )
                }
              />
            )
          })}
        </LineChart>
      </ResponsiveContainer>
    </div>
  )
}
