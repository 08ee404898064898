import type { IncomingMessage, ServerResponse } from 'node:http'
import { INTERVALS, queryCandles, restRow } from './candles.ts'
import type { Market } from './market.ts'
import type { Shocks } from './shocks.ts'

const WEIGHT_LIMIT = 6_000

export interface Fault {
  /** HTTP status to answer with; 0 cuts the connection. */
  readonly status: number
  readonly retryAfterSec: number | undefined
}

export interface RestContext {
  readonly market: Market
  readonly shocks: Shocks
  now(): number
  /** Difference of the venue's clock. */
  offset(): number
  /** Symbols that are listed, but do not trade. */
  readonly halted: ReadonlySet<string>
  /** Removes and returns the fault for the next request. */
  takeFault(): Fault | undefined
}

type Reply = readonly [status: number, body: unknown, weight: number]

const bad = (code: number, msg: string): Reply => [400, { code, msg }, 1]

/** Answers the venue's REST requests, with a weight limit per minute like the real one. */
export class Rest {
  readonly #context: RestContext
  #minute = 0
  #weight = 0
  /** Requests served or refused so far. */
  requests = 0

  constructor(context: RestContext) {
    this.#context = context
  }

  handle(request: IncomingMessage, response: ServerResponse, url: URL): void {
    this.requests++
    const fault = this.#context.takeFault()
    if (fault?.status === 0) {
      response.destroy()
      return
    }
    if (fault !== undefined) {
      const retry = fault.retryAfterSec === undefined ? {} : { 'Retry-After': String(fault.retryAfterSec) }
      send(response, fault.status, { code: -1003, msg: 'Simulated failure.' }, retry)
      return
    }
    const [status, body, weight] = request.method === 'GET' ? this.#answer(url) : bad(-1000, 'Method not allowed.')
    const used = this.#use(weight)
    const header = { 'X-MBX-USED-WEIGHT-1M': String(used) }
    if (used <= WEIGHT_LIMIT) return send(response, status, scaled(body, request), header)
    send(response, 429, { code: -1003, msg: 'Too many requests.' }, { ...header, 'Retry-After': '60' })
  }

  #use(weight: number): number {
    const minute = Math.floor(performance.now() / 60_000)
    if (minute !== this.#minute) this.#weight = 0
    this.#minute = minute
    this.#weight += weight
    return this.#weight
  }

  #answer(url: URL): Reply {
    switch (url.pathname) {
      case '/api/v3/ping':
        return [200, {}, 1]
      case '/api/v3/time':
        return [200, { serverTime: this.#serverTime() }, 1]
      case '/api/v3/exchangeInfo':
        return this.#exchangeInfo(url.searchParams)
      case '/api/v3/klines':
        return this.#klines(url.searchParams)
      default:
        return [404, { code: -5000, msg: `Path ${url.pathname}, Method GET is invalid` }, 1]
    }
  }

  #serverTime(): number {
    return Math.floor(this.#context.now()) + this.#context.offset()
  }

  #exchangeInfo(query: URLSearchParams): Reply {
    const { market, halted } = this.#context
    const symbol = query.get('symbol')
    const list = query.get('symbols')
    if (symbol !== null && list !== null) return bad(-1128, 'Combination of optional parameters invalid.')
    if (list !== null && !/^\["[A-Z0-9]+"(,"[A-Z0-9]+")*\]$/.test(list)) {
      return bad(-1100, "Illegal characters found in parameter 'symbols'.")
    }
    const requested: readonly string[] =
      list === null ? (symbol === null ? market.symbols : [symbol]) : JSON.parse(list)
    if (requested.some((name) => !market.symbols.includes(name))) return bad(-1121, 'Invalid symbol.')
    const symbols = requested.map((name) => ({
      symbol: name,
      status: halted.has(name) ? 'BREAK' : 'TRADING',
      baseAsset: name.replace(/USDT$/, ''),
      quoteAsset: 'USDT',
      isSpotTradingAllowed: true,
    }))
    const rateLimits = [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: WEIGHT_LIMIT }]
    const serverTime = this.#serverTime()
    return [200, { timezone: 'UTC', serverTime, rateLimits, exchangeFilters: [], symbols }, 20]
  }

  #klines(query: URLSearchParams): Reply {
    for (const name of ['symbol', 'interval']) {
      if ((query.get(name) ?? '') === '') {
        return bad(-1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`)
      }
    }
    for (const name of ['startTime', 'endTime', 'limit']) {
      const value = query.get(name)
      if (value !== null && !/^\d{1,20}$/.test(value)) {
        return bad(-1100, `Illegal characters found in parameter '${name}'; legal range is '^[0-9]{1,20}$'.`)
      }
    }
    const symbol = query.get('symbol') ?? ''
    const length = INTERVALS[query.get('interval') ?? '']
    if (!this.#context.market.symbols.includes(symbol)) return bad(-1121, 'Invalid symbol.')
    if (length === undefined) return bad(-1120, 'Invalid interval.')
    const limit = Number(query.get('limit') ?? 500)
    if (limit === 0) return bad(-1130, "Data sent for parameter 'limit' is not valid.")
    const time = (name: string) => (query.has(name) ? Number(query.get(name)) : undefined)
    const klines = {
      symbol,
      length,
      startTime: time('startTime'),
      endTime: time('endTime'),
      limit: Math.min(limit, 1000),
    }
    const rows = queryCandles(this.#context.market, klines, this.#context.now(), this.#context.shocks)
    return [200, rows.map((row) => restRow(row, length)), 2]
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(status, { 'Content-Type': 'application/json;charset=UTF-8', ...headers })
  response.end(JSON.stringify(body))
}

/** The body with times in microseconds if the request demands them. */
function scaled(body: unknown, request: IncomingMessage): unknown {
  if (String(request.headers['x-mbx-time-unit'] ?? '').toUpperCase() !== 'MICROSECOND') return body
  if (Array.isArray(body)) {
    return body.map((row: unknown) =>
      Array.isArray(row) ? row.map((cell, i) => (i === 0 || i === 6 ? cell * 1000 : cell)) : row,
    )
  }
  if (typeof body !== 'object' || body === null || !('serverTime' in body)) return body
  return { ...body, serverTime: Number(body.serverTime) * 1000 }
}
