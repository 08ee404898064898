import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { API_VERSION } from '../../src/engine/strategy-api/baton.ts'
import { compileStrategy } from '../../src/main/deploy/compile.ts'
import { apiFile } from '../../src/main/platform/package-files.ts'
import { sha256, systemClock } from '../../src/main/platform/system.ts'
import { ReplayLab, type ReplayOutcome } from '../../src/main/replay/lab.ts'
import { openTapes } from '../../src/main/replay/open-tapes.ts'
import { slotsOf, stretchesOf } from '../../src/main/replay/plan.ts'
import { differencesOf, hashOf, statsOf } from '../../src/main/replay/stats.ts'
import { parseConfig } from '../../src/shared/config.ts'
import type { VersionHash } from '../../src/shared/domain/ids.ts'
import { DAY, HOUR, unixMs } from '../../src/shared/domain/time.ts'
import { type CandleRow, randomCandles, TAPE_DAY, writeCandles } from '../support/candle-tape.ts'
import { eager, TestHome } from '../support/desk.ts'
import { slotId } from '../support/ids.ts'

const homes: TestHome[] = []
const lab = new ReplayLab(systemClock, 2)
afterAll(async () => {
  lab.close()
  for (const home of homes) await home.remove()
})

function newHome(config: object = {}): TestHome {
  const home = new TestHome(config)
  homes.push(home)
  return home
}

interface Asked {
  readonly strategy?: string
  readonly tape: string
  readonly to?: number
  readonly config?: object
  readonly on?: ReplayLab
}

/** Replays a strategy of `home` from the tape's first midnight on. */
async function replay(home: TestHome, asked: Asked): Promise<ReplayOutcome> {
  const { strategy = 'snipe', tape: folder, to = TAPE_DAY + 6 * HOUR, config = {}, on = lab } = asked
  const compiled = await compileStrategy(home.strategies, strategy, apiFile())
  const tape = openTapes([folder])
  const parsed = parseConfig(config)
  if (!compiled.ok || !tape.ok || !parsed.ok) throw new Error(JSON.stringify([compiled, tape.ok, parsed.ok]))
  const slots = slotsOf(tape.value, null)
  const stretches = stretchesOf(tape.value, { from: unixMs(TAPE_DAY), to: unixMs(to) })
  if (!slots.ok || !stretches.ok) throw new Error('no slots or no time')
  const version = {
    hash: sha256(compiled.value.bundle, String(API_VERSION)) as VersionHash,
    label: strategy,
    strategy,
    bundle: compiled.value.bundle,
    params: null,
  }
  return on.run({
    versions: [version],
    stretches: stretches.value,
    slots: slots.value,
    config: parsed.value,
    market: 'paper',
    settlement: 'test',
    seed: 7,
  }).done
}

function tapeIn(home: TestHome, name: string, series: Record<string, readonly CandleRow[]>): string {
  const folder = join(home.folder, name)
  mkdirSync(folder)
  writeCandles(folder, series)
  return folder
}

function daysOf(outcome: ReplayOutcome) {
  const [version] = outcome.versions
  if (version === undefined || version.failure !== null) throw new Error(version?.failure?.message ?? 'nothing ran')
  return version.days
}

describe('I7: a replay', () => {
  test('decides, trades and earns what the desk itself does on the same tape', async () => {
    const home = newHome({
      assign: { '*-5m': 'greedy', '*-15m': 'greedy' },
      slots: ['BTC-5m', 'ETH-5m', 'BTC-15m', 'ETH-15m'],
    })
    home.write('greedy.ts', eager('greedy'))
    const tape = tapeIn(home, 'tape', { BTC: randomCandles('BTC', 1, 3), ETH: randomCandles('ETH', 1, 4) })
    const desk = await home.desk({ feed: 'tape', tapes: [tape], speed: null, from: unixMs(TAPE_DAY), forMs: 4 * HOUR })
    await desk.life.start()
    await desk.life.done
    const days = daysOf(await replay(home, { strategy: 'greedy', tape, to: TAPE_DAY + 4 * HOUR }))
    const { figures } = desk.loop
    expect(figures.orders).toBeGreaterThan(50)
    expect(days).toMatchObject([{ orders: figures.orders, fills: figures.fills, faults: 0, ledgerBalanced: true }])
    expect(days[0]?.decisions).toBe(figures.decisions)
    expect(hashOf(days)).toBe(desk.loop.decisionsHash())
  })

  test('comes to the same on one thread as on several, with the account’s caps binding', async () => {
    const home = newHome()
    const tape = tapeIn(home, 'tape', { BTC: randomCandles('BTC', 3, 5), ETH: randomCandles('ETH', 3, 6) })
    home.write('greedy.ts', eager('greedy'))
    const config = { accountUsd: 14, caps: { exposurePerAccountUsd: 11, lossPerDayUsd: 9 } }
    const one = new ReplayLab(systemClock, 1)
    const asked = { strategy: 'greedy', tape, to: TAPE_DAY + 3 * DAY, config }
    const [alone, together] = [daysOf(await replay(home, { ...asked, on: one })), daysOf(await replay(home, asked))]
    one.close()
    expect(alone).toHaveLength(3)
    expect(statsOf(alone).refused).toBeGreaterThan(20)
    expect(together).toEqual(alone)
    expect(hashOf(together)).toBe(hashOf(alone))
  })

  test('cancelled, it leaves what it had and says that this is a part', async () => {
    const home = newHome()
    const tape = tapeIn(home, 'tape', { BTC: randomCandles('BTC', 9, 5) })
    const compiled = await compileStrategy(home.strategies, 'snipe', apiFile())
    const opened = openTapes([tape])
    const parsed = parseConfig({})
    if (!compiled.ok || !opened.ok || !parsed.ok) throw new Error('no tape')
    const slots = slotsOf(opened.value, null)
    const stretches = stretchesOf(opened.value, { from: unixMs(TAPE_DAY), to: undefined })
    if (!slots.ok || !stretches.ok) throw new Error('no slots')
    const version = {
      hash: 'b'.repeat(64) as VersionHash,
      label: 'snipe',
      strategy: 'snipe',
      bundle: compiled.value.bundle,
      params: null,
    }
    const run = lab.run({
      versions: [version],
      stretches: stretches.value,
      slots: slots.value,
      config: parsed.value,
      market: 'paper',
      settlement: 'test',
      seed: 7,
    })
    run.cancel()
    const outcome = await run.done
    expect(outcome.partial).toBe(true)
    expect(outcome.versions[0]?.days.length ?? 0).toBeLessThan(9)
  })
})

