import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { seededRng } from '../../src/engine/rng.ts'
import { compileStrategy } from '../../src/main/deploy/compile.ts'
import { apiFile } from '../../src/main/platform/package-files.ts'
import { sha256, systemClock } from '../../src/main/platform/system.ts'
import type { DayRecord } from '../../src/main/replay/day-record.ts'
import { ReplayLab } from '../../src/main/replay/lab.ts'
import { openTapes } from '../../src/main/replay/open-tapes.ts'
import { slotsOf, stretchesOf } from '../../src/main/replay/plan.ts'
import { statsOf, tradesOf } from '../../src/main/replay/stats.ts'
import { parseConfig } from '../../src/shared/config.ts'
import type { VersionHash } from '../../src/shared/domain/ids.ts'
import { DAY, HOUR, MINUTE, unixMs } from '../../src/shared/domain/time.ts'
import { type CandleRow, randomCandles, TAPE_DAY, writeCandles } from '../support/candle-tape.ts'
import { TestHome } from '../support/desk.ts'
import { some } from '../support/some.ts'

const home = new TestHome()
const lab = new ReplayLab(systemClock, 2)
afterAll(async () => {
  lab.close()
  await home.remove()
})

/** Buys Up at the ask once a window, with more than a minute left. */
const BUY_UP = `import { defineStrategy } from 'baton'
export default defineStrategy({
  name: 'buyup',
  initialState: () => ({}),
  decide: (view, state) => {
    const { ask } = view.up
    if (view.position !== null || ask === null || view.secondsLeft > 250 || view.secondsLeft < 60 || ask < 0.05 || ask > 0.95)
      return { state, why: 'wait' }
    return { state, intents: [{ kind: 'enter', side: 'up', limit: ask, stakeUsd: 6, why: 'up' }] }
  },
})
`

let folders = 0

async function replay(series: Record<string, readonly CandleRow[]>, days = 1, config: object = {}) {
  const folder = join(home.folder, `tape-${folders++}`)
  mkdirSync(folder)
  writeCandles(folder, series)
  home.write('buyup.ts', BUY_UP)
  const compiled = await compileStrategy(home.strategies, 'buyup', apiFile())
  const tape = openTapes([folder])
  const parsed = parseConfig({ accountUsd: 100_000, caps: { lossPerDayUsd: 100_000 }, ...config })
  if (!compiled.ok || !tape.ok || !parsed.ok) throw new Error(JSON.stringify([compiled, tape, parsed]))
  const slots = slotsOf(tape.value, ['BTC-5m'])
  const stretches = stretchesOf(tape.value, { from: unixMs(TAPE_DAY), to: unixMs(TAPE_DAY + days * DAY) })
  if (!slots.ok || !stretches.ok) throw new Error('no slots or no time')
  const { bundle } = compiled.value
  const version = { hash: sha256(bundle) as VersionHash, label: 'buyup', strategy: 'buyup', bundle, params: null }
  const run = { versions: [version], stretches: stretches.value, slots: slots.value, config: parsed.value }
  const outcome = await lab.run({ ...run, market: 'paper', settlement: 'test', seed: 7 }).done
  const found = outcome.versions[0]
  if (found === undefined || found.failure !== null) throw new Error(found?.failure?.message)
  return found.days
}

const windowStart = (windowId: string) => Number(windowId.slice(windowId.lastIndexOf('-') + 1)) * 1_000
const outcomes = (days: readonly DayRecord[]) => new Map(tradesOf(days).map((trade) => [trade.windowId, trade.outcome]))
const inMinute = (ts: number) => (ts % HOUR) / MINUTE

/** True for the last two minutes of every odd hour and the first two of every even one. */
function inHole(ts: number): boolean {
  const odd = Math.floor(ts / HOUR) % 2 === 1
  return odd ? inMinute(ts) >= 58 : inMinute(ts) < 2
}

