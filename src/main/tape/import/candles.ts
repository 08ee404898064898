import { basename } from 'node:path'
import type { CandleColumns } from '../../../engine/market/candle-columns.ts'
import { candleOf } from '../../../engine/market/candle-columns.ts'
import { ok, type Result } from '../../../shared/domain/base.ts'
import { MINUTE } from '../../../shared/domain/time.ts'
import { type CandleFileReport, loadCandles } from '../../venues/tape/candle-files.ts'
import type { SourceReport } from '../segment-header.ts'
import type { Source, TapeRecord } from './source.ts'

const BATCH = 4_096

/** One-minute candles, each at its close: all files are read at once, since several may make one series. */
export function candleSources(paths: readonly string[]): Result<readonly Source[]> {
  const loaded = loadCandles(paths)
  if (!loaded.ok) return loaded
  const { series, report } = loaded.value
  return ok(
    series.map((columns) => ({
      feed: 'candles',
      settlement: null,
      notices: ['A tape of candles cannot judge timing inside a candle.'],
      unlabelledBooks: false,
      reports: () => report.filter((file) => file.asset === columns.asset).map((file) => reportOf(file, columns)),
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

function reportOf(file: CandleFileReport, columns: CandleColumns): SourceReport {
  const { malformed, nonsense, offGrid, duplicate, backStep } = file.faults
  const faults = { malformed, nonsense, 'off-grid': offGrid, duplicate, 'back-step': backStep }
  const open = columns.openTime
  return {
    file: basename(file.path),
    format: 'candles',
    rows: file.rows,
    kept: file.kept,
    records: file.kept,
    leftOut: Object.fromEntries(Object.entries(faults).filter(([, count]) => count > 0)),
    backSteps: backStep,
    gaps: { count: file.gaps, totalMs: file.missingMinutes * MINUTE, longestMs: null, longerThanMs: MINUTE },
    firstTs: (open[0] ?? 0) + MINUTE,
    lastTs: (open[columns.length - 1] ?? 0) + MINUTE,
    examples: [...file.examples],
    notes: file.missingMinutes > 0 ? [`${file.missingMinutes} minutes are missing.`] : [],
  }
}
