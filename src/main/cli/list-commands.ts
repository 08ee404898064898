import type { Command } from 'commander'
import { DIMENSIONS } from '../../shared/attribution/trade-columns.ts'
import type { AttributionFlags } from './attribution.ts'
import type { DoctorFlags } from './doctor.ts'
import type { Finish } from './output.ts'
import { addHomeOptions, parseCount, parseDate, parseDimensions } from './parsers.ts'
import type { ReadFlags } from './read-database.ts'
import type { TradeFlags } from './trades.ts'

/** Options of every command that lists the contents of a home folder. */
function addReadOptions(command: Command): Command {
  return addHomeOptions(command).option('--json', 'print JSON')
}

export function defineVersions(command: Command, finish: Finish): void {
  addReadOptions(command)
    .action(async (flags: ReadFlags) => {
      const { versions } = await import('./versions.ts')
      finish(versions(flags))
    })
    .command('show')
    .argument('<hash>', 'first digits of the hash')
    .description('print the sources of one version')
    .exitOverride()
    // --home and --json belong to `versions` and may be anywhere on the line.
    .action(async (hash: string, _flags: unknown, self: Command) => {
      const { showVersion } = await import('./versions.ts')
      finish(showVersion(hash, self.optsWithGlobals<ReadFlags>()))
    })
}

export function defineDeployments(command: Command, finish: Finish): void {
  addReadOptions(command)
    .option('--limit <n>', 'at most this many', parseCount, 20)
    .action(async (flags: ReadFlags & { limit: number }) => {
      const { deployments } = await import('./deployments.ts')
      finish(deployments(flags))
    })
}

export function defineTrades(command: Command, finish: Finish): void {
  addReadOptions(command)
    .option('--limit <n>', 'at most this many', parseCount, 50)
    .option('--slot <slot>', 'only this slot, BTC-5m')
    .option('--version <hash>', 'only trades opened by this version')
    .action(async (flags: TradeFlags) => {
      const { trades } = await import('./trades.ts')
      finish(trades(flags))
    })
}

export function defineAttribution(command: Command, finish: Finish): void {
  addReadOptions(command)
    .option('--by <what>', `group by ${DIMENSIONS.join(', ')}`, parseDimensions, ['version', 'market'])
    .option('--strategy <name>', 'only this strategy')
    .option('--version <hash>', 'only this version')
    .option('--from <date>', 'settled at or after this time, ISO 8601 UTC', parseDate)
    .option('--to <date>', 'settled before this time', parseDate)
    .option('--trades <file>', 'trades from a CSV file with time, version, slot, side, shares, price, fee, outcome')
    .option('--compare <versions>', 'two versions, the earlier first: 3fa9c1,77ab02')
    .option(
      '--export <file>',
      'write trades to a .csv, .jsonl or .parquet file; writes records if the name contains "records"',
    )
    .option('--rebuild', 'rebuild the table of trades from the rest of the journal')
    .action(async (flags: AttributionFlags) => {
      const { attribution } = await import('./attribution.ts')
      finish(attribution(flags))
    })
}

export function defineAudit(command: Command, finish: Finish): void {
  addReadOptions(command).action(async (flags: ReadFlags) => {
    const { audit } = await import('./audit.ts')
    finish(audit(flags))
  })
}

export function defineDoctor(command: Command, finish: Finish): void {
  addReadOptions(command)
    .option('--strategies <dir>', 'strategies folder')
    .option('--tape <file...>', 'recorded candles to check (default: BATON_TAPES)')
    .option('--network', 'also connect to every host that real prices and books need')
    .action(async (flags: DoctorFlags) => {
      const { doctor } = await import('./doctor.ts')
      finish(await doctor(flags))
    })
}
