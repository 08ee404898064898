import type { DeploymentId, Owner } from './ids.ts'
import type { Price, Shares, Usd } from './money.ts'
import type { Side, SlotId, WindowId } from './slots.ts'
import type { UnixMs } from './time.ts'

/** What one owner of a trade made of it: the profit of its time, between the marks at which it got and gave it away. */
export interface TradePart {
  readonly owner: Owner
  readonly pnl: Usd
}

/** One position that is over: settled, or sold whole before its window was. */
export interface SettledTrade {
  /** A position's id; `deployment window` for what a shadow would have traded. */
  readonly position: string
  readonly strategy: string
  readonly slot: SlotId
  readonly windowId: WindowId
  readonly side: Side
  readonly openedAt: UnixMs
  readonly settledAt: UnixMs
  /** All that was ever bought, what it cost without fees, and every fee, of exits too. */
  readonly shares: Shares
  readonly cost: Usd
  readonly fees: Usd
  /** After fees. */
  readonly pnl: Usd
  /** Null while the window's outcome is not known: it was sold before. */
  readonly outcome: Side | null
  /** It did not wait for the outcome with anything. */
  readonly sold: boolean
  /** Who decided it, and who owned it at the end: an `Owner`, or any name that trades from elsewhere bear. */
  readonly openedBy: string
  readonly settledUnder: string
  readonly deployment: DeploymentId | null
  readonly regime: string
  readonly market: string
  /** Why it was entered, as the strategy said. */
  readonly why: string
  /** From the decision to the first fill, in milliseconds of the desk's own time. */
  readonly latencyMs: number
  /** Best price of its side when it was decided; null where nobody offered one. */
  readonly quote: Price | null
  /** By owner, in order, if it was ever handed over; their profits add up to its own. Null where it was not. */
  readonly parts: readonly TradePart[] | null
}
