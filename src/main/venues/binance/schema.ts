import { z } from 'zod'
import { err, ok, type Result } from '../../../shared/domain/base.ts'
import { formName, timeOfCount } from '../../../shared/domain/dates.ts'
import type { Candle } from '../../../shared/domain/feed.ts'
import { MINUTE, type UnixMs, unixMs } from '../../../shared/domain/time.ts'
import { parseJson } from '../../net/http.ts'

const DECIMAL = /^\d+(\.\d+)?$/

const time = z.int().nonnegative().transform(unixMs)
const amount = z.string().regex(DECIMAL).transform(Number).refine(Number.isFinite)
const positive = amount.refine((value) => value > 0, 'must be above 0')

const kline = z.object({
  e: z.literal('kline'),
  E: time,
  s: z.string(),
  k: z.object({
    t: time,
    T: time,
    s: z.string(),
    i: z.literal('1m'),
    o: positive,
    c: positive,
    h: positive,
    l: positive,
    v: amount,
    x: z.boolean(),
  }),
})
const shutdown = z.object({ e: z.literal('serverShutdown'), E: time })
const event = z.discriminatedUnion('e', [kline, shutdown])
const frame = z.union([
  z.object({ stream: z.string(), data: event }).transform((wrapped) => wrapped.data),
  event,
  z
    .object({ result: z.unknown(), id: z.union([z.number(), z.string(), z.null()]) })
    .transform(() => ({ e: 'ack' as const })),
  z.object({ code: z.number(), msg: z.string() }).transform(({ code, msg }) => ({ e: 'error' as const, code, msg })),
])

/** State of one candle, as pushed by the stream. */
export interface KlineUpdate {
  readonly symbol: string
  /** The venue's time of the push. */
  readonly eventTime: UnixMs
  /** True when the candle has closed and will not change. */
  readonly final: boolean
  readonly candle: Candle
}

export type StreamFrame =
  | { readonly kind: 'kline'; readonly update: KlineUpdate }
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'ack' }
  | { readonly kind: 'error'; readonly message: string }

/** Problem of a frame, with its symbol if one can be found. */
export interface FrameFault {
  readonly symbol: string | undefined
  readonly message: string
}

/** Parses one text frame of a raw or combined stream. */
export function parseFrame(text: string): Result<StreamFrame, FrameFault> {
  const frame = readFrame(text)
  return frame.ok ? frame : err({ symbol: symbolIn(text), message: frame.error })
}

/** The symbol in a frame that may be otherwise unreadable. */
function symbolIn(text: string): string | undefined {
  const [, symbol, stream] = /"s"\s*:\s*"([A-Z0-9]+)"|"stream"\s*:\s*"([a-z0-9]+)@/.exec(text) ?? []
  return symbol ?? stream?.toUpperCase()
}

function readFrame(text: string): Result<StreamFrame> {
  const json = parseJson(text)
  if (!json.ok) return json
  const parsed = frame.safeParse(json.value)
  if (!parsed.success) return err(explain(parsed.error))
  const data = parsed.data
  switch (data.e) {
    case 'kline':
      return klineUpdate(data)
    case 'serverShutdown':
      return ok({ kind: 'shutdown' })
    case 'ack':
      return ok({ kind: 'ack' })
    case 'error':
      return ok({ kind: 'error', message: `${data.code}: ${data.msg}` })
  }
}

function klineUpdate({ E, s, k }: z.output<typeof kline>): Result<StreamFrame> {
  const candle = { openTime: k.t, open: k.o, high: k.h, low: k.l, close: k.c, volume: k.v }
  // Not converted: with a different unit than requested, other fields may have changed, too.
  for (const count of [E, k.t, k.T]) {
    const form = timeOfCount(count)?.form ?? 'ms'
    if (form !== 'ms') return err(`its times are in ${formName(form)}, not in milliseconds: ${count}`)
  }
  if (k.s !== s) return err(`symbols disagree: ${s} and ${k.s}`)
  if (E < k.t) return err(`event at ${E} before its candle at ${k.t}`)
  const fault = candleFault(candle, k.T)
  return fault === undefined
    ? ok({ kind: 'kline', update: { symbol: s, eventTime: E, final: k.x, candle } })
    : err(fault)
}

