import type { DeploymentId, Owner } from './ids.ts'
import type { Price, Shares, Usd } from './money.ts'
import type { Side, SlotId, WindowId } from './slots.ts'
import type { UnixMs } from './time.ts'

/** One owner's part of a trade's profit, between the marks at which it took the trade over and handed it on. */
export interface TradePart {
  readonly owner: Owner
  readonly pnl: Usd
}

/** A finished position: settled, or completely sold earlier. */
export interface SettledTrade {
  /** Position id; `deployment window` for a shadow's trade. */
  readonly position: string
  readonly strategy: string
  readonly slot: SlotId
  readonly windowId: WindowId
  readonly side: Side
  readonly openedAt: UnixMs
  readonly settledAt: UnixMs
  /** All shares bought; `cost` excludes fees, `fees` includes those of exits. */
  readonly shares: Shares
  readonly cost: Usd
  readonly fees: Usd
  /** After fees. */
  readonly pnl: Usd
  /** Null when it was sold before the window's outcome was known. */
  readonly outcome: Side | null
  /** True when no shares were held to the outcome. */
  readonly sold: boolean
  /** Version that decided the entry: an `Owner`, or any name if the trade was made elsewhere. */
  readonly openedBy: string
  /** Owner at the end. */
  readonly settledUnder: string
  readonly deployment: DeploymentId | null
  readonly regime: string
  readonly market: string
  /** The strategy's reason for the entry. */
  readonly why: string
  /** Time from the decision to the first fill, ms of desk time. */
  readonly latencyMs: number
  /** Best ask at the decision; null without one. */
  readonly quote: Price | null
  /** Parts by owner, in order, which add up to its profit; null if it was never handed over. */
  readonly parts: readonly TradePart[] | null
}
