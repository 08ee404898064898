import type { Result } from '../../shared/domain/base.ts'

/** Named secrets, encrypted at rest. No method puts a secret into an error or a log. */
export interface SecretStore {
  /** Where it is kept, for people. */
  readonly place: string
  names(): Result<readonly string[]>
  /** @returns undefined if there is none of that name */
  read(name: string): Result<string | undefined>
  write(name: string, secret: string): Result<void>
  /** @returns false if there was none of that name */
  remove(name: string): Result<boolean>
}

/** API key, secret and passphrase of the CLOB, as one secret in JSON. */
export const API_CREDENTIALS = 'polymarket-api'
