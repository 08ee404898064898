import { HOUR } from '../../src/shared/domain/time.ts'
import { benchDesk, benchHome, bounded, type Row, spread } from './figures.ts'
import { keepReplaying } from './replay-rows.ts'

const ASSETS = 'BTC ETH SOL XRP DOGE AVAX LINK MATIC ADA BNB HYPE'.split(' ')

/** Names of `count` slots: of the simulated assets, then of invented ones. */
function slotNames(count: number): string[] {
  const names = Array.from({ length: Math.ceil(count / 2) }, (_, i) => ASSETS[i] ?? `X${i}`)
  return names.flatMap((name) => [`${name}-5m`, `${name}-15m`]).slice(0, count)
}

/** Durations in ms of the cycles of one hour at full speed, each from its start to its last decision. */
async function cyclesOf(count: number): Promise<readonly number[]> {
  const { home, remove } = benchHome({ slots: slotNames(count) })
  const desk = await benchDesk(home, { speed: null, forMs: HOUR })
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
  const stop = await keepReplaying()
  rows.push(bounded('cycle of 16 slots while a replay runs', await cyclesOf(16), 0.99, 5))
  stop()
  return rows
}
