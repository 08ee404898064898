import type {
  IChartApiBase,
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  ITimeScaleApi,
  SeriesAttachedParameter,
  Time,
} from 'lightweight-charts'

/** A drawing on top of the chart's candles, painted in CSS pixels whenever the chart is. */
export abstract class Overlay implements ISeriesPrimitive<Time> {
  private chart: IChartApiBase<Time> | null = null
  private requestUpdate: (() => void) | null = null
  private readonly views: readonly IPrimitivePaneView[]

  constructor() {
    const renderer: IPrimitivePaneRenderer = {
      draw: (target) =>
        target.useMediaCoordinateSpace(({ context, mediaSize }) => {
          const scale = this.chart?.timeScale()
          if (scale !== undefined) this.paint(context, scale, mediaSize.height)
        }),
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

  /** Has the chart painted again. */
  protected repaint(): void {
    this.requestUpdate?.()
  }

  /** @param height of the pane, CSS pixels */
  protected abstract paint(context: CanvasRenderingContext2D, scale: ITimeScaleApi<Time>, height: number): void
}

/** Paints dark text on a field of the context's fill style. @returns width of the field, CSS pixels */
export function paintLabel(context: CanvasRenderingContext2D, text: string, x: number, y: number): number {
  context.font = '600 11px "Inter Variable", sans-serif'
  context.textBaseline = 'middle'
  const width = context.measureText(text).width + 10
  context.fillRect(x, y, width, 16)
  context.fillStyle = '#0b0d10'
  context.fillText(text, x + 5, y + 8.5)
  return width
}
