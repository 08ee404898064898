import { ok, type Result } from '../../../shared/domain/base.ts'
import type { Candle, Clock } from '../../../shared/domain/feed.ts'
import type { UnixMs } from '../../../shared/domain/time.ts'
import { type HttpFailure, HttpReader } from '../../net/http.ts'
import { parseErrorBody, parseKlines, parseServerTime, parseTradingSymbols } from './schema.ts'

/** Maximum number of rows of one klines request. */
export const MAX_ROWS = 1_000
const INVALID_SYMBOL = -1121
export interface TimeSample {
  readonly serverTime: UnixMs
  /** Server time minus desk time, at half the round trip. */
  readonly offsetMs: number
  readonly roundTripMs: number
}

export interface KlineRange {
  readonly startTime: UnixMs
  /** Open time of the last candle, inclusive. */
  readonly endTime: UnixMs
}

export interface RestOptions {
  readonly restUrl: string
  readonly clock: Clock
  readonly requestMs: number
}

/** Public market data over REST. */
export class BinanceRest {
  readonly #options: RestOptions
  readonly #http: HttpReader
  #usedWeight = 0

  constructor(options: RestOptions) {
    this.#options = options
    this.#http = new HttpReader({
      baseUrl: options.restUrl,
      clock: options.clock,
      requestMs: options.requestMs,
      refusalOf: (body) => parseErrorBody(body)?.msg,
      onHeaders: (headers) => {
        this.#usedWeight = Number(headers.get('x-mbx-used-weight-1m') ?? this.#usedWeight)
      },
    })
  }

  /** Request weight counted by the venue in the current minute; the limit is 6,000. */
  get usedWeight(): number {
    return this.#usedWeight
  }

  async serverTime(): Promise<Result<TimeSample, HttpFailure>> {
    const { clock } = this.#options
    const sentAt = clock.now()
    const began = clock.monotonic()
    const reply = await this.#http.get('/api/v3/time', {}, parseServerTime)
    if (!reply.ok) return reply
    const roundTripMs = clock.monotonic() - began
    return ok({ serverTime: reply.value, offsetMs: reply.value - (sentAt + roundTripMs / 2), roundTripMs })
  }

  /** One-minute candles of a range, oldest first; at most the oldest 1,000. */
  klines(symbol: string, { startTime, endTime }: KlineRange): Promise<Result<readonly Candle[], HttpFailure>> {
    const query = { symbol, interval: '1m', startTime, endTime, limit: MAX_ROWS }
    return this.#http.get('/api/v3/klines', query, parseKlines)
  }

  /** Which of `symbols` trade. The venue refuses a list with an unknown name; each is then queried alone. */
  async tradingSymbols(symbols: readonly string[]): Promise<Result<ReadonlySet<string>, HttpFailure>> {
    const path = '/api/v3/exchangeInfo'
    const all = await this.#http.get(path, { symbols: JSON.stringify(symbols) }, parseTradingSymbols)
    if (all.ok) return ok(new Set(all.value))
    if (!isUnknownSymbol(all.error)) return all
    const trading = new Set<string>()
    for (const symbol of symbols) {
      const single = await this.#http.get(path, { symbol }, parseTradingSymbols)
      if (!single.ok && !isUnknownSymbol(single.error)) return single
      if (single.ok) for (const name of single.value) trading.add(name)
    }
    return ok(trading)
  }

  /** Aborts running requests; later ones fail. */
  stop(): void {
    this.#http.stop()
  }
}

function isUnknownSymbol(failure: HttpFailure): boolean {
  return failure.kind === 'refused' && parseErrorBody(failure.body)?.code === INVALID_SYMBOL
}
