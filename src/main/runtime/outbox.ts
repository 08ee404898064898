import type { OrderReport } from '../../engine/events.ts'
import type { Approved } from '../../engine/orders/risk.ts'
import type { OrderId } from '../../shared/domain/ids.ts'
import type { Order } from '../../shared/domain/records.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { Gate } from './gate.ts'

export interface OutboxParts {
  readonly gate: Gate
  /** Brings a signed order to the venue, once. */
  readonly submit: (order: Approved<Order>, ts: UnixMs) => void
  /** Makes everything recorded so far durable; undefined where it is so at once, or nothing is kept. */
  readonly durable: () => Promise<void> | undefined
  /** Signs an order. @returns the digest of the signed body, by which the venue knows the order */
  readonly sign: (order: Order) => string
  readonly tell: (orderId: OrderId, report: OrderReport, ts: UnixMs) => void
  /** Whether the engine has an order as sent. */
  readonly isSent: (orderId: OrderId) => boolean
  /**
   * Moment of what follows now from something asked at `asked`: the present in real time, `asked` in virtual time.
   */
  readonly moment: (asked: UnixMs) => UnixMs
  /** Starts a stopwatch for orders that are about to be written down. @returns the ms passed, each time it is called */
  readonly stopwatch: () => () => number
  /** Why an order that is written down may not leave any more, besides the gate; null when it may. */
  readonly refusal: (order: Order, waitedMs: number) => string | null
  /** Called once nothing more follows from a batch. */
  readonly done: () => void
}

/**
 * The way of orders out of the desk (I3): intents durable, then signed; signed bodies and digests durable, then through the
 * gate and, with `sent` told before the first byte leaves, to the venue, once. What the venue makes of them comes as events.
 */
export class Outbox {
  private readonly parts: OutboxParts
  /** Batches on their way. */
  private readonly leaving = new Set<Promise<void>>()

  constructor(parts: OutboxParts) {
    this.parts = parts
  }

  /**
   * Where everything is durable at once, the orders have left when it returns.
   * @param onError what cannot be written, or told to the engine
   */
  place(orders: readonly Approved<Order>[], asked: UnixMs, onError: (error: unknown) => void): void {
    const { durable, stopwatch } = this.parts
    const waited = stopwatch()
    const left = after(durable(), () => {
      this.sign(orders, asked)
      return after(durable(), () => this.send(orders, asked, waited))
    })
    if (left === undefined) return
    const batch = left.catch(onError).finally(() => this.leaving.delete(batch))
    this.leaving.add(batch)
  }

  /** Resolves once every order that was asked for has left or was refused. */
  async placed(): Promise<void> {
    while (this.leaving.size > 0) await Promise.all(this.leaving)
  }

  private sign(orders: readonly Order[], asked: UnixMs): void {
    const { sign, tell, moment } = this.parts
    for (const order of orders) tell(order.id, { type: 'signed', digest: sign(order) }, moment(asked))
  }

  private send(orders: readonly Approved<Order>[], asked: UnixMs, waited: () => number): undefined {
    const { gate, submit, tell, isSent, moment, refusal, done } = this.parts
    for (const order of orders) {
      const ts = moment(asked)
      const passed = gate.test(order)
      const reason = refusal(order, waited()) ?? (passed.ok ? null : passed.error)
      tell(order.id, reason === null ? { type: 'sent' } : { type: 'refused', reason }, ts)
      // The engine's word: what it does not have as sent must not leave.
      if (reason === null && isSent(order.id)) submit(order, ts)
    }
    done()
  }
}

/** Goes on at once where there is nothing to wait for. */
function after(wait: Promise<void> | undefined, next: () => Promise<void> | undefined): Promise<void> | undefined {
  return wait === undefined ? next() : wait.then(next)
}
