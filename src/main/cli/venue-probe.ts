import { join, resolve } from 'node:path'
import { homeAt, readConfig } from '../app/start/home.ts'
import { systemClock, systemRandom } from '../platform/system.ts'
import { ProbeContext } from '../probe/context.ts'
import { type Answer, QUESTIONS } from '../probe/questions.ts'
import { openSecrets, storedCredentials } from '../secrets/open.ts'
import { EXIT, type ExitCode, print, printError, table, UsageError } from './output.ts'
import type { ReadFlags } from './read-database.ts'

export interface ProbeFlags extends ReadFlags {
  readonly out?: string
  readonly listen: number
}

/** `baton venue probe`: asks the real hosts what could not be known when this was built. Reads only. */
export async function venueProbe(flags: ProbeFlags): Promise<ExitCode> {
  const home = homeAt(flags.home, undefined, 'paper')
  const config = readConfig(home.config)
  if (!config.ok) throw new UsageError(config.error)
  const secrets = openSecrets({ folder: home.root, env: process.env, os: null })
  const credentials = secrets.ok ? storedCredentials(secrets.value) : secrets
  if (!credentials.ok) printError(`PolyBolt is not asked: ${credentials.error}`)
  const stamp = new Date(systemClock.now()).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const folder = flags.out === undefined ? join(home.root, 'probes', stamp) : resolve(flags.out)
  const { polymarket, binance } = config.value
  const context = new ProbeContext({
    hosts: { ...polymarket, binanceUrl: binance.restUrl },
    folder,
    clock: systemClock,
    random: systemRandom,
    listenMs: flags.listen,
    credentials: credentials.ok ? credentials.value : null,
  })
  const rows: (Answer & { readonly name: string; readonly assumed: string })[] = []
  for (const { name, assumed, ask } of QUESTIONS) rows.push({ name, assumed, ...(await ask(context)) })
  context.stop()
  if (flags.json === true) print(JSON.stringify({ folder, answers: rows }))
  else {
    print(
      table(
        ['question', 'assumed', 'verdict', 'found'],
        rows.map((row) => [row.name, row.assumed, row.verdict, row.found]),
      ),
    )
    print(`Everything received is in ${folder}`)
  }
  return rows.some(({ verdict }) => verdict === 'differs') ? EXIT.failed : EXIT.done
}
