import { invariant } from '../shared/domain/base.ts'
import type { PriceTick } from '../shared/domain/feed.ts'
import { step } from '../shared/domain/lifecycles.ts'
import { addUsd, MICRO, mulDivFloor, NO_USD, subUsd, toDollars, type Usd, usd } from '../shared/domain/money.ts'
import type { Position } from '../shared/domain/records.ts'
import { type CandleFrame, type WindowId, windowAt } from '../shared/domain/slots.ts'
import { DAY, SECOND, unixMs, utcDay } from '../shared/domain/time.ts'
import { pauseEntries } from './commands.ts'
import type { EngineEvent } from './events.ts'
import { negative } from './ledger.ts'
import { regimeOf } from './regime.ts'
import { type Context, type EngineState, record, type SlotState, say, slotOf } from './state.ts'

/** A price so near the start of a window is an estimate of its strike. */
const NEAR_START_MS = 5 * SECOND

const FRAMES: readonly CandleFrame[] = ['1m', '5m', '15m']

/** A price of an underlying: candles, volatility, and the windows of its slots. */
export function applyTick(c: Context, tick: PriceTick): void {
  const asset = c.s.assets.get(tick.asset)
  if (asset === undefined) return
  for (const slot of c.s.slots.values()) {
    if (slot.slot.asset !== tick.asset) continue
    rollWindow(c, slot, tick, asset.price)
    slot.mean.tick(tick.tsVenue, tick.price)
  }
  asset.vol.tick(tick.tsVenue, tick.price)
  asset.price = tick.price
  asset.priceTs = tick.ts
  for (const frame of FRAMES) {
    const series = c.s.candles.get(tick.asset, frame)
    const closed = series.tick(tick.tsVenue, tick.price, tick.volume)
    if (closed === undefined) continue
    record(c, { t: 'candle', asset: tick.asset, frame, candle: closed })
    if (frame === '1m') asset.regime = regimeOf(series)
  }
}

/** Moves a slot into the window that holds the tick, and starts the mean that decides the window when it is time. */
function rollWindow(c: Context, slot: SlotState, tick: PriceTick, before: number): void {
  const window = slot.window
  if (window === null || tick.tsVenue >= window.end) {
    // The mean that closed the last window is the best estimate of the strike of this one.
    const next = windowAt(slot.slot, tick.tsVenue)
    const adjoining = window !== null && window.end === next.start
    const estimate = adjoining && slot.meanStarted ? slot.mean.mean(next.start) : null
    if (window !== null) endPositions(c, window.id)
    slot.window = next
    slot.strike = estimate ?? (tick.tsVenue - next.start < NEAR_START_MS ? tick.price : null)
    slot.strikeIsEstimate = true
    slot.book = null
    slot.meanStarted = false
    slot.said.clear()
  }
  const current = slot.window
  invariant(current !== null, 'a window was just entered')
  const from = current.end - c.s.config.settlementMeanSec * SECOND
  if (!slot.meanStarted && tick.tsVenue >= from && c.s.config.settlementMeanSec > 0) {
    slot.mean.begin(from, before > 0 ? before : tick.price)
    slot.meanStarted = true
  }
}

function endPositions(c: Context, windowId: WindowId): void {
  for (const position of c.s.positions.values()) {
    if (position.windowId !== windowId || position.state !== 'open') continue
    position.state = step('position', position.state, 'end')
    record(c, { t: 'position', position: { ...position } })
  }
}

/** The settlement source's opening price has arrived. */
export function applyStrike(c: Context, event: Extract<EngineEvent, { kind: 'strike' }>): void {
  const slot = slotOf(c.s, event.slot)
  if (slot.window?.id !== event.windowId) return
  slot.strike = event.strike
  slot.strikeIsEstimate = false
}

/** A window's outcome is known: its position is worth its payout, which stays locked until it is redeemed. */
export function applySettlement(c: Context, event: Extract<EngineEvent, { kind: 'settled' }>): void {
  const { kind: _, ...settlement } = event
  record(c, { t: 'settlement', settlement: { ...settlement, market: c.s.config.market } })
  const slot = slotOf(c.s, event.slot)
  endPositions(c, event.windowId)
  let profit: Usd | null = null
  for (const position of c.s.positions.values()) {
    if (position.windowId !== event.windowId || position.state !== 'ended') continue
    profit = resolve(c, position, event.payoutUp)
  }
  const windowStart = Number(event.windowId.slice(event.windowId.lastIndexOf('-') + 1)) * SECOND
  slot.lastSettlement = {
    windowStart,
    outcome: event.payoutUp >= MICRO / 2 ? 'up' : 'down',
    profitUsd: profit === null ? null : toDollars(profit),
  }
  checkDailyLoss(c)
}

function resolve(c: Context, position: Position, payoutUp: number): Usd {
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
  record(c, { t: 'position', position: { ...position } })
  return subUsd(position.realised, position.fees)
}

/** The payout of a resolved window is cash again. */
export function applyRedemption(c: Context, windowId: WindowId): void {
  for (const position of c.s.positions.values()) {
    if (position.windowId !== windowId || position.state !== 'resolved') continue
    const payout = position.payout ?? NO_USD
    const movement = { cash: payout, locked: negative(payout) }
    record(c, { t: 'ledger', entry: c.s.ledger.post(c.s.now, 'redeem', position.id, movement) })
    position.state = step('position', position.state, 'redeem')
    record(c, { t: 'position', position: { ...position } })
    c.s.positions.delete(position.id)
  }
}

/** I12: a day's loss at the cap pauses entries until the next UTC day. */
function checkDailyLoss(c: Context): void {
  const { s } = c
  const profit = s.ledger.profitOn(s.now)
  if (profit > -s.config.caps.lossPerDay || s.trading !== 'running') return
  const message = `daily loss ${(-profit / MICRO).toFixed(2)} USD reached the cap of ${(s.config.caps.lossPerDay / MICRO).toFixed(2)} USD`
  pauseEntries(c, message, unixMs(utcDay(s.now) + DAY))
  say(c, 'warn', 'cap', `${message}; entries are paused until the next UTC day`)
}

/** The mean that has passed of a window's closing value, for a view. */
export function settlementSoFar(
  s: EngineState,
  slot: SlotState,
): { seconds: number; elapsed: number; mean: number | null } {
  const seconds = s.config.settlementMeanSec
  if (!slot.meanStarted || slot.window === null) return { seconds, elapsed: 0, mean: null }
  const elapsed = Math.max(0, seconds - (slot.window.end - s.now) / SECOND)
  return { seconds, elapsed, mean: slot.mean.mean(s.now) }
}
