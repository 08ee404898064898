import { invariant } from '../../shared/domain/base.ts'
import type { OrderId, PositionId } from '../../shared/domain/ids.ts'
import { positionId } from '../../shared/domain/ids.ts'
import { step } from '../../shared/domain/lifecycles.ts'
import {
  addShares,
  addUsd,
  mulDivFloor,
  NO_SHARES,
  NO_USD,
  subShares,
  subUsd,
  type Usd,
  usd,
} from '../../shared/domain/money.ts'
import type { EventCause, Fill, Order, Position, Tags } from '../../shared/domain/records.ts'
import { HOUR } from '../../shared/domain/time.ts'
import { pauseEntries } from '../commands/trading.ts'
import type { EngineEvent, OrderReport } from '../events.ts'
import {
  type Context,
  type EngineState,
  isUnsettled,
  logEvent,
  positionIn,
  record,
  slotOf,
  unconfirmedFill,
  workingOrders,
} from '../state.ts'
import { transferAll } from '../versions/owners.ts'
import { countTrade, uncountTrade } from '../versions/tenure.ts'
import { forgetFills, resolveIfKnown } from '../windows/settlement.ts'
import { negative } from './ledger.ts'
import { reversePurchase, reverseSale } from './reversal.ts'

type FillReport = Extract<OrderReport, { type: 'fill' }>

/** How long after the end of its window a closed position and its fills are kept, in case a fill fails late. */
export const REVERSIBLE_MS = HOUR

/**
 * Books a matched fill in the position and the ledger; it counts as exposure at once. A repeated report of a known fill is
 * ignored.
 * @returns false when the fill was known
 */
export function applyFill(context: Context, order: Order, report: FillReport): boolean {
  if (context.state.fills.has(report.fillId)) return false
  order.filledShares = addShares(order.filledShares, report.shares)
  order.filledCost = addUsd(order.filledCost, report.cash)
  order.fee = addUsd(order.fee, report.fee)
  const { position, costSold } =
    order.kind === 'enter' ? bookPurchase(context, order, report) : bookSale(context, order, report)
  const { fillId: id, price, shares, cash, fee } = report
  const tags: Tags = {
    version: order.version,
    deployment: order.deployment,
    regime: order.regime,
    market: order.market,
  }
  const rest = {
    orderId: order.id,
    positionId: position.id,
    ts: context.state.now,
    kind: order.kind,
    fateAt: null,
    reason: null,
  }
  const fill: Fill = { ...tags, id, ...rest, price, shares, cash, fee, costSold, state: 'matched' }
  context.state.fills.set(id, fill)
  record(context, { t: 'fill', fill: { ...fill } })
  record(context, { t: 'position', position: { ...position } })
  return true
}

function bookPurchase(context: Context, order: Order, fill: FillReport): { position: Position; costSold: Usd } {
  const { state } = context
  let position = positionIn(state, order.windowId)
  if (position === undefined) {
    position = {
      version: order.version,
      deployment: order.deployment,
      regime: order.regime,
      market: order.market,
      id: positionId(state.config.idPrefix, state.nextPosition++),
      slot: order.slot,
      windowId: order.windowId,
      windowEnd: order.windowEnd,
      side: order.side,
      openedAt: state.now,
      openedBy: order.version,
      ownedBy: order.owner,
      // A fill reported late may belong to a window that has ended.
      state: state.now < order.windowEnd ? 'open' : 'ended',
      shares: NO_SHARES,
      cost: NO_USD,
      boughtCost: NO_USD,
      boughtShares: NO_SHARES,
      fees: NO_USD,
      realised: NO_USD,
      payout: null,
      settledAt: null,
    }
    state.positions.set(position.id, position)
    const strategy = state.heldForNextVersion.get(order.id)
    if (strategy !== undefined) state.heldForNextVersion.set(position.id, strategy)
  }
  invariant(position.side === order.side, `I2: ${order.id} bought the other side of ${order.windowId}`)
  position.shares = addShares(position.shares, fill.shares)
  position.cost = addUsd(position.cost, fill.cash)
  position.boughtShares = addShares(position.boughtShares, fill.shares)
  position.boughtCost = addUsd(position.boughtCost, fill.cash)
  position.fees = addUsd(position.fees, fill.fee)
  const cash = negative(addUsd(fill.cash, fill.fee))
  record(context, {
    t: 'ledger',
    entry: state.ledger.post(state.now, 'buy', fill.fillId, { cash, cost: fill.cash, fee: fill.fee }),
  })
  return { position, costSold: NO_USD }
}

