import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { CYCLE_MS } from '../../engine/config.ts'
import type { StrategyManifest } from '../../engine/views/view-types.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import type { VersionHash } from '../../shared/domain/ids.ts'
import { toDollars, usdOf } from '../../shared/domain/money.ts'
import type { ReplayTrade } from '../../shared/domain/replays.ts'
import { HOUR, isoUtc, type UnixMs, unixMs } from '../../shared/domain/time.ts'
import { type Home, homeAt, readConfig } from '../app/start/home.ts'
import { openDatabase } from '../db/database.ts'
import { faultText, openSound } from '../db/sound.ts'
import { saveTrial } from '../db/trials.ts'
import { compileStrategy, versionHash } from '../deploy/compile.ts'
import { apiFile } from '../platform/package-files.ts'
import { systemClock } from '../platform/system.ts'
import type { DayRecord } from '../replay/day-record.ts'
import { ReplayLab, type ReplayOutcome } from '../replay/lab.ts'
import { openTapes } from '../replay/open-tapes.ts'
import { openOwnTape } from '../replay/own-tape.ts'
import { mergeParams } from '../replay/params.ts'
import { slotsOf, stretchesOf } from '../replay/plan.ts'
import { hashOf, statsOf, tradesOf } from '../replay/stats.ts'
import type { ReplayTape } from '../replay/tape-types.ts'
import { complain, EXIT, type ExitCode, iso, money, percent, print, table, UsageError } from './output.ts'
import type { Duration } from './parsers.ts'

export interface ReplayFlags {
  readonly strategy: string
  readonly params?: StrategyManifest['params']
  readonly tape?: readonly string[]
  readonly from?: UnixMs
  readonly to?: UnixMs
  readonly last?: Duration
  readonly slots?: string
  readonly seed: number
  readonly threads: number
  readonly trades?: boolean
  readonly home?: string
  readonly json?: boolean
}

/** `baton replay`: progress while it runs; Ctrl-C leaves what was done, marked as partial. */
export async function replay(flags: ReplayFlags): Promise<ExitCode> {
  const lab = new ReplayLab(systemClock, flags.threads)
  try {
    return await replayOn(lab, flags)
  } finally {
    lab.close()
  }
}

async function replayOn(lab: ReplayLab, flags: ReplayFlags): Promise<ExitCode> {
  const home = homeAt(flags.home, undefined)
  const config = readConfig(home.config)
  if (!config.ok) throw new UsageError(config.error)
  // Reading the tape keeps this thread busy: the others come up, and the strategy is compiled, meanwhile.
  lab.warm(availableParallelism())
  const compiling = compile(flags.strategy, home)
  const tape = usage(
    flags.tape === undefined
      ? openOwnTape(home.tape, { since: 0, until: null, only: null, feed: null })
      : openTapes(flags.tape),
  )
  const slots = usage(slotsOf(tape, flags.slots?.split(',').map((word) => word.trim()) ?? null))
  const stretches = usage(stretchesOf(tape, spanOf(tape, flags)))
  const { bundle, strategy } = usage(await compiling)
  const named = (hash: VersionHash) => ({ hash, label: `${strategy} · ${hash.slice(0, 6)}`, strategy, bundle })
  const loaded = await lab.load({ ...named(versionHash(bundle)), params: null })
  if (!loaded.ok) throw new UsageError(`${strategy}: ${loaded.error.message}`)
  const params = usage(mergeParams(loaded.value, flags.params ?? null))
  const hash = versionHash(bundle, params)
  const started = systemClock.monotonic()
  const run = lab.run(
    {
      versions: [{ ...named(hash), params }],
      stretches,
      slots,
      config: config.value,
      market: 'paper',
      settlement: tape.settlement,
      seed: flags.seed,
    },
    (progress) => showProgress(progress.share, progress.reached),
  )
  const stop = () => run.cancel()
  process.once('SIGINT', stop)
  const [first] = stretches
  const last = stretches.at(-1)
  if (first !== undefined && last !== undefined)
    process.stderr.write(`replaying ${isoUtc(first.from)} to ${isoUtc(last.to)} × ${slots.length} slots\n`)
  const outcome = await run.done
  process.removeListener('SIGINT', stop)
  clearProgress()
  const wallMs = systemClock.monotonic() - started
  const [version] = outcome.versions
  if (version === undefined || version.failure !== null) {
    complain(`${strategy} could not be replayed: ${version?.failure?.message ?? 'it did not run'}`)
    return EXIT.failed
  }
  const summary = summaryOf(outcome, { tape, flags, hash, strategy, wallMs, slots: slots.map((slot) => slot.id) })
  countTrial(home, summary)
  if (flags.json === true) print(JSON.stringify(summary))
  else show(summary)
  return outcome.partial ? EXIT.failed : EXIT.done
}

