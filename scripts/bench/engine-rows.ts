import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DeskOptions } from '../../src/main/app/desk-options.ts'
import { HOUR, MINUTE } from '../../src/shared/domain/time.ts'
import { randomCandles, writeCandles } from '../../test/support/candle-tape.ts'
import { benchDesk, benchHome, bounded, quantile, type Row, spread } from './figures.ts'
import { keepReplaying } from './replay-rows.ts'

const ASSETS = 'BTC ETH SOL XRP DOGE AVAX LINK MATIC ADA BNB HYPE'.split(' ')

/** Names of `count` slots: of the simulated assets, then of invented ones. */
function slotNames(count: number): string[] {
  const names = Array.from({ length: Math.ceil(count / 2) }, (_, i) => ASSETS[i] ?? `X${i}`)
  return names.flatMap((name) => [`${name}-5m`, `${name}-15m`]).slice(0, count)
}

/** Durations in ms of the cycles of a run at full speed, each from its start to its last decision. */
async function cyclesOf(count: number, part: Partial<DeskOptions> = { forMs: HOUR }): Promise<readonly number[]> {
  // A tape holds at most 256 assets.
  const { home, remove } = benchHome({ slots: slotNames(count), tape: { record: count <= 500 } })
  const desk = await benchDesk(home, { speed: null, ...part })
  const times: number[] = []
  // Keeps the process alive while the desk waits for its threads.
  const timer = setInterval(() => {}, 1_000)
  const { loop } = desk
  const cycle = loop.cycle.bind(loop)
  loop.cycle = async (ts, slots) => {
    await cycle(ts, slots)
    times.push(loop.figures.lastCycleMs)
  }
  await desk.life.start()
  await desk.life.done
  clearInterval(timer)
  await desk.life.stop()
  remove()
  return times
}

/** Cycle times by number of slots, and of 16 slots while a replay runs in another thread, as during a proof. */
export async function cycleTimes(): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const count of [8, 16, 22]) {
    const times = await cyclesOf(count)
    const what = `cycle of ${count} slots, decisions included`
    rows.push(count === 16 ? bounded(what, times, 0.99, 5) : { what, measured: spread(times) })
  }
  rows.push(...(await onCandles()))
  const stop = await keepReplaying()
  rows.push(bounded('cycle of 16 slots while a replay runs', await cyclesOf(16), 0.99, 5))
  stop()
  return rows
}

/** Cycle times of more slots than there are simulated assets, on generated candles. */
async function onCandles(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'baton-bench-'))
  const names = slotNames(1_600).map((name) => name.replace(/-.*/, ''))
  writeCandles(folder, Object.fromEntries([...new Set(names)].map((name, i) => [name, randomCandles(name, 1, i)])))
  const rows: Row[] = []
  for (const count of [16, 160, 1_600]) {
    const times = await cyclesOf(count, { feed: 'tape', tapes: [folder], forMs: 20 * MINUTE })
    const each = `${((quantile(times, 0.5) / count) * 1_000).toFixed(1)} µs a slot`
    rows.push({ what: `cycle of ${count} slots on candles`, measured: `${spread(times)}, ${each}` })
  }
  rmSync(folder, { recursive: true, force: true })
  return rows
}
