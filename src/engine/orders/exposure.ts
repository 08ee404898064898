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

/** Calls `visit` with every amount at risk: cost of unresolved positions and what working entries may still cost. */
function atRisk(state: EngineState, visit: (slot: SlotId, windowId: WindowId, amount: Usd) => void): void {
  for (const p of state.positions.values()) {
    // With simulated money a position that nothing can settle gives its cap back; real money may still be there.
    if (isUnsettled(p) && (state.config.market === 'live' || !isUnsettleable(state, p)))
      visit(p.slot, p.windowId, p.cost)
  }
  for (const o of state.orders.values())
    if (o.kind === 'enter' && isWorking(o)) visit(o.slot, o.windowId, remainingReserve(o))
}

/** All money at risk now. */
export function totalAtRisk(state: EngineState): Usd {
  let sum = NO_USD
  atRisk(state, (_slot, _window, amount) => {
    sum = addUsd(sum, amount)
  })
  return sum
}

/** What the caps of I12 compare a new entry of `windowId` with. */
export function exposureFor(state: EngineState, asset: Asset, windowId: WindowId): Exposure {
  let window = NO_USD
  let ofAsset = NO_USD
  let account = NO_USD
  atRisk(state, (slot, id, amount) => {
    account = addUsd(account, amount)
    if (slotOf(state, slot).slot.asset === asset) ofAsset = addUsd(ofAsset, amount)
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
