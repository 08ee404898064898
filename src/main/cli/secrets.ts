import { readFileSync } from 'node:fs'
import { homeAt } from '../app/start/home.ts'
import { openSecrets, parseCredentials } from '../secrets/open.ts'
import { API_CREDENTIALS, type SecretStore } from '../secrets/store.ts'
import { EXIT, type ExitCode, print, UsageError } from './output.ts'
import type { ReadFlags } from './read-database.ts'

function open(flags: ReadFlags): SecretStore {
  const opened = openSecrets({ folder: homeAt(flags.home, undefined).root, env: process.env, os: null })
  if (!opened.ok) throw new UsageError(opened.error)
  if (opened.value === null)
    throw new UsageError(
      'a new file of secrets needs a passphrase: set BATON_SECRETS_PASSPHRASE_FILE to a file that holds it',
    )
  return opened.value
}

/** `baton secrets list`: names only. */
export function listSecrets(flags: ReadFlags): ExitCode {
  const names = open(flags).names()
  if (!names.ok) throw new UsageError(names.error)
  if (flags.json === true) print(JSON.stringify(names.value))
  else print(names.value.length === 0 ? 'no secrets are stored' : names.value.join('\n'))
  return EXIT.done
}

/** `baton secrets set`: reads the secret from the standard input, so that it is in no argument and no history of a shell. */
export function setSecret(name: string, flags: ReadFlags): ExitCode {
  if (name !== API_CREDENTIALS) throw new UsageError(`the only secret is ${API_CREDENTIALS}`)
  const text = readFileSync(0, 'utf8').trim()
  const credentials = parseCredentials(text)
  if (!credentials.ok) throw new UsageError(credentials.error)
  const store = open(flags)
  const written = store.write(name, JSON.stringify(credentials.value))
  if (!written.ok) throw new UsageError(written.error)
  print(`${name} is stored in ${store.place}`)
  return EXIT.done
}

/** `baton secrets remove`. */
export function removeSecret(name: string, flags: ReadFlags): ExitCode {
  const removed = open(flags).remove(name)
  if (!removed.ok) throw new UsageError(removed.error)
  print(removed.value ? `${name} is removed` : `there is no ${name}`)
  return removed.value ? EXIT.done : EXIT.failed
}
