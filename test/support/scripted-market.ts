import type { SlotListing } from '../../src/engine/venue/listing.ts'
import type { MarketData, MarketDataEvent, MarketDataStatus } from '../../src/engine/venue/market-data.ts'
import type { Disposer } from '../../src/shared/domain/base.ts'
import { MICRO, price, shares, usd } from '../../src/shared/domain/money.ts'
import { type Slot, type SlotId, slotIn, type Window, type WindowId } from '../../src/shared/domain/slots.ts'

export const TERMS: Omit<SlotListing, 'slot'> = {
  tick: price(10_000),
  minShares: shares(5 * MICRO),
  minStake: usd(MICRO),
  takerFeePpm: 70_000,
  takerDelayMs: 150,
}

/** Market data that a test emits itself. */
export class ScriptedMarket implements MarketData {
  readonly name = 'scripted'
  /** Terms of windows that differ from `TERMS`; null = not tradable. */
  readonly windows = new Map<WindowId, SlotListing | null>()
  /** Books that are emitted only when a match asks for them. */
  readonly gathered: MarketDataEvent[] = []
  /** Outcomes that were asked for. */
  readonly asked: WindowId[] = []
  /** Answers a request for an outcome; null = not known. */
  outcome: (slot: Slot, window: Window) => MarketDataEvent | null = () => null
  private readonly listed: ReadonlySet<SlotId>
  private readonly listeners = new Set<(event: MarketDataEvent) => void>()

  constructor(slots: readonly Slot[]) {
    this.listed = new Set(slots.map(({ id }) => id))
  }

  listing(slot: SlotId): SlotListing | null {
    return this.listed.has(slot) ? { slot, ...TERMS } : null
  }

  terms(windowId: WindowId): SlotListing | null {
    const special = this.windows.get(windowId)
    if (special !== undefined) return special
    return this.listing(slotIn(windowId) as SlotId)
  }

  askOutcome(slot: Slot, window: Window): void {
    this.asked.push(window.id)
    const event = this.outcome(slot, window)
    if (event !== null) this.emit(event)
  }

  status(): MarketDataStatus {
    return { reason: null, strikeSource: 'script', bookAgeMs: 0, isVerified: true, deltaHashes: 'agree' }
  }

  refresh(): boolean {
    const gathered = this.gathered.splice(0)
    this.emit(...gathered)
    return gathered.length > 0
  }

  listen(listener: (event: MarketDataEvent) => void): Disposer {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  emit(...events: readonly MarketDataEvent[]): void {
    for (const event of events) for (const listener of this.listeners) listener(event)
  }
}
