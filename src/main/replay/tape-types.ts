import type { CandleColumns } from '../../engine/market/candle-columns.ts'
import type { Asset, Slot } from '../../shared/domain/slots.ts'
import type { UnixMs } from '../../shared/domain/time.ts'

/** What is played: candles whose columns threads share, or tape files that each thread reads for itself. */
export type ReplaySource =
  | { readonly kind: 'candles'; readonly series: readonly CandleColumns[] }
  | { readonly kind: 'prices' | 'recorded'; readonly paths: readonly string[] }

/** One stretch of market time, a recording of its own. */
export interface Stretch {
  readonly source: ReplaySource
  readonly from: UnixMs
  readonly to: UnixMs
}

/** A tape that can be replayed, and what must be known of results on it. */
export interface ReplayTape {
  readonly title: string
  readonly from: UnixMs
  readonly to: UnixMs
  readonly assets: readonly Asset[]
  /** Slots it has books of; empty where books are simulated for any slot of its assets. */
  readonly slots: readonly Slot[]
  readonly notices: readonly string[]
  readonly settlement: string
  /** Sources, oldest first; those of an own recording are one a recording. */
  readonly sources: readonly TapeSource[]
}

export interface TapeSource {
  readonly source: ReplaySource
  readonly from: number
  readonly to: number
  /** When each file of an own recording begins: each has a snapshot to start from. */
  readonly begins?: readonly number[]
  /** Of an own recording: what its time without holes is, and the slots that it has. */
  readonly covers?: readonly { readonly from: number; readonly to: number }[]
  readonly slots?: readonly string[]
}
