import type { Approved } from '../../engine/orders/risk.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import type { Order } from '../../shared/domain/records.ts'

/**
 * The last check before an order is sent (I5): a flag in memory, tested right before every send. A kill shuts it first and is
 * journaled afterwards.
 */
export class Gate {
  private shutReason: string | null = null
  private flatten = false

  /** Shuts the gate at once. With `flatten`, the desk's own exits still pass. */
  shut(reason: string, flatten: boolean): void {
    this.shutReason = reason
    this.flatten = flatten
  }

  /** Opens the gate; only for a re-arm by hand. */
  open(): void {
    this.shutReason = null
    this.flatten = false
  }

  get isShut(): boolean {
    return this.shutReason !== null
  }

  /** Whether an order may be sent now. */
  test(order: Approved<Order>): Result<void> {
    if (this.shutReason === null) return ok(undefined)
    if (this.flatten && order.owner === 'desk' && order.kind === 'exit') return ok(undefined)
    return err(`killed: ${this.shutReason}`)
  }
}
