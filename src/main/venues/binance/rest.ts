import { err, ok, type Result } from '../../../shared/domain/base.ts'
import type { Candle, Clock } from '../../../shared/domain/feed.ts'
import type { UnixMs } from '../../../shared/domain/time.ts'
import { parseErrorBody, parseJson, parseKlines, parseServerTime, parseTradingSymbols } from './schema.ts'
import { Timers } from './timers.ts'

/** Maximum number of rows of one klines request. */
export const MAX_ROWS = 1_000
const INVALID_SYMBOL = -1121
/** Pauses after a refusal for too many requests without a stated time; the shortest ban lasts two minutes. */
const DEFAULT_LIMIT_MS = 60_000
const DEFAULT_BAN_MS = 120_000

/** Why a request failed, by what to do next: `limited` wait, `refused` give up, `failed` try again later. */
export type RestFailure =
  | { readonly kind: 'limited'; readonly waitMs: number; readonly message: string }
  | { readonly kind: 'refused'; readonly code: number | undefined; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }

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

/** Public market data over REST. A refusal for too many requests blocks all later ones until it expires. */
export class BinanceRest {
  readonly #options: RestOptions
  readonly #timers: Timers
  readonly #aborts = new Set<AbortController>()
  #blockedUntil = 0
  #usedWeight = 0

  constructor(options: RestOptions) {
    this.#options = options
    this.#timers = new Timers(options.clock)
  }

  /** Request weight counted by the venue in the current minute; the limit is 6,000. */
  get usedWeight(): number {
    return this.#usedWeight
  }

  async serverTime(): Promise<Result<TimeSample, RestFailure>> {
    const { clock } = this.#options
    const sentAt = clock.now()
    const began = clock.monotonic()
    const reply = await this.#get('/api/v3/time', {}, parseServerTime)
    if (!reply.ok) return reply
    const roundTripMs = clock.monotonic() - began
    return ok({ serverTime: reply.value, offsetMs: reply.value - (sentAt + roundTripMs / 2), roundTripMs })
  }

  /** One-minute candles of a range, oldest first; at most the oldest 1,000. */
  klines(symbol: string, { startTime, endTime }: KlineRange): Promise<Result<readonly Candle[], RestFailure>> {
    const query = { symbol, interval: '1m', startTime, endTime, limit: MAX_ROWS }
    return this.#get('/api/v3/klines', query, parseKlines)
  }

  /** Which of `symbols` trade. The venue refuses a list with an unknown name; each is then queried alone. */
  async tradingSymbols(symbols: readonly string[]): Promise<Result<ReadonlySet<string>, RestFailure>> {
    const path = '/api/v3/exchangeInfo'
    const all = await this.#get(path, { symbols: JSON.stringify(symbols) }, parseTradingSymbols)
    if (all.ok) return ok(new Set(all.value))
    if (!isUnknownSymbol(all.error)) return all
    const trading = new Set<string>()
    for (const symbol of symbols) {
      const single = await this.#get(path, { symbol }, parseTradingSymbols)
      if (!single.ok && !isUnknownSymbol(single.error)) return single
      if (single.ok) for (const name of single.value) trading.add(name)
    }
    return ok(trading)
  }

  /** Aborts running requests; later ones fail. */
  stop(): void {
    this.#timers.stop()
    for (const abort of this.#aborts) abort.abort()
  }

  async #get<T>(
    path: string,
    query: Readonly<Record<string, string | number>>,
    parse: (value: unknown) => Result<T>,
  ): Promise<Result<T, RestFailure>> {
    const waitMs = this.#blockedUntil - this.#options.clock.monotonic()
    if (waitMs > 0)
      return err({ kind: 'limited', waitMs, message: `${path}: blocked for another ${Math.ceil(waitMs)} ms` })
    if (this.#timers.stopped) return err({ kind: 'failed', message: 'stopped' })
    const parameters = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    const url = `${this.#options.restUrl}${path}${parameters.length > 0 ? `?${parameters.join('&')}` : ''}`
    const abort = new AbortController()
    this.#aborts.add(abort)
    // Not `AbortSignal.timeout`: time comes from the injected clock.
    const cancel = this.#timers.after(this.#options.requestMs, () => abort.abort())
    try {
      const response = await fetch(url, { signal: abort.signal })
      this.#usedWeight = Number(response.headers.get('x-mbx-used-weight-1m') ?? this.#usedWeight)
      const body = parseJson(await response.text())
      if (!response.ok) return err(this.#refusal(path, response, body.ok ? body.value : undefined))
      const value = body.ok ? parse(body.value) : body
      return value.ok ? value : err({ kind: 'failed', message: `${path}: ${value.error}` })
    } catch (error) {
      const reason = abort.signal.aborted ? `no answer within ${this.#options.requestMs} ms` : causeOf(error)
      return err({ kind: 'failed', message: `${path}: ${reason}` })
    } finally {
      cancel()
      this.#aborts.delete(abort)
    }
  }

  #refusal(path: string, response: Response, body: unknown): RestFailure {
    const details = parseErrorBody(body)
    const message = `${path}: ${response.status} ${details?.msg ?? response.statusText}`
    if (response.status === 429 || response.status === 418) {
      const waitMs =
        retryAfterMs(response.headers.get('retry-after')) ??
        (response.status === 418 ? DEFAULT_BAN_MS : DEFAULT_LIMIT_MS)
      this.#blockedUntil = Math.max(this.#blockedUntil, this.#options.clock.monotonic() + waitMs)
      return { kind: 'limited', waitMs, message }
    }
    if (response.status >= 500) return { kind: 'failed', message }
    return { kind: 'refused', code: details?.code, message }
  }
}

function isUnknownSymbol(failure: RestFailure): boolean {
  return failure.kind === 'refused' && failure.code === INVALID_SYMBOL
}

/** Milliseconds of a `Retry-After` in seconds; undefined for anything else. */
export function retryAfterMs(header: string | null | undefined): number | undefined {
  return header !== null && header !== undefined && /^\d{1,7}$/.test(header) ? Number(header) * 1000 : undefined
}

/** Includes the cause, in which `fetch` puts the actual reason, such as ECONNREFUSED. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message
}
