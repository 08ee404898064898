import type { Price, Shares, Usd } from '../../shared/domain/money.ts'
import type { Slot, SlotId } from '../../shared/domain/slots.ts'

/** Terms on which a venue trades the windows of one slot. */
export interface SlotListing {
  readonly slot: SlotId
  /** Coarsest price step; a window's book states the step in force. */
  readonly tick: Price
  /** Minimum size of a resting order, in shares. */
  readonly minShares: Shares
  /** Minimum stake of a taker order. */
  readonly minStake: Usd
  /** Taker fee in parts per million of shares × price × (1 − price); makers pay none. */
  readonly takerFeePpm: number
  /** Delay before a taker order is matched, ms; it cannot be cancelled meanwhile. */
  readonly takerDelayMs: number
}

/** Listings of the slots that a venue lists. */
export function listingsOf(
  slots: readonly Slot[],
  venue: { listing(slot: SlotId): SlotListing | null },
): ReadonlyMap<SlotId, SlotListing> {
  const listings = slots.map(({ id }) => venue.listing(id)).filter((listing) => listing !== null)
  return new Map(listings.map((listing) => [listing.slot, listing]))
}
