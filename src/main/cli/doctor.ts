import { type Config, salvageConfig } from '../../shared/config.ts'
import { type Home, homeToRead, readConfig } from '../app/start/home.ts'
import { type Check, failed } from './doctor/check.ts'
import { codeChecks } from './doctor/code.ts'
import { homeChecks } from './doctor/folder.ts'
import { machineChecks } from './doctor/machine.ts'
import { networkChecks } from './doctor/network.ts'
import { EXIT, type ExitCode, print } from './output.ts'
import type { ReadFlags } from './read-database.ts'

export interface DoctorFlags extends ReadFlags {
  readonly strategies?: string
  readonly tape?: readonly string[]
  /** Also connects to every host. */
  readonly network?: boolean
}

/** `baton doctor`: checks everything a desk needs without changing or downloading anything. */
export async function doctor(flags: DoctorFlags): Promise<ExitCode> {
  const home = homeToRead(flags, flags.strategies)
  const tapes = flags.tape ?? (process.env.BATON_TAPES === undefined ? [] : [process.env.BATON_TAPES])
  const checks: Check[] = [
    ...(await machineChecks()),
    ...homeChecks(home),
    ...(await codeChecks(home.strategies, tapes)),
    ...(flags.network === true ? await networkChecks(hostsOf(home)) : []),
  ]
  if (flags.json === true) print(JSON.stringify(checks))
  else for (const check of checks) print(line(check))
  const failures = checks.filter(failed).length
  if (flags.json !== true) print(failures === 0 ? 'Nothing failed.' : `${failures} failed.`)
  return failures === 0 ? EXIT.done : EXIT.failed
}

/** Hosts by the configuration; the default ones where it cannot be read, which is a check of its own. */
function hostsOf(home: Home): Config {
  const read = readConfig(home.config)
  return read.ok ? read.value : salvageConfig({})
}

function line({ state, name, found, todo }: Check): string {
  return `${state.padEnd(5)} ${name.padEnd(16)} ${found}${todo === null ? '' : `\n${' '.repeat(23)}→ ${todo}`}`
}
