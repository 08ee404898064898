import type { Candle } from './feed.ts'
import type { DeploymentId, FillId, OrderId, Owner, PositionId, VersionHash } from './ids.ts'
import type { IntentRefusal } from './intent-refusals.ts'
import type { FillState, OrderState, PositionState, TradingState, VersionState } from './lifecycles.ts'
import type { Price, Shares, Usd } from './money.ts'
import type { Setting } from './settings.ts'
import type { Asset, CandleFrame, Side, SlotId, WindowId } from './slots.ts'
import type { UnixMs } from './time.ts'

export type TimeInForce = 'FAK' | 'FOK' | 'GTC' | 'GTD'

/** Attribution tags of every trade, order and fill (I6). */
export interface Tags {
  readonly version: VersionHash | 'desk'
  readonly deployment: DeploymentId | null
  readonly regime: string
  readonly market: string
}

export interface Order extends Tags {
  readonly id: OrderId
  readonly createdAt: UnixMs
  readonly cycle: number
  readonly slot: SlotId
  readonly windowId: WindowId
  readonly windowEnd: UnixMs
  readonly kind: 'enter' | 'exit'
  readonly side: Side
  readonly tif: TimeInForce
  readonly postOnly: boolean
  readonly expiresAt: UnixMs | null
  /** Worst acceptable price per share. */
  readonly limit: Price
  /** Enter: cash to spend, fee not included. Exit: 0. */
  readonly stake: Usd
  /** Exit: shares to sell. Enter: 0, since the stake determines them. */
  readonly quantity: Shares
  /** Cash reserved while the order is open: stake and highest possible fee. */
  readonly reserve: Usd
  readonly positionId: PositionId | null
  readonly why: string
  /** Best ask (enter) or bid (exit) at the decision; null without one. */
  readonly quote: Price | null
  state: OrderState
  owner: Owner
  digest: string | null
  /** Shares of all fills, including those that failed later; likewise cost and fee. */
  filledShares: Shares
  filledCost: Usd
  fee: Usd
  reason: string | null
  updatedAt: UnixMs
}

/** One match of an order. Its fate is independent of the order's state and of its other fills. */
export interface Fill extends Tags {
  readonly id: FillId
  readonly orderId: OrderId
  readonly positionId: PositionId
  readonly ts: UnixMs
  readonly kind: 'enter' | 'exit'
  readonly price: Price
  readonly shares: Shares
  readonly cash: Usd
  readonly fee: Usd
  /** Exit: cost of the shares sold, restored if the fill fails. Enter: 0. */
  readonly costSold: Usd
  state: FillState
  /** Time of its confirmation or failure; null before. */
  fateAt: UnixMs | null
  /** Why it failed. */
  reason: string | null
}

export interface Position extends Tags {
  readonly id: PositionId
  readonly slot: SlotId
  readonly windowId: WindowId
  readonly windowEnd: UnixMs
  readonly side: Side
  readonly openedAt: UnixMs
  readonly openedBy: Owner
  ownedBy: Owner
  state: PositionState
  /** Shares held now. */
  shares: Shares
  /** Cost of the held shares, fees not included. */
  cost: Usd
  /** Cost of all shares ever bought. */
  boughtCost: Usd
  boughtShares: Shares
  fees: Usd
  /** Proceeds of exits minus the cost of the sold shares. */
  realised: Usd
  payout: Usd | null
  settledAt: UnixMs | null
}

export interface Settlement {
  readonly windowId: WindowId
  readonly slot: SlotId
  readonly ts: UnixMs
  readonly strike: number
  readonly close: number
  /** What one Up share paid. */
  readonly payoutUp: Price
  readonly market: string
  /** Name of the settlement source or of its substitute, such as `simulated`. */
  readonly source: string
  /** Regime of the slot at the start of the window; null with too few candles. */
  readonly regime: string | null
}

/**
 * Why something changed its owner. `unloadable`: its version cannot be loaded; `close`: the desk sells it on a person's
 * command; `dismissal`: returned by a canary to the live version; `reversal`: its sale has failed on chain.
 */
export const HANDOFF_REASONS = [
  'deployment',
  'rollback',
  'fault',
  'kill',
  'unloadable',
  'close',
  'dismissal',
  'reversal',
] as const

export interface Handoff {
  readonly ts: UnixMs
  readonly deployment: DeploymentId | null
  readonly reason: (typeof HANDOFF_REASONS)[number]
  readonly subject: 'position' | 'order'
  readonly subjectId: PositionId | OrderId
  readonly from: Owner
  readonly to: Owner
  readonly mark: Price | null
  readonly markSource: 'bid' | 'mid' | 'estimate' | null
}

/** One movement of money; the account is the sum of all entries (I10). */
export interface LedgerEntry {
  readonly ts: UnixMs
  readonly kind: 'deposit' | 'buy' | 'sell' | 'resolve' | 'redeem' | 'reverse' | 'void'
  readonly ref: string
  readonly cash: Usd
  readonly cost: Usd
  readonly locked: Usd
  readonly deposit: Usd
  readonly realised: Usd
  readonly fee: Usd
  /** Cost written off by hand for an unsettleable window; not part of any version's figures. */
  readonly voided: Usd
}

