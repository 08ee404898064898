/**
 * Index of each number of a view in its row. A missing value is NaN, and null after JSON. In a replay the time and an
 * asset's newest price are read from arrays shared by all views, at the same indices, so that a decision writes nothing.
 */
export const ROW = {
  /** Time of the decision; in an asset's shared array, the time up to which its price is current. */
  now: 0,
  /** Newest price, and when the desk received it. */
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
  /** Time as of which quotes and closing mean were written; a replay writes them only when a strategy reads them. */
  quotesAt: 33,
} as const

export const ROW_WIDTH = 34

/** Leading cells that views share: the time (all views) and the newest price (views of one asset). */
export const SHARED_WIDTH = 3
