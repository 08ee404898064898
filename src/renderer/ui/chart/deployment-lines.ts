import type {
  IChartApiBase,
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  SeriesAttachedParameter,
  Time,
  UTCTimestamp,
} from 'lightweight-charts'

export interface LineAt {
  /** Opening time of the candle in which the version went live, in seconds. */
  readonly time: UTCTimestamp
  readonly label: string
  readonly color: string
}

/** Vertical dotted lines where versions went live, labelled at the top. */
export class DeploymentLines implements ISeriesPrimitive<Time> {
  private chart: IChartApiBase<Time> | null = null
  private requestUpdate: (() => void) | null = null
  private lines: readonly LineAt[] = []
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

  setLines(lines: readonly LineAt[]): void {
    this.lines = lines
    this.requestUpdate?.()
  }

  private paint(context: CanvasRenderingContext2D, height: number): void {
    const scale = this.chart?.timeScale()
    if (scale === undefined) return
    context.font = '600 11px "Inter Variable", sans-serif'
    context.textBaseline = 'middle'
    let labelEnd = Number.NEGATIVE_INFINITY
    let row = 0
    for (const line of this.lines) {
      const x = scale.timeToCoordinate(line.time)
      if (x === null) continue
      context.strokeStyle = line.color
      context.lineWidth = 1
      context.setLineDash([2, 3])
      context.beginPath()
      context.moveTo(Math.round(x) + 0.5, 0)
      context.lineTo(Math.round(x) + 0.5, height)
      context.stroke()
      context.setLineDash([])
      const width = context.measureText(line.label).width + 10
      // A label that would overlap the previous one is drawn one row lower.
      row = x < labelEnd ? (row + 1) % 4 : 0
      const y = 6 + row * 18
      labelEnd = x + width + 2
      context.fillStyle = line.color
      context.fillRect(Math.round(x), y, width, 16)
      context.fillStyle = '#0b0d10'
      context.fillText(line.label, Math.round(x) + 5, y + 8.5)
    }
  }
}
