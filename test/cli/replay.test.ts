import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomCandles, writeCandles } from '../support/candle-tape.ts'
import { baton } from '../support/cli.ts'
import { eager, TestHome } from '../support/desk.ts'

const CLI = resolve(import.meta.dirname, '../../src/main/cli.ts')
const home = new TestHome({ assign: { '*-5m': 'greedy', '*-15m': 'greedy' }, slots: ['BTC-5m', 'BTC-15m'] })
const candles = join(home.folder, 'candles')
const strategy = join(home.strategies, 'greedy.ts')

beforeAll(() => {
  home.write('greedy.ts', eager('greedy'))
  mkdirSync(candles)
  writeCandles(candles, { BTC: randomCandles('BTC', 3, 5), ETH: randomCandles('ETH', 3, 6) })
})
afterAll(() => home.remove())

const replay = (...args: readonly string[]) => baton('replay', '--strategy', strategy, '--home', home.folder, ...args)
async function result(...args: readonly string[]) {
  const { code, out, err } = await replay(...args, '--json')
  expect(code).toBe(0)
  // Without a terminal, this line is the only progress.
  expect(err).toMatch(/^replaying \S+Z to \S+Z × \d+ slots\n$/)
  return JSON.parse(out)
}

describe('baton replay', () => {
  test('candles: results and trades, and the same hash for any number of threads', async () => {
    const two = await result('--tape', candles, '--trades')
    expect(two).toMatchObject({
      strategy: 'greedy',
      partial: false,
      days: 4,
      slots: ['BTC-5m', 'ETH-5m', 'BTC-15m', 'ETH-15m'],
      faults: 0,
      ledgerBalanced: true,
    })
    // The last windows end after the tape, so their positions stay open.
    expect(two.openPositions).toBeLessThanOrEqual(4)
    expect(two.decisions).toBeGreaterThan(190_000)
    expect(two.list).toHaveLength(two.trades)
    expect(two.notices[0]).toMatch(/INTERPOLATED/)
    const one = await result('--tape', candles, '--threads', '1')
    expect(one.decisionsHash).toBe(two.decisionsHash)
    const other = await result(
      '--tape',
      candles,
      '--params',
      '{"stakeUsd":6}',
      '--slots',
      'BTC',
      '--from',
      '2026-01-07',
    )
    expect(other).toMatchObject({ days: 2, slots: ['BTC-5m', 'BTC-15m'], from: '2026-01-07T00:00:00.000Z' })
    expect(other.version).not.toBe(one.version)
  })

  test('A16: --trades without --json prints the trades as a table below the results', async () => {
    const day = ['--tape', candles, '--slots', 'BTC-5m', '--from', '2026-01-07 22:00']
    const { list, trades } = await result(...day, '--trades')
    const { code, out } = await replay(...day, '--trades')
    expect(code).toBe(0)
    const [, table = ''] = out.split('\n\n')
    const [head, ...rows] = table.trimEnd().split('\n')
    expect(head).toMatch(/^opened +slot +side +shares +price +fees +P&L +outcome +regime +why$/)
    expect(rows).toHaveLength(trades)
    expect(trades).toBeGreaterThan(3)
    for (const [i, row] of rows.entries())
      expect(row).toMatch(
        new RegExp(`^${new Date(list[i].openedAt).toISOString().slice(0, 19)}Z +BTC-5m +${list[i].side} `),
      )
    expect((await replay(...day)).out).not.toContain('\n\n')
  })

  test('recordings of a desk, and imported prices', async () => {
    const run = ['run', '--market', 'simulated', '--seed', '3', '--speed', 'max', '--for', '70m', '--home', home.folder]
    const made = await baton(...run, '--strategies', home.strategies, '--json')
    expect(made.code).toBe(0)
    const own = await result()
    expect(own).toMatchObject({ tape: "this desk's own tape", slots: ['BTC-5m', 'BTC-15m'], ledgerBalanced: true })
    expect(own.decisions).toBeGreaterThan(1_600)
    expect(own.trades).toBeGreaterThan(5)
    expect(await result('--last', '30m')).toMatchObject({ from: expect.stringContaining('T00:40:00.000Z') })
    // The same market time is recorded twice, but replayed once.
    await baton(...run, '--strategies', home.strategies)
    expect((await result()).decisions).toBe(own.decisions)

    const rows = Array.from({ length: 3 * 3_600 }, (_, i) => {
      const at = 1_780_876_800_000 + i * 1_000
      const price = (63_000 + 40 * Math.sin(i / 200) + (i % 7)).toFixed(2)
      return `${at},${price},${price.replace('.', '')}${'0'.repeat(16)},${at + 500},${at + 900}`
    })
    const feed = join(home.folder, 'BTCUSD-prices.csv')
    writeFileSync(feed, ['feed_ts_ms,value,full_accuracy_value,server_ts_ms,recv_ms', ...rows].join('\n'))
    expect((await baton('tape', 'import', feed, '--home', home.folder)).code).toBe(0)
    const prices = await result('--tape', join(home.home.tape, 'imported/BTCUSD-prices.tape'))
    expect(prices).toMatchObject({
      slots: ['BTC-5m', 'BTC-15m'],
      faults: 0,
      ledgerBalanced: true,
    })
    expect(prices.trades).toBeGreaterThan(4)
    expect(prices.notices[0]).toMatch(/SIMULATED/)
  }, 60_000)

  test('Ctrl-C prints the results so far, marked as partial, with exit code 1', async () => {
    const long = join(home.folder, 'long')
    mkdirSync(long)
    writeCandles(long, { BTC: randomCandles('BTC', 40, 8) })
    const child = spawn(process.execPath, [
      CLI,
      'replay',
      '--strategy',
      strategy,
      '--home',
      home.folder,
      '--tape',
      long,
      '--json',
    ])
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
    })
    const code = new Promise((done) => child.once('close', done))
    await new Promise((done) => child.stderr.once('data', done))
    child.kill('SIGINT')
    expect(await code).toBe(1)
    const summary = JSON.parse(out)
    expect(summary).toMatchObject({ partial: true, ledgerBalanced: true })
    expect(summary.days).toBeLessThan(40)
  })

  test.each([
    ['an unknown param', ['--params', '{"nosuch":1}'], /greedy has no param nosuch; it has: marker, stakeUsd/],
    ['params that are not an object', ['--params', '[1]'], /expected a JSON object/],
    ['a slot that is not on the tape', ['--slots', 'SOL-5m'], /the tape has none of the slots SOL-5m; it has: BTC-5m/],
    ['a time outside the tape', ['--from', '2027-01-01'], /is outside the tape, which can be replayed from 2026-01-0/],
    ['two start options', ['--from', '2026-01-07', '--last', '1h'], /--last and --from both set the start/],
  ])('%s: one line, exit code 2', async (_, args, message) => {
    const { code, out, err } = await replay('--tape', candles, ...args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(message)
    expect(err.trim().split('\n')).toHaveLength(1)
  })

  test('a missing strategy, and one that does not compile: one line, exit code 2', async () => {
    const gone = await baton('replay', '--strategy', 'nosuch', '--home', home.folder, '--tape', candles)
    expect(gone).toMatchObject({ code: 2, out: '' })
    expect(gone.err).toMatch(/neither nosuch nor .* exists/)
    home.write('broken.ts', 'export default {')
    const broken = await baton('replay', '--strategy', join(home.strategies, 'broken.ts'), '--tape', candles)
    expect(broken).toMatchObject({ code: 2, out: '' })
    expect(broken.err).toMatch(/broken\.ts:1:\d+/)
  })
})
