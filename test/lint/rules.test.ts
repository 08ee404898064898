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
  ['src/shared/planted.ts', "export { Engine } from '../engine/engine.ts'", 'src/shared stands alone'],
  ['src/shared/domain/planted.ts', "export { readFileSync } from 'node:fs'", 'src/shared stands alone'],
  ['src/engine/planted.ts', "export { createHash } from 'node:crypto'", 'The engine is pure'],
  ['src/engine/market/planted.ts', "export { Journal } from '../../main/db/journal.ts'", 'The engine is pure'],
  [
    'src/engine/strategy-api/planted.ts',
    "export { usd } from '../../shared/domain/money.ts'",
    'The strategy API is one file',
  ],
  ['src/main/app/planted.ts', "export { app } from 'electron'", 'Only src/main/desktop knows Electron'],
  ['src/main/db/planted.ts', "export { BinanceFeed } from '../venues/binance/feed.ts'", 'The database knows rows'],
  ['src/main/venues/binance/planted.ts', "export { Journal } from '../../db/journal.ts'", 'A venue adapter turns wire'],
  ['src/main/strategy-host/planted.ts', "export { Journal } from '../db/journal.ts'", 'No key, venue or journal'],
  ['src/main/audit/planted.ts', "export { Engine } from '../../engine/engine.ts'", 'The audit recomputes'],
  [
    'src/main/recorded-files/planted.ts',
    "export { TapeCursor } from '../tape/library.ts'",
    'Recorded files are read here',
  ],
  ['src/main/tape/planted.ts', "export { Journal } from '../db/journal.ts'", 'A tape is bytes in files'],
  ['src/main/replay/planted.ts', "export { Journal } from '../db/journal.ts'", 'A replay is given what it plays'],
  ['src/main/platform/planted.ts', "export { Desk } from '../app/desk.ts'", 'The platform knows src/shared alone'],
  ['src/preload/planted.ts', "export { Desk } from '../main/app/desk.ts'", 'The preload is a bridge'],
  ['src/renderer/planted.ts', "export { Engine } from '../engine/engine.ts'", 'The renderer knows the contract'],
  [
    'src/renderer/features/slots/planted.ts',
    "export { Chart } from '../market/market.tsx'",
    'A feature knows data and ui',
  ],
  ['src/renderer/ui/planted.ts', "export { store } from '../data/desk-store.ts'", 'Primitives know no store'],
  [
    'src/renderer/data/planted.ts',
    "export { Slots } from '../features/slots/slots.tsx'",
    'Stores do not know who shows them',
  ],
  ['strategies/planted.ts', "export { usd } from '../src/shared/domain/money.ts'", 'A strategy imports'],
  ['src/engine/planted.ts', 'export const now = Date.now()', 'Time is passed in'],
  ['src/main/app/planted.ts', 'export const made = new Date()', 'Time is passed in'],
  ['src/shared/planted.ts', 'export const drawn = Math.random()', 'Chance is passed in'],
  ['src/main/deploy/planted.ts', 'setTimeout(() => {}, 1)', 'Timers are passed in'],
])('%s may not say: %s', (path, text, message) => {
  expect(lint(path, `${text}\n`)).toContain(message)
})

test('what is allowed passes: a feature may use data and ui, a strategy its helper', () => {
  expect(
    lint('src/renderer/features/slots/planted.ts', "export { figure } from '../../ui/figures.tsx'\n"),
  ).not.toContain('lint/')
  expect(lint('strategies/planted.ts', "export { probabilityUp } from './volatility.ts'\n")).not.toContain('lint/')
  expect(lint('src/main/platform/planted.ts', 'export const now = Date.now()\n')).not.toContain('lint/')
})
