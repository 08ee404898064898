import { candleOf, firstFrom } from '../../engine/market/candle-columns.ts'
import { CandleSeries } from '../../engine/prices/candles.ts'
import { ok, type Result } from '../../shared/domain/base.ts'
import type { Candle } from '../../shared/domain/feed.ts'
import { type Asset, asset } from '../../shared/domain/slots.ts'
import { unixMs } from '../../shared/domain/time.ts'
import { minutesIn } from '../tape/engine-snapshot.ts'
import { KIND } from '../tape/record-format.ts'
import { TapeCursor } from './tape-cursor.ts'
import type { ReplaySource } from './tape-types.ts'

/** Closed one-minute candles from before a tape begins, oldest first. */
export type History = ReadonlyMap<Asset, readonly Candle[]>

/** Candles in the snapshot of the first segment. */
export function historyOf(cursor: TapeCursor): Result<History> {
  const snapshot = cursor.firstSnapshot()
  if (!snapshot.ok) return snapshot
  return snapshot.value === undefined ? ok(new Map()) : minutesIn(snapshot.value)
}

/** One-minute candles of an asset between two moments of a tape; built from its prices where it has no candles. */
export function minutesOf(source: ReplaySource, name: Asset, from: number, to: number): readonly Candle[] {
  if (source.kind === 'candles') {
    const series = source.series.find((one) => one.asset === name)
    if (series === undefined) return []
    const minutes: Candle[] = []
    for (let i = firstFrom(series, from); i < firstFrom(series, to); i++) minutes.push(candleOf(series, i))
    return minutes
  }
  const cursor = TapeCursor.open(source.paths)
  return cursor.ok ? builtMinutes(cursor.value, name, from, to) : []
}

function builtMinutes(cursor: TapeCursor, name: Asset, from: number, to: number): readonly Candle[] {
  const series = new CandleSeries(name, '1m')
  const minutes: Candle[] = []
  const cells = new Float64Array(4)
  const { reader } = cursor
  const keep = (candle: Candle | undefined): void => {
    if (candle !== undefined && candle.openTime >= from) minutes.push(candle)
  }
  while (cursor.next() && reader.ts < to) {
    if (reader.kind !== KIND.price && reader.kind !== KIND.candle) continue
    if (asset(cursor.header.assets[reader.asset] ?? 'NONE') !== name) continue
    if (reader.kind === KIND.candle) {
      const { openTime, open, high, low, close, volume, frame } = reader
      if (frame === '1m' && series.put({ openTime: unixMs(openTime), open, high, low, close, volume }))
        keep(series.ago(0))
      continue
    }
    cells[1] = reader.tsVenue
    cells[2] = reader.price
    cells[3] = reader.volume
    if (series.take(cells, 0)) keep(series.ago(0))
  }
  keep(series.current())
  return minutes
}
