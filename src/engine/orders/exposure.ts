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
function atRisk(s: EngineState, visit: (slot: SlotId, windowId: WindowId, amount: Usd) => void): void {
  for (const p of s.positions.values()) {
    // With simulated money a position that nothing can settle gives its cap back; real money may still be there.
    if (isUnsettled(p) && (s.config.market === 'live' || !isUnsettleable(s, p))) visit(p.slot, p.windowId, p.cost)
  }
  for (const o of s.orders.values())
    if (o.kind === 'enter' && isWorking(o)) visit(o.slot, o.windowId, remainingReserve(o))
}

/** All money at risk now. */
export function totalAtRisk(s: EngineState): Usd {
  let sum = NO_USD
  atRisk(s, (_slot, _window, amount) => {
    sum = addUsd(sum, amount)
  })
  return sum
}

/** What the caps of I12 compare a new entry of `windowId` with. */
export function exposureFor(s: EngineState, asset: Asset, windowId: WindowId): Exposure {
  let window = NO_USD
  let ofAsset = NO_USD
  let account = NO_USD
  atRisk(s, (slot, id, amount) => {
    account = addUsd(account, amount)
    if (slotOf(s, slot).slot.asset === asset) ofAsset = addUsd(ofAsset, amount)
    if (id === windowId) window = addUsd(window, amount)
  })
  const today = s.ledger.profitOn(s.now)
  return {
    window,
    asset: ofAsset,
    account,
    freeCash: subUsd(s.ledger.cash, reserved(s)),
    lossToday: today < 0 ? subUsd(NO_USD, today) : NO_USD,
  }
}
