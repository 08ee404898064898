import { Command, CommanderError } from 'commander'
import { DIMENSIONS } from '../../shared/attribution/trade-columns.ts'
import { runHeadless } from '../headless.ts'
import { type AttributionFlags, attribution, parseDimensions } from './attribution.ts'
import { audit } from './audit.ts'
import { addCtl } from './ctl-command.ts'
import { deployments } from './deployments.ts'
import { addDeskFlags, type DeskFlags, stationOptions } from './desk-options.ts'
import { type DoctorFlags, doctor } from './doctor.ts'
import type { ListFlags } from './lists.ts'
import { complain, EXIT, type ExitCode, outputFailed, print, UsageError, watchOutput } from './output.ts'
import { parseCount, parseDate } from './parsers.ts'
import { addReplay } from './replay.ts'
import { run } from './run.ts'
import { addTape } from './tape-command.ts'
import { type TradeFlags, trades } from './trades.ts'
import { showVersion, versions } from './versions.ts'

/** The command line. Resolves with the exit code: 0 done, 2 usage or configuration, 3 refused by safety, 1 else. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.done
  watchOutput()
  const program = new Command('baton')
    .description('A trading workstation whose bot never stops to take new code.')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(usageLine(text)) })
    .showSuggestionAfterError()
  const command = (name: string, description: string) => program.command(name).description(description).exitOverride()

  addDeskFlags(command('desk', 'run the desk and serve its window to a browser'))
    .option('--because <why>', 'why there is no window of its own; printed at the start')
    .action(async (flags: DeskFlags & { because?: string }) => {
      code = await runHeadless(stationOptions(flags, undefined), flags.because ?? null)
    })
  addDeskFlags(command('run', 'run a desk without a window for a time and print what it did'))
    .option('--json', 'end with one line of JSON')
    .action(async (flags: DeskFlags & { json?: boolean }) => {
      code = await run(flags)
    })
  addReadingCommands(program, (result) => {
    code = result
  })
  addReplay(program, (result) => {
    code = result
  })
  addCtl(program, (result) => {
    code = result
  })
  addTape(program, (result) => {
    code = result
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return code === EXIT.done && outputFailed() ? EXIT.failed : code
  } catch (error) {
    return exitCodeOf(error, args.includes('--json'))
  }
}

/** What a home folder holds, for people and, with --json, for programs. */
function addReadingCommands(program: Command, finish: (code: ExitCode) => void): void {
  const reading = (parent: Command, name: string, description: string) =>
    parent
      .command(name)
      .description(description)
      .exitOverride()
      .option('--home <dir>', 'home folder (default: BATON_HOME, else the user-data folder)')
      .option('--json', 'print JSON')
  reading(program, 'versions', 'list the versions of every strategy with their results')
    .action((flags: ListFlags) => finish(versions(flags)))
    .command('show')
    .argument('<hash>', 'first digits of its hash')
    .description('print the sources of one version')
    .exitOverride()
    // --home and --json are those of `versions`, wherever they stand.
    .action((hash: string, _flags: unknown, self: Command) =>
      finish(showVersion(hash, self.optsWithGlobals<ListFlags>())),
    )
  reading(program, 'deployments', 'list deployments with their steps')
    .option('--limit <n>', 'at most this many', parseCount, 20)
    .action((flags: ListFlags & { limit: number }) => finish(deployments(flags)))
  reading(program, 'trades', 'list trades')
    .option('--limit <n>', 'at most this many', parseCount, 50)
    .option('--slot <slot>', 'only of this slot, BTC-5m')
    .option('--version <hash>', 'only opened by this version')
    .action((flags: TradeFlags) => finish(trades(flags)))
  reading(program, 'attribution', 'judge every version by its own trades')
    .option('--by <what>', `grouped by ${DIMENSIONS.join(', ')}`, parseDimensions, ['version', 'market'])
    .option('--strategy <name>', 'only this strategy')
    .option('--version <hash>', 'only this version')
    .option('--market <market>', 'only simulated, paper or live')
    .option('--from <date>', 'settled from then on, ISO 8601 UTC', parseDate)
    .option('--to <date>', 'settled before then', parseDate)
    .option('--trades <file>', 'trades from elsewhere: CSV with time, version, slot, side, shares, price, fee, outcome')
    .option('--compare <versions>', 'two versions, the earlier first: 3fa9c1,77ab02')
    .option(
      '--export <file>',
      'write trades to a .csv, .jsonl or .parquet file; records if its name has "records" in it',
    )
    .option('--rebuild', 'make the table of trades anew from the rest of the journal')
    .action((flags: AttributionFlags) => finish(attribution(flags)))
  reading(program, 'audit', 'recompute the invariants from the database and name every row that breaks one').action(
    (flags: ListFlags) => finish(audit(flags)),
  )
  reading(program, 'doctor', 'check that everything a desk needs is there')
    .option('--strategies <dir>', 'strategies folder')
    .option('--tape <file...>', 'recorded candles to look at (default: BATON_TAPES)')
    .action(async (flags: DoctorFlags) => finish(await doctor(flags)))
}

/** One line: what is wrong, what may have been meant, where to look. */
function usageLine(text: string): string {
  const said = text
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/\.?\s*$/, '')
  return `baton: ${said}; see "baton --help"\n`
}

/** Says what went wrong, to a program that asked for JSON as JSON. */
function exitCodeOf(error: unknown, json: boolean): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done
  if (json) print(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }))
  if (error instanceof CommanderError) return EXIT.usage
  if (error instanceof UsageError) {
    complain(error.message)
    return EXIT.usage
  }
  complain(error instanceof Error ? error.message : String(error))
  return EXIT.failed
}
