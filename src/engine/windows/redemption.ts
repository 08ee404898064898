import type { WindowId } from '../../shared/domain/slots.ts'
import { HOUR, MINUTE } from '../../shared/domain/time.ts'
import { type Context, type EngineState, positionIn, type Redemption, record, workingOrders } from '../state.ts'

/** Rest before a payout that did not come is asked for again; it doubles each time, up to an hour. */
const REST_MS = MINUTE
const LONGEST_REST_MS = HOUR

const UNASKED: Redemption = { askedAt: null, times: 0, paidAt: null }

/** True where a position or an order of the window may still need its outcome and its payout. */
export function isUndecided(s: EngineState, windowId: WindowId): boolean {
  if (positionIn(s, windowId) !== undefined || workingOrders(s, windowId).length > 0) return true
  // A sale that fails brings its position back.
  for (const position of s.over.values()) if (position.windowId === windowId) return true
  return false
}

/** Keeps that a window was paid until whatever is undecided in it can be paid. */
export function notePaid(c: Context, windowId: WindowId): void {
  const before = c.s.redemptions.get(windowId) ?? UNASKED
  if (before.paidAt === null) note(c, windowId, { ...before, paidAt: c.s.now })
}

/** Asks for a window's payout, unless the venue pays by itself. */
export function askPayout(c: Context, windowId: WindowId): void {
  if (c.s.config.redeemsItself) return
  const { times } = c.s.redemptions.get(windowId) ?? UNASKED
  note(c, windowId, { askedAt: c.s.now, times: times + 1, paidAt: null })
  c.out.push({ kind: 'redeem', windowId })
}

/** Asks again for payouts that have not come; an answer may be lost, and the desk may have stopped meanwhile. */
export function askOverduePayouts(c: Context): void {
  if (c.s.config.redeemsItself) return
  for (const { state, windowId } of c.s.positions.values()) {
    if (state !== 'resolved') continue
    const { askedAt, times } = c.s.redemptions.get(windowId) ?? UNASKED
    const rest = Math.min(LONGEST_REST_MS, REST_MS * 2 ** (times - 1))
    if (askedAt === null || c.s.now - askedAt >= rest) askPayout(c, windowId)
  }
}

function note(c: Context, windowId: WindowId, redemption: Redemption): void {
  c.s.redemptions.set(windowId, redemption)
  record(c, { t: 'redemption', windowId, ...redemption })
}
