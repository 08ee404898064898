import { MICRO, toDollars } from '../../shared/domain/money.ts'
import { type CandleFrame, type WindowId, windowAt } from '../../shared/domain/slots.ts'
import { SECOND, unixMs } from '../../shared/domain/time.ts'
import type { EngineEvent } from '../events.ts'
import type { AssetState } from '../prices/asset-state.ts'
import { BOUNDARY_MS, HALT_MINUTES, type MinuteRemainder } from '../prices/prices.ts'
import { TICK_PRICE, TICK_TS, TICK_VENUE } from '../prices/tick-cells.ts'
import type { SlotState } from '../slot-state.ts'
import { type Context, type EngineState, isUnsettleable, logEvent, record, slotOf } from '../state.ts'
import { endPositions } from './settlement.ts'

/** A price within this time of a window's start serves as an estimate of its strike. */
const NEAR_START_MS = 5 * SECOND

/**
 * Applies a price to candles, volatility and the windows of the asset's slots. Called for every price, so it allocates
 * only at the end of a minute.
 * @param cells four numbers from index `at`, laid out by `tick-cells.ts`
 */
export function applyTick(context: Context, asset: AssetState<SlotState>, cells: Float64Array, at: number): void {
  const tsVenue = cells[at + TICK_VENUE] ?? 0
  const price = cells[at + TICK_PRICE] ?? 0
  asset.notePriceTime(tsVenue)
  if (tsVenue >= asset.boundary) passBoundary(context, asset, tsVenue, price)
  if (asset.meanStarted) asset.mean.tick(tsVenue, price)
  else if (tsVenue >= asset.boundary - context.state.config.settlementMeanSec * SECOND)
    beginMean(context, asset, tsVenue, price)
  asset.price = price
  asset.priceTs = cells[at + TICK_TS] ?? 0
  if (asset.candles['1m'].take(cells, at)) minuteClosed(context, asset, tsVenue)
}

/**
 * Applies the remainder of a minute, with the same result as its prices one by one.
 * @returns false, with nothing done, when a price in it could start the closing mean: then they must be applied one by one
 */
export function applyRemainder(state: EngineState, asset: AssetState<SlotState>, remainder: MinuteRemainder): boolean {
  if (remainder.tsVenue >= asset.boundary - state.config.settlementMeanSec * SECOND) return false
  asset.lastVenue = remainder.tsVenue
  asset.price = remainder.close
  asset.priceTs = remainder.ts
  asset.candles['1m'].takeRemainder(remainder)
  return true
}

function minuteClosed(context: Context, asset: AssetState<SlotState>, tsVenue: number): void {
  const { high, low, volume, end } = asset.candles['1m'].columns
  asset.vol.minute(high[end - 1] ?? 0, low[end - 1] ?? 0)
  reportHalt(context, asset, high[end - 1] ?? 0, low[end - 1] ?? 0, volume[end - 1] ?? 0)
  asset.minutesChanged()
  recordCandle(context, asset, '1m')
  for (const frame of asset.candles.closeLonger(tsVenue)) recordCandle(context, asset, frame)
}

/** Logs the start and the end of a halt, once each. */
function reportHalt(context: Context, asset: AssetState<SlotState>, high: number, low: number, volume: number): void {
  const before = asset.flatInRow
  asset.countFlat(high, low, volume)
  if (context.discardsRecords === true) return
  if (asset.flatInRow === HALT_MINUTES)
    logEvent(
      context,
      'warn',
      'halt',
      `${asset.asset}: no trade and no move for ${HALT_MINUTES} minutes, treated as a halt: no quotes`,
    )
  else if (asset.flatInRow === 0 && before >= HALT_MINUTES)
    logEvent(context, 'info', 'halt', `${asset.asset} is traded again after ${before} minutes without a trade`)
}

function recordCandle(context: Context, { asset, candles }: AssetState<SlotState>, frame: CandleFrame): void {
  const candle = context.discardsRecords ? undefined : candles[frame].ago(0)
  if (candle !== undefined) record(context, { t: 'candle', asset, frame, candle })
}

