import type { ITimeScaleApi, Time, UTCTimestamp } from 'lightweight-charts'
import { Overlay, paintLabel } from './overlay.ts'

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
export class DifferenceMarks extends Overlay {
  private differences: readonly DifferenceAt[] = []
  private highlight: Highlight | null = null

  show(differences: readonly DifferenceAt[], highlight: Highlight | null): void {
    this.differences = differences
    this.highlight = highlight
    this.repaint()
  }

  protected paint(context: CanvasRenderingContext2D, scale: ITimeScaleApi<Time>, height: number): void {
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
    paintLabel(context, label, x, height - SIGN_OFFSET - 28)
  }
}
