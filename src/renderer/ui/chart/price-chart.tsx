import { useEffect, useRef, useState } from 'react'
import { dateTime, fixed } from '../format.ts'
import { saveCanvas } from '../save.ts'
import {
  type ChartCandle,
  type ChartDifference,
  type ChartLine,
  type ChartMark,
  type ChartView,
  candleTime,
  createView,
  marker,
  oncePerCandle,
  scrollTo,
  scrollToNow,
  showCandles,
  showStrike,
} from './chart-view.ts'

const NO_DIFFERENCES: readonly ChartDifference[] = []

interface PriceChartProps {
  candles: readonly ChartCandle[]
  marks: readonly ChartMark[]
  lines: readonly ChartLine[]
  differences?: readonly ChartDifference[]
  /** Time marked by a vertical line, Unix ms; the chart scrolls to it when it changes. */
  highlightedAt: number | null
  frameMs: number
  strike: { readonly price: number; readonly estimate: boolean } | null
  decimals: number
  label: string
  /** File name of a saved image. */
  saveAs: string
}

type ViewRef = { readonly current: ChartView | null }

function useCandles(view: ViewRef, { candles, decimals }: PriceChartProps): void {
  useEffect(() => {
    if (view.current !== null) showCandles(view.current, candles)
  }, [view, candles])

  useEffect(() => {
    const minMove = 10 ** -decimals
    view.current?.series.applyOptions({
      priceFormat: { type: 'custom', minMove, formatter: (value: number) => fixed(value, decimals) },
    })
  }, [view, decimals])
}

function useMarks(view: ViewRef, { marks, lines, frameMs, strike }: PriceChartProps): void {
  useEffect(() => {
    const sorted = [...marks].sort((a, b) => a.ts - b.ts)
    view.current?.markers.setMarkers(sorted.map((mark) => marker(mark, frameMs)))
  }, [view, marks, frameMs])

  useEffect(() => {
    view.current?.lines.setLines(lines.map(({ ts, color, label }) => ({ time: candleTime(ts, frameMs), color, label })))
  }, [view, lines, frameMs])

  const strikePrice = strike?.price ?? null
  const isEstimate = strike?.estimate ?? false
  useEffect(() => {
    if (view.current !== null) showStrike(view.current, strikePrice, isEstimate)
  }, [view, strikePrice, isEstimate])
}

function useHighlight(view: ViewRef, props: PriceChartProps): void {
  const { highlightedAt, frameMs, differences = NO_DIFFERENCES } = props
  useEffect(() => {
    view.current?.differences.show(
      oncePerCandle(differences, frameMs),
      highlightedAt === null ? null : { time: candleTime(highlightedAt, frameMs), label: dateTime(highlightedAt) },
    )
  }, [view, differences, highlightedAt, frameMs])

  const before = useRef<number | null>(null)
  useEffect(() => {
    if (view.current === null) return
    if (highlightedAt !== null) scrollTo(view.current, highlightedAt)
    else if (before.current !== null) scrollToNow(view.current)
    before.current = highlightedAt
  }, [view, highlightedAt])
}

/** Candles with strike, trade marks, deployments, decision differences and a highlighted time. Times are UTC. */
export function PriceChart(props: PriceChartProps) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<ChartView | null>(null)
  const [scrolled, setScrolled] = useState(false)

  useEffect(() => {
    if (host.current === null) return
    const created = createView(host.current, setScrolled)
    view.current = created
    return () => {
      view.current = null
      created.chart.remove()
    }
  }, [])
  useCandles(view, props)
  useMarks(view, props)
  useHighlight(view, props)

  const save = (): void => {
    const chart = view.current?.chart
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
          onClick={() => (view.current === null ? undefined : scrollToNow(view.current))}
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
