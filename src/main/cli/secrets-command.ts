import type { Command } from 'commander'
import type { Finish } from './output.ts'
import type { ReadFlags } from './read-database.ts'

export function defineSecrets(command: Command, finish: Finish): void {
  const sub = (name: string, description: string) =>
    command
      .command(name)
      .description(description)
      .option('--home <dir>', 'home folder (default: BATON_HOME, else the user-data folder)')
      .exitOverride()
  sub('list', 'print the names of the stored secrets')
    .option('--json', 'print JSON')
    .action(async (flags: ReadFlags) => finish((await import('./secrets.ts')).listSecrets(flags)))
  sub('set', 'store a secret, read from the standard input')
    .argument('<name>', 'polymarket-api: {"apiKey":"…","secret":"…","passphrase":"…"}')
    .action(async (name: string, flags: ReadFlags) => finish((await import('./secrets.ts')).setSecret(name, flags)))
  sub('remove', 'remove a secret')
    .argument('<name>', 'its name')
    .action(async (name: string, flags: ReadFlags) => finish((await import('./secrets.ts')).removeSecret(name, flags)))
}
