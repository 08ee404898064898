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
import { useEffect, useRef, useState } from 'react'
import { dateTime, fixed } from '../format.ts'
import { saveCanvas } from '../save.ts'
import { DeploymentLines } from './deployment-lines.ts'
import { MomentMarks } from './moment-marks.ts'

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

/** A moment at which decisions differ. */
export interface ChartDifference {
  readonly ts: number
  readonly color: string
}

interface Parts {
  readonly chart: IChartApi
  readonly series: ISeriesApi<'Candlestick'>
  readonly markers: ISeriesMarkersPluginApi<Time>
  readonly lines: DeploymentLines
  readonly moments: MomentMarks
  strike: IPriceLine | null
  shown: readonly ChartCandle[]
  /** The newest candle is out of sight. */
  scrolled: boolean
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

/** Bars shown around a moment when the chart has not been laid out yet. */
const AROUND = 100

/** Scrolls to the candle that holds `ts` unless it is well in sight already. */
function reveal(parts: Parts, ts: number): void {
  const index = parts.shown.findLastIndex((candle) => candle[0] <= ts)
  if (index < 0) return
  const scale = parts.chart.timeScale()
  const range = scale.getVisibleLogicalRange()
  if (range !== null && index > range.from + 4 && index < range.to - 4) return
  const width = range === null ? AROUND : range.to - range.from
  scale.setVisibleLogicalRange({ from: index - width * 0.6, to: index + width * 0.4 })
}

/** Bars of room right of the newest candle. */
const ROOM = 6

/** The newest candle at the right, as many bars wide as now; at once, so that no update can cut it off. */
function toNow(parts: Parts): void {
  const scale = parts.chart.timeScale()
  const range = scale.getVisibleLogicalRange()
  const width = range === null ? AROUND : range.to - range.from
  const to = parts.shown.length - 1 + ROOM
  scale.setVisibleLogicalRange({ from: to - width, to })
}

/** One sign a candle, however often decisions differ within it. */
function oncePerCandle(differences: readonly ChartDifference[], frameMs: number) {
  const colors = new Map(differences.map(({ ts, color }) => [onGrid(ts, frameMs), color]))
  return [...colors].map(([time, color]) => ({ time, color }))
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
  timeScale: { borderColor: '#22272e', timeVisible: true, secondsVisible: false, rightOffset: ROOM, barSpacing: 7 },
}

const NO_DIFFERENCES: readonly ChartDifference[] = []

/**
 * Candles with the strike, trade marks, the lines where versions went live, the moments at which decisions differ and
 * the one that was chosen. Times are UTC.
 */
export function PriceChart(props: {
  candles: readonly ChartCandle[]
  marks: readonly ChartMark[]
  lines: readonly ChartLine[]
  differences?: readonly ChartDifference[]
  /** Scrolled to once, when it changes. */
  moment: number | null
  frameMs: number
  strike: { readonly price: number; readonly estimate: boolean } | null
  decimals: number
  label: string
  /** File name of its picture. */
  saveAs: string
}) {
  const host = useRef<HTMLDivElement>(null)
  const parts = useRef<Parts | null>(null)
  const [scrolled, setScrolled] = useState(false)

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
    const moments = new MomentMarks()
    series.attachPrimitive(lines)
    series.attachPrimitive(moments)
    const markers = createSeriesMarkers(series, [])
    const made: Parts = { chart, series, markers, lines, moments, strike: null, shown: [], scrolled: false }
    parts.current = made
    // The flag on the price axis is of the last bar in sight: scrolled back it would be no price of now.
    const look = (): void => {
      const range = chart.timeScale().getVisibleLogicalRange()
      const away = range !== null && range.to < made.shown.length - 1
      if (away === made.scrolled) return
      made.scrolled = away
      series.applyOptions({ lastValueVisible: !away })
      setScrolled(away)
    }
    chart.timeScale().subscribeVisibleLogicalRangeChange(look)
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

  const { moment, frameMs, differences = NO_DIFFERENCES } = props
  useEffect(() => {
    parts.current?.moments.show(
      oncePerCandle(differences, frameMs),
      moment === null ? null : { time: onGrid(moment, frameMs), label: dateTime(moment) },
    )
  }, [differences, moment, frameMs])

  const revealed = useRef<number | null>(null)
  useEffect(() => {
    if (moment !== null && parts.current !== null) reveal(parts.current, moment)
    else if (revealed.current !== null && parts.current !== null) toNow(parts.current)
    revealed.current = moment
  }, [moment])

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

  const save = (): void => {
    const chart = parts.current?.chart
    if (chart !== undefined) saveCanvas(props.saveAs, chart.takeScreenshot())
  }
  return (
    <div className="chart-frame">
      <div
        ref={host}
        className="price-chart"
        role="img"
        aria-label={props.label}
        data-scrolled={scrolled}
        data-testid="price-chart"
      />
      {scrolled ? (
        <button
          type="button"
          className="button small chart-now"
          data-testid="chart-now"
          onClick={() => (parts.current === null ? undefined : toNow(parts.current))}
        >
          → now
        </button>
      ) : null}
      <button type="button" className="link chart-save" onClick={save}>
        save PNG
      </button>
    </div>
  )
}
