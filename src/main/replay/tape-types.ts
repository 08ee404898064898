import type { CandleColumns } from '../../engine/market/candle-columns.ts'
import type { Asset, Slot } from '../../shared/domain/slots.ts'
import type { UnixMs } from '../../shared/domain/time.ts'

/** What is replayed: candle columns in shared memory, or tape files that each thread reads itself. */
export type ReplaySource =
  | { readonly kind: 'candles'; readonly series: readonly CandleColumns[] }
  | { readonly kind: 'prices' | 'recorded'; readonly paths: readonly string[] }

/** One stretch of market time, replayed by itself. */
export interface Stretch {
  readonly source: ReplaySource
  readonly from: UnixMs
  readonly to: UnixMs
}

/** A tape that can be replayed, with notices about results on it. */
export interface ReplayTape {
  readonly title: string
  readonly from: UnixMs
  readonly to: UnixMs
  readonly assets: readonly Asset[]
  /** Slots it has books of; empty where books are simulated for any slot of its assets. */
  readonly slots: readonly Slot[]
  readonly notices: readonly string[]
  readonly settlement: string
  /** Sources, oldest first; one per recording for the desk's own. */
  readonly sources: readonly TapeSource[]
}

export interface TapeSource {
  readonly source: ReplaySource
  readonly from: number
  readonly to: number
  /** When each file of an own recording begins: each has a snapshot to start from. */
  readonly begins?: readonly number[]
  /** Of an own recording: its covered time and its slots. */
  readonly covers?: readonly { readonly from: number; readonly to: number }[]
  readonly slots?: readonly string[]
}
