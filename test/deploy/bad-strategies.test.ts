import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Desk } from '../../src/main/app/desk-life.ts'
import { deploy, TestHome, until } from '../support/desk.ts'

/** Every way a strategy can be wrong: one clear message with file and line, and the desk trades on (I11). */
const home = new TestHome()
let desk: Desk
let good: string

beforeAll(async () => {
  good = home.read('snipe.ts')
  desk = await home.desk()
  await desk.life.start()
})
afterAll(() => home.remove())

/** Puts `text` in front of the first line of snipe's decide. */
const inDecide = (text: string) =>
  good.replace('decide: (view, state, params) => {', `decide: (view, state, params) => { ${text}`)
const decideLine = () => good.split('\n').findIndex((line) => line.includes('decide: (view')) + 1

const cases: [string, () => string, { file?: string; line?: () => number; message: string | RegExp }][] = [
  [
    'a syntax error',
    () => good.replace("name: 'snipe',", "name: 'snipe'"),
    {
      line: () => good.split('\n').findIndex((line) => line.includes("name: 'snipe'")) + 2,
      message: 'Expected "}" but found',
    },
  ],
  [
    'a type error',
    () => good.replace('stakeUsd: params.stakeUsd', 'stakeUsd: params.name'),
    { message: "Property 'name' does not exist" },
  ],
  [
    'a missing decide',
    () => good.replace(/ {2}decide: [\s\S]*\n {2}},\n/, ''),
    { message: "Property 'decide' is missing" },
  ],
  [
    'a wrong name',
    () => good.replace("name: 'snipe'", "name: 'other'"),
    { message: 'name is "other", but the file is snipe.ts' },
  ],
  [
    'an import of fs',
    () => `import { readFileSync } from 'fs'\n${good}\nreadFileSync('x')\n`,
    { line: () => 1, message: "import of 'fs' is not allowed" },
  ],
  [
    'an import from outside the folder',
    () => `import { homeAt } from '../config.ts'\n${good}\nhomeAt\n`,
    { line: () => 1, message: "import of '../config.ts' is not allowed" },
  ],
  [
    'a use of Date.now',
    () => inDecide('const now = Date.now(); if (now < 0) return { state };'),
    { line: decideLine, message: 'Date is not available to a strategy' },
  ],
  [
    'a use of Math.random',
    () => inDecide('if (Math.random() > 2) return { state };'),
    { line: decideLine, message: 'Math.random is not available' },
  ],
  [
    'a large typed array',
    () => inDecide('const big = new Float64Array(1e9); if (big.length < 1) return { state };'),
    { line: decideLine, message: 'Float64Array is not available' },
  ],
  ['a timer', () => `setTimeout(() => {}, 1)\n${good}`, { line: () => 1, message: 'setTimeout is not available' }],
  [
    'a throw',
    () => inDecide("if (view.now > 0) throw new Error('planted');"),
    { line: decideLine, message: 'planted' },
  ],
  [
    'a NaN stake',
    () =>
      inDecide(
        "const nan = Number('x'); if (view.now > 0) return { state, intents: [{ kind: 'enter', side: 'up', limit: 0.5, stakeUsd: nan, why: 'x' }] };",
      ),
    { message: 'stakeUsd is NaN, not a finite number' },
  ],
  [
    'an endless loop',
    () => inDecide('let on = view.now > 0; while (on) { on = view.now > 0 }'),
    { line: decideLine, message: /decide did not return within .* \(\w+-5m at \d\d:\d\d:\d\d\): an endless loop\?/ },
  ],
  [
    'an endless loop at the top',
    () => `let n = 1\nwhile (n > 0) n = 1\n${good}`,
    { line: () => 2, message: 'its code did not load within' },
  ],
  [
    'a gigabyte of strings',
    () =>
      inDecide(
        "const hoard: string[] = []; for (let i = 0; i < 1e7; i++) hoard.push(String(i).padEnd(100, '.')); if (hoard.length < 1) return { state };",
      ),
    { message: /used more than its 96 MB of memory|decide did not return/ },
  ],
  [
    'one huge string',
    () => inDecide("let s = 'x'; for (let i = 0; i < 40; i++) s += s; if (s.length < 1) return { state };"),
    { message: 'Invalid string length' },
  ],
  [
    'a promise',
    () => inDecide('if (view.now > 0) return (async () => ({ state }))() as never;'),
    { message: 'decide must not be async' },
  ],
  [
    'answers that depend on the order',
    () => `let calls = 0\n${inDecide('calls++; if (view.now > 0) return { state, why: "call " + calls };')}`,
    { message: 'different answers in another order' },
  ],
  [
    'an import() of a name made at run time',
    () =>
      `let host: unknown\nconst name = 'x'\nimport(name).then(null, (e) => { host = e.constructor.constructor('return process')() })\n${good}`,
    { line: () => 3, message: 'import() is not available to a strategy' },
  ],
  [
    'a name reached through the back door',
    () =>
      inDecide(
        "const d = (globalThis as unknown as { Date?: { now(): number } })['Date']; if (d!.now() < 0) return { state };",
      ),
    { line: decideLine, message: "Cannot read properties of undefined (reading 'now')" },
  ],
  [
    'code made at run time',
    () =>
      inDecide(
        "const make = (() => {}).constructor as unknown as (s: string) => () => number; if (make('return 1')() < 0) return { state };",
      ),
    { line: decideLine, message: 'Code generation from strings disallowed' },
  ],
  [
    'a state too large to keep',
    () =>
      inDecide(
        "if (view.now > 0) return { state: { lossesInRow: 0, lastSeen: 0, junk: 'x'.repeat(70000) } as never };",
      ),
    { message: 'allowed 65,536' },
  ],
  [
    'a change of the view',
    () => inDecide('(view as { price: number }).price = 1;'),
    { line: decideLine, message: 'Cannot set property price of #<View> which has only a getter' },
  ],
]