function bookSale(context: Context, order: Order, fill: FillReport): { position: Position; costSold: Usd } {
  const { state } = context
  const position = order.positionId === null ? undefined : state.positions.get(order.positionId)
  invariant(position !== undefined, `exit ${order.id} filled without its position`)
  // Cost is reduced in proportion to the shares; the last sale takes the rounding difference.
  const costSold =
    fill.shares === position.shares ? position.cost : usd(mulDivFloor(position.cost, fill.shares, position.shares))
  const profit = subUsd(fill.cash, costSold)
  position.shares = subShares(position.shares, fill.shares)
  position.cost = subUsd(position.cost, costSold)
  position.fees = addUsd(position.fees, fill.fee)
  position.realised = addUsd(position.realised, profit)
  const movement = { cash: subUsd(fill.cash, fill.fee), cost: negative(costSold), realised: profit, fee: fill.fee }
  record(context, { t: 'ledger', entry: state.ledger.post(state.now, 'sell', fill.fillId, movement) })
  return { position, costSold }
}

/**
 * Applies the on-chain fate of a fill; repeated reports are ignored. A failure of a fill that is no longer tracked cannot be
 * booked: entries are paused until a person resumes.
 */
export function applyFate(context: Context, { orderId, fillId, fate }: Extract<EngineEvent, { kind: 'fill' }>): void {
  const fill = context.state.fills.get(fillId)
  if (fill === undefined) {
    // If its order is still working, the fill and its fate arrive together with the next snapshot of the venue.
    if (fate.type === 'failed' && !context.state.orders.has(orderId))
      pauseForLateFailure(context, fate.reason, { code: 'position-closed', fill: fillId })
    return
  }
  const position = context.state.positions.get(fill.positionId) ?? context.state.recentlyClosed.get(fill.positionId)
  invariant(position !== undefined, `fill ${fillId} has no position`)
  if (fate.type === 'confirmed') confirm(context, fill)
  else if (fill.state !== 'failed') {
    const enteredBy = laterEntry(context.state, position)
    if (enteredBy !== null)
      return pauseForLateFailure(context, fate.reason, { code: 'entered-again', fill: fillId, enteredBy })
    fail(context, fill, position, fate.reason)
  }
  slotOf(context.state, position.slot).changed = true
  finishPosition(context, position)
}

/**
 * A later position or entry in the window of a sold position; null without one. The sold shares cannot be restored beside it
 * (I1, I2).
 */
function laterEntry(state: EngineState, position: Position): PositionId | OrderId | null {
  if (position.state !== 'closed') return null
  const { windowId } = position
  const entry = workingOrders(state, windowId).find(({ kind }) => kind === 'enter')
  return positionIn(state, windowId)?.id ?? entry?.id ?? null
}

/** The failed fill cannot be reversed in the books automatically: pauses entries for a person to check. */
function pauseForLateFailure(
  context: Context,
  reason: string,
  cause: Extract<EventCause, { code: 'position-closed' | 'entered-again' }>,
): void {
  const since =
    cause.code === 'position-closed' ? 'its position was closed' : `its window was entered again by ${cause.enteredBy}`
  const message = `fill ${cause.fill} failed on chain (${reason}) after ${since}: compare the books with the venue`
  logEvent(context, 'error', 'reversed', message, { cause })
  if (context.state.trading === 'running') pauseEntries(context, message, null)
}

function confirm(context: Context, fill: Fill): void {
  if (fill.state !== 'matched') return
  fill.state = step('fill', fill.state, 'confirm')
  fill.fateAt = context.state.now
  record(context, { t: 'fill', fill: { ...fill } })
}

/** Closes a position that is sold out, or resolves one whose outcome is known, once all its fills and orders are final. */
export function finishPosition(context: Context, position: Position): void {
  if (isSoldOut(context, position)) endPosition(context, position, 'close')
  else resolveIfKnown(context, position)
}

