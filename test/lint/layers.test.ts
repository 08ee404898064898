import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { checkLayers, type LayerTable } from '../../scripts/layers/check.ts'
import { sourcesBelow } from '../../scripts/layers/sources.ts'

const root = resolve(import.meta.dirname, '../..')
const table = JSON.parse(readFileSync(join(root, 'lint/layers.json'), 'utf8')) as LayerTable
const sources = sourcesBelow(join(root, 'src'))

/** Of `src` the names alone: what stands in its files has no problems, and need not be read again for each violation. */
const names = [...sources.keys()].map((name) => [name, ''] as const)

/** Problems of `src` with one more file in it. */
const withPlanted = (file: string, text: string) =>
  checkLayers(table, new Map([...names, [file, `${text}\n`]])).map((problem) => `${problem.file}: ${problem.message}`)

test('src keeps to its table, and nothing imports in a circle', () => {
  expect(checkLayers(table, sources)).toEqual([])
  expect(sources.size).toBeGreaterThan(300)
})

describe('what is planted is found', () => {
  test.each([
    // Upwards and sideways.
    ['shared/planted.ts', "export { Engine } from '../engine/engine.ts'", 'engine'],
    ['engine/planted.ts', "export type { Journal } from '../main/db/journal.ts'", 'main/db'],
    ['engine/strategy-api/planted.ts', "export { usd } from '../../shared/domain/money.ts'", 'shared/domain'],
    ['main/app/planted.ts', "export { ctl } from '../cli/ctl.ts'", 'main/cli'],
    ['main/deploy/planted.ts', "export { ctl } from '../cli/ctl.ts'", 'main/cli'],
    ['main/deploy/planted.ts', "export type { Desk } from '../app/desk.ts'", 'main/app'],
    ['main/db/planted.ts', "export { replayDay } from '../replay/day.ts'", 'main/replay'],
    ['main/venues/binance/planted.ts', "export { loadCandles } from '../tape/candle-files.ts'", 'main/venues/tape'],
    ['main/venues/binance/planted.ts', "export { Journal } from '../../db/journal.ts'", 'main/db'],
    ['main/strategy-host/planted.ts', "export { Journal } from '../db/journal.ts'", 'main/db'],
    ['main/audit/planted.ts', "export { Engine } from '../../engine/engine.ts'", 'engine'],
    ['main/audit/planted.ts', "export { readTrades } from '../db/trades.ts'", 'main/db/trades.ts'],
    ['main/replay/planted.ts', "export { Journal } from '../db/journal.ts'", 'main/db'],
    ['main/tape/planted.ts', "export { Journal } from '../db/journal.ts'", 'main/db'],
    ['main/platform/planted.ts', "export { Desk } from '../app/desk.ts'", 'main/app'],
    [
      'main/runtime/planted.ts',
      "export { SimulatedVenue } from '../../engine/market/simulated-venue.ts'",
      'engine/market',
    ],
    ['main/app/planted.ts', "export { SimulatedVenue } from '../../engine/market/simulated-venue.ts'", 'engine/market'],
    ['main/app/planted.ts', "export { app } from 'electron'", 'electron'],
    ['main/app/planted.ts', "export const late = import('../cli/ctl.ts')", 'main/cli'],
    ['preload/planted.ts', "export { Desk } from '../main/app/desk.ts'", 'main/app'],
    ['renderer/planted.ts', "export { Engine } from '../engine/engine.ts'", 'engine'],
    ['renderer/features/slots/planted.ts', "export { Market } from '../market/market.tsx'", 'renderer/features/market'],
    ['renderer/ui/planted.ts', "export { store } from '../data/desk-store.ts'", 'renderer/data'],
    ['renderer/data/planted.ts', "export { Slots } from '../features/slots/slots.tsx'", 'renderer/features'],
    // Packages and Node, with and without its prefix.
    ['shared/domain/planted.ts', "export { readFileSync } from 'node:fs'", 'node:fs of Node'],
    ['engine/planted.ts', "export { readFileSync } from 'fs'", 'fs of Node'],
    ['main/app/planted.ts', "export { readFileSync } from 'fs'", 'fs of Node'],
    ['engine/planted.ts', "export { default } from 'better-sqlite3'", 'the package better-sqlite3'],
    ['main/venues/tape/planted.ts', "export { WebSocket } from 'ws'", 'the package ws'],
    // Every other way to name a file or a package.
    ['engine/planted.ts', "export type J = import('../main/db/journal.ts').Journal", 'main/db'],
    ['engine/planted.ts', "export {} from '../main/db/journal.ts'", 'main/db'],
    ['engine/planted.ts', "export * as db from '../main/db/journal.ts'", 'main/db'],
    ['engine/planted.ts', "import fs = require('node:fs')", 'node:fs of Node'],
    ['engine/planted.ts', '/// <reference types="node" />', 'the package node'],
    ['engine/planted.ts', '/// <reference path="../main/db/journal.ts" />', 'main/db'],
    ['engine/planted.ts', '/// <reference lib="dom" />', 'the package dom'],
    ['main/db/planted.ts', "export { replayDay } from '../replay/day.js'", 'no source file'],
    ['main/db/planted.ts', "export { replayDay } from '../replay/day'", 'no source file'],
    ['main/db/planted.ts', "export { replayDay } from '../replay'", 'no source file'],
    ['main/app/planted.ts', 'export const late = import(`../cli/ctl.ts`)', 'main/cli'],
    ['main/app/planted.ts', 'export const late = (at: string) => import(at)', 'what is computed'],
    ['main/app/planted.ts', "export const late = (at: string) => import('../cli/' + at)", 'what is computed'],
    ['engine/planted.mts', "export { Journal } from '../main/db/journal.ts'", 'main/db'],
    ['engine/planted.cts', "export type { Journal } from '../main/db/journal.ts'", 'main/db'],
    ['engine/planted.d.ts', "export type { Journal } from '../main/db/journal.ts'", 'main/db'],
    // A folder that nobody has said anything about; below what is pure, also where the folder above is spoken of.
    ['main/unheard-of/planted.ts', 'export const a = 1', 'belongs to no part'],
    ['engine/unheard-of/planted.ts', 'export const a = 1', 'belongs to no part'],
    ['engine/orders/unheard-of/planted.ts', 'export const a = 1', 'belongs to no part'],
    ['shared/domain/unheard-of/planted.ts', 'export const a = 1', 'belongs to no part'],
  ])('%s: %s', (file, text, what) => {
    const problems = withPlanted(file, text)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(file)
    expect(problems[0]).toContain(what)
  })

  test.each([
    ["export const got = fetch('http://a')", 'fetch'],
    ['export const home = process.env.HOME', 'process'],
    ['export const id = crypto.randomUUID()', 'crypto'],
    ['export const { now } = Date', 'the clock of Date'],
    ['const D = Date; export const at = D.now()', 'the clock of Date'],
    ['export const at = Date.now()', 'the clock of Date'],
    ['export const at = new Date()', 'the clock of Date'],
    ['export const { random } = Math', 'Math as a value'],
    ['const M = Math; export const drawn = M.random()', 'Math as a value'],
    ['export const drawn = Math.random()', 'Math as a value'],
    ["export const drawn = Math['random']()", 'Math as a value'],
    ['export const at = globalThis.performance.now()', 'globalThis'],
    ['export const at = performance.now()', 'performance'],
    ['queueMicrotask(() => {})', 'queueMicrotask'],
    ['setTimeout(() => {}, 1)', 'setTimeout'],
    ["export const said = new Intl.NumberFormat('de').format(1)", 'Intl'],
    ['export const said = (1.5).toLocaleString()', '.toLocaleString'],
    ["export const order = 'a'.localeCompare('b')", '.localeCompare'],
    ['export const hour = (at: number) => new Date(at).getHours()', '.getHours'],
    ["export const hour = (at: number) => new Date(at)['getHours']()", '.getHours'],
    ['export const midnight = new Date(2026, 0, 1)', 'the clock of Date'],
    ['export const at = new Date(...[])', 'the clock of Date'],
    ["export const at = new Function('return 1')()", 'Function'],
    ["export const at = (() => 1).constructor('return 1')()", '.constructor'],
    ["export const at = eval('1')", 'eval'],
    ['export const gone = new WeakRef({})', 'WeakRef'],
    // A name of one's own in one place must not hide the ambient thing in another, nor pass for it.
    ['export const f = () => { const Date = 1; return Date }\nexport const at = Date.now()', 'the clock of Date'],
    ['export const f = (fetch: string) => fetch', 'fetch'],
    ['export function process() {}', 'process'],
    ['export class Math {}', 'Math as a value'],
  ])('in what is pure: %s', (text, what) => {
    for (const file of ['engine/planted.ts', 'engine/market/planted.ts', 'shared/domain/planted.ts']) {
      const problems = withPlanted(file, text)
      expect(problems.length, file).toBeGreaterThan(0)
      for (const problem of problems) expect(problem).toContain(what)
    }
  })

  test('what reads no clock and draws nothing is no problem', () => {
    const text = [
      'export const at = Date.UTC(2026, 0, 1)',
      'export const said = (ms: number) => new Date(ms).toISOString()',
      'export const most = Math.max(1, 2)',
      'export const of = { fetch: 1, process: 1, crypto: { performance: 2 } }',
      'export const { fetch: own } = of',
      'export const day = (ms: number) => new Date(ms).getUTCDate()',
    ].join('\n')
    expect(withPlanted('engine/planted.ts', text)).toEqual([])
  })

  test('source files are found whatever their ending', () => {
    const folder = mkdtempSync(join(tmpdir(), 'layers-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const endings = ['a.ts', 'b.tsx', 'c.mts', 'd.cts', 'e.d.ts', 'f.js', 'g.mjs', 'h.cjs']
    for (const name of [...endings, 'i.css', 'j.json']) writeFileSync(join(folder, name), '')
    expect([...sourcesBelow(folder).keys()].sort()).toEqual(endings)
  })

  test('a circle, also one of types alone, with every file of it', () => {
    const planted = new Map([
      ...sources,
      ['engine/planted-a.ts', "import type { B } from './planted-b.ts'\nexport type A = B\n"],
      ['engine/planted-b.ts', "import type { A } from './planted-a.ts'\nexport type B = A\n"],
    ])
    expect(checkLayers(table, planted).map(({ message }) => message)).toEqual([
      expect.stringMatching(/circle: .*planted-a.*planted-b|circle: .*planted-b.*planted-a/),
    ])
  })
})
