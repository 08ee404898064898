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

export interface MomentAt {
  readonly time: UTCTimestamp
  readonly label: string
}

const SELECTION = '#5b9cf5'
/** Distance of the lane of signs from the bottom of the pane: clear of the candles, above the time scale. */
const LANE = 10

/**
 * A lane of ≠ signs at the foot of the chart where two versions decided differently, and a line at the moment that was
 * chosen from a list. The sign is no trade mark's: nothing was bought there.
 */
export class MomentMarks implements ISeriesPrimitive<Time> {
  private chart: IChartApiBase<Time> | null = null
  private requestUpdate: (() => void) | null = null
  private differences: readonly DifferenceAt[] = []
  private moment: MomentAt | null = null
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

  show(differences: readonly DifferenceAt[], moment: MomentAt | null): void {
    this.differences = differences
    this.moment = moment
    this.requestUpdate?.()
  }

  private paint(context: CanvasRenderingContext2D, height: number): void {
    const scale = this.chart?.timeScale()
    if (scale === undefined) return
    if (this.moment !== null) this.paintMoment(context, height, scale.timeToCoordinate(this.moment.time))
    const y = Math.round(height - LANE)
    context.lineWidth = 1.5
    for (const { time, color } of this.differences) {
      const at = scale.timeToCoordinate(time)
      if (at === null) continue
      const x = Math.round(at) + 0.5
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

  private paintMoment(context: CanvasRenderingContext2D, height: number, at: number | null): void {
    if (at === null || this.moment === null) return
    const x = Math.round(at)
    context.fillStyle = SELECTION
    context.fillRect(x, 0, 1, height)
    context.font = '600 11px "Inter Variable", sans-serif'
    context.textBaseline = 'middle'
    const width = context.measureText(this.moment.label).width + 10
    const y = height - LANE - 28
    context.fillRect(x, y, width, 16)
    context.fillStyle = '#0b0d10'
    context.fillText(this.moment.label, x + 5, y + 8.5)
  }
}
