import type { Price, Shares, Usd } from '../shared/domain/money.ts'
import type { Slot, SlotId } from '../shared/domain/slots.ts'

/** The engine's bounds (I12); no deployment can change them. Money in micro-USD. */
export interface Caps {
  readonly stakePerOrder: Usd
  readonly exposurePerWindow: Usd
  readonly exposurePerAsset: Usd
  readonly exposurePerAccount: Usd
  readonly ordersPerMinute: number
  readonly lossPerDay: Usd
}

export interface EngineConfig {
  readonly market: string
  readonly slots: readonly Slot[]
  /** Slots that the feed or the venue does not list: shown, never traded. */
  readonly unlisted: ReadonlySet<SlotId>
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
  /** Closing value is the mean over this many seconds before the end; 0 = the last price. */
  readonly settlementMeanSec: number
  /** Taker fee rate in parts per million. */
  readonly feeRatePpm: number
  readonly minShares: Shares
  readonly minStake: Usd
  readonly coarseTick: Price
}

export const CYCLE_MS = 5_000
