import { existsSync, readFileSync } from 'node:fs'
import type { Figures } from '../../shared/attribution/figures.ts'
import { flatRecord } from '../../shared/attribution/flat.ts'
import { recordsBy, type TradeFilter, type TradeRecord } from '../../shared/attribution/records.ts'
import { type Dimension, TradeColumns } from '../../shared/attribution/trade-columns.ts'
import { lineSentence } from '../../shared/attribution/verdict.ts'
import { messageOf } from '../../shared/domain/base.ts'
import type { SettledTrade } from '../../shared/domain/trade.ts'
import { type FileReport, reportLines } from '../../shared/file-report.ts'
import { homeToRead } from '../app/start/home.ts'
import { EXPORT_FORMATS, flatTrade, writeTable } from '../attribution/export.ts'
import { readOutsideTrades } from '../attribution/outside-trades.ts'
import { TradeBooks } from '../attribution/trade-books.ts'
import { openDatabase } from '../db/database.ts'
import type { ReadableDb } from '../db/db.ts'
import { deskRuns } from '../db/file-lock.ts'
import { liveVersions, ownerLabel, versionsByPrefix } from '../db/queries.ts'
import { faultText, openSound } from '../db/sound.ts'
import { readTrades, TradeBook } from '../db/trades.ts'
import { textOf, unpack } from '../recorded-files/container.ts'
import {
  EXIT,
  type ExitCode,
  money,
  percent,
  periodOf,
  periodText,
  print,
  printError,
  table,
  UsageError,
} from './output.ts'
import { type ReadFlags, readDatabase } from './read-database.ts'

export interface AttributionFlags extends ReadFlags {
  readonly by: readonly Dimension[]
  readonly strategy?: string
  readonly version?: string
  readonly from?: number
  readonly to?: number
  readonly trades?: string
  readonly compare?: string
  readonly export?: string
  readonly rebuild?: boolean
}

/** `baton attribution`: results of every version from its own trades, or from the trades of a CSV file. */
export function attribution(flags: AttributionFlags): ExitCode {
  if (flags.from !== undefined && flags.to !== undefined && flags.from >= flags.to)
    throw new UsageError('--from is not before --to')
  if (flags.trades !== undefined) return externalTrades(flags, flags.trades)
  if (flags.rebuild === true) return rebuild(flags)
  return readDatabase(flags, (db) => {
    const books = new TradeBooks(db)
    books.refresh()
    const label = (hash: string) => ownerLabel(db, hash)
    const filter = filterOf(flags, (prefix) => versionOf(db, prefix))
    if (flags.compare !== undefined) return compareTwo(db, books, flags, flags.compare)
    if (flags.export !== undefined)
      return exportTo(flags, flags.export, books.records(flags.by, filter), () =>
        [...readTrades(db)].flatMap(({ trade }) => (matches(trade, filter) ? [trade] : [])),
      )
    const lives = books.lives()
    // By name, so that the order is stable.
    const live = liveVersions(db).toSorted((a, b) => (a.strategy < b.strategy ? -1 : 1))
    const gauges = live.map(({ strategy, version }) => ({
      strategy,
      ...books.gauge(strategy, flags.market ?? books.markets()[0] ?? '', version),
    }))
    printRecords(
      flags,
      books.records(flags.by, filter),
      label,
      (record) => ({ life: lives.get(record.of.version ?? '') ?? null }),
      gauges,
      null,
    )
    return EXIT.done
  })
}

/** True when a trade passes the filter; the same rule as for records. */
function matches(trade: SettledTrade, { strategy, version, market, from, to }: TradeFilter): boolean {
  if (trade.settledAt < (from ?? 0) || trade.settledAt >= (to ?? Number.POSITIVE_INFINITY)) return false
  const wanted = [
    [strategy, trade.strategy],
    [version, trade.openedBy],
    [market, trade.market],
  ]
  return wanted.every(([want, has]) => want === undefined || want === has)
}

function externalTrades(flags: AttributionFlags, file: string): ExitCode {
  if (!existsSync(file)) throw new UsageError(`${file} is not there`)
  const read = readOutsideTrades(fileText(file), file)
  if (!read.ok) throw new UsageError(read.error)
  const { trades, report } = read.value
  const columns = new TradeColumns()
  for (const trade of trades) columns.add(trade)
  const filter = filterOf(flags, (version) => version)
  const records = recordsBy(columns, flags.by, filter)
  if (flags.export !== undefined)
    return exportTo(flags, flags.export, records, () => trades.filter((trade) => matches(trade, filter)))
  printRecords(
    flags,
    records,
    (version) => version,
    () => ({}),
    [],
    report,
  )
  return EXIT.done
}

