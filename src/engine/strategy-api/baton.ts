/**
 * The strategy API, version 1. A strategy is one file below the strategies folder whose default export is made by
 * `defineStrategy`. It sees the market only through its view and answers with intents; the desk's engine decides what
 * becomes an order. There is no clock, no randomness, no file and no network in a strategy: the same view, state and
 * params must always give the same answer.
 *
 * Prices are dollars a share (0 … 1), stakes dollars, times milliseconds UTC.
 */

/** Version of this contract; part of every version's hash. */
export const API_VERSION = 1

export type Side = 'up' | 'down'
export type Timeframe = '5m' | '15m'
export type Frame = '1m' | Timeframe

/** Anything JSON can hold: the only kind of value a strategy may keep as its state. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** Best prices of one outcome's token; null where that side of the book is empty. */
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
  /** Dollars paid, fees not included. */
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
  /** Profit of this slot's position in that window in dollars, fees included; null without one. */
  readonly profitUsd: number | null
}

/** What is known about one slot at one moment. Frozen; nothing later than `now` is in it. */
export interface View {
  readonly slot: string
  readonly asset: string
  readonly timeframe: Timeframe
  readonly now: number
  readonly windowStart: number
  readonly windowEnd: number
  readonly secondsLeft: number
  /** Price of the underlying to beat, once known; see `strikeIsEstimate`. */
  readonly strike: number | null
  /** True until the settlement source's own opening price has arrived. */
  readonly strikeIsEstimate: boolean
  /** Last price of the underlying and how old it is. */
  readonly price: number
  readonly priceAgeMs: number
  /** Closing value is the mean price of the last `seconds` of the window; 0 = the last price alone. */
  readonly settlement: {
    readonly seconds: number
    /** Seconds of that mean that have already passed. */
    readonly elapsed: number
    /** Mean price over the part that has passed; null before it begins. */
    readonly mean: number | null
  }
  readonly up: Quote
  readonly down: Quote
  /** Price grid: 0.01, or 0.001 once the price went beyond 0.96 or 0.04. */
  readonly tick: number
  readonly minShares: number
  readonly minStakeUsd: number
  /** Taker fee a share at price p is `feeRate × p × (1 − p)` dollars. */
  readonly feeRate: number
  readonly position: PositionView | null
  readonly orders: readonly OrderView[]
  readonly lastSettlement: SettlementView | null
  /** `quiet-range`, `quiet-trend`, `wild-range`, `wild-trend`; null while too few candles have closed. */
  readonly regime: string | null
  /** Candles of the underlying, at most as many as `history` asked for. */
  candles(frame: Frame): Candles
}

export type TimeInForce = 'FAK' | 'FOK' | 'GTC' | 'GTD'

interface OrderOptions {
  /** Default FAK: take what is there up to the limit and drop the rest. */
  readonly tif?: TimeInForce | undefined
  /** Rest only; refused where it would trade at once. Needs GTC or GTD. */
  readonly postOnly?: boolean | undefined
  /** GTD only: seconds until the order lapses. */
  readonly expiresInSec?: number | undefined
  readonly why: string
}

/** Buys `side` for up to `stakeUsd` at `limit` or better. One a window: the engine refuses a second. */
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

/** What `decide` returns. No intents means hold; `why` says why, for the desk to show. */
export interface Decision<State> {
  readonly state: State
  readonly intents?: readonly Intent[]
  readonly why?: string
}

export type Params = { readonly [name: string]: number | string | boolean }

/** Keeps literal types out of params and state: `40` is a number and `true` a boolean that may change. */
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
  /** Closed candles that must be there before the first decision. */
  readonly history?: { readonly [K in Frame]?: number }
  /** Extra cycles at these moments of each window, at most four. */
  readonly wake?: readonly { readonly secondsLeft: number }[]
  initialState(): State
  /** Takes over the state that an older version left. Absent: kept where its shape fits, else the deployment fails. */
  migrate?(old: Json, fromVersion: string): Widen<State>
  /** On a rollback: this version's state for the older one. Absent: the state of the swap comes back. */
  migrateBack?(state: Widen<State>, toVersion: string): Json
  decide(view: View, state: Widen<State>, params: Widen<P>): Decision<Widen<State>>
}

/** Checks nothing and changes nothing: it is there so that the compiler knows what is meant. */
export function defineStrategy<P extends Params, State extends Json>(
  definition: StrategyDefinition<P, State>,
): StrategyDefinition<P, State> {
  return definition
}
