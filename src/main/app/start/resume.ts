import { restoreState, type SavedDesk } from '../../../engine/restore.ts'
import { isUnsettled } from '../../../engine/state.ts'
import { usdOf } from '../../../shared/domain/money.ts'
import { asset, windowAt } from '../../../shared/domain/slots.ts'
import { unixMs } from '../../../shared/domain/time.ts'
import { readMinutes } from '../../db/restore.ts'
import type { BotState } from '../bot-state.ts'
import type { DeskParts } from '../desk-parts.ts'
import { pump } from '../time/virtual-driver.ts'

/** Longer than the longest window with its settlement, and than the history that strategies may request. */
const PLAYED_MS = 70 * 60_000
const HISTORY_MINUTES = 400

/** Restores engine, venue and gate from what the journal holds and the last snapshot. */
export function restoreBooks(
  desk: Pick<DeskParts, 'options' | 'config' | 'feed' | 'engine' | 'loop' | 'journal' | 'gate' | 'venue' | 'now'>,
  books: SavedDesk,
  before: BotState | undefined,
): void {
  restoreState(desk.engine.state, books)
  desk.loop.figures.cycles = books.lastCycle
  if (books.trading === 'killed') desk.gate.shut(books.tradingReason ?? 'killed before the restart', books.flatten)
  for (const name of new Set(desk.feed.slots.map((slot) => slot.asset))) {
    const fresh = desk.feed.source?.history(name, desk.feed.from, HISTORY_MINUTES) ?? []
    const minutes = fresh.length > 0 ? fresh : readMinutes(desk.journal.db, name, HISTORY_MINUTES)
    if (minutes.length === 0) continue
    desk.engine.seedHistory(name, minutes)
    for (const candle of fresh) desk.journal.append({ t: 'candle', asset: name, frame: '1m', candle })
    desk.venue.local?.seedHistory(name, minutes)
  }
  // Simulated prices resume where they stopped, so no window's end is missed; a real feed has moved on.
  const told = desk.feed.source === null ? desk.options.clock.now() : 0
  const saved = before?.venue ?? before?.paper
  if (saved !== undefined) desk.venue.local?.restore(saved, told)
  // The forming candle is still valid only where prices resume from the snapshot.
  for (const [name, candle] of before?.prices === undefined ? [] : before.forming) {
    desk.engine.state.assets.get(asset(name))?.candles['1m'].resume(candle)
  }
  const ts = desk.now()
  if (books.ledger.length === 0) desk.loop.deliver({ kind: 'deposit', ts, amount: usdOf(desk.config.accountUsd) })
  desk.loop.settle()
}

/**
 * Simulated prices go on from where they stopped. After a long stop the windows that were open are played out and the
 * newest hour is played for the strategies' history; the time between is skipped.
 */
export function playIdleTime(desk: DeskParts): void {
  const { source, makesPrices } = desk.feed
  const from = source?.peek()
  if (!makesPrices || source === null || from === undefined) return
  const now = desk.options.clock.now()
  if (now - from < 2 * PLAYED_MS) return
  pump(desk.loop, desk.timeline, unixMs(from + PLAYED_MS))
  while ((source.peek() ?? now) < now - PLAYED_MS) source.next()
  desk.loop.settle()
}

/** Asks the venue for the outcomes of windows that ended while no desk ran, and for payouts that a crash may have lost. */
export function decideMissedWindows(desk: DeskParts): void {
  const now = desk.options.clock.now()
  const { redeemsItself } = desk.venue.capabilities
  for (const position of desk.engine.state.positions.values()) {
    if (position.state === 'resolved' && redeemsItself) desk.venue.redeem(position.windowId, now)
    const slot = desk.engine.state.slots.get(position.slot)?.slot
    const waiting = isUnsettled(position)
    if (!waiting || slot === undefined || position.windowEnd > now) continue
    desk.venue.askOutcome(slot, windowAt(slot, unixMs(position.windowEnd - 1)))
  }
}
