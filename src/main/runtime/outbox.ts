import type { OrderReport } from '../../engine/events.ts'
import type { Approved } from '../../engine/orders/risk.ts'
import type { OrderId } from '../../shared/domain/ids.ts'
import type { Order } from '../../shared/domain/records.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { Gate } from './gate.ts'

export interface OutboxParts {
  readonly gate: Gate
  /** Sends a signed order to the venue, once. */
  readonly submit: (order: Approved<Order>, ts: UnixMs) => void
  /** Makes everything recorded so far durable; undefined if it already is, or nothing is journaled. */
  readonly durable: () => Promise<void> | undefined
  /** Signs an order. @returns the digest of the signed body, which identifies the order at the venue */
  readonly sign: (order: Order) => string
  readonly report: (orderId: OrderId, report: OrderReport, ts: UnixMs) => void
  /** Whether the engine's state of an order is `sent`. */
  readonly isSent: (orderId: OrderId) => boolean
  /** Time of an event that follows from a request: now in real time, `requestedAt` in virtual time. */
  readonly timeOf: (requestedAt: UnixMs) => UnixMs
  /** Starts a stopwatch before orders are journaled. @returns a function that returns the elapsed ms */
  readonly stopwatch: () => () => number
  /** Why a journaled order must not be sent, apart from the gate; null when it may. */
  readonly refusal: (order: Order, waitedMs: number) => string | null
  /** Called when a batch has been processed. */
  readonly onBatchSent: () => void
}

/**
 * Sends orders (I3): makes intents durable, signs them, makes the digests durable, tests the gate, reports `sent` and then
 * submits each order once. The venue's answers arrive as events.
 */
export class Outbox {
  private readonly parts: OutboxParts
  /** Batches in progress. */
  private readonly inFlight = new Set<Promise<void>>()

  constructor(parts: OutboxParts) {
    this.parts = parts
  }

  /**
   * Sends a batch of orders; synchronously if nothing needs to be made durable.
   * @param onError receives errors of the journal and the engine
   */
  place(orders: readonly Approved<Order>[], requestedAt: UnixMs, onError: (error: unknown) => void): void {
    const { durable, stopwatch } = this.parts
    const elapsed = stopwatch()
    const sent = after(durable(), () => {
      this.sign(orders, requestedAt)
      return after(durable(), () => this.send(orders, requestedAt, elapsed))
    })
    if (sent === undefined) return
    const batch = sent.catch(onError).finally(() => this.inFlight.delete(batch))
    this.inFlight.add(batch)
  }

  /** Resolves once every order has been sent or refused. */
  async whenSent(): Promise<void> {
    while (this.inFlight.size > 0) await Promise.all(this.inFlight)
  }

  private sign(orders: readonly Order[], requestedAt: UnixMs): void {
    const { sign, report, timeOf } = this.parts
    for (const order of orders) report(order.id, { type: 'signed', digest: sign(order) }, timeOf(requestedAt))
  }

  private send(orders: readonly Approved<Order>[], requestedAt: UnixMs, elapsed: () => number): undefined {
    const { gate, submit, report, isSent, timeOf, refusal, onBatchSent } = this.parts
    for (const order of orders) {
      const ts = timeOf(requestedAt)
      const passed = gate.test(order)
      const reason = refusal(order, elapsed()) ?? (passed.ok ? null : passed.error)
      report(order.id, reason === null ? { type: 'sent' } : { type: 'refused', reason }, ts)
      // An order that the engine does not regard as sent must not be sent.
      if (reason === null && isSent(order.id)) submit(order, ts)
    }
    onBatchSent()
  }
}

/** Continues synchronously when there is nothing to wait for. */
function after(wait: Promise<void> | undefined, next: () => Promise<void> | undefined): Promise<void> | undefined {
  return wait === undefined ? next() : wait.then(next)
}
