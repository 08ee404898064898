import { MINUTE } from '../../shared/domain/time.ts'

/** A longer time without a price is a gap: what happened meanwhile is unknown. */
export const SILENCE_MS = 15_000
/** Interval at which windows can end: every window ends where a five-minute window does. */
export const BOUNDARY_MS = 5 * MINUTE

/** Prices read on demand instead of pushed as they occur. */
export interface LazyPrices {
  /** Applies all prices up to now. */
  pull(): void
}

/** The remainder of a minute as one item: its prices reach both extremes and end at the close. */
export interface MinuteRemainder {
  /** Receipt time of the last price, ms. */
  ts: number
  /** Venue time of the last price, ms. */
  tsVenue: number
  low: number
  high: number
  close: number
  /** Base volume of the whole minute. */
  volume: number
}

/** Consecutive closed minutes without a trade or a move that count as a halt. */
export const HALT_MINUTES = 2