function usage<T>(result: { ok: true; value: T } | { ok: false; error: string }): T {
  if (!result.ok) throw new UsageError(result.error)
  return result.value
}

function spanOf(
  tape: ReplayTape,
  { from, to, last }: ReplayFlags,
): { from: UnixMs | undefined; to: UnixMs | undefined } {
  if (last === undefined) return { from, to }
  if (from !== undefined) throw new UsageError('--last and --from both say where to begin: give one')
  // On the grid of cycles, as a desk that ran on would have decided.
  const since = Math.ceil(((to ?? tape.to) - last) / CYCLE_MS) * CYCLE_MS
  return { from: unixMs(Math.max(tape.from, since)), to }
}

/** Bundles the strategy; a failure is the text of its first error. */
async function compile(named: string, home: Home): Promise<Result<{ bundle: string; strategy: string }>> {
  const path = existsSync(named) ? resolve(named) : join(home.strategies, named.endsWith('.ts') ? named : `${named}.ts`)
  if (!existsSync(path)) return err(`--strategy: neither ${named} nor ${path} is there`)
  const strategy = basename(path, '.ts')
  const compiled = await compileStrategy(dirname(path), strategy, apiFile())
  if (compiled.ok) return ok({ bundle: compiled.value.bundle, strategy })
  const [first] = compiled.error
  return err(`${first?.file}:${first?.line}:${first?.column}: ${first?.message.split('\n')[0]}`)
}

type Summary = ReturnType<typeof summaryOf>

function summaryOf(
  outcome: ReplayOutcome,
  about: { tape: ReplayTape; flags: ReplayFlags; hash: VersionHash; strategy: string; wallMs: number; slots: string[] },
) {
  const days = outcome.versions[0]?.days ?? []
  const stats = statsOf(days)
  const { pnl, fees, stake, maxDrawdown, ...rest } = stats
  const seconds = about.wallMs / 1000
  return {
    strategy: about.strategy,
    version: about.hash,
    tape: about.tape.title,
    from: isoUtc(days[0]?.from ?? about.tape.from),
    to: isoUtc(days.at(-1)?.reached ?? about.tape.from),
    partial: outcome.partial,
    days: days.length,
    slots: about.slots,
    ...rest,
    stakeUsd: toDollars(stake),
    pnlUsd: toDollars(pnl),
    feesUsd: toDollars(fees),
    maxDrawdownUsd: toDollars(maxDrawdown),
    unsettled: days.flatMap((day) => day.unsettled),
    flatMinutes: flatMinutesOf(days),
    ledgerBalanced: days.every((day) => day.ledgerBalanced),
    decisionsHash: hashOf(days),
    seed: about.flags.seed,
    threads: about.flags.threads,
    wallMs: Math.round(about.wallMs),
    decisionsPerSecond: Math.round(stats.decisions / seconds),
    notices: about.tape.notices,
    ...(about.flags.trades === true ? { list: tradesOf(days) } : {}),
  }
}

/** The first few names of a list, and how many more there are; `--json` has all. */
function firstOf(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(' ')
  return names.length <= 6 ? shown : `${shown} and ${names.length - 6} more (--json lists them)`
}

/** Minutes without a trade and without a move, by asset, over all days. */
function flatMinutesOf(days: readonly DayRecord[]): Record<string, number> {
  const sum: Record<string, number> = {}
  for (const { flatMinutes } of days)
    for (const [asset, count] of Object.entries(flatMinutes)) sum[asset] = (sum[asset] ?? 0) + count
  return sum
}

/** The hash counts as a trial in the home's journal. */
function countTrial(home: Home, summary: Summary): void {
  if (!existsSync(home.database)) return
  const sound = openSound(home.database)
  if (!sound.ok) return complain(`this trial was not counted: ${faultText(sound.error)}`)
  sound.value.db.close()
  const db = openDatabase(home.database, true)
  if (!db.ok) return complain(`this trial was not counted: ${db.error}`)
  saveTrial(db.value, {
    ts: systemClock.now(),
    kind: 'replay',
    strategy: summary.strategy,
    hash: summary.version,
    tape: summary.tape,
    from: Date.parse(summary.from),
    to: Date.parse(summary.to),
    slots: summary.slots.length,
    decisions: summary.decisions,
    trades: summary.trades,
    pnl: usdOf(summary.pnlUsd),
    sharpe: summary.sharpe,
  })
  db.value.close()
}

function showProgress(share: number, reached: number): void {
  if (process.stderr.isTTY)
    process.stderr.write(`\r${(share * 100).toFixed(0).padStart(3)} %  ${isoUtc(reached).slice(0, 16)}Z `)
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
}

function show(summary: Summary): void {
  if (summary.partial) print('PARTIAL: ended early; what follows is only what had been replayed by then.')
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
  print(table(['what', 'figure'], rows))
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
