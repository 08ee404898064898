import type { TradeRecord } from '../attribution/records.ts'
import type { DeploymentRow, PolicyOverride, SourcePlace } from '../domain/deployments.ts'
import type { OrderId, Owner, PositionId } from '../domain/ids.ts'
import type { DeploysState, OrderState, PositionState, TradingState, VersionState } from '../domain/lifecycles.ts'
import type { FeedKind, Market } from '../domain/market.ts'
import type { Price, Shares, Usd } from '../domain/money.ts'
import type { EventKind } from '../domain/records.ts'
import type { Asset, Side, SlotId, Timeframe, WindowId } from '../domain/slots.ts'
import type { OwnerRef, VersionRef } from '../domain/versions.ts'

/** Slots that should trade but cannot be evaluated now. */
export interface SlotOutage {
  /** The version was stopped by a fault, the strategy has no live version, or prices are missing or outdated. */
  readonly kind: 'faulted' | 'no-version' | 'no-prices'
  /** Null when prices are missing. */
  readonly strategy: string | null
  /** The version that was stopped. */
  readonly version: VersionRef | null
  readonly slots: readonly SlotId[]
  readonly reason: string
  /** Where in the source the cause lies; null when it lies elsewhere. */
  readonly place: SourcePlace | null
}

export interface DeskStatus {
  readonly market: Market
  readonly feed: FeedKind
  /** Notices to display permanently: SIMULATED prices, interpolated path, estimated settlement. */
  readonly notices: readonly string[]
  readonly trading: TradingState
  /** Why trading is paused or killed; null while it runs. */
  readonly tradingReason: string | null
  /** True when trading is paused by a condition that ends by itself; the alerts name it. */
  readonly pausedByHold: boolean
  /** Current problems of the whole desk in words, most severe first. */
  readonly alerts: readonly string[]
  /** Empty while every slot that should trade can be evaluated. */
  readonly outages: readonly SlotOutage[]
  readonly deploys: DeploysState
  readonly deploysReason: string | null
  readonly deploysUntil: number | null
  readonly cycle: { readonly count: number; readonly lastMs: number; readonly missed: number; readonly at: number }
  /** Desk time: real, or the virtual time of a run. */
  readonly now: number
  /** Virtual seconds per real second; null = as fast as possible. */
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
  /** Value at the mark; null without one. */
  readonly markValue: Usd | null
  readonly state: PositionState
  /** True when its window ended long ago without an outcome, so that it may be voided. */
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
  /** Current price step of the window. */
  readonly tick: Price
  readonly position: SlotPosition | null
  /** Positions of earlier windows without an outcome yet, oldest first. */
  readonly awaiting: readonly SlotPosition[]
  readonly openOrders: number
  readonly unknownOrders: number
  readonly strategy: string | null
  readonly version: VersionRef | null
  /** Why the last decision held, entered or exited, or why the engine refused it. */
  readonly lastWhy: string | null
  readonly lastDecisionAt: number | null
  readonly regime: string | null
  /** State of its real book and strike; null on simulated books. */
  readonly source: SlotSource | null
}

/** Where a slot's strike and book come from, and how far they can be trusted. */
export interface SlotSource {
  /** Name of the source of the strike; null while the strike is unknown. */
  readonly strike: string | null
  /** Time since the last frame of the book in whole seconds; null before the first. */
  readonly bookAgeSec: number | null
  /** `verified`: checksums of the book and of its changes agree; `book only`: those of its changes are not known to. */
  readonly checksum: 'verified' | 'book only' | 'none'
}

export interface VersionRow extends VersionRef {
  readonly state: VersionState
  /** True when a deployment of it was kept; only then can it be rolled back to. */
  readonly kept: boolean
  /** True for the target of a rollback without a named version. */
  readonly isBefore: boolean
  readonly firstLiveAt: number | null
  /** Trades that it opened and owned to their end; same figures as in its attribution. */
  readonly own: {
    readonly trades: number
    readonly wins: number
    /** wins / trades; null without a trade. */
    readonly winRate: number | null
    /** Mean cost of a share with fees; null without a trade. */
    readonly breakEven: number | null
    readonly pnl: Usd
  }
  /** Trades it opened or took over that changed owner, with its part of their profit. */
  readonly handed: { readonly trades: number; readonly pnl: Usd }
  /** All trades that it opened, whoever owned them at their end, with their whole profit. */
  readonly trades: number
  readonly wins: number
  readonly pnl: Usd
  readonly fees: Usd
  readonly openPositions: number
  readonly decisions: number
  readonly faults: number
  /** Overrides under which it went live, oldest first. */
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
  /** Filled shares whose fills failed on chain and were reversed. */
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

/** A version's record, or a part of it, for display. */
export interface AttributionRow extends TradeRecord {
  /** Null when not grouped by version, and for the desk itself. */
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
  /** Summary of the record in words. */
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
