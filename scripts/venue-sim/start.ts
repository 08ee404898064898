import { generatedMarket, type Market, MINUTE, type Row, recordedMarket } from './market.ts'
import { readTape } from './tape.ts'

const QUARTER = 15 * MINUTE
/** Minutes of the past that a client may ask for when the simulator has just started. */
const PAST_MINUTES = 2_000

export interface SourceOptions {
  /** Files or folders of recorded candles; none: candles are generated. */
  readonly tapes: readonly string[]
  readonly generate: readonly string[]
  readonly seed: number
  /** Recorded instant to start from. */
  readonly from: number | undefined
  readonly speed: number
  /** The real time. */
  readonly now: number
}

export interface MarketStart {
  readonly market: Market
  readonly startAt: number
  /** Whole quarters of an hour by which recorded times were moved. */
  readonly shiftMs: number
}

/**
 * Lays the market along the time line. Recorded candles are moved by whole quarters of an hour, which keeps every
 * window's grid, so that market time is the real time; only an explicit `from` at another speed plays them at their own.
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
  const wanted = from ?? first + Math.min(PAST_MINUTES * MINUTE, (last - first) / 2)
  if (wanted < first || wanted > last)
    throw new Error(`the tape holds ${iso(first)} … ${iso(last)}, not ${iso(wanted)}`)
  if (from !== undefined && speed !== 1) return { market: recordedMarket(rows, 0), startAt: from, shiftMs: 0 }
  const shiftMs = Math.floor((now - wanted) / QUARTER) * QUARTER
  return { market: recordedMarket(rows, shiftMs), startAt: now, shiftMs }
}

export function iso(ms: number): string {
  return new Date(ms).toISOString()
}
