import type { WindowId } from '../../shared/domain/slots.ts'
import { HOUR, MINUTE } from '../../shared/domain/time.ts'
import { type Context, type EngineState, positionIn, type Redemption, record, workingOrders } from '../state.ts'

/** Delay before an outstanding payout is requested again; it doubles each time, up to an hour. */
const RETRY_MS = MINUTE
const LONGEST_RETRY_MS = HOUR

const NOT_REQUESTED: Redemption = { askedAt: null, times: 0, paidAt: null }

/** True when a position or an order of the window may still need its outcome and payout. */
export function isUndecided(state: EngineState, windowId: WindowId): boolean {
  if (positionIn(state, windowId) !== undefined || workingOrders(state, windowId).length > 0) return true
  // A failed sale reopens its position.
  for (const position of state.recentlyClosed.values()) if (position.windowId === windowId) return true
  return false
}

/** Remembers a window's payout until its open positions are resolved. */
export function rememberPaid(context: Context, windowId: WindowId): void {
  const before = context.state.redemptions.get(windowId) ?? NOT_REQUESTED
  if (before.paidAt === null) saveRedemption(context, windowId, { ...before, paidAt: context.state.now })
}

/** Requests a window's payout, unless the venue redeems by itself. */
export function requestPayout(context: Context, windowId: WindowId): void {
  if (context.state.config.redeemsItself) return
  const { times } = context.state.redemptions.get(windowId) ?? NOT_REQUESTED
  saveRedemption(context, windowId, { askedAt: context.state.now, times: times + 1, paidAt: null })
  context.effects.push({ kind: 'redeem', windowId })
}

/** Requests outstanding payouts again: an answer may be lost, and the desk may have been restarted. */
export function requestOverduePayouts(context: Context): void {
  if (context.state.config.redeemsItself) return
  for (const { state, windowId } of context.state.positions.values()) {
    if (state !== 'resolved') continue
    const { askedAt, times } = context.state.redemptions.get(windowId) ?? NOT_REQUESTED
    const delay = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** (times - 1))
    if (askedAt === null || context.state.now - askedAt >= delay) requestPayout(context, windowId)
  }
}

function saveRedemption(context: Context, windowId: WindowId, redemption: Redemption): void {
  context.state.redemptions.set(windowId, redemption)
  record(context, { t: 'redemption', windowId, ...redemption })
}
