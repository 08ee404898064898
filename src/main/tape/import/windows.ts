import { z } from 'zod'
import { isPossibleTime, parseTime, timeOfCount } from '../../../shared/domain/dates.ts'
import { frameMs, parseSlot, type Side, type Slot } from '../../../shared/domain/slots.ts'
import { fromE18, numberOf } from '../../recorded-files/decimals.ts'
import { jsonLine } from '../../recorded-files/json-line.ts'
import { ReportBuilder, type RowFault } from '../../recorded-files/report-builder.ts'
import { rowsOf } from '../../recorded-files/timed-rows.ts'
import type { MarketRecord, Source, TapeRecord } from './source.ts'

/**
 * When the opening report can have been known: it is stamped at the window's start and arrives within 2 s.
 * Files that give the strike do not say when it came.
 */
const STRIKE_KNOWN_MS = 2_000
/** When an outcome was known at the latest, of 292 windows watched; for files that do not say. */
const OUTCOME_KNOWN_MS = 316_000
const NO_GAPS = 0

/** One window of a file: what the venue said of it. */
export interface WindowRow {
  readonly slug: string
  readonly slot: Slot
  /** ms */
  readonly start: number
  readonly end: number
  /** 1e-18 USD */
  readonly strikeE18: string | null
  readonly outcome: Side | null
  /** When the outcome was known, ms. */
  readonly knownAt: number | null
}

const marketLine = z.object({
  slug: z.string(),
  start_sec: z.number().int(),
  end_sec: z.number().int(),
  resolved: z.boolean(),
  outcome_prices: z.array(z.string()).nullish(),
  strike_value: z
    .string()
    .regex(/^\d{1,30}$/)
    .nullish(),
  raw: z.object({ outcomes: z.string().nullish(), closedTime: z.string().nullish() }).nullish(),
})

