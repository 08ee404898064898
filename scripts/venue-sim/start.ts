import { generatedMarket, type Market, MINUTE, type Row, recordedMarket } from './market.ts'
import { readTape } from './tape.ts'

const QUARTER = 15 * MINUTE
/** Minutes of history before the start. */
const PAST_MINUTES = 2_000

export interface SourceOptions {
  /** Files or folders of recorded candles; when empty, candles are generated. */
  readonly tapes: readonly string[]
  readonly generate: readonly string[]
  readonly seed: number
  /** Recorded time to start from. */
  readonly from: number | undefined
  readonly speed: number
  /** Real time. */
  readonly now: number
}

export interface MarketStart {
  readonly market: Market
  readonly startAt: number
  /** Multiple of 15 minutes by which recorded times were shifted. */
  readonly shiftMs: number
}

/**
 * Opens the market and chooses its start. Recorded candles are shifted to the real time, by a multiple of 15 minutes so
 * that windows stay aligned; with `from` and a speed other than 1 they keep their recorded times.
 * @throws when a tape cannot be read or does not hold `from`
 */
export function openMarket(options: SourceOptions): MarketStart {
  const { tapes, from, speed, now } = options
  if (tapes.length === 0) {
    const startAt = from !== undefined && speed !== 1 ? from : now
    const origin = startAt - (startAt % QUARTER) - PAST_MINUTES * MINUTE
    return { market: generatedMarket(options.generate, options.seed, origin), startAt, shiftMs: 0 }
  }
  const rows = new Map<string, Row[]>()
  for (const tape of tapes) {
    for (const [symbol, list] of readTape(tape)) rows.set(symbol, [...(rows.get(symbol) ?? []), ...list])
  }
  const first = Math.min(...[...rows.values()].map((list) => list[0]?.[0] ?? Number.POSITIVE_INFINITY))
  const last = Math.max(...[...rows.values()].map((list) => list.at(-1)?.[0] ?? 0))
  const recordedStart = from ?? first + Math.min(PAST_MINUTES * MINUTE, (last - first) / 2)
  if (recordedStart < first || recordedStart > last)
    throw new Error(`the tape holds ${iso(first)} … ${iso(last)}, not ${iso(recordedStart)}`)
  if (from !== undefined && speed !== 1) return { market: recordedMarket(rows, 0), startAt: from, shiftMs: 0 }
  const shiftMs = Math.floor((now - recordedStart) / QUARTER) * QUARTER
  return { market: recordedMarket(rows, shiftMs), startAt: now, shiftMs }
}

export function iso(ms: number): string {
  return new Date(ms).toISOString()
}