describe('no view looks ahead', () => {
  test('whatever is changed after a moment, every decision up to it stays the same', async () => {
    const home = newHome()
    home.write('greedy.ts', eager('greedy'))
    const rows = randomCandles('BTC', 1, 8)
    const end = TAPE_DAY + 3 * HOUR
    const base = daysOf(await replay(home, { strategy: 'greedy', tape: tapeIn(home, 'base', { BTC: rows }), to: end }))
    let n = 0
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 20, max: 170 }),
        fc.double({ min: 0.9, max: 1.1, noNaN: true }),
        async (minute, factor) => {
          const at = TAPE_DAY + minute * 60_000
          const changed = rows.map((row): CandleRow => {
            const [ts, open, high, low, close, volume] = row
            return ts < at ? row : [ts, open * factor, high * factor, low * factor, close * factor, volume]
          })
          const tape = tapeIn(home, `changed-${n++}`, { BTC: changed })
          const days = daysOf(await replay(home, { strategy: 'greedy', tape, to: end }))
          const until = (all: typeof base) => all.flatMap((day) => day.acts).filter((act) => act.ts <= at)
          expect(until(days)).toEqual(until(base))
          expect(until(base).length).toBeGreaterThan(0)
        },
      ),
      { numRuns: 12, seed: 11 },
    )
  })

  const cheats: [string, string][] = [
    [
      'keeps a view and reads it later',
      'const kept = (globalThis as any).kept; (globalThis as any).kept = view; if (kept !== undefined) kept.price',
    ],
    [
      'keeps a quote and reads it later',
      'const kept = (globalThis as any).kept; (globalThis as any).kept = view.up; if (kept !== undefined) kept.ask',
    ],
    [
      'keeps candles and reads them later',
      "const kept = (globalThis as any).kept; (globalThis as any).kept = view.candles('1m'); if (kept !== undefined) kept.close(0)",
    ],
    ['asks for the candle after the newest', "view.candles('1m').close(-1)"],
    ['asks for more history than it named', "view.candles('1m').close(60)"],
    ['writes into its view', "'use strict'; (view as any).price = 1"],
    ['adds to its view', "'use strict'; (view as any).extra = 1"],
    ['puts a getter over its view', "Object.defineProperty(view, 'price', { value: 1 })"],
    ['changes what all views are made of', "Object.defineProperty(Object.getPrototypeOf(view), 'price', { value: 1 })"],
    ['reaches for the clock', 'new ((globalThis as any)["Da" + "te"])()'],
    ['reaches for an array of the host', "(view.candles as any).constructor.constructor('return process')()"],
  ]
  test.each(cheats)('a strategy that %s only faults', async (_what, code) => {
    const home = newHome()
    home.write(
      'cheat.ts',
      `import { defineStrategy } from 'baton'
export default defineStrategy({
  name: 'cheat',
  params: {},
  history: { '1m': 60 },
  initialState: () => ({}),
  decide: (view, state) => { ${code}; return { state, why: 'not caught' } },
})
`,
    )
    const tape = tapeIn(home, 'tape', { BTC: randomCandles('BTC', 1, 8) })
    const [day] = daysOf(await replay(home, { strategy: 'cheat', tape, to: TAPE_DAY + HOUR }))
    expect(day?.faults).toBeGreaterThan(0)
    expect(day?.decisions).toBeLessThanOrEqual(4)
  })
})

test('a strategy that spins is ended, alone, and the next replay runs', async () => {
  const home = newHome()
  home.write('spin.ts', eager('spin').replace('const ask', 'for (;;) if (view.price < 0) break\n    const ask'))
  const tape = tapeIn(home, 'tape', { BTC: randomCandles('BTC', 1, 8) })
  const outcome = await replay(home, { strategy: 'spin', tape })
  expect(outcome.versions[0]?.failure?.message).toMatch('did not return')
  expect(daysOf(await replay(home, { tape }))).toHaveLength(1)
})

test('differences name every moment at which two versions wanted other things, and no other', () => {
  const act = (ts: number, limit: number) => ({
    ts,
    slot: slotId('BTC-5m'),
    kind: 'enter' as const,
    side: 'up' as const,
    limit: limit as never,
    stake: 5 as never,
    why: '',
  })
  const found = differencesOf([act(1, 5), act(2, 5), act(4, 5)], [act(1, 5), act(2, 6), act(3, 5)])
  expect(found.map(({ ts, candidate, live }) => [ts, candidate?.limit ?? null, live?.limit ?? null])).toEqual([
    [2, 5, 6],
    [3, null, 5],
    [4, 5, null],
  ])
})
