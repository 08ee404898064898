import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { CYCLE_MS } from '../../engine/config.ts'
import type { StrategyManifest } from '../../engine/views/view-types.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import { diagnosticText } from '../../shared/domain/deployments.ts'
import type { VersionHash } from '../../shared/domain/ids.ts'
import type { Market } from '../../shared/domain/market.ts'
import { usdOf } from '../../shared/domain/money.ts'
import { isoUtc, type UnixMs, unixMs } from '../../shared/domain/time.ts'
import { type Home, homeToRead, readConfig } from '../app/start/home.ts'
import { openDatabase } from '../db/database.ts'
import { faultText, openSound } from '../db/sound.ts'
import { saveTrial } from '../db/trials.ts'
import { compileStrategy, versionHash } from '../deploy/compile.ts'
import { apiFile } from '../platform/package-files.ts'
import { systemClock } from '../platform/system.ts'
import { ReplayLab } from '../replay/lab.ts'
import { openTapes } from '../replay/open-tapes.ts'
import { openOwnTape } from '../replay/own-tape.ts'
import { mergeParams } from '../replay/params.ts'
import { slotsOf, stretchesOf } from '../replay/plan.ts'
import type { ReplayTape } from '../replay/tape-types.ts'
import { EXIT, type ExitCode, print, printError, UsageError } from './output.ts'
import type { Duration } from './parsers.ts'
import { printSummary, type Summary, summaryOf } from './replay-summary.ts'

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
  readonly market?: Market
  readonly json?: boolean
}

/** `baton replay`: shows progress while it runs; Ctrl-C ends it with the results so far, marked as partial. */
export async function replay(flags: ReplayFlags): Promise<ExitCode> {
  const lab = new ReplayLab(systemClock, flags.threads)
  try {
    return await replayOn(lab, flags)
  } finally {
    lab.close()
  }
}

async function replayOn(lab: ReplayLab, flags: ReplayFlags): Promise<ExitCode> {
  const home = homeToRead(flags)
  const config = readConfig(home.config)
  if (!config.ok) throw new UsageError(config.error)
  // Starts threads and compilation first, because reading the tape keeps this thread busy.
  lab.warm(availableParallelism())
  const compiling = compile(flags.strategy, home)
  const tape = usage(
    flags.tape === undefined
      ? openOwnTape(home.tape, { since: 0, until: null, only: null, feed: null })
      : openTapes(flags.tape),
  )
  const slots = usage(slotsOf(tape, flags.slots?.split(',').map((name) => name.trim()) ?? null))
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
      market: 'simulated',
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
    printError(`${strategy} could not be replayed: ${version?.failure?.message ?? 'it did not run'}`)
    return EXIT.failed
  }
  const request = {
    tape,
    hash,
    strategy,
    slots: slots.map((slot) => slot.id),
    seed: flags.seed,
    threads: flags.threads,
    listTrades: flags.trades === true,
  }
  const summary = summaryOf(outcome, request, wallMs)
  saveReplayTrial(home, summary)
  if (flags.json === true) print(JSON.stringify(summary))
  else printSummary(summary)
  return outcome.partial ? EXIT.failed : EXIT.done
}

/** The value of a result; its error is a usage error. */
function usage<T>(result: { ok: true; value: T } | { ok: false; error: string }): T {
  if (!result.ok) throw new UsageError(result.error)
  return result.value
}

function spanOf(
  tape: ReplayTape,
  { from, to, last }: ReplayFlags,
): { from: UnixMs | undefined; to: UnixMs | undefined } {
  if (last === undefined) return { from, to }
  if (from !== undefined) throw new UsageError('--last and --from both set the start: use one of them')
  // Aligned to the cycle grid, so that decisions are at the same times as on a desk.
  const since = Math.ceil(((to ?? tape.to) - last) / CYCLE_MS) * CYCLE_MS
  return { from: unixMs(Math.max(tape.from, since)), to }
}

/** Bundles the strategy. @returns the first error as text on failure */
async function compile(named: string, home: Home): Promise<Result<{ bundle: string; strategy: string }>> {
  const path = existsSync(named) ? resolve(named) : join(home.strategies, named.endsWith('.ts') ? named : `${named}.ts`)
  if (!existsSync(path)) return err(`--strategy: neither ${named} nor ${path} exists`)
  const strategy = basename(path, '.ts')
  const compiled = await compileStrategy(dirname(path), strategy, apiFile())
  if (compiled.ok) return ok({ bundle: compiled.value.bundle, strategy })
  const [first] = compiled.error
  return err(first === undefined ? `${strategy} does not compile` : diagnosticText(first))
}

/** Records the replay as a trial of its version in the home's journal. */
function saveReplayTrial(home: Home, summary: Summary): void {
  if (!existsSync(home.database)) return
  const sound = openSound(home.database)
  if (!sound.ok) return printError(`the trial was not recorded: ${faultText(sound.error)}`)
  sound.value.db.close()
  const db = openDatabase(home.database, true)
  if (!db.ok) return printError(`the trial was not recorded: ${db.error}`)
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
