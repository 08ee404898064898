import type { Command, CommandSource } from '../shared/domain/commands.ts'
import type { FeedEvent } from '../shared/domain/feed.ts'
import type { DeploymentId, FillId, OrderId, VersionHash } from '../shared/domain/ids.ts'
import type { Price, Shares, Usd } from '../shared/domain/money.ts'
import type { JournalRecord, Order } from '../shared/domain/records.ts'
import type { SlotId, WindowId } from '../shared/domain/slots.ts'
import type { UnixMs } from '../shared/domain/time.ts'
import type { Approved } from './orders/risk.ts'
import type { SlotDecision, SlotView, StrategyManifest } from './views/view-types.ts'

/** Shares offered or wanted at one price. */
export interface Level {
  readonly price: Price
  readonly shares: Shares
}

/** The book of a window's Up token, best level first; the Down token's is its mirror. */
export interface BookUpdate {
  readonly kind: 'book'
  readonly ts: UnixMs
  readonly slot: SlotId
  readonly windowId: WindowId
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
  /** Price grid of the market. */
  readonly tick: Price
}

/** What the venue says of an order, or the outbox of one on its way there. */
export type OrderReport =
  | { readonly type: 'signed'; readonly digest: string }
  /** Told before the first byte leaves. */
  | { readonly type: 'sent' }
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'delayed' }
  | { readonly type: 'open' }
  | {
      readonly type: 'fill'
      readonly fillId: FillId
      readonly price: Price
      readonly shares: Shares
      readonly cash: Usd
      readonly fee: Usd
    }
  /** All of it was filled. */
  | { readonly type: 'filled' }
  /** Nothing more will be filled; what was filled stands. */
  | { readonly type: 'cancelled' | 'expired'; readonly reason: string }
  | { readonly type: 'rejected'; readonly reason: string }
  | { readonly type: 'unknown'; readonly reason: string }

/** What became of a fill on chain. */
export type FillFate = { readonly type: 'confirmed' } | { readonly type: 'failed'; readonly reason: string }

/** A version that takes over its strategy's slots. */
export interface Swap {
  readonly deployment: DeploymentId
  readonly reason: 'deployment' | 'rollback'
  readonly strategy: string
  readonly version: VersionHash
  readonly label: string
  readonly manifest: StrategyManifest
  /** How far it had come when it was live before; null the first time. */
  readonly before: { readonly firstLiveAt: UnixMs | null; readonly decisions: number; readonly faults: number } | null
  /** Migrated state of each slot, and the revision of the state it was migrated from. */
  readonly states: readonly { readonly slot: SlotId; readonly json: string; readonly fromRevision: number }[]
}

/** A version that takes over a part of its strategy, beside the live one. */
export interface CanaryStart {
  /** States of at least the slots it gets. */
  readonly swap: Swap
  readonly slots: readonly SlotId[]
  /** Of what it wants to stake, this much is staked, in millionths. */
  readonly stakePpm: number
}

/** What the runtime found that must stop entries by itself until it is over; see the event `hold`. */
export type HoldKind = 'clock' | 'journal' | 'settings' | 'reconcile' | 'venue'

/** Everything the engine is ever told, in order. */
export type EngineEvent =
  | FeedEvent
  | BookUpdate
  | {
      readonly kind: 'strike'
      readonly ts: UnixMs
      readonly slot: SlotId
      readonly windowId: WindowId
      readonly strike: number
    }
  | {
      readonly kind: 'settled'
      readonly ts: UnixMs
      readonly slot: SlotId
      readonly windowId: WindowId
      readonly strike: number
      readonly close: number
      readonly payoutUp: Price
      readonly source: string
    }
  | { readonly kind: 'redeemed'; readonly ts: UnixMs; readonly windowId: WindowId }
  /** A condition stands against entries until it is over: `reason` null ends it. Exits and settlement go on. */
  | { readonly kind: 'hold'; readonly ts: UnixMs; readonly about: HoldKind; readonly reason: string | null }
  /** `slots` null: the regular pass over all; else the extra one some strategy asked for. */
  | { readonly kind: 'cycle'; readonly ts: UnixMs; readonly count: number; readonly slots: readonly SlotId[] | null }
  | {
      readonly kind: 'decisions'
      readonly ts: UnixMs
      readonly version: VersionHash
      readonly epoch: number
      readonly cycle: number
      readonly decisions: readonly SlotDecision[]
      /** No slot of the batch faulted. */
      readonly clean: boolean
    }
  /** `fatal`: the version can no longer be asked (deadline, memory, crash). */
  | {
      readonly kind: 'fault'
      readonly ts: UnixMs
      readonly version: VersionHash
      readonly slot: SlotId | null
      readonly fatal: boolean
      readonly message: string
    }
  | { readonly kind: 'order'; readonly ts: UnixMs; readonly orderId: OrderId; readonly report: OrderReport }
  | {
      readonly kind: 'fill'
      readonly ts: UnixMs
      readonly orderId: OrderId
      readonly fillId: FillId
      readonly fate: FillFate
    }
  | { readonly kind: 'command'; readonly ts: UnixMs; readonly source: CommandSource; readonly command: Command }
  | { readonly kind: 'swap'; readonly ts: UnixMs; readonly swap: Swap }
  | { readonly kind: 'canary'; readonly ts: UnixMs; readonly start: CanaryStart }
  /** The canary of a strategy is given up. */
  | { readonly kind: 'endCanary'; readonly ts: UnixMs; readonly strategy: string; readonly why: string }
  /** First states of slots that a resumed version has none for: new in the configuration, or another strategy's before. */
  | {
      readonly kind: 'adopt'
      readonly ts: UnixMs
      readonly states: readonly { readonly slot: SlotId; readonly json: string }[]
    }
  /** Versions are up as far as they can be: what belongs to none of them is the desk's. */
  | { readonly kind: 'begin'; readonly ts: UnixMs }
  /** Paper money, or what the wallet held at the start. */
  | { readonly kind: 'deposit'; readonly ts: UnixMs; readonly amount: Usd }

/** Everything the engine ever asks for. The runtime does these in order. */
export type Effect =
  | { readonly kind: 'record'; readonly record: JournalRecord }
  | {
      readonly kind: 'evaluate'
      readonly version: VersionHash
      readonly epoch: number
      readonly cycle: number
      readonly views: readonly SlotView[]
    }
  /** The order's intent is among the records before it; it may leave once those are durable. */
  | { readonly kind: 'place'; readonly order: Approved<Order> }
  | { readonly kind: 'cancel'; readonly orderId: OrderId }
  /** A position of this window is resolved and the venue does not pay by itself: its payout is to be fetched. */
  | { readonly kind: 'redeem'; readonly windowId: WindowId }
