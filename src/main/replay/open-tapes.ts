import { statSync } from 'node:fs'
import type { CandleColumns } from '../../engine/market/candle-columns.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import { asset, parseSlot } from '../../shared/domain/slots.ts'
import { HOUR, unixMs } from '../../shared/domain/time.ts'
import { reportNotices } from '../../shared/file-report.ts'
import { KIND } from '../tape/record-format.ts'
import type { SegmentHeader } from '../tape/segment-header.ts'
import { readSegment } from '../tape/segment-reader.ts'
import { loadCandles } from '../venues/tape/candle-files.ts'
import { TapeCursor } from './tape-cursor.ts'
import type { ReplayTape } from './tape-types.ts'

/** Recorded hours before a candle tape's first decision, for the strategies' history. */
export const WARM_UP_MS = 2 * HOUR

const INTERPOLATED =
  'Prices are INTERPOLATED inside recorded one-minute candles: results that depend on timing inside a candle are not to be trusted.'
const SIMULATED_BOOKS = 'Order books and fills are SIMULATED around the price; settlement is computed from this tape.'

/** Opens candle files, folders of candle files, or tape files. */
export function openTapes(paths: readonly string[]): Result<ReplayTape> {
  const gone = paths.find((path) => statSync(path, { throwIfNoEntry: false }) === undefined)
  if (gone !== undefined) return err(`${gone}: there is no such file`)
  const tapes = paths.filter((path) => path.endsWith('.tape'))
  if (tapes.length === 0) return openCandles(paths)
  if (tapes.length < paths.length) return err('tape files and candle files cannot be replayed together: name one kind')
  const segments = tapes.map((path) => readSegment(path))
  const damaged = segments.find((segment) => !segment.ok)
  if (damaged !== undefined && !damaged.ok)
    return err(`${damaged.error.path} is damaged: ${damaged.error.message}; see "baton tape verify" and "tape repair"`)
  const sound = segments.flatMap((segment) => (segment.ok ? [segment.value] : []))
  const times = sound.flatMap(({ firstTs, lastTs }) => (firstTs === null || lastTs === null ? [] : [firstTs, lastTs]))
  const header = sound[0]?.header
  if (header === undefined || times.length === 0) return err('the tape holds no records')
  if (header.unlabelledBooks === true)
    return err('its books are of a token not known to be Up or Down: import it again with --side up or --side down')
  const span = { from: Math.min(...times), to: Math.max(...times) + 1 }
  return openImport(tapes, header.origin === 'desk' ? 'recorded' : null, span)
}

function openCandles(paths: readonly string[]): Result<ReplayTape> {
  const tape = loadCandles(paths)
  if (!tape.ok) return tape
  const { series, files } = tape.value
  const notices = reportNotices(files.map(({ report }) => report))
  return ok(candleTape(series, 'candles', notices))
}

function candleTape(found: readonly CandleColumns[], title: string, more: readonly string[]): ReplayTape {
  const series = found.map(shared)
  const first = Math.max(...series.map((one) => one.openTime[0] ?? 0))
  const from = Math.ceil((first + WARM_UP_MS) / (15 * 60_000)) * 15 * 60_000
  const to = Math.max(...series.map((one) => one.openTime.at(-1) ?? 0)) + 60_000
  return {
    title,
    from: unixMs(from),
    to: unixMs(Math.max(from, to)),
    assets: series.map((one) => one.asset),
    slots: [],
    notices: [INTERPOLATED, SIMULATED_BOOKS, ...more],
    settlement: 'estimate: interpolated candles',
    sources: [{ source: { kind: 'candles', series }, from, to }],
  }
}

/** Copies the columns into memory shared by all threads. */
function shared(series: CandleColumns): CandleColumns {
  const column = (from: Float64Array) => {
    const into = new Float64Array(new SharedArrayBuffer(from.length * 8))
    into.set(from)
    return into
  }
  return {
    asset: series.asset,
    length: series.length,
    openTime: column(series.openTime),
    open: column(series.open),
    high: column(series.high),
    low: column(series.low),
    close: column(series.close),
    volume: column(series.volume),
  }
}

/** Notices of the header and of each imported file. */
function noticesOf({ notices, sources = [] }: SegmentHeader): string[] {
  return [...notices, ...reportNotices(sources)]
}

/** Opens tape files by what they contain: books, prices, or only candles. */
function openImport(
  paths: readonly string[],
  kind: 'recorded' | null,
  span: { readonly from: number; readonly to: number },
): Result<ReplayTape> {
  const opened = TapeCursor.open(paths)
  if (!opened.ok) return opened
  const cursor = opened.value
  const { header } = cursor
  const counts = kind === null ? countKinds(cursor) : { price: 1, book: 1, candle: 0 }
  if (counts.price === 0 && counts.candle > 0) return candlesOf(paths, noticesOf(header))
  if (counts.price === 0) return err('this tape holds no prices of an underlying: there is nothing to decide on')
  const recorded = counts.book > 0
  const notices = recorded
    ? ['Fills are SIMULATED against the recorded books.', ...noticesOf(header)]
    : [SIMULATED_BOOKS, ...noticesOf(header)]
  const source = { kind: recorded ? ('recorded' as const) : ('prices' as const), paths }
  const warmUp = kind === null ? WARM_UP_MS : 0
  return ok({
    title: header.session,
    from: unixMs(Math.ceil((span.from + warmUp) / 5_000) * 5_000),
    to: unixMs(span.to),
    assets: header.assets.map(asset),
    slots: recorded ? header.slots.flatMap((name) => parseSlot(name) ?? []) : [],
    notices,
    settlement: recorded ? header.settlement : 'estimate: recorded prices',
    sources: [{ source, ...span }],
  })
}

function countKinds(cursor: TapeCursor): { price: number; book: number; candle: number } {
  const counts = { price: 0, book: 0, candle: 0 }
  while (cursor.next()) {
    const { kind } = cursor.reader
    if (kind === KIND.price) counts.price++
    if (kind === KIND.book) counts.book++
    if (kind === KIND.candle) counts.candle++
  }
  return counts
}

/** One-minute candles of an imported tape, as columns. */
function candlesOf(paths: readonly string[], notices: readonly string[]): Result<ReplayTape> {
  const opened = TapeCursor.open(paths)
  if (!opened.ok) return opened
  const cursor = opened.value
  const rows = new Map<string, number[][]>()
  while (cursor.next()) {
    const { reader, header } = cursor
    if (reader.kind !== KIND.candle || reader.frame !== '1m') continue
    const name = header.assets[reader.asset] ?? ''
    const row = [reader.openTime, reader.open, reader.high, reader.low, reader.close, reader.volume]
    const found = rows.get(name)
    if (found === undefined) rows.set(name, [row])
    else found.push(row)
  }
  const series = [...rows].map(([name, all]): CandleColumns => {
    const column = (at: number) => Float64Array.from(all, (row) => row[at] ?? Number.NaN)
    return {
      asset: asset(name),
      length: all.length,
      openTime: column(0),
      open: column(1),
      high: column(2),
      low: column(3),
      close: column(4),
      volume: column(5),
    }
  })
  return series.length === 0
    ? err('this tape holds no minutes')
    : ok(candleTape(series, cursor.header.session, notices))
}
