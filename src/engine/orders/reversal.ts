import { invariant } from '../../shared/domain/base.ts'
import { addShares, addUsd, mulDivFloor, NO_USD, subShares, subUsd, type Usd, usd } from '../../shared/domain/money.ts'
import type { Fill, Position } from '../../shared/domain/records.ts'
import { negative } from './ledger.ts'

/** Ledger movement that reverses a fill, without its fee. */
type Reversal = Readonly<Record<'cash' | 'cost' | 'locked' | 'realised', Usd>>

/** Removes the shares of a failed purchase with their cost, or with the payout already booked for them. */
export function reversePurchase(position: Position, fill: Fill): Reversal {
  const { id, shares, cash } = fill
  invariant(
    position.shares >= shares,
    `purchase ${id} failed after its shares were sold: the books must be corrected by hand`,
  )
  const left = subShares(position.shares, shares)
  const paid = addUsd(cash, fill.fee)
  if (position.payout !== null) {
    const payout = usd(mulDivFloor(position.payout, left, position.shares))
    const lost = subUsd(position.payout, payout)
    position.shares = left
    position.payout = left === 0 ? null : payout
    return { cash: paid, cost: NO_USD, locked: negative(lost), realised: subUsd(cash, lost) }
  }
  // Sales since the purchase have removed part of the average cost.
  const cost = left === 0 || position.cost < cash ? position.cost : cash
  position.shares = left
  position.cost = subUsd(position.cost, cost)
  return { cash: paid, cost: negative(cost), locked: NO_USD, realised: subUsd(cash, cost) }
}

/** Restores the shares of a failed sale with their cost, or with the payout they are worth. */
export function reverseSale(position: Position, fill: Fill): Reversal {
  const { id, shares, costSold } = fill
  const cash = subUsd(fill.fee, fill.cash)
  const before = position.shares
  position.shares = addShares(before, shares)
  if (position.payout === null) {
    position.cost = addUsd(position.cost, costSold)
    return { cash, cost: costSold, locked: NO_USD, realised: subUsd(costSold, fill.cash) }
  }
  invariant(before > 0, `sale ${id} failed after its window was settled: the books must be corrected by hand`)
  const more = usd(mulDivFloor(position.payout, shares, before))
  position.payout = addUsd(position.payout, more)
  return { cash, cost: NO_USD, locked: more, realised: subUsd(more, fill.cash) }
}