/** Kinds of events. Code distinguishes events by kind and cause, never by message. */
export const EVENT_KINDS = [
  'alarm',
  'cap',
  'clock',
  'command',
  'deployment',
  'desk',
  'fault',
  'feed',
  'frozen',
  'halt',
  'hold',
  'kill',
  'last-end',
  'late',
  'order',
  'owner',
  'refused',
  'rejected',
  'resumed',
  'reversed',
  'stopped',
  'unfilled',
  'unfrozen',
  'unknown',
  'unsettleable',
  'venue',
] as const
export type EventKind = (typeof EVENT_KINDS)[number]

/** What an event reports, for code: kinds whose events have several causes, and refused intents. */
export type EventCause =
  | IntentRefusal
  /** The failed fill was taken out of the books. */
  | { readonly code: 'fill-reversed'; readonly fill: FillId; readonly order: OrderId }
  /** The failed fill cannot be taken out of the books; `enteredBy`: the later position or entry of its window. */
  | { readonly code: 'position-closed'; readonly fill: FillId }
  | { readonly code: 'entered-again'; readonly fill: FillId; readonly enteredBy: PositionId | OrderId }
  /** The day's fall of the profit from its highest value; it froze deployments. */
  | { readonly code: 'daily-drawdown'; readonly drawdown: Usd; readonly limit: Usd }
  /** Reports for an order that is final or unknown. */
  | { readonly code: 'unmatched-fill'; readonly fill: FillId; readonly order: OrderId }
  | { readonly code: 'unmatched-report'; readonly report: string; readonly order: OrderId }

export interface DeskEvent {
  readonly ts: UnixMs
  readonly level: 'info' | 'warn' | 'error'
  readonly kind: EventKind
  readonly slot: SlotId | null
  readonly version: VersionHash | null
  readonly deployment: DeploymentId | null
  readonly regime: string | null
  readonly market: string
  /** In words, for people. */
  readonly message: string
  /** `fault`: message of the strategy's error. */
  readonly detail: string | null
  /** In memory only: the journal stores the message. */
  readonly cause?: EventCause
}

/** Results of a version since it last became live, limited to what it opened under that deployment. */
export interface Tenure {
  since: UnixMs
  /** Settled windows of its slots that started under it. */
  windows: number
  /** Settled trades; `pnl` is their profit after fees, `peak` its maximum, `drawdown` its largest fall from a peak. */
  trades: number
  wins: number
  pnl: Usd
  peak: Usd
  drawdown: Usd
  faults: number
  late: number
  rejected: number
  /** Consecutive losing trades of its strategy, whichever version opened them; `lastLossAt`: when the last one settled. */
  lossesInRow: number
  lastLossAt: UnixMs | null
  /** When a winning trade last ended such a run. */
  lastWinAt: UnixMs | null
}

export interface VersionProgress {
  readonly hash: VersionHash
  readonly state: VersionState
  readonly firstLiveAt: UnixMs | null
  readonly decisions: number
  readonly faults: number
  /** Null before it was ever live. */
  readonly tenure: Tenure | null
}

/** Every record that the engine journals. */
export type JournalRecord =
  | { readonly t: 'intent'; readonly order: Order }
  | { readonly t: 'order'; readonly order: Order }
  /** A new fill, in state `matched`, or the changed state of one. */
  | { readonly t: 'fill'; readonly fill: Fill }
  /** `reopened`: it was closed, and one of its fills has failed since. */
  | { readonly t: 'position'; readonly position: Position; readonly reopened?: true }
  | { readonly t: 'settlement'; readonly settlement: Settlement }
  /** A window's payout: last request, number of requests, and when it was paid if it could not be booked yet. */
  | {
      readonly t: 'redemption'
      readonly windowId: WindowId
      readonly askedAt: UnixMs | null
      readonly times: number
      readonly paidAt: UnixMs | null
    }
  | { readonly t: 'handoff'; readonly handoff: Handoff }
  | { readonly t: 'ledger'; readonly entry: LedgerEntry }
  | { readonly t: 'event'; readonly event: DeskEvent }
  | { readonly t: 'version'; readonly progress: VersionProgress }
  | {
      readonly t: 'live'
      readonly strategy: string
      readonly version: VersionHash | null
      readonly deployment: DeploymentId | null
    }
  /** `draining`: the state that a residual version retains for a slot. */
  | {
      readonly t: 'state' | 'draining'
      readonly slot: SlotId
      readonly strategy: string
      readonly version: VersionHash
      readonly revision: number
      readonly json: string
    }
  | {
      readonly t: 'trading'
      readonly state: TradingState
      readonly reason: string | null
      readonly until: UnixMs | null
      readonly flatten: boolean
    }
  /** `reason` null ends the pause. */
  | { readonly t: 'pause'; readonly of: 'slot' | 'strategy'; readonly name: string; readonly reason: string | null }
  | { readonly t: 'setting'; readonly setting: Setting }
  | { readonly t: 'freeze'; readonly reason: string | null; readonly until: UnixMs | null }
  | { readonly t: 'candle'; readonly asset: Asset; readonly frame: CandleFrame; readonly candle: Candle }
