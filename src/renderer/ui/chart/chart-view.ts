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
import { DeploymentLines } from './deployment-lines.ts'
import { DifferenceMarks } from './difference-marks.ts'

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

/** A decision difference. */
export interface ChartDifference {
  readonly ts: number
  readonly color: string
}

/** A created chart and what is on it. */
export interface ChartView {
  readonly chart: IChartApi
  readonly series: ISeriesApi<'Candlestick'>
  readonly markers: ISeriesMarkersPluginApi<Time>
  readonly lines: DeploymentLines
  readonly differences: DifferenceMarks
  strike: IPriceLine | null
  shown: readonly ChartCandle[]
  /** The newest candle is not visible. */
  scrolled: boolean
}

/** Unix milliseconds to the library's branded seconds. */
function seconds(ms: number): UTCTimestamp {
  return Math.floor(ms / 1_000) as UTCTimestamp
}

/** Opening time of the candle that contains `ts`: the library places marks and lines on candles only. */
export function candleTime(ts: number, frameMs: number): UTCTimestamp {
  return seconds(ts - (ts % frameMs))
}

function toBar(candle: ChartCandle) {
  return { time: seconds(candle[0]), open: candle[1], high: candle[2], low: candle[3], close: candle[4] }
}

/** Updates the series in place when only its end has changed; else replaces it. */
export function showCandles(view: ChartView, next: readonly ChartCandle[]): void {
  const { shown, series } = view
  if (shown === next) return
  const tail = shown.length - 1
  const onlyEndChanged =
    tail >= 0 &&
    shown[0] === next[0] &&
    next.length >= shown.length &&
    (tail === 0 || shown[tail - 1] === next[tail - 1])
  if (onlyEndChanged) for (const candle of next.slice(tail)) series.update(toBar(candle))
  else series.setData(next.map(toBar))
  view.shown = next
}

export function marker(mark: ChartMark, frameMs: number): SeriesMarker<Time> {
  const time = candleTime(mark.ts, frameMs)
  const { color } = mark
  if (mark.kind === 'enter') {
    return mark.side === 'up'
      ? { time, color, position: 'belowBar', shape: 'arrowUp', text: mark.label }
      : { time, color, position: 'aboveBar', shape: 'arrowDown', text: mark.label }
  }
  if (mark.kind === 'exit') return { time, color, position: 'aboveBar', shape: 'square', text: mark.label }
  return { time, color, position: 'aboveBar', shape: 'circle', text: mark.kind === 'win' ? '+' : '−', size: 0.6 }
}

/** Visible bars when the chart has no layout yet. */
const DEFAULT_WIDTH = 100

/** Scrolls to the candle that contains `ts`, unless it is visible. */
export function scrollTo(view: ChartView, ts: number): void {
  const index = view.shown.findLastIndex((candle) => candle[0] <= ts)
  if (index < 0) return
  const scale = view.chart.timeScale()
  const range = scale.getVisibleLogicalRange()
  if (range !== null && index > range.from + 4 && index < range.to - 4) return
  const width = range === null ? DEFAULT_WIDTH : range.to - range.from
  scale.setVisibleLogicalRange({ from: index - width * 0.6, to: index + width * 0.4 })
}

/** Empty bars right of the newest candle. */
const RIGHT_OFFSET = 6

/** Scrolls to the newest candle at the same width, without animation, which an update could interrupt. */
export function scrollToNow(view: ChartView): void {
  const scale = view.chart.timeScale()
  const range = scale.getVisibleLogicalRange()
  const width = range === null ? DEFAULT_WIDTH : range.to - range.from
  const to = view.shown.length - 1 + RIGHT_OFFSET
  scale.setVisibleLogicalRange({ from: to - width, to })
}

/** One sign for each candle in which decisions differ. */
export function oncePerCandle(differences: readonly ChartDifference[], frameMs: number) {
  const colors = new Map(differences.map(({ ts, color }) => [candleTime(ts, frameMs), color]))
  return [...colors].map(([time, color]) => ({ time, color }))
}

const OPTIONS = {
  autoSize: true,
  layout: {
    background: { type: ColorType.Solid, color: '#0b0d10' },
    textColor: '#8a939e',
    fontFamily: '"Inter Variable", sans-serif',
    fontSize: 11,
    // The attribution is in the dialog about Baton.
    attributionLogo: false,
  },
  grid: { vertLines: { visible: false }, horzLines: { color: '#161a1f' } },
  crosshair: { mode: CrosshairMode.Normal, vertLine: { color: '#4a525c' }, horzLine: { color: '#4a525c' } },
  localization: { locale: 'en-US' },
  rightPriceScale: { borderColor: '#22272e', scaleMargins: { top: 0.14, bottom: 0.1 } },
  timeScale: {
    borderColor: '#22272e',
    timeVisible: true,
    secondsVisible: false,
    rightOffset: RIGHT_OFFSET,
    barSpacing: 7,
  },
}

/**
 * Creates an empty chart in `host`.
 * @param onScroll called when the newest candle is scrolled out of the visible range or back into it
 */
export function createView(host: HTMLElement, onScroll: (scrolled: boolean) => void): ChartView {
  const chart = createChart(host, OPTIONS)
  const series = chart.addSeries(CandlestickSeries, {
    upColor: '#3fb68b',
    downColor: '#e5645e',
    wickUpColor: '#3fb68b',
    wickDownColor: '#e5645e',
    borderVisible: false,
    priceLineVisible: false,
  })
  const lines = new DeploymentLines()
  const differences = new DifferenceMarks()
  series.attachPrimitive(lines)
  series.attachPrimitive(differences)
  const markers = createSeriesMarkers(series, [])
  const view: ChartView = { chart, series, markers, lines, differences, strike: null, shown: [], scrolled: false }
  chart.timeScale().subscribeVisibleLogicalRangeChange(() => {
    const range = chart.timeScale().getVisibleLogicalRange()
    const scrolled = range !== null && range.to < view.shown.length - 1
    if (scrolled === view.scrolled) return
    view.scrolled = scrolled
    // The label on the price axis shows the last visible bar, which is not the current price when scrolled back.
    series.applyOptions({ lastValueVisible: !scrolled })
    onScroll(scrolled)
  })
  return view
}

/** Draws the strike as a dashed line; null removes it. */
export function showStrike(view: ChartView, price: number | null, isEstimate: boolean): void {
  if (view.strike !== null) view.series.removePriceLine(view.strike)
  view.strike =
    price === null
      ? null
      : view.series.createPriceLine({
          price,
          color: '#8a939e',
          lineWidth: 1,
          lineStyle: LineStyle.Dashed,
          axisLabelVisible: true,
          axisLabelColor: '#2b313a',
          axisLabelTextColor: '#d7dce2',
          title: isEstimate ? 'strike, estimate' : 'strike',
        })
}
