import { basename } from 'node:path'
import { err, messageOf, ok, type Result } from '../../../shared/domain/base.ts'
import { parseSlot, type Side, type Slot } from '../../../shared/domain/slots.ts'
import { firstLineOf } from '../../recorded-files/lines.ts'
import { candleName, unreadKind } from '../../venues/tape/candle-names.ts'
import { startsCandles } from '../../venues/tape/candle-text.ts'
import { BEST_PRICES_HEADER, bestPrices } from './best-prices.ts'
import { rawBooks } from './raw-books.ts'
import { FEED_HEADER, settlementFeed } from './settlement-feed.ts'
import type { Source } from './source.ts'
import { exchangeTrades, TICKS_HEADER } from './trades.ts'
import { marketWindows, OUTCOMES_HEADER, outcomeTable } from './windows.ts'

const KNOWN =
  'known are: one-minute candles (BTCUSDT-1m.json or .csv), windows and book messages as JSON Lines, and CSV of outcomes, of best bid and ask, of a settlement feed and of trades, each also .gz or .zip'

/** A file's kind by its first line: a source of its own, or one of the candle files, which are read together. */
export type Detected = { readonly kind: 'candles' } | { readonly kind: 'source'; readonly source: Source }

/** Detects a file's kind by its content; its name supplies only what the content lacks: asset and timeframe. */
export async function detect(path: string, side: Side | null): Promise<Result<Detected>> {
  const name = basename(path)
  const unread = unreadKind(name)
  if (unread !== undefined) return err(`${path}: ${unread}`)
  // Where the name is sufficient, the content is checked by its reader: such a file may be a single line of any length.
  const named = candleName(name)
  if (named.ok && named.value.frame === '1m') return ok({ kind: 'candles' })
  let first: string
  try {
    first = await firstLineOf(path)
  } catch (error) {
    return err(messageOf(error))
  }
  if (first === '') return err(`${path}: the file is empty`)
  if (/^\[\s*\{.*"slug"/.test(first)) return err(`${path}: windows in one list: write one JSON object a line`)
  if (first.startsWith('[') || startsCandles(first)) {
    return named.ok ? ok({ kind: 'candles' }) : err(`${path}: ${named.error}`)
  }
  const source = first.startsWith('{') ? fromJson(path, name, first, side) : fromCsv(path, name, first)
  return source.ok ? ok({ kind: 'source', source: source.value }) : err(`${path}: ${source.error}`)
}

function fromJson(path: string, name: string, first: string, side: Side | null): Result<Source> {
  if (/"recv_s"/.test(first) && /"msg"/.test(first)) return ok(rawBooks(path, name, side))
  if (/"slug"/.test(first) && /"start_sec"/.test(first)) return ok(marketWindows(path, name))
  if (/"e":\s*"trade"/.test(first)) return ok(exchangeTrades(path, name, 'frames'))
  const frames = /"e":\s*"(\w+)"/.exec(first)?.[1]
  if (frames !== undefined)
    return err(`frames of type "${frames}" from a stream of Binance, of which only trades are read`)
  return err(`its first line is a JSON object of no kind that is known; ${KNOWN}`)
}

function fromCsv(path: string, name: string, header: string): Result<Source> {
  if (header === FEED_HEADER) {
    const asset = /([A-Z0-9]{2,7})USD(?![A-Z])/.exec(name)?.[1]
    return asset === undefined
      ? err('a settlement feed whose name does not say of what: name it like BTCUSD-prices.csv')
      : ok(settlementFeed(path, name, asset))
  }
  if (header === TICKS_HEADER) return ok(exchangeTrades(path, name, 'table'))
  if (header !== BEST_PRICES_HEADER && header !== OUTCOMES_HEADER)
    return err(`not a kind of file that is known; ${KNOWN}`)
  const slot = slotInName(name)
  if (slot === undefined) return err('its name does not say which windows: name it like btc15m.csv')
  return ok(header === OUTCOMES_HEADER ? outcomeTable(path, name, slot) : bestPrices(path, name, slot))
}

/** `…_btc15m_…` and `…_btc_5m_…` name a slot. */
function slotInName(name: string): Slot | undefined {
  const match = /(?:^|[^a-z0-9])([a-z]{2,7})[-_]?(5m|15m)(?![a-z0-9])/i.exec(name)
  return match?.[1] === undefined ? undefined : parseSlot(`${match[1].toUpperCase()}-${match[2]?.toLowerCase()}`)
}
