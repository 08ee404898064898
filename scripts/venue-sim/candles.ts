import { hash, type Market, MINUTE, type Row } from './market.ts'
import type { Shocks } from './shocks.ts'

/** Lengths in ms of the supported intervals. */
export const INTERVALS: Readonly<Record<string, number>> = {
  '1m': MINUTE,
  '3m': 3 * MINUTE,
  '5m': 5 * MINUTE,
  '15m': 15 * MINUTE,
  '30m': 30 * MINUTE,
  '1h': 60 * MINUTE,
  '2h': 120 * MINUTE,
  '4h': 240 * MINUTE,
  '6h': 360 * MINUTE,
  '8h': 480 * MINUTE,
  '12h': 720 * MINUTE,
  '1d': 1440 * MINUTE,
}

/** The candle of `length` that opens at `openTime`, with the trades up to `now`; undefined without any. */
export function candleAt(
  market: Market,
  symbol: string,
  openTime: number,
  length: number,
  now: number,
  shocks?: Shocks,
): Row | undefined {
  let candle: Row | undefined
  for (let minute = openTime; minute < openTime + length && minute <= now; minute += MINUTE) {
    const row = market.candle(symbol, minute)
    if (row === undefined) continue
    const part = now >= minute + MINUTE ? row : partOf(row, symbol, (now - minute) / MINUTE)
    candle =
      candle === undefined
        ? [openTime, part[1], part[2], part[3], part[4], part[5]]
        : [
            openTime,
            candle[1],
            Math.max(candle[2], part[2]),
            Math.min(candle[3], part[3]),
            part[4],
            candle[5] + part[5],
          ]
  }
  return candle && (shocks?.apply(symbol, candle, openTime, Math.min(now, openTime + length)) ?? candle)
}

/** A one-minute candle after `share` (0 … 1) of its minute. The price moves linearly: open, one extreme, the other, close. */
function partOf([openTime, open, high, low, close, volume]: Row, symbol: string, share: number): Row {
  const random = Math.abs(hash(`${symbol}${openTime}`))
  const first = 0.15 + 0.25 * ((random % 97) / 97)
  const second = 0.55 + 0.3 * ((random % 89) / 89)
  const [early, late] = random % 2 === 0 ? [high, low] : [low, high]
  const corners: readonly (readonly [number, number])[] = [
    [0, open],
    [first, early],
    [second, late],
    [1, close],
  ]
  const digits = Math.max(...[open, high, low, close].map((price) => String(price).split('.')[1]?.length ?? 0))
  const next = corners.findIndex(([at]) => at > share)
  const [x0, y0] = corners[next - 1] ?? [0, open]
  const [x1, y1] = corners[next] ?? [1, close]
  const price = Number((y0 + ((y1 - y0) * (share - x0)) / (x1 - x0)).toFixed(digits))
  const seen = [...corners.slice(0, next).map(([, y]) => y), price]
  return [openTime, open, Math.max(...seen), Math.min(...seen), price, Number((volume * share).toFixed(8))]
}

export interface KlineQuery {
  readonly symbol: string
  readonly length: number
  readonly startTime: number | undefined
  readonly endTime: number | undefined
  readonly limit: number
}

/** Candles of a REST query, oldest first: from the start time if there is one, else the newest up to the end time. */
export function queryCandles(market: Market, query: KlineQuery, now: number, shocks?: Shocks): Row[] {
  const { symbol, length, startTime, endTime, limit } = query
  const [first, last] = market.span(symbol)
  const floor = (time: number) => time - (time % length)
  const newest = floor(Math.min(now, last, endTime ?? now))
  const oldest = Math.max(floor(first), startTime === undefined ? 0 : Math.ceil(startTime / length) * length)
  const rows: Row[] = []
  const add = (openTime: number) => {
    const row = candleAt(market, symbol, openTime, length, now, shocks)
    if (row !== undefined) rows.push(row)
  }
  if (startTime !== undefined) {
    for (let t = oldest; t <= newest && rows.length < limit; t += length) add(t)
    return rows
  }
  for (let t = newest; t >= oldest && rows.length < limit; t -= length) add(t)
  return rows.reverse()
}

const text = (value: number) => value.toFixed(8)
/** Invented number of trades, because recordings contain none. */
const tradesOf = (row: Row) => Math.round(row[5] * 10) + 1

/** One row of a klines reply. */
export function restRow(row: Row, length: number): readonly (string | number)[] {
  const [time, open, high, low, close, volume] = row
  const quote = text(volume * close)
  const half = text(volume / 2)
  return [
    time,
    text(open),
    text(high),
    text(low),
    text(close),
    text(volume),
    time + length - 1,
    quote,
    tradesOf(row),
    half,
    text((volume * close) / 2),
    '0',
  ]
}

/** One kline event of the stream. */
export function klineEvent(symbol: string, interval: string, length: number, row: Row, at: number, final: boolean) {
  const [t, open, high, low, close, volume] = row
  const f = t / 1000
  const k = {
    t,
    T: t + length - 1,
    s: symbol,
    i: interval,
    f,
    L: f + tradesOf(row) - 1,
    o: text(open),
    c: text(close),
    h: text(high),
    l: text(low),
    v: text(volume),
    n: tradesOf(row),
    x: final,
    q: text(volume * close),
    V: text(volume / 2),
    Q: text((volume * close) / 2),
    B: '0',
  }
  return { e: 'kline', E: at, s: symbol, k }
}
