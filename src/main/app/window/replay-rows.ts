import type { Candle } from '../../../shared/domain/feed.ts'
import type { ReplayTrade, TapeEntry } from '../../../shared/domain/replays.ts'
import type { VersionRef } from '../../../shared/domain/versions.ts'
import type { CandleTuple, TradeMark } from '../../../shared/ipc/chart-view.ts'
import type { ReplayTape } from '../../replay/tape-types.ts'

/** A tape that can be chosen. */
export function entryOf(id: string, title: string, bytes: number, tape: ReplayTape): TapeEntry {
  return {
    id,
    title,
    from: tape.from,
    to: tape.to,
    bytes,
    assets: tape.assets,
    slots: tape.slots.map((slot) => slot.id),
    notices: tape.notices,
  }
}

export function tupleOf({ openTime, open, high, low, close, volume }: Candle): CandleTuple {
  return [openTime, open, high, low, close, volume]
}

/** Entry and outcome of a replayed trade, for a chart. */
export function marksOf(trade: ReplayTrade, version: VersionRef): TradeMark[] {
  const entry: TradeMark = { ts: trade.openedAt, side: trade.side, kind: 'enter', version, text: trade.why }
  if (trade.settledAt === null || trade.pnl === null) return [entry]
  const pnl = trade.pnl / 1e6
  const text = `${pnl < 0 ? '−' : '+'}$${Math.abs(pnl).toFixed(2)}`
  return [entry, { ts: trade.settledAt, side: trade.side, kind: pnl > 0 ? 'win' : 'loss', version, text }]
}
