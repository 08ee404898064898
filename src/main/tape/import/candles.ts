import type { CandleColumns } from '../../../engine/market/candle-columns.ts'
import { candleOf } from '../../../engine/market/candle-columns.ts'
import { ok, type Result } from '../../../shared/domain/base.ts'
import { MINUTE } from '../../../shared/domain/time.ts'
import { loadCandles } from '../../venues/tape/candle-files.ts'
import type { Source, TapeRecord } from './source.ts'

const BATCH = 4_096

/** One-minute candles, each at its close: all files are read at once, since several may make one series. */
export function candleSources(paths: readonly string[]): Result<readonly Source[]> {
  const loaded = loadCandles(paths)
  if (!loaded.ok) return loaded
  const { series, files } = loaded.value
  return ok(
    series.map((columns) => ({
      feed: 'candles',
      settlement: null,
      notices: ['A tape of candles cannot judge timing inside a candle.'],
      unlabelledBooks: false,
      reports: () => files.flatMap(({ asset, report }) => (asset === columns.asset ? [report] : [])),
      records: () => read(columns),
    })),
  )
}

async function* read(columns: CandleColumns): AsyncGenerator<readonly TapeRecord[]> {
  for (let from = 0; from < columns.length; from += BATCH) {
    const records: TapeRecord[] = []
    for (let i = from; i < Math.min(from + BATCH, columns.length); i++) {
      const candle = candleOf(columns, i)
      records.push({ kind: 'candle', ts: candle.openTime + MINUTE, asset: columns.asset, frame: '1m', candle })
    }
    yield records
  }
}
