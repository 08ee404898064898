import { addUsd, NO_USD, subUsd, type Usd } from '../../shared/domain/money.ts'
import type { Asset, SlotId, WindowId } from '../../shared/domain/slots.ts'
import {
  type EngineState,
  isUnsettleable,
  isUnsettled,
  isWorking,
  remainingReserve,
  reserved,
  slotOf,
} from '../state.ts'
import type { Exposure } from './risk.ts'

/** Visits every amount at risk: the cost of unresolved positions and the remaining reserve of working entries. */
function forEachRisk(state: EngineState, visit: (slot: SlotId, windowId: WindowId, amount: Usd) => void): void {
  for (const position of state.positions.values()) {
    // An unsettleable position no longer counts against the caps, except with real money, which may still be at risk.
    if (isUnsettled(position) && (state.config.market === 'live' || !isUnsettleable(state, position)))
      visit(position.slot, position.windowId, position.cost)
  }
  for (const order of state.orders.values())
    if (order.kind === 'enter' && isWorking(order)) visit(order.slot, order.windowId, remainingReserve(order))
}

/** Total money at risk. */
export function totalAtRisk(state: EngineState): Usd {
  let sum = NO_USD
  forEachRisk(state, (_slot, _window, amount) => {
    sum = addUsd(sum, amount)
  })
  return sum
}

/** Current exposure that the caps (I12) are compared with for a new entry in `windowId`. */
export function exposureFor(state: EngineState, asset: Asset, windowId: WindowId): Exposure {
  let window = NO_USD
  let ofAsset = NO_USD
  let account = NO_USD
  forEachRisk(state, (slot, id, amount) => {
    account = addUsd(account, amount)
    if (slotOf(state, slot).asset.asset === asset) ofAsset = addUsd(ofAsset, amount)
    if (id === windowId) window = addUsd(window, amount)
  })
  const today = state.ledger.profitOn(state.now)
  return {
    window,
    asset: ofAsset,
    account,
    freeCash: subUsd(state.ledger.cash, reserved(state)),
    lossToday: today < 0 ? subUsd(NO_USD, today) : NO_USD,
  }
}
