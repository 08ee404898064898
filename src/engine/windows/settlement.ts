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
import type { WindowId } from '../../shared/domain/slots.ts'
import { DAY, SECOND, unixMs, utcDay } from '../../shared/domain/time.ts'
import { freezeDeploys, pauseEntries } from '../commands/trading.ts'
import type { EngineEvent } from '../events.ts'
import { negative } from '../orders/ledger.ts'
import {
  type Context,
  type EngineState,
  positionIn,
  record,
  type SlotState,
  say,
  slotOf,
  unconfirmed,
  workingOrders,
} from '../state.ts'
import { countTrade, countWindow } from '../versions/tenure.ts'
import { recordVersion } from '../versions/version-record.ts'
import { askPayout, isUndecided, notePaid } from './redemption.ts'

/** Newest outcomes kept of each slot; older ones are kept while something in their window is undecided. */
const OUTCOMES_KEPT = 6

/** A window's outcome is known: its position is worth its payout, which stays locked until it is redeemed. */
export function applySettlement(c: Context, event: Extract<EngineEvent, { kind: 'settled' }>): void {
  const { windowId, slot: id, ts, strike, close, payoutUp, source } = event
  const { market } = c.s.config
  const slot = slotOf(c.s, id)
  const regime = slot.regimes.get(windowId) ?? null
  const settlement = { ts, slot: id, windowId, strike, close, payoutUp, source, market, regime }
  record(c, { t: 'settlement', settlement })
  noteOutcome(c.s, slot, windowId, payoutUp)
  endPositions(c, (position) => position.windowId === windowId)
  let profit: Usd | null = null
  for (const position of c.s.positions.values())
    if (position.windowId === windowId) profit = resolveIfKnown(c, position) ?? profit
  const windowStart = Number(windowId.slice(windowId.lastIndexOf('-') + 1)) * SECOND
  slot.lastSettlement = {
    windowStart,
    outcome: payoutUp >= MICRO / 2 ? 'up' : 'down',
    profitUsd: profit === null ? null : toDollars(profit),
  }
  slot.changed = true
  const counted = countWindow(c.s, slot, windowStart)
  if (counted !== undefined) recordVersion(c, counted)
  checkDailyLoss(c)
  checkDrawdown(c)
}

function noteOutcome(s: EngineState, { outcomes }: SlotState, windowId: WindowId, payoutUp: Price): void {
  outcomes.set(windowId, payoutUp)
  for (const id of outcomes.keys()) {
    if (outcomes.size <= OUTCOMES_KEPT) return
    if (isUndecided(s, id)) continue
    outcomes.delete(id)
    s.redemptions.delete(id)
  }
}

/** Ends open positions whose windows are over. */
export function endPositions(c: Context, isOver: (position: Position) => boolean): void {
  for (const position of c.s.positions.values()) {
    if (position.state !== 'open' || !isOver(position)) continue
    position.state = step('position', position.state, 'end')
    slotOf(c.s, position.slot).changed = true
    record(c, { t: 'position', position: { ...position } })
  }
}

/**
 * Resolves a position whose window has ended and whose outcome is known. One with an order that still works, or with a fill
 * that the chain has not confirmed, waits for that: profit counts only once it is final.
 * @returns its profit after fees; null where it was not resolved
 */
export function resolveIfKnown(c: Context, position: Position): Usd | null {
  const payoutUp = slotOf(c.s, position.slot).outcomes.get(position.windowId)
  if (payoutUp === undefined || position.state !== 'ended') return null
  // An order without a fate may have bought or sold some of it.
  if (unconfirmed(c.s, position.windowId) !== undefined || workingOrders(c.s, position.windowId).length > 0) return null
  const share = position.side === 'up' ? payoutUp : MICRO - payoutUp
  const payout = usd(mulDivFloor(position.shares, share, MICRO))
  const gross = subUsd(payout, position.cost)
  const movement = { cost: negative(position.cost), locked: payout, realised: gross }
  record(c, { t: 'ledger', entry: c.s.ledger.post(c.s.now, 'resolve', position.id, movement) })
  position.state = step('position', position.state, 'resolve')
  position.payout = payout
  position.realised = addUsd(position.realised, gross)
  position.cost = NO_USD
  position.settledAt = c.s.now
  c.s.unsettleable.delete(position.id)
  record(c, { t: 'position', position: { ...position } })
  countTrade(c.s, position)
  const profit = subUsd(position.realised, position.fees)
  const paid = c.s.redemptions.get(position.windowId)?.paidAt != null
  if (paid) redeem(c, position)
  else askPayout(c, position.windowId)
  return profit
}

/** The payout of a window is cash again; where its position is not resolved yet that is kept until it is. */
export function applyRedemption(c: Context, windowId: WindowId): void {
  const position = positionIn(c.s, windowId)
  if (position?.state === 'resolved') redeem(c, position)
  else if (isUndecided(c.s, windowId)) notePaid(c, windowId)
}

function redeem(c: Context, position: Position): void {
  const payout = position.payout ?? NO_USD
  const movement = { cash: payout, locked: negative(payout) }
  record(c, { t: 'ledger', entry: c.s.ledger.post(c.s.now, 'redeem', position.id, movement) })
  position.state = step('position', position.state, 'redeem')
  record(c, { t: 'position', position: { ...position } })
  c.s.positions.delete(position.id)
  c.s.redemptions.delete(position.windowId)
  forgetFills(c.s, position.id)
}

/** Nothing that a venue says of these fills can be booked any more. */
export function forgetFills({ fills }: Context['s'], position: Position['id']): void {
  for (const fill of fills.values()) if (fill.positionId === position) fills.delete(fill.id)
}

/** I12: a day's loss at the cap pauses entries until the next UTC day. */
function checkDailyLoss(c: Context): void {
  const { s } = c
  const profit = s.ledger.profitOn(s.now)
  if (profit > -s.caps.lossPerDay || s.trading !== 'running') return
  const message = `daily loss ${(-profit / MICRO).toFixed(2)} USD reached the cap of ${(s.caps.lossPerDay / MICRO).toFixed(2)} USD`
  pauseEntries(c, message, unixMs(utcDay(s.now) + DAY))
  say(c, 'warn', 'cap', `${message}; entries are paused until the next UTC day`)
}

/** A day that has given back so much is no day for new code: deployments are frozen until the next one. */
function checkDrawdown(c: Context): void {
  const { s } = c
  const today = utcDay(s.now)
  const fall = s.ledger.drawdownOn(s.now)
  if (fall < s.config.freezeDrawdown || s.drawdownDay === today || s.freeze !== null) return
  s.drawdownDay = today
  const figures = `${(fall / MICRO).toFixed(2)} USD, bound ${(s.config.freezeDrawdown / MICRO).toFixed(2)} USD`
  freezeDeploys(c, `drawdown of the day: ${figures}`, unixMs(today + DAY))
}
