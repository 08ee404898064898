import { MINUTE } from '../../shared/domain/time.ts'

/** A feed that said nothing for so long has not seen what happened in between. */
export const SILENCE_MS = 15_000
/** Length of the grid on which windows end: every window's end is one of a five-minute window, too. */
export const BOUNDARY_MS = 5 * MINUTE

/** Prices that nobody tells at their moments: whoever looks asks for them. */
export interface LazyPrices {
  /** Has everybody hear what there is by now. */
  pull(): void
}

/** What is left of a minute in one piece: prices between its extremes, both of which it met. */
export interface MinuteRemainder {
  /** When the last of them is heard, and the venue's own time of it. */
  ts: number
  tsVenue: number
  low: number
  high: number
  close: number
  /** Of the whole minute. */
  volume: number
}

/** Closed minutes in a row without a trade and without a move after which the market counts as halted. */
export const HALT_MINUTES = 2
