/**
 * The strategy API, version 1. A strategy is one file below the strategies folder with a default export made by
 * `defineStrategy`. It reads the market through its view and returns intents; the engine decides which become orders. A
 * strategy has no clock, randomness, files or network: the same view, state and params must always give the same answer.
 *
 * Prices are dollars per share (0 … 1), stakes are dollars, times are milliseconds UTC.
 */

/** Version of this API; part of every version's hash. */
export const API_VERSION = 1

export type Side = 'up' | 'down'
export type Timeframe = '5m' | '15m'
export type Frame = '1m' | Timeframe

/** Any JSON value; a strategy's state must be one. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** Best prices of one outcome; null where that side of the book is empty. */
export interface Quote {
  readonly bid: number | null
  readonly ask: number | null
  /** Shares at the best bid. */
  readonly bidShares: number
  /** Shares at the best ask. */
  readonly askShares: number
}

/** Closed candles, newest first: index 0 is the last closed one. */
export interface Candles {
  readonly length: number
  openTime(ago: number): number
  open(ago: number): number
  high(ago: number): number
  low(ago: number): number
  close(ago: number): number
  volume(ago: number): number
}

export interface PositionView {
  readonly id: string
  readonly side: Side
  readonly shares: number
  /** Dollars paid, without fees. */
  readonly costUsd: number
  readonly averagePrice: number
  readonly openedAt: number
}

export interface OrderView {
  readonly id: string
  readonly kind: 'enter' | 'exit'
  readonly side: Side
  readonly limit: number
  readonly remainingShares: number
}

export interface SettlementView {
  readonly windowStart: number
  readonly outcome: Side
  /** Profit of this slot's position in that window in dollars, after fees; null without a position. */
  readonly profitUsd: number | null
}

/** State of one slot at one time. Frozen; contains nothing later than `now`. */
export interface View {
  readonly slot: string
  readonly asset: string
  readonly timeframe: Timeframe
  readonly now: number
  readonly windowStart: number
  readonly windowEnd: number
  readonly secondsLeft: number
  /** Price of the underlying at the start of the window; null until known. See `strikeIsEstimate`. */
  readonly strike: number | null
  /** True until the settlement source has reported the strike. */
  readonly strikeIsEstimate: boolean
  /** Last price of the underlying. */
  readonly price: number
  readonly priceAgeMs: number
  /** The closing value is the mean price of the last `seconds` of the window; 0 = the last price. */
  readonly settlement: {
    readonly seconds: number
    /** Elapsed seconds of that mean. */
    readonly elapsed: number
    /** Mean price over the elapsed part; null before it starts. */
    readonly mean: number | null
  }
  readonly up: Quote
  readonly down: Quote
  /** Price step: 0.01, or 0.001 once the price has passed 0.96 or 0.04. */
  readonly tick: number
  readonly minShares: number
  readonly minStakeUsd: number
  /** The taker fee per share at price p is `feeRate × p × (1 − p)` dollars. */
  readonly feeRate: number
  readonly position: PositionView | null
  readonly orders: readonly OrderView[]
  readonly lastSettlement: SettlementView | null
  /** `quiet-range`, `quiet-trend`, `wild-range`, `wild-trend`; null while too few candles have closed. */
  readonly regime: string | null
  /** Closed candles of the underlying, at most as many as requested by `history`. */
  candles(frame: Frame): Candles
}

export type TimeInForce = 'FAK' | 'FOK' | 'GTC' | 'GTD'

interface OrderOptions {
  /** Default FAK: fills what is available within the limit and cancels the remainder. */
  readonly tif?: TimeInForce | undefined
  /** True: the order is rejected if it would trade at once. Needs GTC or GTD. */
  readonly postOnly?: boolean | undefined
  /** GTD only: seconds until the order expires. */
  readonly expiresInSec?: number | undefined
  readonly why: string
}

/** Buys `side` for up to `stakeUsd` at `limit` or better. The engine refuses a second entry in a window. */
export interface EnterIntent extends OrderOptions {
  readonly kind: 'enter'
  readonly side: Side
  readonly limit: number
  readonly stakeUsd: number
}

/** Sells the open position, or `shares` of it, at `limit` or better. */
export interface ExitIntent extends OrderOptions {
  readonly kind: 'exit'
  readonly limit: number
  readonly shares?: number | undefined
}

export interface CancelIntent {
  readonly kind: 'cancel'
  readonly orderId: string
  readonly why: string
}

export type Intent = EnterIntent | ExitIntent | CancelIntent

/** Result of `decide`. No intents means hold; `why` is displayed as the reason. */
export interface Decision<State> {
  readonly state: State
  readonly intents?: readonly Intent[]
  readonly why?: string
}

export type Params = { readonly [name: string]: number | string | boolean }

/** Widens literal types of params and state: `40` to `number`, `true` to `boolean`. */
type Widen<T> = T extends number
  ? number
  : T extends boolean
    ? boolean
    : T extends string
      ? string
      : T extends readonly (infer Item)[]
        ? readonly Widen<Item>[]
        : T extends object
          ? { readonly [K in keyof T]: Widen<T[K]> }
          : T

export interface StrategyDefinition<P extends Params, State extends Json> {
  /** Lower case letters, digits and `-`; one file, one strategy. */
  readonly name: string
  readonly params: P
  /** Closed candles required before the first decision. */
  readonly history?: { readonly [K in Frame]?: number }
  /** Additional cycles at these times of each window, at most four. */
  readonly wake?: readonly { readonly secondsLeft: number }[]
  initialState(): State
  /** Converts the state of an older version. If absent, the state is kept when its shape fits; otherwise the deployment fails. */
  migrate?(old: Json, fromVersion: string): Widen<State>
  /** Converts this version's state for the older one on a rollback. If absent, the state from before the swap is restored. */
  migrateBack?(state: Widen<State>, toVersion: string): Json
  decide(view: View, state: Widen<State>, params: Widen<P>): Decision<Widen<State>>
}

/** Returns the definition unchanged; exists for type inference. */
export function defineStrategy<P extends Params, State extends Json>(
  definition: StrategyDefinition<P, State>,
): StrategyDefinition<P, State> {
  return definition
}
