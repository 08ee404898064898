import type { Candle } from './feed.ts'
import type { DeploymentId, FillId, OrderId, Owner, PositionId, VersionHash } from './ids.ts'
import type { FillState, OrderState, PositionState, TradingState, VersionState } from './lifecycles.ts'
import type { Price, Shares, Usd } from './money.ts'
import type { Setting } from './settings.ts'
import type { Asset, CandleFrame, Side, SlotId, WindowId } from './slots.ts'
import type { UnixMs } from './time.ts'

export type TimeInForce = 'FAK' | 'FOK' | 'GTC' | 'GTD'

/** What every trade, order and fill carries (I6). */
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
  /** Worst price a share. */
  readonly limit: Price
  /** Enter: cash to spend, fee not included. Exit: 0. */
  readonly stake: Usd
  /** Exit: shares to sell. Enter: 0, the price decides. */
  readonly quantity: Shares
  /** Cash held back while it is open: stake and the dearest possible fee. */
  readonly reserve: Usd
  readonly positionId: PositionId | null
  readonly why: string
  /** Best price of its side when it was decided, to be bought or sold at; null where nobody offered one. */
  readonly quote: Price | null
  state: OrderState
  owner: Owner
  digest: string | null
  /** Sums over all of its fills, those that failed later included. */
  filledShares: Shares
  filledCost: Usd
  fee: Usd
  reason: string | null
  updatedAt: UnixMs
}

/** One match of an order, by the venue's id; its fate is its own, apart from that of the order and of its other fills. */
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
  /** Exit: cost of the shares sold, which a failure puts back. Enter: 0. */
  readonly costSold: Usd
  state: FillState
  /** When it was last confirmed or failed; null while neither is known. */
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
  /** What the held shares cost, fees not included. */
  cost: Usd
  /** All ever bought, for figures after a partial exit. */
  boughtCost: Usd
  boughtShares: Shares
  fees: Usd
  /** Proceeds of exits less the cost of what was sold. */
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
  /** `simulated` or what stands in for the venue's own source. */
  readonly source: string
  /** Of the slot as its window began; null while there were too few candles to tell. */
  readonly regime: string | null
}

export interface Handoff {
  readonly ts: UnixMs
  readonly deployment: DeploymentId | null
  /**
   * `unloadable`: its version cannot be loaded any more; `close`: a person has the desk sell it; `dismissal`: a canary gives
   * it back to the version it stood beside; `reversal`: it counted as sold, and the sale has failed since.
   */
  readonly reason: 'deployment' | 'rollback' | 'fault' | 'kill' | 'unloadable' | 'close' | 'dismissal' | 'reversal'
  readonly subject: 'position' | 'order'
  readonly subjectId: PositionId | OrderId
  readonly from: Owner
  readonly to: Owner
  readonly mark: Price | null
  readonly markSource: 'bid' | 'mid' | 'estimate' | null
}

/** One movement of money; the sums of all rows are the account (I10). */
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
  /** Cost written off by hand because its window can never be settled; in no figure of any version. */
  readonly voided: Usd
}

/** What an event is about; code tells events apart by this alone, never by their words. */
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
  /** `fault`: what the strategy's own error said. */
  readonly detail: string | null
}

/** What a version has come to since it was last made live: what it opened under that deployment, and no other. */
export interface Tenure {
  since: UnixMs
  /** Windows of its slots that began under it and have settled. */
  windows: number
  /** Trades settled, wins among them, their profit after fees, and its deepest fall from a peak. */
  trades: number
  wins: number
  pnl: Usd
  peak: Usd
  drawdown: Usd
  faults: number
  late: number
  rejected: number
  /** Losing trades of its strategy in a row, whichever version opened them, and when the last of them settled. */
  lossesInRow: number
  lastLossAt: UnixMs | null
  /** When a trade of its strategy last ended such a run. */
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

/** Everything the engine asks to be written down. */
export type JournalRecord =
  | { readonly t: 'intent'; readonly order: Order }
  | { readonly t: 'order'; readonly order: Order }
  /** A new fill, in state `matched`, or the changed state of one. */
  | { readonly t: 'fill'; readonly fill: Fill }
  /** `reopened`: it counted as over, and a fill of it has failed since. */
  | { readonly t: 'position'; readonly position: Position; readonly reopened?: true }
  | { readonly t: 'settlement'; readonly settlement: Settlement }
  /** A window's payout: when it was last asked for, how often, and when it was told as paid before it could be booked. */
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
  /** `draining`: a copy that an outgoing version keeps of the slots it still manages. */
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
  /** `reason` null: the pause is over. */
  | { readonly t: 'pause'; readonly of: 'slot' | 'strategy'; readonly name: string; readonly reason: string | null }
  | { readonly t: 'setting'; readonly setting: Setting }
  | { readonly t: 'freeze'; readonly reason: string | null; readonly until: UnixMs | null }
  | { readonly t: 'candle'; readonly asset: Asset; readonly frame: CandleFrame; readonly candle: Candle }
