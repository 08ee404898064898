import type { FillId, OrderId, PositionId } from './ids.ts'
import type { OrderState, PositionState } from './lifecycles.ts'
import type { Price, Shares, Usd } from './money.ts'
import type { Asset, Side, SlotId } from './slots.ts'

/** Why the engine refuses an intent of a strategy, with the facts; `engine/orders/refusal-text.ts` puts it into words. */
export type IntentRefusal =
  | { readonly code: 'killed'; readonly intent: 'enter' | 'exit'; readonly why: string }
  | { readonly code: 'paused' | 'held' | 'feed-down'; readonly why: string }
  | { readonly code: 'slot-paused'; readonly slot: SlotId; readonly why: string }
  | { readonly code: 'strategy-paused'; readonly strategy: string; readonly why: string }
  | { readonly code: 'no-strike' | 'unlisted'; readonly slot: SlotId }
  | { readonly code: 'stale-price'; readonly asset: Asset; readonly ageMs: number; readonly maxAgeMs: number }
  | { readonly code: 'no-book'; readonly side: Side }
  | { readonly code: 'window-over' }
  | { readonly code: 'second-entry'; readonly position: PositionId; readonly state: PositionState }
  | { readonly code: 'second-entry'; readonly order: OrderId; readonly state: OrderState }
  /** The fill may still fail. */
  | { readonly code: 'second-entry' | 'order-open'; readonly fill: FillId }
  | { readonly code: 'order-open'; readonly order: OrderId }
  /** `wanted` null: the window has no open position at all. */
  | { readonly code: 'no-position'; readonly wanted: Shares | null; readonly held: Shares }
  | { readonly code: 'not-owner'; readonly position: PositionId }
  | { readonly code: 'not-owner' | 'no-order'; readonly order: string }
  /** `tick` null: the limit is no price at all; else it is outside the grid of this price step. */
  | { readonly code: 'bad-limit'; readonly limit: number; readonly tick: Price | null }
  | { readonly code: 'bad-intent'; readonly field: 'stakeUsd'; readonly value: number }
  | { readonly code: 'bad-intent'; readonly field: 'postOnly' | 'expiresInSec' }
  | { readonly code: 'below-minimum'; readonly stake: Usd; readonly minimum: Usd }
  | { readonly code: 'stake-cap'; readonly stake: Usd; readonly cap: Usd }
  | { readonly code: 'window-cap' | 'asset-cap' | 'account-cap'; readonly atRisk: Usd; readonly cap: Usd }
  | { readonly code: 'cash'; readonly needed: Usd; readonly free: Usd }
  | { readonly code: 'daily-loss'; readonly loss: Usd; readonly cap: Usd }
  /** Orders in the last minute. */
  | { readonly code: 'order-rate'; readonly orders: number; readonly cap: number }
  | { readonly code: 'draining'; readonly label: string; readonly slot: SlotId }
