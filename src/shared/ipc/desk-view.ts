import type { TradeRecord } from '../attribution/records.ts'
import type { DeploymentRow, PolicyOverride } from '../domain/deployments.ts'
import type { OrderId, Owner, PositionId } from '../domain/ids.ts'
import type { DeploysState, OrderState, PositionState, TradingState, VersionState } from '../domain/lifecycles.ts'
import type { FeedKind, Market } from '../domain/market.ts'
import type { Price, Shares, Usd } from '../domain/money.ts'
import type { EventKind } from '../domain/records.ts'
import type { Asset, Side, SlotId, Timeframe, WindowId } from '../domain/slots.ts'
import type { OwnerRef, VersionRef } from '../domain/versions.ts'

/** Slots that are to trade and in which nothing can be decided now. */
export interface SlotOutage {
  /** A fault stopped the version, none of the strategy is live, or prices are missing or old. */
  readonly kind: 'faulted' | 'no-version' | 'no-prices'
  /** Null where prices are missing. */
  readonly strategy: string | null
  /** The version that was stopped. */
  readonly version: VersionRef | null
  readonly slots: readonly SlotId[]
  readonly reason: string
}

export interface DeskStatus {
  readonly market: Market
  readonly feed: FeedKind
  /** Sentences that must stay in sight: SIMULATED prices, interpolated path, estimated settlement. */
  readonly notices: readonly string[]
  readonly trading: TradingState
  /** Why trading is paused or killed; absent while it runs. */
  readonly tradingReason: string | null
  /** What is wrong now and concerns the desk as a whole, in sentences, the gravest first; empty when all is well. */
  readonly alerts: readonly string[]
  /** Empty while every slot that is to trade can decide. */
  readonly outages: readonly SlotOutage[]
  readonly deploys: DeploysState
  readonly deploysReason: string | null
  readonly deploysUntil: number | null
  readonly cycle: { readonly count: number; readonly lastMs: number; readonly missed: number; readonly at: number }
  /** The desk's own time: real, or the virtual time of a run. */
  readonly now: number
  /** Virtual seconds a real second; null = as fast as it goes. */
  readonly speed: number | null
  readonly startedAt: number
  readonly pnlToday: Usd
  readonly feesToday: Usd
  readonly atStake: Usd
  readonly stakeCap: Usd
  readonly cash: Usd
  readonly lockedPayouts: Usd
  readonly ledgerBalanced: boolean
  readonly feedConnected: boolean
  readonly homeFolder: string
}

export interface Quote {
  readonly bid: Price | null
  readonly ask: Price | null
  readonly bidShares: Shares
  readonly askShares: Shares
}

export interface SlotPosition {
  readonly id: PositionId
  readonly side: Side
  readonly shares: Shares
  readonly cost: Usd
  /** Value at the mark; null when there is nothing to mark it by. */
  readonly markValue: Usd | null
  readonly state: PositionState
  /** Its window ended long ago and prices for its outcome are missing: it may be voided by hand. */
  readonly unsettleable: boolean
  /** `desk` or a version's hash. */
  readonly owner: Owner
  readonly ownerLabel: string
  readonly openedByLabel: string
}

export type SlotStatus = 'live' | 'warming' | 'stale' | 'paused' | 'faulted' | 'unassigned' | 'unlisted'

export interface SlotRow {
  readonly slot: SlotId
  readonly asset: Asset
  readonly timeframe: Timeframe
  readonly status: SlotStatus
  readonly statusReason: string | null
  readonly windowId: WindowId
  readonly windowStart: number
  readonly windowEnd: number
  /** The settlement source's price at the start, once reported. */
  readonly strike: number | null
  readonly strikeIsEstimate: boolean
  readonly spot: number | null
  readonly spotAt: number | null
  /** ln(spot / strike) in basis points; null without both. */
  readonly moveBp: number | null
  readonly up: Quote
  readonly down: Quote
  /** Price grid of the market now. */
  readonly tick: Price
  readonly position: SlotPosition | null
  /** Of earlier windows whose outcome is awaited, oldest first. */
  readonly awaiting: readonly SlotPosition[]
  readonly openOrders: number
  readonly unknownOrders: number
  readonly strategy: string | null
  readonly version: VersionRef | null
  /** Why the last decision held, entered or exited, or why the engine refused it. */
  readonly lastWhy: string | null
  readonly lastDecisionAt: number | null
  readonly regime: string | null
}

export interface VersionRow extends VersionRef {
  readonly state: VersionState
  /** A deployment of it was kept: only then can it be rolled back to. */
  readonly kept: boolean
  /** It is what a rollback that names no version brings back. */
  readonly isBefore: boolean
  readonly firstLiveAt: number | null
  /** Of the trades that it opened and kept to their end: the same figures as in its attribution. */
  readonly own: {
    readonly trades: number
    readonly wins: number
    /** wins / trades; null without a trade. */
    readonly winRate: number | null
    /** Mean cost of a share with its fees; null without a trade. */
    readonly breakEven: number | null
    readonly pnl: Usd
  }
  /** Trades that it opened or took over and that changed their owner, with its part of their profit. */
  readonly handed: { readonly trades: number; readonly pnl: Usd }
  /** Trades that it opened, whoever had them at their end, and all that came of them. */
  readonly trades: number
  readonly wins: number
  readonly pnl: Usd
  readonly fees: Usd
  readonly openPositions: number
  readonly decisions: number
  readonly faults: number
  /** Rules that people overrode to make it live, oldest first. */
  readonly overrides: readonly PolicyOverride[]
}

export interface OrderRow {
  readonly id: OrderId
  readonly slot: SlotId
  readonly windowId: WindowId
  readonly kind: 'enter' | 'exit'
  readonly side: Side
  readonly state: OrderState
  readonly limit: Price
  readonly stake: Usd
  readonly filledShares: Shares
  /** Of these, what the chain refused: it was moved back. */
  readonly failedShares: Shares
  readonly filledCost: Usd
  readonly fee: Usd
  readonly version: VersionRef | null
  readonly owner: Owner
  readonly why: string
  readonly createdAt: number
}

export interface TradeRow {
  readonly positionId: PositionId
  readonly slot: SlotId
  readonly windowId: WindowId
  readonly side: Side
  readonly shares: Shares
  readonly cost: Usd
  readonly fees: Usd
  readonly payout: Usd | null
  readonly pnl: Usd | null
  readonly state: PositionState
  readonly outcome: Side | null
  readonly openedAt: number
  readonly settledAt: number | null
  readonly openedBy: OwnerRef
  readonly ownedBy: Owner
  readonly ownerLabel: string
  readonly regime: string
}

export interface EventRow {
  readonly seq: number
  readonly ts: number
  readonly level: 'info' | 'warn' | 'error'
  readonly kind: EventKind
  readonly slot: SlotId | null
  readonly message: string
}

/** A version's record, or a part of it, as the desk shows it. */
export interface AttributionRow extends TradeRecord {
  /** Null where it is not grouped by version, and for the desk itself. */
  readonly version: VersionRef | null
  readonly life: {
    readonly entries: number
    readonly filled: number
    readonly missed: number
    readonly fillRate: number | null
    readonly liveMs: number
    readonly decisions: number
    readonly faults: number
  } | null
  /** What the record says, in plain words. */
  readonly sentence: string
}

export interface DeskSnapshot {
  readonly status: DeskStatus
  readonly slots: readonly SlotRow[]
  readonly versions: readonly VersionRow[]
  /** Newest first, at most 50. */
  readonly deployments: readonly DeploymentRow[]
  /** Newest first, at most 200. */
  readonly events: readonly EventRow[]
}
