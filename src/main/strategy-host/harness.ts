import type { Columns } from './view-maker.ts'

/** Interface between the host and the code in a strategy's bare V8 context. Only strings and numbers cross it. */

/** One closed candle: open time, open, high, low, close, volume. */
export type CandleRow = readonly [number, number, number, number, number, number]

/** A view as it arrives from the engine, with the strategy state as JSON. */
export interface BatchView {
  readonly slot: string
  readonly asset: string
  readonly timeframe: string
  readonly row: readonly (number | null)[]
  readonly positionId: string | null
  readonly orders: readonly unknown[]
  readonly state: string
}

/** Request of `Harness.evaluate`: views of some slots and the candles closed since the previous batch. */
export interface Batch {
  readonly candles: readonly {
    readonly key: string
    readonly reset: boolean
    readonly keep: number
    readonly rows: readonly CandleRow[]
  }[]
  readonly views: readonly BatchView[]
}

/** Slots of a replay, whose numbers are read in place. */
export interface DirectSlots {
  readonly slots: readonly {
    readonly slot: string
    readonly asset: string
    readonly timeframe: string
    readonly cells: Float64Array
    readonly clock: Float64Array
    readonly last: Float64Array
    readonly candles: Readonly<Record<string, Columns>>
  }[]
  /** Brings quotes and closing mean of a slot up to the current time. */
  readonly refreshQuotes: (index: number) => void
  /** Brings the price of a slot up to the current time. */
  readonly refreshPrice: (index: number) => void
}

/** Evaluates a strategy synchronously, without serialising views. `answer` is valid until the next call. */
export interface Direct {
  readonly answer: { why: string; state: string | null; intents: string | null; fault: string | null; stack: string }
  /** @param params JSON that replaces the strategy's own params; null keeps them */
  setParams(params: string | null): void
  setState(index: number, json: string): void
  setHoldings(index: number, positionId: string | null, orders: string): void
  /**
   * Evaluates the slots `indices[from]`, `indices[from + 1]`, … until one changes something or gives a different reason than
   * before. The loop is on this side so that V8 can optimise it together with the strategy.
   * @returns position in `indices` of that slot, with its answer in `answer`; `end` without one
   */
  evaluate(indices: Int32Array, from: number, end: number): number
}

/** Functions the host may call in the context; requests and results are JSON. */
export interface Harness {
  /** Adopts the bundle's default export as the strategy. @returns its manifest */
  adopt(): string
  evaluate(batch: string): string
  migrate(request: string): string
  migrateBack(request: string): string
  direct(setup: DirectSlots): Direct
}