/** True when all shares are sold and every sale is confirmed: an unconfirmed sale may still be reversed. */
function isSoldOut({ state }: Context, position: Position): boolean {
  const { windowId } = position
  return (
    isUnsettled(position) &&
    position.shares === 0 &&
    workingOrders(state, windowId).length === 0 &&
    unconfirmedFill(state, windowId) === undefined
  )
}

function endPosition(context: Context, position: Position, trigger: 'close' | 'reverse'): void {
  const { state } = context
  position.state = step('position', position.state, trigger)
  position.settledAt = state.now
  state.positions.delete(position.id)
  state.recentlyClosed.set(position.id, position)
  for (const { id, windowEnd } of state.recentlyClosed.values()) {
    if (windowEnd + REVERSIBLE_MS > state.now) break
    state.recentlyClosed.delete(id)
    forgetFills(state, id)
  }
  record(context, { t: 'position', position: { ...position } })
  // A position whose purchase failed was no trade.
  if (trigger === 'close') countTrade(state, position)
}

/** Reverses a fill that failed on chain, possibly after it was confirmed, exactly to the micro-dollar. */
function fail(context: Context, fill: Fill, position: Position, reason: string): void {
  const { state } = context
  fill.state = step('fill', fill.state, 'fail')
  fill.fateAt = state.now
  fill.reason = reason
  // Recorded before its consequences: a position that ends because of it was no trade.
  record(context, { t: 'fill', fill: { ...fill } })
  logEvent(
    context,
    'error',
    'reversed',
    `fill ${fill.id} of ${fill.orderId} failed on chain and was reversed: ${reason}`,
    {
      slot: position.slot,
      version: fill.version === 'desk' ? null : fill.version,
      cause: { code: 'fill-reversed', fill: fill.id, order: fill.orderId },
    },
  )
  const counted = position.settledAt === null ? null : subUsd(position.realised, position.fees)
  if (counted !== null) uncountTrade(state, position, counted)
  const movement = fill.kind === 'enter' ? reversePurchase(position, fill) : reverseSale(position, fill)
  if (fill.kind === 'enter') recountPurchases(state, position)
  position.fees = subUsd(position.fees, fill.fee)
  position.realised = addUsd(position.realised, movement.realised)
  const entry = state.ledger.post(state.now, 'reverse', fill.id, { ...movement, fee: negative(fill.fee) })
  record(context, { t: 'ledger', entry })
  const reopened = position.state === 'closed'
  if (reopened) reopen(context, position)
  if (!hasValidPurchase(state, position)) return endPosition(context, position, 'reverse')
  record(context, { t: 'position', position: { ...position }, ...(reopened ? { reopened } : {}) })
  if (position.state === 'resolved') countTrade(state, position, 'again')
}

/** Recomputes the size of the trade from its valid purchases; when all have failed, the attempted size stays on record. */
function recountPurchases(state: EngineState, position: Position): void {
  const all = [...state.fills.values()].filter(({ positionId, kind }) => positionId === position.id && kind === 'enter')
  const valid = all.filter((fill) => fill.state !== 'failed')
  const counted = valid.length > 0 ? valid : all
  position.boughtShares = counted.reduce((sum, { shares }) => addShares(sum, shares), NO_SHARES)
  position.boughtCost = counted.reduce((sum, { cash }) => addUsd(sum, cash), NO_USD)
}

function hasValidPurchase(state: EngineState, position: Position): boolean {
  for (const fill of state.fills.values())
    if (fill.positionId === position.id && fill.kind === 'enter' && fill.state !== 'failed') return true
  return false
}

/**
 * Reopens a sold position whose sale failed. Its version may be retired or may have lost the slot, so the desk becomes the
 * owner (I1).
 */
function reopen(context: Context, position: Position): void {
  const { state } = context
  position.state = step('position', position.state, state.now < position.windowEnd ? 'reopen' : 'reopenEnded')
  position.settledAt = null
  state.recentlyClosed.delete(position.id)
  state.positions.set(position.id, position)
  if (position.ownedBy === 'desk') return
  const transfer = { from: position.ownedBy, to: 'desk', reason: 'reversal', deployment: null } as const
  transferAll(context, transfer, (subject) => subject === position)
}