describe('A1: a tape with holes', () => {
  test('settles nothing otherwise than the whole tape, trades no window whose strike is not known, and names what cannot settle', async () => {
    const whole = randomCandles('BTC', 2, 11)
    const [all, holes] = [
      await replay({ BTC: whole }, 2),
      await replay({ BTC: whole.filter(([ts]) => !inHole(ts)) }, 2),
    ]
    const [known, found] = [outcomes(all), outcomes(holes)]
    expect(found.size).toBeGreaterThan(350)
    for (const [windowId, outcome] of found) expect(known.get(windowId), windowId).toBe(outcome)
    // The window that ends in a hole can be bought before it; the one that begins there cannot be.
    const unsettled = holes
      .flatMap((day) => day.unsettled)
      .filter((id) => windowStart(id) + 5 * MINUTE < TAPE_DAY + 2 * DAY)
    expect(unsettled.length).toBeGreaterThan(15)
    for (const id of unsettled) expect(inMinute(windowStart(id)), id).toBe(55)
    for (const id of found.keys()) expect(inHole(windowStart(id)), id).toBe(false)
    // Trading goes on to the end of each day although a position an hour stays without an outcome.
    for (const day of some(holes)) expect(day.trades.at(-1)?.openedAt).toBeGreaterThan(day.reached - 30 * MINUTE)
    expect(statsOf(holes).refused).toBe(0)
  })

  test('a hole within the mean that decides a window leaves it without an outcome where no candle tells it', async () => {
    const whole = randomCandles('BTC', 1, 12)
    const gone = TAPE_DAY + 10 * HOUR + 4 * MINUTE
    const days = await replay({ BTC: whole.filter(([ts]) => ts !== gone) })
    const windows = outcomes(days)
    const of = (start: number) => [...windows.keys()].some((id) => windowStart(id) === start)
    expect(of(TAPE_DAY + 10 * HOUR - 5 * MINUTE)).toBe(true)
    expect(days[0]?.unsettled.map(windowStart)).toContain(TAPE_DAY + 10 * HOUR)
    expect(of(TAPE_DAY + 10 * HOUR + 5 * MINUTE)).toBe(false)
    expect(of(TAPE_DAY + 10 * HOUR + 10 * MINUTE)).toBe(true)
  })
})

describe('A2: what moves on a grid, or not at all', () => {
  test('flat minutes without volume are counted and not traded as if prices moved', async () => {
    let last = 0
    const rows = randomCandles('BTC', 1, 13).map((row): CandleRow => {
      const halted = row[0] >= TAPE_DAY + 12 * HOUR && row[0] < TAPE_DAY + 15 * HOUR
      if (!halted) last = row[4]
      return halted ? [row[0], last, last, last, last, 0] : row
    })
    const days = await replay({ BTC: rows })
    const inHalt = tradesOf(days).filter(
      ({ openedAt }) => openedAt >= TAPE_DAY + 12 * HOUR + 2 * MINUTE && openedAt < TAPE_DAY + 15 * HOUR,
    )
    expect(inHalt).toEqual([])
    expect(days[0]?.flatMinutes).toEqual({ BTC: 180 })
    // Before and after it is traded.
    expect(tradesOf(days).some(({ openedAt }) => openedAt > TAPE_DAY + 15 * HOUR)).toBe(true)
  })

  test('on a coarse price grid the ask counts the ties: buying Up earns no more than chance', async () => {
    const trades = []
    for (const seed of [1, 2]) {
      const days = await replay({ BTC: coarseCandles(6, seed) }, 6)
      trades.push(...tradesOf(days))
    }
    const wins = trades.filter(({ outcome }) => outcome === 'up').length
    const evens = trades.reduce((sum, one) => sum + (one.cost + one.fees) / one.shares, 0)
    expect(trades.length).toBeGreaterThan(2_500)
    // Ties make Up win far more often than not; three standard errors of the mean edge.
    expect(wins / trades.length).toBeGreaterThan(0.57)
    expect(Math.abs(wins - evens) / trades.length).toBeLessThan(3 * (0.5 / Math.sqrt(trades.length)))
  })
})

describe('A13: prices that binary fractions cannot hold', () => {
  test('equal prices tie, and a tie is Up', async () => {
    const rows = randomCandles('BTC', 1, 1).map(([ts], i): CandleRow => {
      // Moves within each window, and is at 0.1 for the minutes that decide it.
      const moves = Math.floor(ts / MINUTE) % 5
      const price = moves === 0 || moves === 4 ? 0.1 : 0.1 + (i % 3) / 1_000
      return [ts, price, price, price, price, 5]
    })
    const days = await replay({ BTC: rows }, 1, { settlementMeanSec: 60 })
    const settled = tradesOf(days)
    expect(settled.length).toBeGreaterThan(20)
    expect(settled.filter(({ outcome }) => outcome !== 'up')).toEqual([])
  })
})

/** A random walk seen on a grid of 15 basis points, as of a token that costs 678 steps of it. */
function coarseCandles(days: number, seed: number): CandleRow[] {
  const rng = seededRng(seed, 'coarse')
  const rows: CandleRow[] = []
  const onGrid = (value: number) => Number((Math.round(value * 1e8) / 1e8).toFixed(8))
  let price = 0.00000678
  for (let ts = TAPE_DAY - 3 * HOUR; ts < TAPE_DAY + days * DAY; ts += MINUTE) {
    const path = [price]
    for (let i = 0; i < 12; i++) path.push((path.at(-1) ?? price) * Math.exp(1e-4 * Math.sqrt(5) * rng.normal()))
    const [open = price, close = price] = [path[0], path.at(-1)]
    rows.push([ts, onGrid(open), onGrid(Math.max(...path)), onGrid(Math.min(...path)), onGrid(close), 10])
    price = close
  }
  return rows
}
