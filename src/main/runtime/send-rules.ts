import type { EngineState } from '../../engine/state.ts'
import type { Order } from '../../shared/domain/records.ts'
import { sha256 } from '../platform/system.ts'

/** Maximum time for journaling an order, ms; afterwards its price is outdated and it is not sent. */
const MAX_JOURNAL_MS = 1_500

/** Why a journaled order must not be sent, apart from the gate. */
export class SendRules {
  private readonly state: EngineState
  private readonly virtual: boolean
  private entriesRefused: string | null = null

  /** @param virtual in virtual time nothing can change between the decision and the sending */
  constructor(state: EngineState, virtual: boolean) {
    this.state = state
    this.virtual = virtual
  }

  /** Refuses all further entries, including those being journaled now. */
  refuseEntries(reason: string): void {
    this.entriesRefused = reason
  }

  /** Reason not to send an order; null when it may be sent. @param waitedMs time since its decision */
  refusal(order: Order, waitedMs: number): string | null {
    // The desk's own exits accept any price, so their age does not matter.
    const anyPrice = order.kind === 'exit' && order.owner === 'desk'
    if (!this.virtual && waitedMs > MAX_JOURNAL_MS && !anyPrice)
      return `journaling it took ${Math.round(waitedMs)} ms, ${MAX_JOURNAL_MS} ms allowed: its price is outdated`
    if (order.kind === 'exit') return null
    if (this.entriesRefused !== null) return this.entriesRefused
    if (order.owner === 'desk') return 'the desk took it over before it was sent'
    if (this.virtual) return null
    const { holds, trading, pause } = this.state
    for (const reason of holds.values()) return `entries are held: ${reason}`
    return trading === 'paused' ? `entries are paused: ${pause?.reason ?? ''}` : null
  }
}

/** Digest of an order's terms; stands in for a signed body at the simulated venue. */
export function digestOf(order: Order): string {
  const { id, windowId, side, kind, limit, stake, quantity, tif, createdAt } = order
  return sha256(JSON.stringify([id, windowId, side, kind, limit, stake, quantity, tif, createdAt]))
}
