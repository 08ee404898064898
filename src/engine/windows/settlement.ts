import { step } from '../../shared/domain/lifecycles.ts'
import {
  addUsd,
  MICRO,
  mulDivFloor,
  NO_USD,
  type Price,
  subUsd,
  toDollars,
  type Usd,
  usd,
} from '../../shared/domain/money.ts'
import type { Position } from '../../shared/domain/records.ts'
import { startOf, type WindowId } from '../../shared/domain/slots.ts'
import { DAY, unixMs, utcDay } from '../../shared/domain/time.ts'
import { freezeDeploys, pauseEntries } from '../commands/trading.ts'
import type { EngineEvent } from '../events.ts'
import { negative } from '../orders/ledger.ts'
import type { SlotState } from '../slot-state.ts'
import {
  type Context,
  type EngineState,
  logEvent,
  positionIn,
  record,
  slotOf,
  unconfirmedFill,
  workingOrders,
} from '../state.ts'
import { countTrade, countWindow } from '../versions/tenure.ts'
import { recordVersion } from '../versions/version-record.ts'
import { isUndecided, rememberPaid, requestPayout } from './redemption.ts'

/** Outcomes kept per slot; older ones are kept while something in their window is open. */
const OUTCOMES_KEPT = 6

/** Applies a window's outcome: its position is resolved, and its payout stays locked until it is redeemed. */
export function applySettlement(context: Context, event: Extract<EngineEvent, { kind: 'settled' }>): void {
  const { windowId, slot: id, ts, strike, close, payoutUp, source } = event
  const { market } = context.state.config
  const slot = slotOf(context.state, id)
  const regime = slot.regimes.get(windowId) ?? null
  const settlement = { ts, slot: id, windowId, strike, close, payoutUp, source, market, regime }
  record(context, { t: 'settlement', settlement })
  rememberOutcome(context.state, slot, windowId, payoutUp)
  endPositions(context, (position) => position.windowId === windowId)
  let profit: Usd | null = null
  for (const position of context.state.positions.values())
    if (position.windowId === windowId) profit = resolveIfKnown(context, position) ?? profit
  const windowStart = startOf(windowId)
  slot.lastSettlement = {
    windowStart,
    outcome: payoutUp >= MICRO / 2 ? 'up' : 'down',
    profitUsd: profit === null ? null : toDollars(profit),
  }
  slot.changed = true
  const counted = countWindow(context.state, slot, windowStart)
  if (counted !== undefined) recordVersion(context, counted)
  checkDailyLoss(context)
  checkDrawdown(context)
}

function rememberOutcome(state: EngineState, { outcomes }: SlotState, windowId: WindowId, payoutUp: Price): void {
  outcomes.set(windowId, payoutUp)
  for (const id of outcomes.keys()) {
    if (outcomes.size <= OUTCOMES_KEPT) return
    if (isUndecided(state, id)) continue
    outcomes.delete(id)
    state.redemptions.delete(id)
  }
}

/** Marks open positions as ended when their windows are. */
export function endPositions(context: Context, hasEnded: (position: Position) => boolean): void {
  for (const position of context.state.positions.values()) {
    if (position.state !== 'open' || !hasEnded(position)) continue
    position.state = step('position', position.state, 'end')
    slotOf(context.state, position.slot).changed = true
    record(context, { t: 'position', position: { ...position } })
  }
}

/**
 * Resolves an ended position whose outcome is known, once none of its orders is working and all its fills are confirmed:
 * profit counts only when it is final.
 * @returns its profit after fees; null when it was not resolved
 */
export function resolveIfKnown(context: Context, position: Position): Usd | null {
  const payoutUp = slotOf(context.state, position.slot).outcomes.get(position.windowId)
  if (payoutUp === undefined || position.state !== 'ended') return null
  // A working order may still change its shares.
  if (
    unconfirmedFill(context.state, position.windowId) !== undefined ||
    workingOrders(context.state, position.windowId).length > 0
  )
    return null
  const share = position.side === 'up' ? payoutUp : MICRO - payoutUp
  const payout = usd(mulDivFloor(position.shares, share, MICRO))
  const gross = subUsd(payout, position.cost)
  const movement = { cost: negative(position.cost), locked: payout, realised: gross }
  record(context, {
    t: 'ledger',
    entry: context.state.ledger.post(context.state.now, 'resolve', position.id, movement),
  })
  position.state = step('position', position.state, 'resolve')
  position.payout = payout
  position.realised = addUsd(position.realised, gross)
  position.cost = NO_USD
  position.settledAt = context.state.now
  context.state.unsettleable.delete(position.id)
  record(context, { t: 'position', position: { ...position } })
  countTrade(context.state, position)
  const profit = subUsd(position.realised, position.fees)
  const paid = context.state.redemptions.get(position.windowId)?.paidAt != null
  if (paid) redeem(context, position)
  else requestPayout(context, position.windowId)
  return profit
}

/** Turns a window's payout into cash, or remembers it until the position is resolved. */
export function applyRedemption(context: Context, windowId: WindowId): void {
  const position = positionIn(context.state, windowId)
  if (position?.state === 'resolved') redeem(context, position)
  else if (isUndecided(context.state, windowId)) rememberPaid(context, windowId)
}

function redeem(context: Context, position: Position): void {
  const payout = position.payout ?? NO_USD
  const movement = { cash: payout, locked: negative(payout) }
  record(context, { t: 'ledger', entry: context.state.ledger.post(context.state.now, 'redeem', position.id, movement) })
  position.state = step('position', position.state, 'redeem')
  record(context, { t: 'position', position: { ...position } })
  context.state.positions.delete(position.id)
  context.state.redemptions.delete(position.windowId)
  forgetFills(context.state, position.id)
}

/** Drops the fills of a position that no later report can change. */
export function forgetFills({ fills }: EngineState, position: Position['id']): void {
  for (const fill of fills.values()) if (fill.positionId === position) fills.delete(fill.id)
}

/** I12: a daily loss at the cap pauses entries until the next UTC day. */
function checkDailyLoss(context: Context): void {
  const { state } = context
  const profit = state.ledger.profitOn(state.now)
  if (profit > -state.caps.lossPerDay || state.trading !== 'running') return
  const message = `daily loss ${(-profit / MICRO).toFixed(2)} USD reached the cap of ${(state.caps.lossPerDay / MICRO).toFixed(2)} USD`
  pauseEntries(context, message, unixMs(utcDay(state.now) + DAY))
  logEvent(context, 'warn', 'cap', `${message}; entries are paused until the next UTC day`, {
    cause: { code: 'daily-loss', loss: negative(profit), cap: state.caps.lossPerDay },
  })
}

/** Freezes deployments until the next UTC day once the day's drawdown reaches the limit. */
function checkDrawdown(context: Context): void {
  const { state } = context
  const today = utcDay(state.now)
  const limit = state.config.freezeDrawdown
  const drawdown = state.ledger.drawdownOn(state.now)
  if (drawdown < limit || state.drawdownDay === today || state.freeze !== null) return
  state.drawdownDay = today
  const figures = `${(drawdown / MICRO).toFixed(2)} USD, limit ${(limit / MICRO).toFixed(2)} USD`
  freezeDeploys(context, `daily drawdown: ${figures}`, unixMs(today + DAY), { code: 'daily-drawdown', drawdown, limit })
}
