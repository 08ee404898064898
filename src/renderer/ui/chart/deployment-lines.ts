import type { ITimeScaleApi, Time, UTCTimestamp } from 'lightweight-charts'
import { Overlay, paintLabel } from './overlay.ts'

export interface LineAt {
  /** Opening time of the candle in which the version went live, in seconds. */
  readonly time: UTCTimestamp
  readonly label: string
  readonly color: string
}

/** Vertical dotted lines where versions went live, labelled at the top. */
export class DeploymentLines extends Overlay {
  private lines: readonly LineAt[] = []

  setLines(lines: readonly LineAt[]): void {
    this.lines = lines
    this.repaint()
  }

  protected paint(context: CanvasRenderingContext2D, scale: ITimeScaleApi<Time>, height: number): void {
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
      // A label that would overlap the previous one is drawn one row lower.
      row = x < labelEnd ? (row + 1) % 4 : 0
      context.fillStyle = line.color
      labelEnd = x + paintLabel(context, line.label, Math.round(x), 6 + row * 18) + 2
    }
  }
}
