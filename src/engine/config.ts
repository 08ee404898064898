import type { Usd } from '../shared/domain/money.ts'
import type { Caps } from '../shared/domain/settings.ts'
import type { Slot, SlotId } from '../shared/domain/slots.ts'
import type { SlotListing } from './venue/listing.ts'

export interface EngineConfig {
  /** Begins the ids of orders and positions, so that they are unique beyond one home folder; empty in virtual time. */
  readonly idPrefix: string
  readonly market: string
  readonly slots: readonly Slot[]
  /** Terms of the slots that the venue lists and the feed has prices for; the others are shown and never traded. */
  readonly listings: ReadonlyMap<SlotId, SlotListing>
  /** Which strategy trades a slot; a slot that is not there trades nothing. */
  readonly assignments: ReadonlyMap<SlotId, string>
  readonly caps: Caps
  /** Entries are refused on an older price. */
  readonly stalePriceMs: number
  /** Faults in a row after which a version is stopped. */
  readonly faultsInRow: number
  /** A day's realised profit falling this far from its peak freezes deployments until the next UTC day. */
  readonly freezeDrawdown: Usd
  /** Whether a version's successor takes its open positions, or it keeps them until they have settled. */
  readonly handover: Readonly<Record<string, 'handoff' | 'drain'>>
  /** A position whose window ended this long ago without an outcome counts as unsettleable: it is named, and may be voided. */
  readonly unsettledAfterMs: number
  /** How long after its confirmation a fill may still fail; see the venue's capabilities. */
  readonly fateSettlesMs: number
  /** The venue pays resolved positions out by itself; else each window is asked for. */
  readonly redeemsItself: boolean
  /** Closing value is the mean over this many seconds before the end; 0 = the last price. */
  readonly settlementMeanSec: number
}

export const CYCLE_MS = 5_000