function candleFault({ openTime, open, high, low, close }: Candle, closeTime: number): string | undefined {
  if (openTime % MINUTE !== 0 || closeTime !== openTime + MINUTE - 1) return `not a minute: ${openTime} … ${closeTime}`
  if (low > Math.min(open, close) || high < Math.max(open, close)) return `impossible candle at ${openTime}`
  return undefined
}

const klineRows = z.array(z.array(z.unknown()))

/**
 * Parses a reply of `/api/v3/klines`, oldest first; the last candle may still be open. Rows are
 * `[openTime, open, high, low, close, volume, closeTime, …]`; later columns are ignored.
 */
export function parseKlines(value: unknown): Result<readonly Candle[]> {
  const parsed = klineRows.safeParse(value)
  if (!parsed.success) return err(explain(parsed.error))
  const candles: Candle[] = []
  for (const [index, row] of parsed.data.entries()) {
    const candle = klineRow(row)
    if (candle === undefined) return err(`row ${index + 1}: not a kline`)
    const fault = candleFault(candle, Number(row[6]))
    if (fault !== undefined) return err(`row ${index + 1}: ${fault}`)
    if (candle.openTime <= (candles.at(-1)?.openTime ?? -1)) return err(`row ${index + 1}: out of order`)
    candles.push(candle)
  }
  return ok(candles)
}

/** Parsed by hand: a schema over 1,000 rows of seven columns blocks the loop for 10 ms the first time. */
function klineRow(row: readonly unknown[]): Candle | undefined {
  const [openTime, ...cells] = row
  if (typeof openTime !== 'number' || !Number.isSafeInteger(openTime) || openTime < 0) return undefined
  if (typeof row[6] !== 'number') return undefined
  const [open = 0, high = 0, low = 0, close = 0, volume = Number.NaN] = cells.slice(0, 5).map(decimal)
  const sound =
    low > 0 &&
    high < Number.POSITIVE_INFINITY &&
    open > 0 &&
    close > 0 &&
    volume >= 0 &&
    volume < Number.POSITIVE_INFINITY
  return sound ? { openTime: unixMs(openTime), open, high, low, close, volume } : undefined
}

function decimal(cell: unknown): number {
  return typeof cell === 'string' && DECIMAL.test(cell) ? Number(cell) : Number.NaN
}

const serverTime = z.object({ serverTime: time })

export function parseServerTime(value: unknown): Result<UnixMs> {
  const parsed = serverTime.safeParse(value)
  return parsed.success ? ok(parsed.data.serverTime) : err(explain(parsed.error))
}

const exchangeInfo = z.object({ symbols: z.array(z.object({ symbol: z.string(), status: z.string() })) })

/** Parses a reply of `/api/v3/exchangeInfo`: the trading symbols. */
export function parseTradingSymbols(value: unknown): Result<readonly string[]> {
  const parsed = exchangeInfo.safeParse(value)
  if (!parsed.success) return err(explain(parsed.error))
  return ok(parsed.data.symbols.filter(({ status }) => status === 'TRADING').map(({ symbol }) => symbol))
}

const errorBody = z.object({ code: z.number(), msg: z.string() })

/** Parses the body of a refusal; undefined when it is not the venue's format, such as a proxy's page. */
export function parseErrorBody(value: unknown): { readonly code: number; readonly msg: string } | undefined {
  return errorBody.safeParse(value).data
}

/** The first issue with its path. */
function explain(error: z.ZodError): string {
  const [issue] = error.issues
  return issue === undefined ? 'unknown shape' : `${issue.path.join('.') || 'reply'}: ${issue.message}`
}
