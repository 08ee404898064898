import type { WindowId } from '../../shared/domain/slots.ts'
import { HOUR, MINUTE } from '../../shared/domain/time.ts'
import { type Context, type EngineState, positionIn, type Redemption, record, workingOrders } from '../state.ts'

/** Rest before a payout that did not come is asked for again; it doubles each time, up to an hour. */
const REST_MS = MINUTE
const LONGEST_REST_MS = HOUR

const UNASKED: Redemption = { askedAt: null, times: 0, paidAt: null }

/** True where a position or an order of the window may still need its outcome and its payout. */
export function isUndecided(state: EngineState, windowId: WindowId): boolean {
  if (positionIn(state, windowId) !== undefined || workingOrders(state, windowId).length > 0) return true
  // A sale that fails brings its position back.
  for (const position of state.recentlyClosed.values()) if (position.windowId === windowId) return true
  return false
}

/** Keeps that a window was paid until whatever is undecided in it can be paid. */
export function rememberPaid(context: Context, windowId: WindowId): void {
  const before = context.state.redemptions.get(windowId) ?? UNASKED
  if (before.paidAt === null) saveRedemption(context, windowId, { ...before, paidAt: context.state.now })
}

/** Asks for a window's payout, unless the venue pays by itself. */
export function requestPayout(context: Context, windowId: WindowId): void {
  if (context.state.config.redeemsItself) return
  const { times } = context.state.redemptions.get(windowId) ?? UNASKED
  saveRedemption(context, windowId, { askedAt: context.state.now, times: times + 1, paidAt: null })
  context.out.push({ kind: 'redeem', windowId })
}

/** Asks again for payouts that have not come; an answer may be lost, and the desk may have stopped meanwhile. */
export function requestOverduePayouts(context: Context): void {
  if (context.state.config.redeemsItself) return
  for (const { state, windowId } of context.state.positions.values()) {
    if (state !== 'resolved') continue
    const { askedAt, times } = context.state.redemptions.get(windowId) ?? UNASKED
    const rest = Math.min(LONGEST_REST_MS, REST_MS * 2 ** (times - 1))
    if (askedAt === null || context.state.now - askedAt >= rest) requestPayout(context, windowId)
  }
}

function saveRedemption(context: Context, windowId: WindowId, redemption: Redemption): void {
  context.state.redemptions.set(windowId, redemption)
  record(context, { t: 'redemption', windowId, ...redemption })
}
