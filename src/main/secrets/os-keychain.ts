import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { err, messageOf, ok, type Result } from '../../shared/domain/base.ts'
import { writeWhole } from '../platform/write-whole.ts'
import type { SecretStore } from './store.ts'

/** What is used of Electron's `safeStorage`: encryption under a key that the operating system keeps. */
export interface OsEncryption {
  isEncryptionAvailable(): boolean
  encryptString(text: string): Buffer
  decryptString(encrypted: Buffer): string
  /** Linux only; `basic_text` has no key of its own. */
  getSelectedStorageBackend?(): string
}

const fileSchema = z.record(z.string(), z.string().regex(/^[A-Za-z0-9+/=]+$/))

/** True where the operating system really keeps a key. */
export function hasKeychain(os: OsEncryption): boolean {
  return os.isEncryptionAvailable() && os.getSelectedStorageBackend?.() !== 'basic_text'
}

/** Secrets in one file, encrypted under the operating system's key. */
export class OsKeychain implements SecretStore {
  readonly place: string
  private readonly os: OsEncryption

  constructor(path: string, os: OsEncryption) {
    this.place = path
    this.os = os
  }

  names(): Result<readonly string[]> {
    const file = this.load()
    return file.ok ? ok(Object.keys(file.value).toSorted()) : file
  }

  read(name: string): Result<string | undefined> {
    const file = this.load()
    if (!file.ok) return file
    const stored = file.value[name]
    if (stored === undefined) return ok(undefined)
    try {
      return ok(this.os.decryptString(Buffer.from(stored, 'base64')))
    } catch {
      return err(`the operating system cannot decrypt ${name} in ${this.place}: write it again`)
    }
  }

  write(name: string, secret: string): Result<void> {
    const file = this.load()
    if (!file.ok) return file
    return this.save({ ...file.value, [name]: this.os.encryptString(secret).toString('base64') })
  }

  remove(name: string): Result<boolean> {
    const file = this.load()
    if (!file.ok) return file
    if (!(name in file.value)) return ok(false)
    const { [name]: _removed, ...rest } = file.value
    const saved = this.save(rest)
    return saved.ok ? ok(true) : saved
  }

  private load(): Result<Readonly<Record<string, string>>> {
    if (!existsSync(this.place)) return ok({})
    try {
      const read = fileSchema.safeParse(JSON.parse(readFileSync(this.place, 'utf8')))
      return read.success ? ok(read.data) : err(`${this.place} is not a file of secrets`)
    } catch (error) {
      return err(`${this.place} cannot be read: ${messageOf(error)}`)
    }
  }

  private save(file: Readonly<Record<string, string>>): Result<void> {
    try {
      mkdirSync(dirname(this.place), { recursive: true, mode: 0o700 })
      writeWhole(this.place, `${JSON.stringify(file, null, 2)}\n`)
      return ok(undefined)
    } catch (error) {
      return err(`${this.place} cannot be written: ${messageOf(error)}`)
    }
  }
}
