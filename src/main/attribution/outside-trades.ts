import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import { parseSlot, windowAt } from '../../shared/domain/slots.ts'
import { unixMs } from '../../shared/domain/time.ts'
import type { SettledTrade } from '../../shared/domain/trade.ts'
import { explain } from '../../shared/ipc/commands.ts'

const COLUMNS = ['time', 'version', 'slot', 'side', 'shares', 'price', 'fee', 'outcome'] as const

const side = z.enum(['up', 'down'], 'it is up or down')
const number = (least: number, most: number, what: string) =>
  z.coerce.number(what).refine((value) => value >= least && value <= most, what)

const rowSchema = z.object({
  time: z
    .string()
    .transform((text) => (/^\d+$/.test(text) ? Number(text) : Date.parse(text)))
    .refine((ms) => Number.isFinite(ms) && ms > 0, 'it is ISO 8601 in UTC, or milliseconds since 1970'),
  version: z.string().min(1, 'it names the version that traded'),
  slot: z.string().refine((text) => parseSlot(text) !== undefined, 'a slot is written like BTC-5m'),
  side,
  shares: number(1e-6, 1e9, 'it is how many shares were bought'),
  price: number(0.000001, 0.999999, 'it is a price between 0 and 1'),
  fee: number(0, 1e6, 'it is what was paid in USD, 0 or more'),
  outcome: side,
})

/**
 * Trades from elsewhere, as CSV with a header: time (of entry), version, slot, side, shares, price, fee (USD), outcome.
 * Held to settlement, in the order of their windows' ends. The error names the first line that is wrong, and how many are.
 */
export function readOutsideTrades(text: string, file: string): Result<readonly SettledTrade[]> {
  let rows: readonly unknown[]
  try {
    rows = parse(text, {
      columns: (head: string[]) => head.map((name) => name.trim().toLowerCase()),
      trim: true,
      bom: true,
      skip_empty_lines: true,
    })
  } catch (error) {
    return err(`${file} is no CSV: ${error instanceof Error ? error.message : String(error)}`)
  }
  const present = Object.keys(rows[0] ?? {})
  const missing = COLUMNS.filter((name) => !present.includes(name))
  if (missing.length > 0)
    return err(`${file} has no column ${missing.join(', ')}; its first line must name ${COLUMNS.join(', ')}`)
  const trades: SettledTrade[] = []
  const wrong: string[] = []
  for (const [i, row] of rows.entries()) {
    const parsed = rowSchema.safeParse(row)
    if (parsed.success) trades.push(tradeOf(parsed.data, i))
    else wrong.push(`line ${i + 2}: ${explain(parsed.error)}`)
  }
  if (wrong.length > 0)
    return err(`${file} ${wrong[0]}${wrong.length === 1 ? '' : `; ${wrong.length - 1} more lines are wrong`}`)
  return ok(trades.sort((a, b) => a.settledAt - b.settledAt))
}

function tradeOf(row: z.infer<typeof rowSchema>, index: number): SettledTrade {
  const slot = parseSlot(row.slot)
  if (slot === undefined) throw new Error('the schema has let no such slot through')
  const window = windowAt(slot, unixMs(row.time))
  const shares = Math.round(row.shares * 1e6)
  const cost = Math.round(row.shares * row.price * 1e6)
  const fees = Math.round(row.fee * 1e6)
  const trade: Record<keyof SettledTrade, unknown> = {
    position: `outside-${index + 1}`,
    strategy: row.version,
    slot: slot.id,
    windowId: window.id,
    side: row.side,
    openedAt: row.time,
    settledAt: window.end,
    shares,
    cost,
    fees,
    pnl: (row.outcome === row.side ? shares : 0) - cost - fees,
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
  return trade as unknown as SettledTrade
}
