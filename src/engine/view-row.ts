/** Where each figure of a view stands in its row. A missing value is NaN (null once it crossed as JSON). */
export const ROW = {
  now: 0,
  windowStart: 1,
  windowEnd: 2,
  secondsLeft: 3,
  strike: 4,
  strikeIsEstimate: 5,
  price: 6,
  priceAgeMs: 7,
  meanSeconds: 8,
  meanElapsed: 9,
  mean: 10,
  upBid: 11,
  upAsk: 12,
  upBidShares: 13,
  upAskShares: 14,
  downBid: 15,
  downAsk: 16,
  downBidShares: 17,
  downAskShares: 18,
  tick: 19,
  minShares: 20,
  minStakeUsd: 21,
  feeRate: 22,
  /** 0 none, 1 a position is held. */
  held: 23,
  heldSide: 24,
  heldShares: 25,
  heldCostUsd: 26,
  heldAveragePrice: 27,
  heldOpenedAt: 28,
  /** 0 none, 1 a window of the slot has settled. */
  settled: 29,
  settledStart: 30,
  settledOutcome: 31,
  settledProfitUsd: 32,
  /** Index into `REGIMES`, −1 while there is none. */
  regime: 33,
  /** 1 once quotes and closing mean are filled in; a replay fills them only when a strategy looks. */
  filled: 34,
} as const

export const ROW_WIDTH = 35
