import type { Approved } from '../../engine/orders/risk.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import type { Order } from '../../shared/domain/records.ts'

/**
 * The last gate before an order leaves (I5). It is plain memory, tested right before every send; a kill shuts it first
 * and is written down afterwards.
 */
export class Gate {
  private shutBecause: string | null = null
  private flatten = false

  /** Shuts it at once. With `flatten`, exits that the desk itself makes may still pass. */
  shut(reason: string, flatten: boolean): void {
    this.shutBecause = reason
    this.flatten = flatten
  }

  /** Only a re-arm by hand opens it. */
  open(): void {
    this.shutBecause = null
    this.flatten = false
  }

  get isShut(): boolean {
    return this.shutBecause !== null
  }

  /** Whether this order may leave now. */
  test(order: Approved<Order>): Result<void> {
    if (this.shutBecause === null) return ok(undefined)
    if (this.flatten && order.owner === 'desk' && order.kind === 'exit') return ok(undefined)
    return err(`killed: ${this.shutBecause}`)
  }
}
