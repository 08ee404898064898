import type { Desk } from '../../src/main/app/desk-life.ts'
import { replayDay } from '../../src/main/replay/day.ts'
import type { DayRecord } from '../../src/main/replay/day-record.ts'
import { RecordedPlayback } from '../../src/main/replay/recorded-playback.ts'
import { TapeCursor } from '../../src/main/replay/tape-cursor.ts'
import { historyOf } from '../../src/main/replay/tape-history.ts'
import type { ReplayTape } from '../../src/main/replay/tape-types.ts'
import { DirectStrategy } from '../../src/main/strategy-host/direct-strategy.ts'
import { value } from './tape.ts'

/** Replays what a desk recorded of its strategy `greedy`, with that desk's settings. */
export function replayOf(desk: Desk, bundle: string, tape: ReplayTape): DayRecord {
  const source = tape.sources[0]?.source
  if (source === undefined || source.kind === 'candles') throw new Error('not a recording')
  const cursor = value(TapeCursor.open(source.paths))
  const day = replayDay({
    strategy: value(DirectStrategy.load(bundle, 'greedy')),
    params: null,
    // Part of the decisions' hash.
    version: [...desk.engine.state.live.values()][0] ?? ('' as never),
    label: 'greedy',
    config: desk.config,
    market: desk.engine.state.config.market,
    slots: desk.feed.slots,
    playback: new RecordedPlayback(cursor, value(historyOf(cursor)), desk.config, desk.options.seed),
    from: tape.from,
    to: tape.to,
    look: () => false,
  })
  return value(day)
}
