import {
  CandlestickSeries,
  ColorType,
  CrosshairMode,
  createChart,
  createSeriesMarkers,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  LineStyle,
  type SeriesMarker,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts'
import { useEffect, useRef } from 'react'
import { fixed } from '../format.ts'
import { DeploymentLines } from './deployment-lines.ts'

/** [openTime in ms, open, high, low, close, volume] */
export type ChartCandle = readonly [number, number, number, number, number, number]

export interface ChartMark {
  readonly ts: number
  readonly kind: 'enter' | 'exit' | 'win' | 'loss'
  readonly side: 'up' | 'down'
  readonly color: string
  readonly label: string
}

export interface ChartLine {
  readonly ts: number
  readonly color: string
  readonly label: string
}

interface Parts {
  readonly chart: IChartApi
  readonly series: ISeriesApi<'Candlestick'>
  readonly markers: ISeriesMarkersPluginApi<Time>
  readonly lines: DeploymentLines
  strike: IPriceLine | null
  shown: readonly ChartCandle[]
}

function seconds(ms: number): UTCTimestamp {
  return Math.floor(ms / 1_000) as UTCTimestamp
}

/** Start of the candle that holds `ts`, in seconds: marks and lines sit on candles. */
function onGrid(ts: number, frameMs: number): UTCTimestamp {
  return seconds(ts - (ts % frameMs))
}

function bar(candle: ChartCandle) {
  return { time: seconds(candle[0]), open: candle[1], high: candle[2], low: candle[3], close: candle[4] }
}

/** Applies the difference where it is only at the end; everything else is set anew. */
function showCandles(parts: Parts, next: readonly ChartCandle[]): void {
  const { shown, series } = parts
  if (shown === next) return
  const tail = shown.length - 1
  const grows =
    tail >= 0 &&
    shown[0] === next[0] &&
    next.length >= shown.length &&
    (tail === 0 || shown[tail - 1] === next[tail - 1])
  if (grows) for (const candle of next.slice(tail)) series.update(bar(candle))
  else series.setData(next.map(bar))
  parts.shown = next
}

function marker(mark: ChartMark, frameMs: number): SeriesMarker<Time> {
  const time = onGrid(mark.ts, frameMs)
  const { color } = mark
  if (mark.kind === 'enter') {
    return mark.side === 'up'
      ? { time, color, position: 'belowBar', shape: 'arrowUp', text: mark.label }
      : { time, color, position: 'aboveBar', shape: 'arrowDown', text: mark.label }
  }
  if (mark.kind === 'exit') return { time, color, position: 'aboveBar', shape: 'square', text: mark.label }
  return { time, color, position: 'aboveBar', shape: 'circle', text: mark.kind === 'win' ? '+' : '−', size: 0.6 }
}

const OPTIONS = {
  autoSize: true,
  layout: {
    background: { type: ColorType.Solid, color: '#0b0d10' },
    textColor: '#8a939e',
    fontFamily: '"Inter Variable", sans-serif',
    fontSize: 11,
    // Named under About, with the licence; the corner of a price chart is for prices.
    attributionLogo: false,
  },
  grid: { vertLines: { visible: false }, horzLines: { color: '#161a1f' } },
  crosshair: { mode: CrosshairMode.Normal, vertLine: { color: '#4a525c' }, horzLine: { color: '#4a525c' } },
  localization: { locale: 'en-US' },
  rightPriceScale: { borderColor: '#22272e', scaleMargins: { top: 0.14, bottom: 0.1 } },
  timeScale: { borderColor: '#22272e', timeVisible: true, secondsVisible: false, rightOffset: 6, barSpacing: 7 },
}

/** Candles with the strike, trade marks and the lines where versions went live. Times are UTC. */
export function PriceChart(props: {
  candles: readonly ChartCandle[]
  marks: readonly ChartMark[]
  lines: readonly ChartLine[]
  frameMs: number
  strike: { readonly price: number; readonly estimate: boolean } | null
  decimals: number
  label: string
}) {
  const host = useRef<HTMLDivElement>(null)
  const parts = useRef<Parts | null>(null)

  useEffect(() => {
    if (host.current === null) return
    const chart = createChart(host.current, OPTIONS)
    const series = chart.addSeries(CandlestickSeries, {
      upColor: '#3fb68b',
      downColor: '#e5645e',
      wickUpColor: '#3fb68b',
      wickDownColor: '#e5645e',
      borderVisible: false,
      priceLineVisible: false,
    })
    const lines = new DeploymentLines()
    series.attachPrimitive(lines)
    parts.current = { chart, series, markers: createSeriesMarkers(series, []), lines, strike: null, shown: [] }
    return () => {
      parts.current = null
      chart.remove()
    }
  }, [])

  useEffect(() => {
    if (parts.current !== null) showCandles(parts.current, props.candles)
  }, [props.candles])

  useEffect(() => {
    const sorted = [...props.marks].sort((a, b) => a.ts - b.ts)
    parts.current?.markers.setMarkers(sorted.map((mark) => marker(mark, props.frameMs)))
  }, [props.marks, props.frameMs])

  useEffect(() => {
    parts.current?.lines.setLines(
      props.lines.map((line) => ({ time: onGrid(line.ts, props.frameMs), color: line.color, label: line.label })),
    )
  }, [props.lines, props.frameMs])

  useEffect(() => {
    const minMove = 10 ** -props.decimals
    parts.current?.series.applyOptions({
      priceFormat: { type: 'custom', minMove, formatter: (value: number) => fixed(value, props.decimals) },
    })
  }, [props.decimals])

  const strikePrice = props.strike?.price ?? null
  const estimate = props.strike?.estimate ?? false
  useEffect(() => {
    const current = parts.current
    if (current === null) return
    if (current.strike !== null) current.series.removePriceLine(current.strike)
    current.strike =
      strikePrice === null
        ? null
        : current.series.createPriceLine({
            price: strikePrice,
            color: '#8a939e',
            lineWidth: 1,
            lineStyle: LineStyle.Dashed,
            axisLabelVisible: true,
            axisLabelColor: '#2b313a',
            axisLabelTextColor: '#d7dce2',
            title: estimate ? 'strike, estimate' : 'strike',
          })
  }, [strikePrice, estimate])

  return <div ref={host} className="price-chart" role="img" aria-label={props.label} />
}
