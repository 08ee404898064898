import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { err, messageOf, ok, type Result } from '../../shared/domain/base.ts'
import { writeWhole } from '../platform/write-whole.ts'
import type { SecretStore } from './store.ts'

/**
 * Secrets in one file, each encrypted by AES-256-GCM under a key that scrypt derives from a passphrase. An entry's name and the
 * parameters of scrypt are authenticated with it, so that entries cannot be exchanged or moved to another file.
 */

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`))
const entry = z.strictObject({ nonce: hex(12), tag: hex(16), data: z.string().regex(/^([0-9a-f]{2})*$/) })
const fileSchema = z.strictObject({
  version: z.literal(1),
  kdf: z.strictObject({
    name: z.literal('scrypt'),
    // Bounded, so that a file cannot make the desk use all memory.
    n: z
      .int()
      .min(2 ** 14)
      .max(2 ** 20),
    r: z.literal(8),
    p: z.literal(1),
    salt: hex(16),
  }),
  /** Encrypts a known text, so that a wrong passphrase is noticed before anything is written with it. */
  check: entry,
  entries: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,39}$/), entry),
})
type SecretFile = z.infer<typeof fileSchema>
type Entry = z.infer<typeof entry>

const CHECK = 'baton secrets'
const CHECK_NAME = ''
/** 128 MiB and a few tenths of a second: the interactive setting of RFC 7914 for 2026. */
const COST = 2 ** 17
const LEAST_PASSPHRASE = 12

export interface EncryptedFileOptions {
  readonly path: string
  readonly passphrase: string
  /** Cost of scrypt for a new file, a power of two; only tests lower it. */
  readonly cost?: number
}

/** Opens the file, or prepares a new one. @returns an error if the passphrase does not fit or the file is unreadable */
export function openEncryptedFile({ path, passphrase, cost = COST }: EncryptedFileOptions): Result<SecretStore> {
  const file = readFile(path)
  if (!file.ok) return file
  if (file.value === undefined && passphrase.length < LEAST_PASSPHRASE)
    return err(`the passphrase of the secrets needs at least ${LEAST_PASSPHRASE} characters`)
  const kdf = file.value?.kdf ?? newKdf(cost)
  const key = scryptSync(passphrase, Buffer.from(kdf.salt, 'hex'), 32, {
    N: kdf.n,
    r: kdf.r,
    p: kdf.p,
    maxmem: 256 * kdf.n * kdf.r,
  })
  const box = new Box(key, kdf)
  if (file.value !== undefined && box.open(CHECK_NAME, file.value.check) !== CHECK)
    return err(`the passphrase does not fit ${path}, or the file was changed`)
  return ok(new EncryptedFile(path, box, file.value ?? newFile(kdf, box)))
}

class EncryptedFile implements SecretStore {
  readonly place: string
  private readonly box: Box
  private file: SecretFile

  constructor(path: string, box: Box, file: SecretFile) {
    this.place = path
    this.box = box
    this.file = file
  }

  names(): Result<readonly string[]> {
    return ok(Object.keys(this.file.entries).toSorted())
  }

  read(name: string): Result<string | undefined> {
    const stored = this.file.entries[name]
    if (stored === undefined) return ok(undefined)
    const secret = this.box.open(name, stored)
    return secret === undefined ? err(`the secret ${name} in ${this.place} was changed: write it again`) : ok(secret)
  }

  write(name: string, secret: string): Result<void> {
    return this.save({ ...this.file, entries: { ...this.file.entries, [name]: this.box.close(name, secret) } })
  }

  remove(name: string): Result<boolean> {
    if (!(name in this.file.entries)) return ok(false)
    const { [name]: _removed, ...entries } = this.file.entries
    const saved = this.save({ ...this.file, entries })
    return saved.ok ? ok(true) : saved
  }

  private save(file: SecretFile): Result<void> {
    try {
      mkdirSync(dirname(this.place), { recursive: true, mode: 0o700 })
      writeWhole(this.place, `${JSON.stringify(fileSchema.parse(file), null, 2)}\n`)
    } catch (error) {
      return err(`${this.place} cannot be written: ${messageOf(error)}`)
    }
    this.file = file
    return ok(undefined)
  }
}

class Box {
  private readonly key: Buffer
  private readonly context: string

  constructor(key: Buffer, kdf: SecretFile['kdf']) {
    this.key = key
    this.context = JSON.stringify([kdf.n, kdf.salt])
  }

  close(name: string, secret: string): Entry {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(this.authenticated(name))
    const data = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
    return { nonce: nonce.toString('hex'), tag: cipher.getAuthTag().toString('hex'), data: data.toString('hex') }
  }

  /** Undefined if the entry does not belong to this key and name. */
  open(name: string, { nonce, tag, data }: Entry): string | undefined {
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.key, Buffer.from(nonce, 'hex'))
        .setAAD(this.authenticated(name))
        .setAuthTag(Buffer.from(tag, 'hex'))
      return Buffer.concat([decipher.update(Buffer.from(data, 'hex')), decipher.final()]).toString('utf8')
    } catch {
      return undefined
    }
  }

  private authenticated(name: string): Buffer {
    return Buffer.from(`baton-secrets-1\0${this.context}\0${name}`)
  }
}

function newKdf(n: number): SecretFile['kdf'] {
  return { name: 'scrypt', n, r: 8, p: 1, salt: randomBytes(16).toString('hex') }
}

function newFile(kdf: SecretFile['kdf'], box: Box): SecretFile {
  return { version: 1, kdf, check: box.close(CHECK_NAME, CHECK), entries: {} }
}

function readFile(path: string): Result<SecretFile | undefined> {
  if (!existsSync(path)) return ok(undefined)
  try {
    const read = fileSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    return read.success
      ? ok(read.data)
      : err(`${path} is not a file of secrets: restore it, or remove it and set them again`)
  } catch (error) {
    return err(`${path} cannot be read: ${messageOf(error)}`)
  }
}