/** Reads one line of a markets file, or says why it is no window. */
function parseMarketLine(line: string): WindowRow | RowFault {
  const parsed = jsonLine(marketLine, line)
  if ('fault' in parsed) return parsed
  const { slug, start_sec, end_sec, resolved, outcome_prices, strike_value, raw } = parsed.value
  const slot = slotOfSlug(slug, start_sec)
  if (slot === undefined) return { fault: 'nonsense', detail: `"${slug}" is not the slug of its window` }
  const start = start_sec * 1000
  const end = end_sec * 1000
  const wrong = windowFault(slot, start, end)
  if (wrong !== undefined) return wrong
  const outcome = resolved ? outcomeOf(outcome_prices ?? [], raw?.outcomes) : null
  if (outcome === undefined) return { fault: 'nonsense', detail: `${slug} is resolved to neither Up nor Down` }
  const closed = parseTime(raw?.closedTime ?? '')
  const told = closed.ok && closed.value.ms >= end ? closed.value.ms : end + OUTCOME_KNOWN_MS
  const knownAt = outcome === null ? null : told
  return { slug, slot, start, end, strikeE18: strike_value ?? null, outcome, knownAt }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function slotOfSlug(slug: string, startSec: number): Slot | undefined {
  const match = /^([a-z0-9]{2,10})-updown-(5m|15m)-(\d+)$/.exec(slug)
  if (match?.[1] === undefined || Number(match[3]) !== startSec) return undefined
  return parseSlot(`${match[1].toUpperCase()}-${match[2]}`)
}

function windowFault(slot: Slot, start: number, end: number): RowFault | undefined {
  const length = frameMs(slot.timeframe)
  if (!isPossibleTime(start)) return { fault: 'impossible time', detail: 'not within 2009–2099' }
  if (start % length !== 0) return { fault: 'off-grid', detail: 'the window does not begin on the grid' }
  return end - start === length
    ? undefined
    : { fault: 'impossible time', detail: 'the window is not as long as its slot' }
}

/** The side that paid exactly 1; undefined where neither or both did. The list's order is that of the labels. */
function outcomeOf(prices: readonly string[], labels: string | null | undefined): Side | undefined {
  const names: unknown = jsonOf(labels ?? '["Up","Down"]')
  const winner = prices.map(Number).indexOf(1)
  if (!Array.isArray(names) || prices.length !== 2 || Number(prices[1 - winner]) !== 0) return undefined
  if (names[winner] === 'Up') return 'up'
  return names[winner] === 'Down' ? 'down' : undefined
}

/** An empty report for a file of windows as the venue described them. */
export function marketsFileReport(file: string): ReportBuilder {
  return new ReportBuilder(file, 'windows', NO_GAPS)
}

/** Windows as the venue described them, one JSON object a line; each once, in order of their starts. */
export function readMarkets(path: string, report: ReportBuilder): Promise<WindowRow[]> {
  return readWindows(path, report, false, parseMarketLine)
}

/** The same as a source of records. */
export function marketWindows(path: string, file: string): Source {
  return windowSource(path, marketsFileReport(file), false, parseMarketLine, 'official outcomes of Polymarket')
}

export const OUTCOMES_HEADER =
  'timestamp,date,hour_utc,minute,outcome,up_price,down_price,btc_open,btc_close,btc_change_pct'

/** Official outcomes by window, as a table. */
export function outcomeTable(path: string, file: string, slot: Slot): Source {
  const report = new ReportBuilder(file, 'outcomes', NO_GAPS)
  report.note('Opening and closing prices in it are not of the settlement source: they are not taken.')
  const parse = (line: string) => parseOutcomeLine(line, slot)
  return windowSource(path, report, true, parse, 'official outcomes of Polymarket, without strikes')
}

function parseOutcomeLine(line: string, slot: Slot): WindowRow | RowFault {
  const fields = line.split(',')
  if (fields.length !== 10) return { fault: 'malformed', detail: 'not 10 fields' }
  const [seconds = '', date = '', hour = '', minute = '', outcome = '', up = '', down = ''] = fields
  const start = timeOfCount(numberOf(seconds))?.ms
  if (start === undefined) return { fault: 'malformed', detail: `column timestamp: "${seconds}" is no time` }
  const end = start + frameMs(slot.timeframe)
  const wrong = windowFault(slot, start, end)
  if (wrong !== undefined) return wrong
  const said = new Date(start).toISOString()
  if (
    said.slice(0, 10) !== date ||
    Number(said.slice(11, 13)) !== Number(hour) ||
    Number(said.slice(14, 16)) !== Number(minute)
  )
    return { fault: 'impossible time', detail: 'its timestamp is not its date' }
  if (outcome !== 'up' && outcome !== 'down') return { fault: 'nonsense', detail: 'neither up nor down' }
  if (numberOf(up) !== (outcome === 'up' ? 1 : 0) || numberOf(down) !== (outcome === 'up' ? 0 : 1))
    return { fault: 'nonsense', detail: 'its prices are not its outcome' }
  const slug = `${slot.asset.toLowerCase()}-updown-${slot.timeframe}-${start / 1000}`
  return { slug, slot, start, end, strikeE18: null, outcome, knownAt: end + OUTCOME_KNOWN_MS }
}

function windowSource(
  path: string,
  report: ReportBuilder,
  hasHeader: boolean,
  parse: (line: string) => WindowRow | RowFault,
  settlement: string,
): Source {
  return {
    feed: null,
    settlement,
    notices: [],
    unlabelledBooks: false,
    reports: () => [report.build()],
    records: () => windowRecords(path, report, hasHeader, parse),
  }
}

async function* windowRecords(
  path: string,
  report: ReportBuilder,
  hasHeader: boolean,
  parse: (line: string) => WindowRow | RowFault,
): AsyncGenerator<readonly TapeRecord[]> {
  const rows = await readWindows(path, report, hasHeader, parse)
  const values = rows.flatMap((row) => recordsOf(row, report)).sort((a, b) => a.ts - b.ts)
  noteMissing(rows, report)
  yield values.map((value) => ({ kind: 'json', ts: value.ts, value }))
}

/** A table of windows may stand in any order, and what is known of two overlaps: all of it is put in order of time. */
async function readWindows(
  path: string,
  report: ReportBuilder,
  hasHeader: boolean,
  parse: (line: string) => WindowRow | RowFault,
): Promise<WindowRow[]> {
  const bySlug = new Map<string, WindowRow>()
  let last = Number.NEGATIVE_INFINITY
  for await (const lines of rowsOf(path, hasHeader)) {
    for (const [place, line] of lines) {
      report.row()
      const row = parse(line)
      if ('fault' in row) {
        report.leave(place, row.fault, row.detail)
        continue
      }
      if (row.start < last) report.backStep()
      last = row.start
      const known = bySlug.get(row.slug)
      if (known === undefined) bySlug.set(row.slug, row)
      else if (JSON.stringify(known) === JSON.stringify(row)) report.leave(place, 'duplicate', `${row.slug} again`)
      else report.leave(place, 'conflict', `${row.slug} again, and not as before`)
    }
  }
  return [...bySlug.values()].sort((a, b) => a.start - b.start)
}

/** One record when the window opens, one when its strike and one when its outcome could be known. */
function recordsOf(row: WindowRow, report: ReportBuilder): MarketRecord[] {
  const { slug, slot, start, end, outcome, knownAt } = row
  const strike = row.strikeE18 === null ? null : fromE18(row.strikeE18)
  const base = { kind: 'market', slot: slot.id, windowId: slug, start, end, source: 'polymarket' } as const
  const records: MarketRecord[] = [{ ...base, ts: start, strike: null, outcome: null }]
  if (strike !== null) records.push({ ...base, ts: start + STRIKE_KNOWN_MS, strike, outcome: null })
  if (outcome !== null && knownAt !== null) records.push({ ...base, ts: knownAt, strike, outcome })
  report.keep(start, records.length)
  report.keepUntil(records.at(-1)?.ts ?? start)
  return records
}

function noteMissing(rows: readonly WindowRow[], report: ReportBuilder): void {
  const ends = new Map<string, WindowRow>()
  for (const row of rows) {
    const before = ends.get(row.slot.id)
    if (before !== undefined) {
      const ms = row.start - before.end
      report.missing(null, `no windows of ${row.slot.id} before ${row.slug} for ${ms / 1000} s`, ms)
    }
    ends.set(row.slot.id, row)
  }
}
