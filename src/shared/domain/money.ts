import { type Brand, broken, invariant } from './base.ts'

/** One dollar or one share in micro-units. */
export const MICRO = 1_000_000

/** Money in integer micro-USD; negative for a loss or a debit. */
export type Usd = Brand<number, 'Usd'>
/** Outcome shares in integer micro-shares, never negative. */
export type Shares = Brand<number, 'Shares'>
/** Price of one share in integer micro-USD, 0 < p < 1_000_000 on a book; 0 and 1_000_000 are payouts. */
export type Price = Brand<number, 'Price'>

export function usd(micro: number): Usd {
  if (!Number.isSafeInteger(micro)) broken(`micro-USD not a safe integer: ${micro}`)
  return micro as Usd
}

export function shares(micro: number): Shares {
  if (!(Number.isSafeInteger(micro) && micro >= 0)) broken(`micro-shares not a safe integer ≥ 0: ${micro}`)
  return micro as Shares
}

export function price(micro: number): Price {
  if (!(Number.isSafeInteger(micro) && micro >= 0 && micro <= MICRO)) broken(`price not in 0…1 USD: ${micro}`)
  return micro as Price
}

export const NO_USD = usd(0)
export const NO_SHARES = shares(0)

/** Converts dollars, rounded to the micro-dollar. */
export function usdOf(dollars: number): Usd {
  return usd(Math.round(dollars * MICRO))
}

/** Converts a price in dollars (0.62), rounded to the micro-dollar. */
export function priceOf(dollars: number): Price {
  return price(Math.round(dollars * MICRO))
}

export function toDollars(amount: Usd | Price): number {
  return amount / MICRO
}

export function toShares(amount: Shares): number {
  return amount / MICRO
}

export function addUsd(a: Usd, b: Usd): Usd {
  return usd(a + b)
}

export function subUsd(a: Usd, b: Usd): Usd {
  return usd(a - b)
}

export function addShares(a: Shares, b: Shares): Shares {
  return shares(a + b)
}

export function subShares(a: Shares, b: Shares): Shares {
  return shares(a - b)
}

/** Exact `floor(a × b / c)`; uses bigint when the product is not a safe integer. */
export function mulDivFloor(a: number, b: number, c: number): number {
  const product = a * b
  if (Number.isSafeInteger(product)) return Math.floor(product / c)
  return Number((BigInt(a) * BigInt(b)) / BigInt(c))
}

/** Cash for `quantity` at `unit`, rounded down to the micro-dollar. */
export function notional(unit: Price, quantity: Shares): Usd {
  return usd(mulDivFloor(unit, quantity, MICRO))
}

/** Shares that `cash` buys at `unit`, rounded down to the micro-share. */
export function sharesFor(cash: Usd, unit: Price): Shares {
  invariant(unit > 0, 'price of a purchase must be positive')
  return shares(mulDivFloor(cash, MICRO, unit))
}

/**
 * Taker fee in micro-USD: `shares × rate × p(1 − p)`, floored to five decimals of a dollar
 * (venue facts B2.9; 21 of 21 on-chain fills reproduced by this rule).
 * @param ratePpm fee rate in parts per million (0.07 → 70_000)
 */
export function takerFee(unit: Price, quantity: Shares, ratePpm: number): Usd {
  const exact = (BigInt(quantity) * BigInt(ratePpm) * BigInt(unit) * BigInt(MICRO - unit)) / BigInt(MICRO) ** 3n
  return usd(Number(exact - (exact % 10n)))
}
