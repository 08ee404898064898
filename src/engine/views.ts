import type { VersionHash } from '../shared/domain/records.ts'
import type { Side, SlotId, Timeframe } from '../shared/domain/slots.ts'
import type { CancelIntent, EnterIntent, ExitIntent } from './strategy-api/baton.ts'

/** Prices and shares of one outcome as a strategy sees them: dollars and whole shares. */
export interface ViewQuote {
  readonly bid: number | null
  readonly ask: number | null
  readonly bidShares: number
  readonly askShares: number
}

/** All of a view but the candles, as plain data that crosses to a worker as JSON. */
export interface SlotView {
  readonly slot: SlotId
  readonly asset: string
  readonly timeframe: Timeframe
  readonly now: number
  readonly windowStart: number
  readonly windowEnd: number
  readonly secondsLeft: number
  readonly strike: number | null
  readonly strikeIsEstimate: boolean
  readonly price: number
  readonly priceAgeMs: number
  readonly settlement: { readonly seconds: number; readonly elapsed: number; readonly mean: number | null }
  readonly up: ViewQuote
  readonly down: ViewQuote
  readonly tick: number
  readonly minShares: number
  readonly minStakeUsd: number
  readonly feeRate: number
  readonly position: {
    readonly id: string
    readonly side: Side
    readonly shares: number
    readonly costUsd: number
    readonly averagePrice: number
    readonly openedAt: number
  } | null
  readonly orders: readonly {
    readonly id: string
    readonly kind: 'enter' | 'exit'
    readonly side: Side
    readonly limit: number
    readonly remainingShares: number
  }[]
  readonly lastSettlement: {
    readonly windowStart: number
    readonly outcome: Side
    readonly profitUsd: number | null
  } | null
  readonly regime: string | null
  /** JSON of the strategy's state for this slot, and its revision. */
  readonly state: string
  readonly revision: number
}

/** Answer of one `decide`, validated on arrival. */
export interface SlotDecision {
  readonly slot: SlotId
  readonly intents: readonly (EnterIntent | ExitIntent | CancelIntent)[]
  readonly why: string
  /** New state as JSON; null when it is unchanged. */
  readonly state: string | null
}

/** What a strategy says of itself. */
export interface StrategyManifest {
  readonly name: string
  readonly params: Readonly<Record<string, number | string | boolean>>
  readonly history: { readonly '1m': number; readonly '5m': number; readonly '15m': number }
  readonly wake: readonly number[]
  readonly hasMigrate: boolean
  readonly hasMigrateBack: boolean
}

/** A version that is, or may be, asked for decisions. */
export interface LiveVersion {
  readonly hash: VersionHash
  readonly label: string
  readonly manifest: StrategyManifest
}
