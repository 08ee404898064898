import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { err, messageOf, ok, type Result } from '../../shared/domain/base.ts'
import { openEncryptedFile } from './encrypted-file.ts'
import { hasKeychain, type OsEncryption, OsKeychain } from './os-keychain.ts'
import { API_CREDENTIALS, type SecretStore } from './store.ts'

/** Environment variable with the passphrase, or with the path of a file that holds it. */
const PASSPHRASE = 'BATON_SECRETS_PASSPHRASE'
const PASSPHRASE_FILE = 'BATON_SECRETS_PASSPHRASE_FILE'

export interface SecretsPlace {
  /** Folder of the secrets. */
  readonly folder: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Null without Electron. */
  readonly os: OsEncryption | null
}

/**
 * Opens the secret store: the operating system's keychain where there is one, else an encrypted file.
 * @returns null if there are no secrets and no passphrase to begin with
 */
export function openSecrets({ folder, env, os }: SecretsPlace): Result<SecretStore | null> {
  const path = join(folder, 'secrets.json')
  const passphrase = passphraseIn(env)
  if (!passphrase.ok) return passphrase
  const hasFile = existsSync(path)
  const file =
    passphrase.value !== undefined && (hasFile || os === null || !hasKeychain(os))
      ? openEncryptedFile({ path, passphrase: passphrase.value })
      : undefined
  if (os !== null && hasKeychain(os)) return fill(new OsKeychain(join(folder, 'secrets.os.json'), os), file, hasFile)
  if (file !== undefined) return file
  return hasFile ? err(needsPassphrase(path)) : ok(null)
}

function needsPassphrase(path: string): string {
  return `${path} needs its passphrase: set ${PASSPHRASE_FILE} to a file that holds it, or ${PASSPHRASE}`
}

/** Copies secrets of the file, which the command line writes, to the keychain, which the desktop reads without a passphrase. */
function fill(keychain: OsKeychain, file: Result<SecretStore> | undefined, hasFile: boolean): Result<SecretStore> {
  const known = keychain.names()
  if (!known.ok) return known
  if (file === undefined)
    return hasFile && known.value.length === 0 ? err(needsPassphrase(keychain.place.replace('.os', ''))) : ok(keychain)
  if (!file.ok) return file
  const names = file.value.names()
  for (const name of names.ok ? names.value : []) {
    const secret = file.value.read(name)
    if (!secret.ok) return secret
    const written = secret.value === undefined ? ok(undefined) : keychain.write(name, secret.value)
    if (!written.ok) return written
  }
  return ok(keychain)
}

function passphraseIn(env: SecretsPlace['env']): Result<string | undefined> {
  const file = env[PASSPHRASE_FILE]
  if (file === undefined) return ok(env[PASSPHRASE])
  try {
    return ok(readFileSync(file, 'utf8').replace(/\r?\n$/, ''))
  } catch (error) {
    return err(`${PASSPHRASE_FILE}: ${messageOf(error)}`)
  }
}

const credentialsSchema = z.strictObject({
  apiKey: z.string().min(1),
  secret: z.string().min(1),
  passphrase: z.string().min(1),
})
/** API credentials of the CLOB: they read private data and settlement prices, and cannot move money without a signature. */
export type ApiCredentials = z.infer<typeof credentialsSchema>

/** Parses the JSON of the API credentials. The error names the missing field, never a value. */
export function parseCredentials(text: string): Result<ApiCredentials> {
  try {
    const read = credentialsSchema.safeParse(JSON.parse(text))
    if (read.success) return ok(read.data)
    const fields = read.error.issues.map(({ path, code }) =>
      code === 'unrecognized_keys' ? 'unknown keys' : path.join('.'),
    )
    return err(`the API credentials need apiKey, secret and passphrase, and nothing else: check ${fields.join(', ')}`)
  } catch {
    return err('the API credentials are not JSON: {"apiKey":"…","secret":"…","passphrase":"…"}')
  }
}

/** The stored API credentials; null if there are none. */
export function storedCredentials(store: SecretStore | null): Result<ApiCredentials | null> {
  if (store === null) return ok(null)
  const text = store.read(API_CREDENTIALS)
  if (!text.ok) return text
  return text.value === undefined ? ok(null) : parseCredentials(text.value)
}
