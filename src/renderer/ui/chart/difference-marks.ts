import type {
  IChartApiBase,
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  SeriesAttachedParameter,
  Time,
  UTCTimestamp,
} from 'lightweight-charts'

export interface DifferenceAt {
  /** Opening time of the candle in which decisions differ, in seconds. */
  readonly time: UTCTimestamp
  readonly color: string
}

export interface Highlight {
  readonly time: UTCTimestamp
  readonly label: string
}

const SELECTION = '#5b9cf5'
/** Distance in pixels of the ≠ signs from the bottom of the pane. */
const SIGN_OFFSET = 10

/**
 * Draws ≠ signs at the bottom of the chart where the decisions of two versions differ, and a vertical line at the
 * highlighted time.
 */
export class DifferenceMarks implements ISeriesPrimitive<Time> {
  private chart: IChartApiBase<Time> | null = null
  private requestUpdate: (() => void) | null = null
  private differences: readonly DifferenceAt[] = []
  private highlight: Highlight | null = null
  private readonly views: readonly IPrimitivePaneView[]

  constructor() {
    const renderer: IPrimitivePaneRenderer = {
      draw: (target) =>
        target.useMediaCoordinateSpace(({ context, mediaSize }) => this.paint(context, mediaSize.height)),
    }
    this.views = [{ zOrder: () => 'top', renderer: () => renderer }]
  }

  attached(parameters: SeriesAttachedParameter<Time>): void {
    this.chart = parameters.chart
    this.requestUpdate = parameters.requestUpdate
  }

  detached(): void {
    this.chart = null
    this.requestUpdate = null
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.views
  }

  show(differences: readonly DifferenceAt[], highlight: Highlight | null): void {
    this.differences = differences
    this.highlight = highlight
    this.requestUpdate?.()
  }

  private paint(context: CanvasRenderingContext2D, height: number): void {
    const scale = this.chart?.timeScale()
    if (scale === undefined) return
    if (this.highlight !== null) {
      this.paintHighlight(context, height, this.highlight.label, scale.timeToCoordinate(this.highlight.time))
    }
    const y = Math.round(height - SIGN_OFFSET)
    context.lineWidth = 1.5
    for (const { time, color } of this.differences) {
      const coordinate = scale.timeToCoordinate(time)
      if (coordinate === null) continue
      const x = Math.round(coordinate) + 0.5
      context.strokeStyle = color
      context.beginPath()
      context.moveTo(x - 4, y - 1.75)
      context.lineTo(x + 4, y - 1.75)
      context.moveTo(x - 4, y + 1.75)
      context.lineTo(x + 4, y + 1.75)
      context.moveTo(x - 2, y + 5)
      context.lineTo(x + 2, y - 5)
      context.stroke()
    }
  }

  private paintHighlight(
    context: CanvasRenderingContext2D,
    height: number,
    label: string,
    coordinate: number | null,
  ): void {
    if (coordinate === null) return
    const x = Math.round(coordinate)
    context.fillStyle = SELECTION
    context.fillRect(x, 0, 1, height)
    context.font = '600 11px "Inter Variable", sans-serif'
    context.textBaseline = 'middle'
    const width = context.measureText(label).width + 10
    const y = height - SIGN_OFFSET - 28
    context.fillRect(x, y, width, 16)
    context.fillStyle = '#0b0d10'
    context.fillText(label, x + 5, y + 8.5)
  }
}
