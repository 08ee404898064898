import { benchDesk, benchHome, bounded, type Row, spread } from './figures.ts'

const ASSETS = 'BTC ETH SOL XRP DOGE AVAX LINK MATIC ADA BNB HYPE'.split(' ')

/** Names of as many slots as asked for: the simulated assets, then made-up ones. */
function slotNames(count: number): string[] {
  const names = Array.from({ length: Math.ceil(count / 2) }, (_, i) => ASSETS[i] ?? `X${i}`)
  return names.flatMap((name) => [`${name}-5m`, `${name}-15m`]).slice(0, count)
}

/** A cycle from its start to its last decision, threads included, at full speed; growth with the number of slots. */
export async function cycleTimes(): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const count of [8, 16, 22]) {
    const { home, remove } = benchHome({ slots: slotNames(count) })
    const desk = await benchDesk(home, { speed: null, forMs: 3_600_000 })
    const times: number[] = []
    const timer = setInterval(() => {}, 1_000)
    const { session } = desk
    const cycle = session.cycle.bind(session)
    session.cycle = async (ts, slots) => {
      await cycle(ts, slots)
      times.push(session.figures.lastCycleMs)
    }
    await desk.start()
    await desk.done
    clearInterval(timer)
    await desk.stop()
    remove()
    const what = `cycle of ${count} slots, decisions included`
    rows.push(count === 16 ? bounded(what, times, 0.99, 5) : { what, measured: spread(times) })
  }
  return rows
}
