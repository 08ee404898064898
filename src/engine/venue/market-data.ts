import type { Disposer } from '../../shared/domain/base.ts'
import type { Slot, SlotId, Window, WindowId } from '../../shared/domain/slots.ts'
import type { BookUpdate, EngineEvent } from '../events.ts'
import type { SlotListing } from './listing.ts'

/** `book` with no levels on either side: the book cannot be used (disconnected, unverified, frozen). */
export type MarketDataEvent = BookUpdate | Extract<EngineEvent, { kind: 'strike' | 'settled' }>

/** State of a slot's current window, for people. */
export interface MarketDataStatus {
  /** Why it is not traded; null if it is. */
  readonly reason: string | null
  /** Name of the source of its strike, such as `polybolt`; null while the strike is unknown. */
  readonly strikeSource: string | null
  /** Time since the last frame of its book, ms; null before the first. */
  readonly bookAgeMs: number | null
  /** True while the checksum of its book has been verified. */
  readonly isVerified: boolean
  /** Whether checksums of single changes have been seen to agree: `differ` and `unverified` books are compared with REST. */
  readonly deltaHashes: 'unverified' | 'agree' | 'differ'
}

/** Real order books, strikes and outcomes of a venue, read only. */
export interface MarketData {
  readonly name: string
  /** Terms of the slot's current window; null while the venue does not list it. */
  listing(slot: SlotId): SlotListing | null
  /** Terms of one window, which may differ from the slot's; null if it is not tradable. */
  terms(windowId: WindowId): SlotListing | null
  /** Requests the outcome of a window that ended while nothing listened; it arrives as `settled`. */
  askOutcome(slot: Slot, window: Window): void
  status(slot: Slot): MarketDataStatus
  /**
   * Emits a window's book if it has changed since its last event, for a match that must not rely on an older one.
   * @returns true if changes of books are gathered for some time before they are emitted
   */
  refresh(windowId: WindowId): boolean
  /** Subscribes; strikes and books that are known already are delivered before it returns. */
  listen(listener: (event: MarketDataEvent) => void): Disposer
}
