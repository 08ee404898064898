import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

/** A folder with the project's rules: nothing is planted in the project itself, which other tests read meanwhile. */
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-rules-'))
  for (const name of ['biome.json', '.gitignore', 'lint'])
    cpSync(join(root, name), join(folder, name), { recursive: true })
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Lints one file with a given text, in its place in the tree. */
function lint(path: string, text: string): string {
  const full = join(folder, path)
  mkdirSync(dirname(full), { recursive: true })
  writeFileSync(full, text)
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
  const result = spawnSync(process.execPath, [biome, 'lint', '--error-on-warnings', path], {
    cwd: folder,
    encoding: 'utf8',
  })
  rmSync(full)
  return result.stdout + result.stderr
}

test.each([
  ['strategies/planted.ts', "export { usd } from '../src/shared/domain/money.ts'", 'A strategy imports'],
  ['src/engine/planted.ts', 'export const now = Date.now()', 'Time is passed in'],
  ['src/main/app/planted.ts', 'export const made = new Date()', 'Time is passed in'],
  ['src/shared/planted.ts', 'export const drawn = Math.random()', 'Chance is passed in'],
  ['src/main/deploy/planted.ts', 'setTimeout(() => {}, 1)', 'Timers are passed in'],
])('%s may not say: %s', (path, text, message) => {
  expect(lint(path, `${text}\n`)).toContain(message)
})

test('what is allowed passes: a strategy may use its helper, the platform its clock', () => {
  expect(lint('strategies/planted.ts', "export { probabilityUp } from './volatility.ts'\n")).not.toContain('lint/')
  expect(lint('src/main/platform/planted.ts', 'export const now = Date.now()\n')).not.toContain('lint/')
})