/** Starts the closing mean of the windows that end next. */
function beginMean(context: Context, asset: AssetState<SlotState>, tsVenue: number, price: number): void {
  const meanMs = context.state.config.settlementMeanSec * SECOND
  if (meanMs === 0) return
  asset.mean.begin(asset.boundary - meanMs, asset.appliedPrice > 0 ? asset.appliedPrice : price)
  asset.mean.tick(tsVenue, price)
  asset.meanStarted = true
}

/** Moves the asset's slots to the windows that contain the price's time. */
function passBoundary(context: Context, asset: AssetState<SlotState>, tsVenue: number, price: number): void {
  const ended = asset.boundary
  // The closing mean of the previous windows is the best estimate of the new strike.
  const isIncomplete = asset.silentUntil > ended - context.state.config.settlementMeanSec * SECOND
  const estimate = asset.meanStarted && !isIncomplete ? asset.mean.mean(ended) : null
  asset.meanStarted = false
  asset.boundary = tsVenue - (tsVenue % BOUNDARY_MS) + BOUNDARY_MS
  for (const slot of asset.slots) {
    const { window } = slot
    if (window !== null && tsVenue < window.end) continue
    const next = windowAt(slot.slot, unixMs(tsVenue))
    const adjoining = window !== null && window.end === next.start && ended === next.start
    endPositions(context, (position) => position.slot === slot.id && position.windowEnd <= tsVenue)
    slot.window = next
    rememberRegime(slot, next.id)
    slot.strike = context.state.config.officialStrikes
      ? null
      : ((adjoining ? estimate : null) ?? (!isIncomplete && tsVenue - next.start < NEAR_START_MS ? price : null))
    slot.strikeIsEstimate = true
    slot.book = null
    slot.bookSince = context.state.now
    slot.refusalsLogged.clear()
    if (slot.pause !== null && slot.pause.until !== null && tsVenue >= slot.pause.until) slot.pause = null
    slot.changed = true
  }
}

/** Windows whose regime is remembered: more than ever wait for their outcomes at once. */
const REGIMES_KEPT = 6

function rememberRegime({ regimes, asset }: SlotState, windowId: WindowId): void {
  regimes.set(windowId, asset.regime)
  const [oldest] = regimes.keys()
  if (regimes.size > REGIMES_KEPT && oldest !== undefined) regimes.delete(oldest)
}

/** Applies the strike reported by the settlement source. */
export function applyStrike(context: Context, event: Extract<EngineEvent, { kind: 'strike' }>): void {
  const slot = slotOf(context.state, event.slot)
  if (slot.window?.id !== event.windowId) return
  slot.strike = event.strike
  slot.strikeIsEstimate = false
  slot.changed = true
}

/** Interval between checks for unsettleable positions, ms. */
const UNSETTLED_CHECK_MS = 30 * SECOND

/** Ends positions whose windows ended without a price, and logs each unsettleable one once. */
export function reportUnsettleable(context: Context): void {
  const { state } = context
  if (state.now < state.nextUnsettledCheck) return
  state.nextUnsettledCheck = state.now + UNSETTLED_CHECK_MS
  // Without a price after the end of a window, the clock ends it.
  endPositions(context, (position) => position.windowEnd + UNSETTLED_CHECK_MS <= state.now)
  for (const position of state.positions.values()) {
    if (!isUnsettleable(state, position) || state.unsettleable.has(position.id)) continue
    state.unsettleable.add(position.id)
    const { id, slot, windowId, cost, shares, side } = position
    const held = `${(shares / MICRO).toFixed(2)} ${side} for ${toDollars(cost).toFixed(2)} USD`
    const cap =
      state.config.market === 'live' ? 'it still counts against the caps' : 'it no longer counts against the caps'
    const message = `${id} (${held}) in window ${windowId} has no outcome: prices at its start or end are missing; ${cap}; void it with a reason, or wait for the outcome`
    logEvent(context, 'error', 'unsettleable', message, { slot })
  }
}