function fileText(path: string): string {
  try {
    return textOf(unpack(readFileSync(path)))
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${messageOf(error)}`)
  }
}

/** Rebuilds the table of trades from the rest of the journal and reports whether it was the same. */
function rebuild(flags: AttributionFlags): ExitCode {
  const home = homeToRead(flags)
  if (deskRuns(home.folder)) {
    printError(`a desk runs in ${home.folder}: stop it first`)
    return EXIT.failed
  }
  if (!existsSync(home.database))
    throw new UsageError(`${home.database} is not there: no desk has run in this home folder`)
  // A damaged journal is not rebuilt from.
  const sound = openSound(home.database)
  if (sound.ok) sound.value.db.close()
  const opened = sound.ok ? openDatabase(home.database, true) : { ok: false as const, error: faultText(sound.error) }
  if (!opened.ok) {
    printError(opened.error)
    return EXIT.failed
  }
  const db = opened.value
  const readAll = () =>
    JSON.stringify([...readTrades(db)].map(({ trade }) => trade).toSorted((a, b) => (a.position < b.position ? -1 : 1)))
  const before = readAll()
  const count = new TradeBook(db).rebuild()
  const same = readAll() === before
  db.close()
  if (flags.json === true) print(JSON.stringify({ trades: count, same }))
  else
    print(
      `${count} trades rebuilt from orders, fills, handoffs and settlements: ${same ? 'the same as before' : 'NOT the same as before'}`,
    )
  return same ? EXIT.done : EXIT.failed
}

function filterOf(flags: AttributionFlags, versionOf: (prefix: string) => string): TradeFilter {
  const { strategy, version, market, from, to } = flags
  return {
    ...(strategy === undefined ? {} : { strategy }),
    ...(version === undefined ? {} : { version: versionOf(version) }),
    ...(market === undefined ? {} : { market }),
    from,
    to,
  }
}

/** The market of all trades, because trades of different markets are not compared. */
function singleMarket(books: TradeBooks): string | undefined {
  const markets = books.markets()
  if (markets.length > 1) throw new UsageError(`there are trades of ${markets.join(' and ')}: choose one with --market`)
  return markets[0]
}

/** Hash of the only version whose hash begins with `prefix`. */
function versionOf(db: ReadableDb, prefix: string): string {
  const found = versionsByPrefix(db, prefix)
  const [hash] = found
  if (hash === undefined || found.length > 1)
    throw new UsageError(
      `${found.length === 0 ? 'no version' : 'more than one version'} begins with "${prefix}"; see "baton versions"`,
    )
  return hash
}

function compareTwo(db: ReadableDb, books: TradeBooks, flags: AttributionFlags, pair: string): ExitCode {
  const prefixes = pair.split(',')
  const [before, after] = prefixes.map((prefix) => versionOf(db, prefix.trim()))
  if (before === undefined || after === undefined || prefixes.length !== 2)
    throw new UsageError('--compare takes two versions, the earlier first: 3fa9c1,77ab02')
  const market = flags.market ?? singleMarket(books)
  const { from, to } = flags
  const found = books.compare({ version: before, market, from, to }, { version: after, market, from, to }, 'trades')
  if (flags.json === true) print(JSON.stringify({ from: before, to: after, period: periodOf(flags), ...found }))
  else print(`${ownerLabel(db, before)} → ${ownerLabel(db, after)}\n${periodText(flags)}\n${found.sentence}`)
  return EXIT.done
}

function exportTo(
  flags: AttributionFlags,
  path: string,
  records: readonly TradeRecord[],
  trades: () => readonly SettledTrade[],
): ExitCode {
  const format = EXPORT_FORMATS.find((name) => path.endsWith(`.${name}`))
  if (format === undefined)
    throw new UsageError(`--export takes a file that ends with ${EXPORT_FORMATS.map((name) => `.${name}`).join(', ')}`)
  const isRecords = /records/.test(path)
  const rows = isRecords ? records.map(flatRecord) : trades().map(flatTrade)
  writeTable(path, format, rows)
  const contents = `${rows.length} ${isRecords ? 'records' : 'trades'}`
  if (flags.json === true) print(JSON.stringify({ file: path, rows: rows.length, period: periodOf(flags) }))
  else print(`${periodText(flags)}\n${contents} written to ${path}`)
  return EXIT.done
}

function printRecords(
  flags: AttributionFlags,
  records: readonly TradeRecord[],
  label: (version: string) => string,
  more: (record: TradeRecord) => object,
  gauges: readonly { readonly strategy: string; readonly sentence: string }[],
  report: FileReport | null,
): void {
  const named = records.map((record) => ({ record, name: nameOf(record, flags.by, label) }))
  if (flags.json === true) {
    const rows = named.map(({ record, name }) => ({
      name,
      ...record,
      sentence: lineSentence(record),
      ...more(record),
    }))
    const file = report === null ? {} : { file: report }
    return print(JSON.stringify({ by: flags.by, period: periodOf(flags), records: rows, gauges, ...file }))
  }
  for (const line of report === null ? [] : reportLines(report)) print(line)
  print(periodText(flags))
  if (records.length === 0) return print('No settled trade yet.')
  const head = [
    flags.by.join(' · '),
    'trades',
    'win rate',
    '95 %',
    'break-even',
    'edge',
    'p',
    'P&L',
    'on stake',
    'Sharpe',
    'PSR',
    'drawdown',
  ]
  print(
    table(
      head,
      named.map(({ record, name }) => [name, ...cells(record.figures)]),
      new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
    ),
  )
  for (const { record, name } of named) {
    print(`\n${name}\n  ${lineSentence(record)}`)
  }
  for (const { strategy, sentence } of gauges) print(`\n${strategy}\n  ${sentence}`)
}

function nameOf({ of }: TradeRecord, by: readonly Dimension[], label: (version: string) => string): string {
  return by.map((dimension) => (dimension === 'version' ? label(of.version ?? '') : (of[dimension] ?? ''))).join(' · ')
}

function cells(figures: Figures): string[] {
  const { winRateInterval: interval } = figures
  const number = (value: number | null) => (value === null ? '–' : value.toFixed(2))
  return [
    String(figures.trades),
    percent(figures.winRate),
    interval === null ? '–' : `${percent(interval.low)}–${percent(interval.high)}`,
    percent(figures.breakEven),
    percent(figures.edge),
    number(figures.pValue),
    money(figures.pnl),
    percent(figures.returnOnStake),
    number(figures.sharpeTrade),
    percent(figures.probabilisticSharpe),
    money(-figures.drawdown),
  ]
}
