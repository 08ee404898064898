import type { Command } from 'commander'
import { DIMENSIONS } from '../../shared/attribution/trade-columns.ts'
import type { AttributionFlags } from './attribution.ts'
import type { DoctorFlags } from './doctor.ts'
import type { ListFlags } from './lists.ts'
import type { Finish } from './output.ts'
import { parseCount, parseDate, parseDimensions } from './parsers.ts'
import type { TradeFlags } from './trades.ts'

/** What a home folder holds, for people and, with --json, for programs. */
function reading(command: Command): Command {
  return command
    .option('--home <dir>', 'home folder (default: BATON_HOME, else the user-data folder)')
    .option('--json', 'print JSON')
}

export function defineVersions(command: Command, finish: Finish): void {
  reading(command)
    .action(async (flags: ListFlags) => {
      const { versions } = await import('./versions.ts')
      finish(versions(flags))
    })
    .command('show')
    .argument('<hash>', 'first digits of its hash')
    .description('print the sources of one version')
    .exitOverride()
    // --home and --json are those of `versions`, wherever they stand.
    .action(async (hash: string, _flags: unknown, self: Command) => {
      const { showVersion } = await import('./versions.ts')
      finish(showVersion(hash, self.optsWithGlobals<ListFlags>()))
    })
}

export function defineDeployments(command: Command, finish: Finish): void {
  reading(command)
    .option('--limit <n>', 'at most this many', parseCount, 20)
    .action(async (flags: ListFlags & { limit: number }) => {
      const { deployments } = await import('./deployments.ts')
      finish(deployments(flags))
    })
}

export function defineTrades(command: Command, finish: Finish): void {
  reading(command)
    .option('--limit <n>', 'at most this many', parseCount, 50)
    .option('--slot <slot>', 'only of this slot, BTC-5m')
    .option('--version <hash>', 'only opened by this version')
    .action(async (flags: TradeFlags) => {
      const { trades } = await import('./trades.ts')
      finish(trades(flags))
    })
}

export function defineAttribution(command: Command, finish: Finish): void {
  reading(command)
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
    .action(async (flags: AttributionFlags) => {
      const { attribution } = await import('./attribution.ts')
      finish(attribution(flags))
    })
}

export function defineAudit(command: Command, finish: Finish): void {
  reading(command).action(async (flags: ListFlags) => {
    const { audit } = await import('./audit.ts')
    finish(audit(flags))
  })
}

export function defineDoctor(command: Command, finish: Finish): void {
  reading(command)
    .option('--strategies <dir>', 'strategies folder')
    .option('--tape <file...>', 'recorded candles to look at (default: BATON_TAPES)')
    .action(async (flags: DoctorFlags) => {
      const { doctor } = await import('./doctor.ts')
      finish(await doctor(flags))
    })
}
