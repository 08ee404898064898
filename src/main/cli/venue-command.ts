import type { Command } from 'commander'
import type { Finish } from './output.ts'
import { parseLength } from './parsers.ts'
import type { ProbeFlags } from './venue-probe.ts'

export function defineVenue(command: Command, finish: Finish): void {
  command
    .command('probe')
    .description('ask the real hosts what this build assumes of them; reads only, and keeps every reply')
    .option('--home <dir>', 'home folder (default: BATON_HOME, else the user-data folder)')
    .option('--out <dir>', 'folder for what is received (default: probes/ in the home folder)')
    .option('--listen <duration>', 'how long to listen to each stream', parseLength, 15_000)
    .option('--json', 'print JSON')
    .exitOverride()
    .action(async (flags: ProbeFlags) => finish(await (await import('./venue-probe.ts')).venueProbe(flags)))
}
