/**
 * Candles of the simulated venue. Deliberately independent of the desk's own candle reader, so that tests do not compare
 * code with itself.
 */

/** openTime ms, open, high, low, close, base volume. */
export type Row = readonly [number, number, number, number, number, number]

export const MINUTE = 60_000

/** One-minute candles by symbol; undefined for a minute without trades or outside the data. */
export interface Market {
  readonly symbols: readonly string[]
  candle(symbol: string, openTime: number): Row | undefined
  /** Open times of the first and the last minute. */
  span(symbol: string): readonly [number, number]
}

/** First price of the generated candles, by asset. */
const BASE_PRICES: Readonly<Record<string, number>> = {
  BTC: 28_400,
  ETH: 1_800,
  SOL: 21,
  XRP: 0.5,
  DOGE: 0.08,
  AVAX: 18,
  LINK: 7.4,
  MATIC: 1.1,
  POL: 0.45,
  BNB: 310,
  ADA: 0.38,
}

/** A random walk for each symbol, generated on demand; the same seed and origin give the same candles. */
export function generatedMarket(assets: readonly string[], seed: number, origin: number): Market {
  const walks = new Map(assets.map((asset) => [`${asset}USDT`, walk(asset, seed, origin)]))
  return {
    symbols: [...walks.keys()],
    candle: (symbol, openTime) => walks.get(symbol)?.((openTime - origin) / MINUTE),
    span: () => [origin, Number.POSITIVE_INFINITY],
  }
}

function walk(asset: string, seed: number, origin: number): (index: number) => Row | undefined {
  const base = BASE_PRICES[asset] ?? 10
  const digits = Math.max(2, 5 - Math.floor(Math.log10(base)))
  const random = mulberry32(seed ^ hash(asset))
  const round = (value: number) => Number(value.toFixed(digits))
  const rows: Row[] = []
  let last = base
  return (index) => {
    if (!Number.isInteger(index) || index < 0) return undefined
    while (rows.length <= index) {
      const open = last
      const close = round(open * (1 + 0.0016 * (random() - 0.5)))
      const high = round(Math.max(open, close) * (1 + 0.0004 * random()))
      const low = round(Math.min(open, close) * (1 - 0.0004 * random()))
      const volume = Number(((100_000 / base) * (0.2 + random())).toFixed(5))
      rows.push([
        origin + rows.length * MINUTE,
        open,
        Math.max(high, open, close),
        Math.min(low, open, close),
        close,
        volume,
      ])
      last = close
    }
    return rows[index]
  }
}

/** Mulberry32, a 32-bit random number generator by Tommy Ettinger. */
function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export function hash(text: string): number {
  let value = 7
  for (const char of text) value = (Math.imul(value, 31) + (char.codePointAt(0) ?? 0)) | 0
  return value
}

/** Recorded candles, shifted by `shift` milliseconds. */
export function recordedMarket(rows: ReadonlyMap<string, readonly Row[]>, shift: number): Market {
  const bySymbol = new Map(
    [...rows].map(([symbol, list]) => [symbol, new Map(list.map((row) => [row[0] + shift, row]))]),
  )
  return {
    symbols: [...rows.keys()],
    candle(symbol, openTime) {
      const row = bySymbol.get(symbol)?.get(openTime)
      return row && [openTime, row[1], row[2], row[3], row[4], row[5]]
    },
    span(symbol) {
      const list = rows.get(symbol) ?? []
      return [(list[0]?.[0] ?? 0) + shift, (list.at(-1)?.[0] ?? 0) + shift]
    },
  }
}