describe('a strategy that fails', () => {
  test.each(cases)(
    '%s is refused with what and where, and what is live keeps trading',
    async (_name, text, expected) => {
      const before = desk.engine.state.live.get('snipe')
      const decisions = desk.loop.figures.decisions
      home.write('snipe.ts', text())
      const row = await deploy(desk, 'snipe')
      expect(row.state).toBe('failed')
      const [first] = row.diagnostics
      expect(first?.message).toMatch(expected.message)
      expect(first?.file).toBe(expected.file ?? 'snipe.ts')
      if (expected.line !== undefined) expect(first?.line).toBe(expected.line())
      const step = row.steps.at(-1)
      expect(step?.state).toBe('failed')
      expect(row.end).toEqual({ code: step?.name === 'stage' ? 'dry-run' : step?.name })
      expect(desk.engine.state.live.get('snipe')).toBe(before)
      expect(desk.engine.state.versions.get(before ?? ('' as never))?.state).toBe('live')
      expect(desk.loop.figures.decisions).toBeGreaterThanOrEqual(decisions)
    },
  )

  test('afterwards no cycle was missed and the good file is what is live already', async () => {
    home.write('snipe.ts', good)
    const row = await deploy(desk, 'snipe')
    const label = desk.engine.state.versions.get(desk.engine.state.live.get('snipe') ?? ('' as never))?.label
    expect(row).toMatchObject({ state: 'superseded', end: { code: 'live-already', label } })
    const cycles = desk.loop.figures.cycles
    await until('another cycle', () => desk.loop.figures.cycles > cycles)
    expect(desk.loop.figures.missedCycles).toBe(0)
  })

  test('a helper that breaks fails every strategy that imports it, each with the place in the helper', async () => {
    const helper = home.read('volatility.ts')
    home.write('volatility.ts', helper.replace('sum += move * move', 'sum += move * sixty'))
    for (const strategy of ['snipe', 'fade']) {
      const row = await deploy(desk, strategy)
      expect(row.diagnostics[0]).toMatchObject({
        file: 'volatility.ts',
        message: expect.stringContaining("Cannot find name 'sixty'"),
      })
    }
    home.write('volatility.ts', helper)
  })
})
