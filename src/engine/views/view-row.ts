/**
 * Where each figure of a view stands in its row. A missing value is NaN (null once it crossed as JSON). In a replay the
 * moment and an asset's newest price stand at these places of arrays that all views of them share, so that nothing is
 * written for a decision.
 */
export const ROW = {
  /** Moment of the decision; beside an asset's newest price that as of which it is the newest. */
  now: 0,
  /** Newest price, and when the desk heard of it. */
  price: 1,
  priceTs: 2,
  windowStart: 3,
  windowEnd: 4,
  strike: 5,
  strikeIsEstimate: 6,
  meanSeconds: 7,
  meanElapsed: 8,
  mean: 9,
  upBid: 10,
  upAsk: 11,
  upBidShares: 12,
  upAskShares: 13,
  downBid: 14,
  downAsk: 15,
  downBidShares: 16,
  downAskShares: 17,
  tick: 18,
  minShares: 19,
  minStakeUsd: 20,
  feeRate: 21,
  /** 0 none, 1 a position is held. */
  held: 22,
  heldSide: 23,
  heldShares: 24,
  heldCostUsd: 25,
  heldAveragePrice: 26,
  heldOpenedAt: 27,
  /** 0 none, 1 a window of the slot has settled. */
  settled: 28,
  settledStart: 29,
  settledOutcome: 30,
  settledProfitUsd: 31,
  /** Index into `REGIMES`, −1 while there is none. */
  regime: 32,
  /** The moment as of which quotes and closing mean are filled in; a replay fills them only when a strategy looks. */
  filled: 33,
} as const

export const ROW_WIDTH = 34

/** Of a row, those that views share: the moment with all others, the newest price with those of the same asset. */
export const SHARED_WIDTH = 3
