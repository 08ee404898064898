import type { Price, Shares, Usd } from '../../shared/domain/money.ts'
import type { Slot, SlotId } from '../../shared/domain/slots.ts'

/** Terms on which a venue trades the windows of one slot. */
export interface SlotListing {
  readonly slot: SlotId
  /** Coarsest price step; a window's book names the finer one it may have changed to. */
  readonly tick: Price
  /** Smallest order that may rest, in shares. */
  readonly minShares: Shares
  /** Smallest order that may take, in cash. */
  readonly minStake: Usd
  /** Taker fee in parts per million of shares × price × (1 − price); a maker pays none. */
  readonly takerFeePpm: number
  /** How long an order that would take waits before it is matched, in ms; it cannot be cancelled meanwhile. */
  readonly takerDelayMs: number
}

/** Terms of those slots that a venue lists. */
export function listingsOf(
  slots: readonly Slot[],
  venue: { listing(slot: SlotId): SlotListing | null },
): ReadonlyMap<SlotId, SlotListing> {
  const listings = slots.map(({ id }) => venue.listing(id)).filter((one) => one !== null)
  return new Map(listings.map((one) => [one.slot, one]))
}
