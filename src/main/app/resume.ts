import type { Engine } from '../../engine/engine.ts'
import type { FillFate, OrderReport } from '../../engine/events.ts'
import { restoreState } from '../../engine/restore.ts'
import { isUnsettled } from '../../engine/state.ts'
import { usdOf } from '../../shared/domain/money.ts'
import type { FillId, OrderId } from '../../shared/domain/records.ts'
import { asset, windowAt } from '../../shared/domain/slots.ts'
import { unixMs } from '../../shared/domain/time.ts'
import { readMinutes, readSavedDesk } from '../db/restore.ts'
import type { BotState } from './bot-state.ts'
import type { Desk } from './desk.ts'
import { pump } from './virtual-driver.ts'

/** More than the longest window and its settlement, and than the history strategies ask for. */
const PLAYED_MS = 70 * 60_000
const HISTORY_MINUTES = 400

/** Brings engine, market and gate to where the journal and the last snapshot left off. */
export function restoreBooks(desk: Desk, before: BotState | undefined): void {
  const { db } = desk.journal
  const saved = readSavedDesk(db)
  restoreState(desk.engine.state, saved)
  desk.session.figures.cycles = saved.lastCycle
  if (saved.trading === 'killed') desk.gate.shut(saved.tradingReason ?? 'killed before the restart', saved.flatten)
  for (const name of new Set(desk.feed.slots.map((slot) => slot.asset))) {
    const fresh = desk.feed.source?.history(name, desk.feed.from, HISTORY_MINUTES) ?? []
    const minutes = fresh.length > 0 ? fresh : readMinutes(db, name, HISTORY_MINUTES)
    if (minutes.length === 0) continue
    desk.engine.seedHistory(name, minutes)
    for (const candle of fresh) desk.journal.append({ t: 'candle', asset: name, frame: '1m', candle })
    desk.market.seedVolatility(name, minutes)
  }
  // Simulated prices go on where they stopped and tell every end; a real feed has moved on.
  const told = desk.feed.source === null ? desk.options.clock.now() : 0
  if (before?.paper !== undefined) desk.market.restore(before.paper, told)
  // Only where the prices go on from the snapshot is the forming candle still the same.
  for (const [name, candle] of before?.prices === undefined ? [] : before.forming) {
    desk.engine.state.assets.get(asset(name))?.candles['1m'].resume(candle)
  }
  const ts = desk.now()
  if (saved.ledger.length === 0) desk.session.deliver({ kind: 'deposit', ts, amount: usdOf(desk.config.accountUsd) })
  // An in-process venue died with the desk: what it had not filled can never fill. It is asked, not guessed.
  askVenue(
    desk.engine,
    (orderId, report) => desk.session.deliver({ kind: 'order', ts, orderId, report }),
    (fillId, fate) => desk.session.deliver({ kind: 'fill', ts, fillId, fate }),
  )
  desk.session.settle()
}

/**
 * Asks what became of the orders that were on their way when the desk ended. The paper venue ended with it and knows of
 * none: what it had not filled can never fill.
 */
export function askVenue(
  { state }: Engine,
  tell: (orderId: OrderId, report: OrderReport) => void,
  fate: (fillId: FillId, fate: FillFate) => void,
): void {
  for (const { id, state: was } of [...state.orders.values()]) {
    if (was === 'intent') {
      tell(id, { type: 'refused', reason: 'the desk stopped before it left' })
      continue
    }
    const reason = 'the desk restarted and the paper venue knows nothing of it'
    // Signed and durable: it may have left right before the end.
    if (was === 'signed') tell(id, { type: 'sent' })
    if (was !== 'unknown') tell(id, { type: 'unknown', reason })
    tell(id, { type: 'cancelled', reason })
  }
  for (const fill of [...state.fills.values()]) if (fill.state === 'matched') fate(fill.id, { type: 'confirmed' })
}

/**
 * Simulated prices go on from where they stopped. After a long stop the windows that were open are played out and the
 * newest hour is played for the strategies' history; what lies between concerns nobody.
 */
export function playIdleTime(desk: Desk): void {
  const { source, simulated } = desk.feed
  const from = source?.peek()
  if (simulated === null || source === null || from === undefined) return
  const now = desk.options.clock.now()
  if (now - from < 2 * PLAYED_MS) return
  pump(desk.session, source, desk.market, unixMs(from + PLAYED_MS))
  while ((source.peek() ?? now) < now - PLAYED_MS) source.next()
  desk.session.settle()
}

/** Positions whose window ended while no desk ran and that nothing else will settle. */
export function decideMissedWindows(desk: Desk): void {
  const now = desk.options.clock.now()
  for (const position of desk.engine.state.positions.values()) {
    const slot = desk.engine.state.slots.get(position.slot)?.slot
    const waiting = isUnsettled(position)
    if (!waiting || slot === undefined || position.windowEnd > now || desk.market.isDeciding(position.windowId))
      continue
    desk.market.miss(slot, windowAt(slot, unixMs(position.windowEnd - 1)), null)
  }
}
