import type { VersionHash } from '../../shared/domain/ids.ts'
import { toDollars } from '../../shared/domain/money.ts'
import type { ReplayTrade } from '../../shared/domain/replays.ts'
import { HOUR, isoUtc } from '../../shared/domain/time.ts'
import type { DayRecord } from '../replay/day-record.ts'
import type { ReplayOutcome } from '../replay/lab.ts'
import { hashOf, statsOf, tradesOf } from '../replay/stats.ts'
import type { ReplayTape } from '../replay/tape-types.ts'
import { iso, money, percent, print, table } from './output.ts'

/** What was replayed, and how. */
interface ReplayRequest {
  readonly tape: ReplayTape
  readonly hash: VersionHash
  readonly strategy: string
  readonly slots: readonly string[]
  readonly seed: number
  readonly threads: number
  readonly listTrades: boolean
}

export type Summary = ReturnType<typeof summaryOf>

/** The JSON of a replay. @param wallMs real milliseconds that it took */
export function summaryOf(outcome: ReplayOutcome, request: ReplayRequest, wallMs: number) {
  const days = outcome.versions[0]?.days ?? []
  const stats = statsOf(days)
  const { pnl, fees, stake, maxDrawdown, ...rest } = stats
  const seconds = wallMs / 1000
  return {
    strategy: request.strategy,
    version: request.hash,
    tape: request.tape.title,
    from: isoUtc(days[0]?.from ?? request.tape.from),
    to: isoUtc(days.at(-1)?.reached ?? request.tape.from),
    partial: outcome.partial,
    days: days.length,
    slots: request.slots,
    ...rest,
    stakeUsd: toDollars(stake),
    pnlUsd: toDollars(pnl),
    feesUsd: toDollars(fees),
    maxDrawdownUsd: toDollars(maxDrawdown),
    unsettled: days.flatMap((day) => day.unsettled),
    flatMinutes: flatMinutesOf(days),
    ledgerBalanced: days.every((day) => day.ledgerBalanced),
    decisionsHash: hashOf(days),
    seed: request.seed,
    threads: request.threads,
    wallMs: Math.round(wallMs),
    decisionsPerSecond: Math.round(stats.decisions / seconds),
    notices: request.tape.notices,
    ...(request.listTrades ? { list: tradesOf(days) } : {}),
  }
}

/** The first names of a list and the number of further ones; `--json` has all. */
function firstOf(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(' ')
  return names.length <= 6 ? shown : `${shown} and ${names.length - 6} more (--json lists them)`
}

/** Minutes without trades and price moves, by asset, over all days. */
function flatMinutesOf(days: readonly DayRecord[]): Record<string, number> {
  const sum: Record<string, number> = {}
  for (const { flatMinutes } of days)
    for (const [asset, count] of Object.entries(flatMinutes)) sum[asset] = (sum[asset] ?? 0) + count
  return sum
}

/** Prints a replay's results as tables. */
export function printSummary(summary: Summary): void {
  if (summary.partial) print('PARTIAL: ended early; the results cover only the part that was replayed.')
  print(`${summary.strategy} ${summary.version.slice(0, 6)} on ${summary.tape}, ${summary.from} to ${summary.to}`)
  for (const notice of summary.notices) print(notice)
  const row = (name: string, value: string) => [name, value]
  const rows = [
    row(
      'decisions',
      `${summary.decisions.toLocaleString('en-US')} (${summary.decisionsPerSecond.toLocaleString('en-US')}/s)`,
    ),
    row('orders · fills', `${summary.orders} · ${summary.fills}`),
    row('trades · wins', `${summary.trades} · ${summary.wins} (${percent(summary.winRate)})`),
    row('break-even', percent(summary.breakEven)),
    row('profit · fees', `${money(summary.pnlUsd * 1e6)} · ${money(summary.feesUsd * 1e6)}`),
    row('max drawdown', money(-summary.maxDrawdownUsd * 1e6)),
    row('faults · refused', `${summary.faults} · ${summary.refused}`),
    row('open at the end', String(summary.openPositions)),
    ...(summary.unsettled.length === 0 ? [] : [row('without an outcome', firstOf(summary.unsettled))]),
    ...Object.entries(summary.flatMinutes).map(([asset, count]) =>
      row('no trade, no move', `${asset}: ${count} minutes`),
    ),
    row(
      'time',
      `${(summary.wallMs / 1000).toFixed(2)} s for ${((Date.parse(summary.to) - Date.parse(summary.from)) / HOUR).toFixed(1)} h`,
    ),
    row('decisions hash', summary.decisionsHash),
  ]
  print(table(['figure', 'value'], rows))
  if (summary.list === undefined) return
  print('')
  print(
    summary.list.length === 0 ? 'No trade.' : table(TRADE_HEAD, summary.list.map(tradeCells), new Set([3, 4, 5, 6])),
  )
}

const TRADE_HEAD = ['opened', 'slot', 'side', 'shares', 'price', 'fees', 'P&L', 'outcome', 'regime', 'why']

function tradeCells(trade: ReplayTrade): string[] {
  return [
    iso(trade.openedAt),
    trade.slot,
    trade.side,
    (trade.shares / 1e6).toFixed(2),
    trade.shares === 0 ? '–' : (trade.cost / trade.shares).toFixed(3),
    `$${(trade.fees / 1e6).toFixed(2)}`,
    trade.pnl === null ? '–' : money(trade.pnl),
    trade.outcome ?? '–',
    trade.regime,
    trade.why.replaceAll(/\s+/g, ' '),
  ]
}
