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
 * Opens the secret store: the operating system's key where there is one, else an encrypted file.
 * @returns null if there are no secrets and no passphrase to begin with
 */
export function openSecrets({ folder, env, os }: SecretsPlace): Result<SecretStore | null> {
  if (os !== null && hasKeychain(os)) return ok(new OsKeychain(join(folder, 'secrets.os.json'), os))
  const path = join(folder, 'secrets.json')
  const passphrase = passphraseIn(env)
  if (!passphrase.ok) return passphrase
  if (passphrase.value !== undefined) return openEncryptedFile({ path, passphrase: passphrase.value })
  if (!existsSync(path)) return ok(null)
  return err(`${path} needs its passphrase: set ${PASSPHRASE_FILE} to a file that holds it, or ${PASSPHRASE}`)
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
