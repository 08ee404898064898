import { MICRO, toDollars, toShares, usd } from '../../shared/domain/money.ts'
import type { WindowId } from '../../shared/domain/slots.ts'
import { isMeanRunning, type SlotState } from '../slot-state.ts'
import { type EngineState, positionIn, remainingShares, workingOrders } from '../state.ts'
import type { OrderView } from '../strategy-api/baton.ts'
import { ROW } from './view-row.ts'
import type { SlotView } from './view-types.ts'

/** Writes window, position and last settlement to a slot's row; called when `slot.changed` is set. */
export function writeRow(state: EngineState, slot: SlotState): void {
  const { row, window, listing, lastSettlement: settled } = slot
  slot.changed = false
  row[ROW.windowStart] = window?.start ?? 0
  row[ROW.windowEnd] = window?.end ?? state.now
  row[ROW.strike] = slot.strike ?? Number.NaN
  row[ROW.strikeIsEstimate] = slot.strikeIsEstimate ? 1 : 0
  row[ROW.minShares] = listing === null ? 0 : toShares(listing.minShares)
  row[ROW.minStakeUsd] = listing === null ? 0 : toDollars(listing.minStake)
  row[ROW.feeRate] = (listing?.takerFeePpm ?? 0) / MICRO
  const position = window === null ? undefined : positionIn(state, window.id)
  const held = position !== undefined && position.state === 'open' && position.shares > 0
  const heldId = held ? position.id : null
  const orders = window === null || state.orders.size === 0 ? NO_ORDERS : ordersIn(state, window.id)
  if (heldId !== slot.heldId || orders !== slot.orderViews) slot.edition++
  slot.heldId = heldId
  slot.orderViews = orders
  row[ROW.held] = held ? 1 : 0
  row[ROW.heldSide] = held && position.side === 'down' ? 1 : 0
  row[ROW.heldShares] = held ? toShares(position.shares) : 0
  row[ROW.heldCostUsd] = held ? toDollars(position.cost) : 0
  row[ROW.heldAveragePrice] = held ? position.cost / position.shares : 0
  row[ROW.heldOpenedAt] = held ? position.openedAt : 0
  row[ROW.settled] = settled === null ? 0 : 1
  row[ROW.settledStart] = settled?.windowStart ?? 0
  row[ROW.settledOutcome] = settled?.outcome === 'down' ? 1 : 0
  row[ROW.settledProfitUsd] = settled?.profitUsd ?? Number.NaN
}

/** One shared empty list, so that comparing by identity shows no change. */
const NO_ORDERS: readonly OrderView[] = []

function ordersIn(state: EngineState, windowId: WindowId): readonly OrderView[] {
  const working = workingOrders(state, windowId)
  return working.length === 0 ? NO_ORDERS : working.map(orderView)
}

function orderView(order: ReturnType<typeof workingOrders>[number]): OrderView {
  return {
    id: order.id,
    kind: order.kind,
    side: order.side,
    limit: toDollars(order.limit),
    remainingShares:
      order.kind === 'exit'
        ? toShares(remainingShares(order))
        : toDollars(usd(order.stake - order.filledCost)) / toDollars(order.limit),
  }
}

/** Writes quotes, regime and closing mean to a slot's row, from the prices applied so far. */
export function writeQuotes(state: EngineState, slot: SlotState): void {
  const { row } = slot
  row[ROW.quotesAt] = state.now
  if (!slot.writeBest(BEST)) {
    BEST.fill(Number.NaN)
    BEST[1] = 0
    BEST[3] = 0
    BEST[4] = slot.listing?.tick ?? 0
  }
  const bid = BEST[0] ?? 0
  const ask = BEST[2] ?? 0
  row[ROW.upBid] = bid / MICRO
  row[ROW.upBidShares] = (BEST[1] ?? 0) / MICRO
  row[ROW.upAsk] = ask / MICRO
  row[ROW.upAskShares] = (BEST[3] ?? 0) / MICRO
  // The Down token's book is the mirror of the Up token's.
  row[ROW.downBid] = (MICRO - ask) / MICRO
  row[ROW.downBidShares] = (BEST[3] ?? 0) / MICRO
  row[ROW.downAsk] = (MICRO - bid) / MICRO
  row[ROW.downAskShares] = (BEST[1] ?? 0) / MICRO
  row[ROW.tick] = (BEST[4] ?? 0) / MICRO
  row[ROW.regime] = slot.asset.regimeCode
  const seconds = state.config.settlementMeanSec
  const isRunning = isMeanRunning(slot)
  row[ROW.meanSeconds] = seconds
  row[ROW.meanElapsed] = isRunning ? Math.max(0, seconds - ((row[ROW.windowEnd] ?? 0) - state.now) / 1000) : 0
  row[ROW.mean] = isRunning ? (slot.asset.mean.mean(state.now) ?? Number.NaN) : Number.NaN
}

/** Scratch space of `writeQuotes`. */
const BEST = new Float64Array(5)

/** The current view of a slot as plain data. */
export function slotView(state: EngineState, slot: SlotState): SlotView {
  if (slot.changed) writeRow(state, slot)
  const { id, row, asset } = slot
  row[ROW.now] = state.now
  row[ROW.price] = asset.price
  row[ROW.priceTs] = asset.priceTs
  writeQuotes(state, slot)
  return {
    slot: id,
    asset: asset.asset,
    timeframe: slot.slot.timeframe,
    row: Array.from(row),
    positionId: slot.heldId,
    orders: slot.orderViews,
    state: slot.stateJson,
    revision: slot.revision,
  }
}
