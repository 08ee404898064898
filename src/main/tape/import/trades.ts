import { z } from 'zod'
import { parseTime, type TimeForm, timeOfCount } from '../../../shared/domain/dates.ts'
import { numberOf } from '../../recorded-files/decimals.ts'
import { jsonLine } from '../../recorded-files/json-line.ts'
import { PriceJudge } from '../../recorded-files/price-judge.ts'
import { ReportBuilder, type RowFault } from '../../recorded-files/report-builder.ts'
import type { Timed } from '../../recorded-files/time-order.ts'
import { timedRows } from '../../recorded-files/timed-rows.ts'
import type { Source, TapeRecord } from './source.ts'

export const TICKS_HEADER = 'recv_ns,trade_us,event_us,symbol,price,qty,is_sell'
/** Liquid symbols trade many times a second. */
const GAP_MS = 10_000

interface Trade {
  /** When it was received, ms. */
  readonly ts: number
  /** When it was made, ms. */
  readonly tsVenue: number
  readonly form: TimeForm
  readonly asset: string
  readonly volume: number
  /** By how much the recorder's clock was behind the exchange's, ms; else 0. */
  readonly behindMs: number
  readonly high: number
  readonly low: number
  readonly close: number
}

/** Trades of an exchange as prices of the underlying: as a table, or as frames of Binance's stream. */
export function exchangeTrades(path: string, file: string, kind: 'table' | 'frames'): Source {
  const report = new ReportBuilder(file, 'trades of an exchange', GAP_MS)
  return {
    feed: 'binance',
    settlement: null,
    notices: ['Prices are those of trades on an exchange, not of the settlement source.'],
    unlabelledBooks: false,
    reports: () => [report.build()],
    records: () => read(path, report, kind),
  }
}

async function* read(
  path: string,
  report: ReportBuilder,
  kind: 'table' | 'frames',
): AsyncGenerator<readonly TapeRecord[]> {
  const parse = kind === 'table' ? parseTicksLine : parseFrame
  const judges = new Map<string, PriceJudge<Trade>>()
  const judge = (asset: string) => {
    const known = judges.get(asset) ?? new PriceJudge<Trade>(report)
    judges.set(asset, known)
    return known
  }
  let last: number | null = null
  let behindMs = 0
  const records = (trades: readonly Timed<Trade>[]) =>
    trades.map(({ ts, place, row }): TapeRecord => {
      report.between(place, last, ts)
      last = ts
      report.keep(ts, 1)
      behindMs = Math.max(behindMs, row.behindMs)
      return { kind: 'price', ts, asset: row.asset, tsVenue: row.tsVenue, price: row.close, volume: row.volume }
    })
  // What a judge of one asset holds back must not come after what another has let go: all are judged before any is handed on.
  const sound: Timed<Trade>[] = []
  for await (const rows of timedRows(path, report, { hasHeader: kind === 'table', parse }))
    for (const [asset, trades] of Map.groupBy(rows, ({ row }) => row.asset)) sound.push(...judge(asset).add(trades))
  for (const one of judges.values()) sound.push(...one.end())
  const told = records(sound.sort((a, b) => a.ts - b.ts))
  if (behindMs > 0)
    report.note(
      `The recorder's clock was behind the exchange's by up to ${behindMs} ms: such trades are put at the exchange's time.`,
    )
  yield told
}

function parseTicksLine(line: string): Trade | RowFault {
  const fields = line.split(',')
  const [received = '', made = '', , symbol = '', price = '', quantity = ''] = fields
  if (fields.length !== 7) return { fault: 'malformed', detail: `${fields.length} fields where there should be 7` }
  const receivedAt = parseTime(received)
  if (!receivedAt.ok) return { fault: 'malformed', detail: `column recv_ns: ${receivedAt.error}` }
  const madeAt = parseTime(made)
  if (!madeAt.ok) return { fault: 'malformed', detail: `column trade_us: ${madeAt.error}` }
  return tradeOf(symbol, numberOf(price), numberOf(quantity), madeAt.value, receivedAt.value.ms)
}

const frame = z.object({
  e: z.literal('trade'),
  E: z.number(),
  T: z.number(),
  s: z.string(),
  p: z.string(),
  q: z.string(),
})

function parseFrame(line: string): Trade | RowFault {
  const parsed = jsonLine(frame, line)
  if ('fault' in parsed) return parsed
  const { E, T, s, p, q } = parsed.value
  const [sent, made] = [timeOfCount(E), timeOfCount(T)]
  if (sent === undefined || made === undefined) return { fault: 'impossible time', detail: 'not within 2009–2099' }
  return tradeOf(s, numberOf(p), numberOf(q), made, sent.ms)
}

function tradeOf(
  symbol: string,
  price: number,
  volume: number,
  made: { readonly ms: number; readonly form: TimeForm },
  receivedTs: number,
): Trade | RowFault {
  const asset = /^([A-Z0-9]{2,10}?)(USDT|USDC|FDUSD|USD)$/.exec(symbol)?.[1]
  if (asset === undefined) return { fault: 'other', detail: `a trade of ${symbol}, which is not priced in dollars` }
  if (!(price > 0)) return { fault: 'malformed', detail: 'its price is no number above 0' }
  if (!(volume >= 0)) return { fault: 'malformed', detail: 'its quantity is no number' }
  const { ms: tsVenue, form } = made
  const behindMs = Math.max(0, tsVenue - receivedTs)
  return {
    ts: Math.max(receivedTs, tsVenue),
    tsVenue,
    form,
    asset,
    volume,
    behindMs,
    high: price,
    low: price,
    close: price,
  }
}
