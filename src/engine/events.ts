import type { Command, CommandSource } from '../shared/domain/commands.ts'
import type { FeedEvent } from '../shared/domain/feed.ts'
import type { DeploymentId, FillId, OrderId, VersionHash } from '../shared/domain/ids.ts'
import type { Price, Shares, Usd } from '../shared/domain/money.ts'
import type { JournalRecord, Order } from '../shared/domain/records.ts'
import type { SlotId, WindowId } from '../shared/domain/slots.ts'
import type { UnixMs } from '../shared/domain/time.ts'
import type { Approved } from './orders/risk.ts'
import type { SlotDecision, SlotView, StrategyManifest } from './views/view-types.ts'

/** One price level of a book. */
export interface Level {
  readonly price: Price
  readonly shares: Shares
}

/** Book of a window's Up token, best level first; the Down token's book is its mirror. */
export interface BookUpdate {
  readonly kind: 'book'
  readonly ts: UnixMs
  readonly slot: SlotId
  readonly windowId: WindowId
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
  /** Price step of this window. */
  readonly tick: Price
}

/** Progress of an order, reported by the venue, or by the outbox before the order reaches it. */
export type OrderReport =
  | { readonly type: 'signed'; readonly digest: string }
  /** Journaled before the first byte is sent. */
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
  /** Completely filled. */
  | { readonly type: 'filled' }
  /** No further fills; earlier ones remain valid. */
  | { readonly type: 'cancelled' | 'expired'; readonly reason: string }
  | { readonly type: 'rejected'; readonly reason: string }
  | { readonly type: 'unknown'; readonly reason: string }

/** On-chain result of a fill. */
export type FillFate = { readonly type: 'confirmed' } | { readonly type: 'failed'; readonly reason: string }

/** Makes a version live for its strategy. */
export interface Swap {
  readonly deployment: DeploymentId
  readonly reason: 'deployment' | 'rollback'
  readonly strategy: string
  readonly version: VersionHash
  readonly label: string
  readonly manifest: StrategyManifest
  /** Counters from when the version was live before; null the first time. */
  readonly before: { readonly firstLiveAt: UnixMs | null; readonly decisions: number; readonly faults: number } | null
  /** Migrated state of each slot, and the revision of the state it was migrated from. */
  readonly states: readonly { readonly slot: SlotId; readonly json: string; readonly fromRevision: number }[]
}

/** Starts a canary beside the live version. */
export interface CanaryStart {
  /** Its states cover at least `slots`. */
  readonly swap: Swap
  readonly slots: readonly SlotId[]
  /** Part of the requested stake that is used, in millionths. */
  readonly stakePpm: number
}

/** Condition found by the runtime that blocks entries while it lasts; see the event `hold`. */
export type HoldKind = 'clock' | 'journal' | 'settings' | 'reconcile' | 'venue'

/** Every input of the engine, in order. */
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
  /** Sets a hold on entries; `reason` null ends it. Exits and settlement continue. */
  | { readonly kind: 'hold'; readonly ts: UnixMs; readonly about: HoldKind; readonly reason: string | null }
  /** `slots` null: a regular cycle over all slots; otherwise a wake-up cycle of these. */
  | { readonly kind: 'cycle'; readonly ts: UnixMs; readonly count: number; readonly slots: readonly SlotId[] | null }
  | {
      readonly kind: 'decisions'
      readonly ts: UnixMs
      readonly version: VersionHash
      readonly epoch: number
      readonly cycle: number
      readonly decisions: readonly SlotDecision[]
      /** True when no slot of the batch faulted. */
      readonly clean: boolean
    }
  /** `fatal`: the version can no longer be evaluated (deadline, memory, crash). */
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
  /** Ends the canary of a strategy. */
  | { readonly kind: 'endCanary'; readonly ts: UnixMs; readonly strategy: string; readonly why: string }
  /** Initial states of slots for which a resumed version has none: newly configured, or assigned to another strategy before. */
  | {
      readonly kind: 'adopt'
      readonly ts: UnixMs
      readonly states: readonly { readonly slot: SlotId; readonly json: string }[]
    }
  /** All loadable versions are running: the desk takes over whatever belongs to the others. */
  | { readonly kind: 'begin'; readonly ts: UnixMs }
  /** Paper money, or the wallet's balance at the start. */
  | { readonly kind: 'deposit'; readonly ts: UnixMs; readonly amount: Usd }

/** Every output of the engine. The runtime performs them in order. */
export type Effect =
  | { readonly kind: 'record'; readonly record: JournalRecord }
  | {
      readonly kind: 'evaluate'
      readonly version: VersionHash
      readonly epoch: number
      readonly cycle: number
      readonly views: readonly SlotView[]
    }
  /** The order's intent is among the preceding records; the order may be sent once they are durable. */
  | { readonly kind: 'place'; readonly order: Approved<Order> }
  | { readonly kind: 'cancel'; readonly orderId: OrderId }
  /** A position of this window is resolved and the venue does not redeem by itself: request the payout. */
  | { readonly kind: 'redeem'; readonly windowId: WindowId }
