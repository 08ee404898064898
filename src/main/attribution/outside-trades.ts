import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import { err, messageOf, ok, type Result } from '../../shared/domain/base.ts'
import { explain } from '../../shared/domain/commands.ts'
import { timeText } from '../../shared/domain/dates.ts'
import { shares, usd, usdOf } from '../../shared/domain/money.ts'
import { parseSlot, windowAt } from '../../shared/domain/slots.ts'
import { DAY, unixMs } from '../../shared/domain/time.ts'
import type { SettledTrade } from '../../shared/domain/trade.ts'
import type { FileReport } from '../../shared/file-report.ts'
import { ReportBuilder } from '../recorded-files/report-builder.ts'

const COLUMNS = ['time', 'version', 'slot', 'side', 'shares', 'price', 'fee', 'outcome'] as const

const side = z.enum(['up', 'down'], 'it is up or down')
const number = (least: number, most: number, what: string) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?(e[+-]?\d+)?$/i, what)
    .transform(Number)
    .refine((value) => value >= least && value <= most, what)

const rowSchema = z.object({
  time: timeText,
  version: z.string().min(1, 'it names the version that traded'),
  slot: z.string().refine((text) => parseSlot(text) !== undefined, 'a slot is written like BTC-5m'),
  side,
  shares: number(1e-6, 1e9, 'it is how many shares were bought'),
  price: number(0.000001, 0.999999, 'it is a price between 0 and 1'),
  fee: number(0, 1e6, 'it is what was paid in USD, 0 or more; write 0 where nothing was paid'),
  outcome: side,
})

/** Trades from elsewhere, and what was found in their file. */
export interface OutsideTrades {
  readonly trades: readonly SettledTrade[]
  readonly report: FileReport
}

/**
 * Trades from elsewhere, as CSV with a header: time (of entry; `parseTime`), version, slot, side, shares, price, fee (USD),
 * outcome. Held to settlement, in the order of their windows' ends. A row that is there twice is one trade. Money is not
 * guessed: one row that is wrong refuses the file, and the error names the first such line and how many there are.
 */
export function readOutsideTrades(text: string, file: string): Result<OutsideTrades> {
  const read = rowsOf(text, file)
  if (!read.ok) return read
  const report = new ReportBuilder(file, 'trades from elsewhere', DAY)
  const trades: SettledTrade[] = []
  const wrong: string[] = []
  const seen = new Set<string>()
  let last = Number.NEGATIVE_INFINITY
  for (const { line, row } of read.value) {
    report.row()
    const parsed = rowSchema.safeParse(row)
    if (!parsed.success) {
      wrong.push(`line ${line}: ${explain(parsed.error)}`)
      continue
    }
    const { time, ...rest } = parsed.data
    if (time.ms < last) report.backStep()
    last = time.ms
    const same = JSON.stringify([time.ms, rest])
    if (seen.has(same)) {
      report.leave(line, 'duplicate', 'the same trade again')
      continue
    }
    seen.add(same)
    report.time(time.form)
    report.keep(time.ms, 1)
    trades.push(tradeOf(parsed.data, trades.length))
  }
  if (wrong.length > 0)
    return err(`${file} ${wrong[0]}${wrong.length === 1 ? '' : `; ${wrong.length - 1} more lines are wrong`}`)
  if (trades.length === 0) return err(`${file} has no rows: only its header is there`)
  noteGaps(trades, report)
  return ok({ trades: trades.sort((a, b) => a.settledAt - b.settledAt), report: report.build() })
}

/** What csv-parse gives with `info`. */
const csvLines = z.array(z.object({ info: z.object({ lines: z.number() }), record: z.array(z.string()) }))

interface Line {
  /** From 1; of several for one row the last. */
  readonly line: number
  readonly row: Readonly<Record<string, string>>
}

function rowsOf(text: string, file: string): Result<readonly Line[]> {
  let lines: z.infer<typeof csvLines>
  try {
    const options = { trim: true, bom: true, skip_empty_lines: true, relax_column_count: true, info: true }
    lines = csvLines.parse(parse(text, options))
  } catch (error) {
    return err(`${file} is no CSV: ${messageOf(error)}`)
  }
  const [head, ...rows] = lines
  if (head === undefined) return err(`${file} is empty; its first line must name ${COLUMNS.join(', ')}`)
  const names = head.record.map((name) => name.toLowerCase())
  const missing = COLUMNS.filter((name) => !names.includes(name))
  if (missing.length > 0)
    return err(`${file} has no column ${missing.join(', ')}; its first line must name ${COLUMNS.join(', ')}`)
  const twice = COLUMNS.find((name) => names.indexOf(name) !== names.lastIndexOf(name))
  if (twice !== undefined) return err(`${file} has two columns named ${twice}`)
  const short = rows.find(({ record }) => record.length !== names.length)
  if (short !== undefined)
    return err(`${file} line ${short.info.lines}: ${short.record.length} fields where there should be ${names.length}`)
  return ok(
    rows.map(({ info, record }) => ({
      line: info.lines,
      row: Object.fromEntries(names.map((name, i) => [name, record[i] ?? ''])),
    })),
  )
}

function noteGaps(trades: readonly SettledTrade[], report: ReportBuilder): void {
  let last: number | null = null
  for (const { openedAt } of trades.toSorted((a, b) => a.openedAt - b.openedAt)) {
    report.between(null, last, openedAt)
    last = openedAt
  }
}

function tradeOf(row: z.infer<typeof rowSchema>, index: number): SettledTrade {
  const slot = parseSlot(row.slot)
  if (slot === undefined) throw new Error('the schema has let no such slot through')
  const window = windowAt(slot, row.time.ms)
  const bought = shares(Math.round(row.shares * 1e6))
  const cost = usdOf(row.shares * row.price)
  const fees = usdOf(row.fee)
  return {
    position: `outside-${index + 1}`,
    strategy: row.version,
    slot: slot.id,
    windowId: window.id,
    side: row.side,
    openedAt: unixMs(row.time.ms),
    settledAt: window.end,
    shares: bought,
    cost,
    fees,
    pnl: usd((row.outcome === row.side ? bought : 0) - cost - fees),
    outcome: row.outcome,
    sold: false,
    openedBy: row.version,
    settledUnder: row.version,
    deployment: null,
    regime: 'unknown',
    market: 'elsewhere',
    why: '',
    latencyMs: 0,
    quote: null,
    parts: null,
  }
}
