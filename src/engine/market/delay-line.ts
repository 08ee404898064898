import type { PriceTick } from '../../shared/domain/feed.ts'
import { unixMs } from '../../shared/domain/time.ts'
import type { SimulatedAsset } from './simulated-asset.ts'

/** Queue of prices in transit to the desk with a constant delay, in arrays that grow when full. */
export class DelayLine {
  private readonly delayMs: number
  private assets: SimulatedAsset[] = []
  /** Four numbers per price, laid out by `tick-cells.ts`; the first is the arrival time. */
  private cells = new Float64Array(4 * 64)
  private head = 0
  private tail = 0

  constructor(delayMs: number) {
    this.delayMs = delayMs
  }

  /** @param tick one price, laid out by `tick-cells.ts` */
  add(asset: SimulatedAsset, tick: Float64Array): void {
    if (this.tail * 4 === this.cells.length) this.makeRoom()
    const { cells } = this
    const at = this.tail++ * 4
    this.assets[this.tail - 1] = asset
    cells[at] = (tick[0] ?? 0) + this.delayMs
    cells[at + 1] = tick[1] ?? 0
    cells[at + 2] = tick[2] ?? 0
    cells[at + 3] = tick[3] ?? 0
  }

  private makeRoom(): void {
    const waiting = this.cells.subarray(this.head * 4, this.tail * 4)
    const cells = waiting.length * 2 > this.cells.length ? new Float64Array(this.cells.length * 2) : this.cells
    cells.set(waiting)
    this.cells = cells
    this.assets = this.assets.slice(this.head, this.tail)
    this.tail -= this.head
    this.head = 0
  }

  /** Arrival time of the next price; infinity without one. */
  peek(): number {
    return this.head < this.tail ? (this.cells[this.head * 4] ?? 0) : Number.POSITIVE_INFINITY
  }

  /** Takes the next price. */
  take(): PriceTick | undefined {
    if (this.head >= this.tail) return undefined
    const [ts = 0, tsVenue = 0, price = 0, volume = 0] = this.cells.subarray(this.head * 4, this.head * 4 + 4)
    const name = this.assets[this.head++]?.name
    if (name === undefined) return undefined
    return { kind: 'price', ts: unixMs(ts), tsVenue: unixMs(tsVenue), asset: name, price, volume }
  }

  /** Delivers every price that arrives up to and including `until`, without allocating. */
  drain(until: number, deliver: (asset: SimulatedAsset, ticks: Float64Array, at: number) => void): void {
    const { cells } = this
    while (this.head < this.tail) {
      const at = this.head * 4
      const ts = cells[at] ?? 0
      const asset = this.assets[this.head]
      if (ts > until || asset === undefined) return
      this.head++
      deliver(asset, cells, at)
    }
    this.head = 0
    this.tail = 0
  }
}
