import type { Usd } from '../shared/domain/money.ts'
import type { Caps } from '../shared/domain/settings.ts'
import type { Slot, SlotId } from '../shared/domain/slots.ts'
import type { SlotListing } from './venue/listing.ts'

export interface EngineConfig {
  /** Prefix of order and position ids that makes them unique across home folders; empty in virtual time. */
  readonly idPrefix: string
  readonly market: string
  readonly slots: readonly Slot[]
  /** Listings of slots that the venue lists and the feed has prices for; other slots are shown but never traded. */
  readonly listings: ReadonlyMap<SlotId, SlotListing>
  /** Strategy by slot; a slot without one is not traded. */
  readonly assignments: ReadonlyMap<SlotId, string>
  readonly caps: Caps
  /** Maximum age of a price for an entry, ms. */
  readonly stalePriceMs: number
  /** Number of consecutive faults that stops a version. */
  readonly faultsInRow: number
  /** Drawdown of a UTC day's realised profit that freezes deployments until the next day. */
  readonly freezeDrawdown: Usd
  /** By strategy: whether a swap hands open positions to the new version or the old one drains them. */
  readonly handover: Readonly<Record<string, 'handoff' | 'drain'>>
  /** Time after the end of a window, ms, at which a position without an outcome is reported as unsettleable and may be voided. */
  readonly unsettledAfterMs: number
  /** How long after its confirmation a fill may still fail, ms; see the venue's capabilities. */
  readonly fateSettlesMs: number
  /** True when the venue pays resolved positions by itself; otherwise each window is redeemed by request. */
  readonly redeemsItself: boolean
  /** True when strikes come from the settlement source alone; otherwise they are estimated until one is reported. */
  readonly officialStrikes: boolean
  /** The closing value is the mean over this many seconds before the end; 0 = the last price. */
  readonly settlementMeanSec: number
}

export const CYCLE_MS = 5_000
