import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openEncryptedFile } from '../../src/main/secrets/encrypted-file.ts'
import { openSecrets, parseCredentials, storedCredentials } from '../../src/main/secrets/open.ts'
import { hasKeychain, type OsEncryption, OsKeychain } from '../../src/main/secrets/os-keychain.ts'
import { API_CREDENTIALS, type SecretStore } from '../../src/main/secrets/store.ts'
import type { Result } from '../../src/shared/domain/base.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-secrets-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const PASSPHRASE = 'correct horse battery'
const CREDENTIALS = { apiKey: 'key-1', secret: 'c2VjcmV0', passphrase: 'pass-1' }

const fileAt = (passphrase = PASSPHRASE) =>
  openEncryptedFile({ path: join(folder, 'secrets.json'), passphrase, cost: 2 ** 14 })

function need<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error)
  return result.value
}

const os: OsEncryption = {
  isEncryptionAvailable: () => true,
  getSelectedStorageBackend: () => 'gnome_libsecret',
  encryptString: (text) => Buffer.from(text).map((byte) => byte ^ 0x5a) as Buffer,
  decryptString: (encrypted) => Buffer.from(encrypted.map((byte) => byte ^ 0x5a)).toString(),
}

describe.each<[string, () => SecretStore]>([
  ['encrypted file', () => need(fileAt())],
  ['keychain of the operating system', () => new OsKeychain(join(folder, 'secrets.os.json'), os)],
])('secrets in the %s', (_, open) => {
  test('are read back by a later process, are closed to others, and are not in the file', () => {
    const store = open()
    expect(need(store.read('polymarket-api'))).toBeUndefined()
    need(store.write('polymarket-api', 'a secret text'))
    const later = open()
    expect(need(later.names())).toEqual(['polymarket-api'])
    expect(need(later.read('polymarket-api'))).toBe('a secret text')
    expect(readFileSync(store.place, 'utf8')).not.toContain('a secret text')
    expect(statSync(store.place).mode & 0o077).toBe(0)
    expect(need(later.remove('polymarket-api'))).toBe(true)
    expect(need(open().read('polymarket-api'))).toBeUndefined()
    expect(need(later.remove('polymarket-api'))).toBe(false)
  })
})

describe('the encrypted file', () => {
  test('refuses another passphrase, and stays as it was', () => {
    need(need(fileAt()).write('one', 'a secret text'))
    const before = readFileSync(join(folder, 'secrets.json'), 'utf8')
    const refused = fileAt('another passphrase')
    expect(refused.ok ? '' : refused.error).toMatch(/does not fit/)
    expect(readFileSync(join(folder, 'secrets.json'), 'utf8')).toBe(before)
  })

  test('needs a passphrase of some length', () => {
    expect(fileAt('short').ok).toBe(false)
  })

  test('notices every changed byte of an entry, and entries that were exchanged', () => {
    const store = need(fileAt())
    need(store.write('one', 'first'))
    need(store.write('two', 'other'))
    const path = join(folder, 'secrets.json')
    const whole = JSON.parse(readFileSync(path, 'utf8'))
    let checked = 0
    for (const field of ['nonce', 'tag', 'data']) {
      for (let at = 0; at < whole.entries.one[field].length; at++) {
        const copy = structuredClone(whole)
        const text: string = copy.entries.one[field]
        copy.entries.one[field] = text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1)
        writeFileSync(path, JSON.stringify(copy))
        checked++
        expect(need(fileAt()).read('one').ok, `${field} ${at}`).toBe(false)
      }
    }
    expect(checked).toBeGreaterThan(50)
    writeFileSync(path, JSON.stringify({ ...whole, entries: { one: whole.entries.two, two: whole.entries.one } }))
    expect(need(fileAt()).read('one').ok).toBe(false)
  }, 120_000)

  test('that is no file of secrets is refused and not overwritten', () => {
    const path = join(folder, 'secrets.json')
    for (const text of ['', '{}', '[1]', '{"version":2}']) {
      writeFileSync(path, text)
      expect(fileAt().ok).toBe(false)
      expect(readFileSync(path, 'utf8')).toBe(text)
    }
  })
})

describe('where secrets are', () => {
  test('nothing is asked of a user who has none', () => {
    expect(openSecrets({ folder, env: {}, os: null })).toEqual({ ok: true, value: null })
  })

  test('a file without its passphrase is named, with what to do', () => {
    need(need(fileAt()).write('one', 'x'))
    const opened = openSecrets({ folder, env: {}, os: null })
    expect(opened.ok ? '' : opened.error).toMatch(/BATON_SECRETS_PASSPHRASE_FILE/)
  })

  test('a passphrase may be in a file', () => {
    need(need(fileAt()).write(API_CREDENTIALS, JSON.stringify(CREDENTIALS)))
    writeFileSync(join(folder, 'pass'), `${PASSPHRASE}\n`)
    const opened = openSecrets({ folder, env: { BATON_SECRETS_PASSPHRASE_FILE: join(folder, 'pass') }, os: null })
    expect(need(storedCredentials(need(opened)))).toEqual(CREDENTIALS)
  })

  test('a keychain without a key of its own is not used', () => {
    expect(hasKeychain({ ...os, getSelectedStorageBackend: () => 'basic_text' })).toBe(false)
    expect(hasKeychain({ ...os, isEncryptionAvailable: () => false })).toBe(false)
    expect(hasKeychain(os)).toBe(true)
  })

  test('the desktop takes over what the command line has stored, once it has the passphrase', () => {
    need(need(fileAt()).write(API_CREDENTIALS, JSON.stringify(CREDENTIALS)))
    const without = openSecrets({ folder, env: {}, os })
    expect(without.ok ? '' : without.error).toMatch(/secrets\.json needs its passphrase/)
    need(openSecrets({ folder, env: { BATON_SECRETS_PASSPHRASE: PASSPHRASE }, os }))
    expect(need(storedCredentials(need(openSecrets({ folder, env: {}, os }))))).toEqual(CREDENTIALS)
  })

  test('wrong credentials are named by field, never by value', () => {
    for (const value of [{ ...CREDENTIALS, secret: '' }, { apiKey: 'key-1' }, { ...CREDENTIALS, more: 'hidden' }]) {
      const parsed = parseCredentials(JSON.stringify(value))
      expect(parsed.ok).toBe(false)
      for (const secret of ['key-1', 'c2VjcmV0', 'pass-1', 'hidden'])
        expect(parsed.ok ? '' : parsed.error).not.toContain(secret)
    }
  })
})
