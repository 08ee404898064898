import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterEach, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const planted: string[] = []

/** Lints one file with a given text, in its place in the tree. */
function lint(path: string, text: string): string {
  const full = join(root, path)
  planted.push(full)
  mkdirSync(dirname(full), { recursive: true })
  writeFileSync(full, text)
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
  const result = spawnSync(process.execPath, [biome, 'lint', '--error-on-warnings', path], {
    cwd: root,
    encoding: 'utf8',
  })
  return result.stdout + result.stderr
}

afterEach(() => {
  for (const path of planted.splice(0)) rmSync(path)
})

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
