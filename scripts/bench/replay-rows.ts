import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { compileStrategy, versionHash } from '../../src/main/deploy/compile.ts'
import { apiFile } from '../../src/main/platform/package-files.ts'
import { systemClock } from '../../src/main/platform/system.ts'
import { ReplayLab } from '../../src/main/replay/lab.ts'
import { openTapes } from '../../src/main/replay/open-tapes.ts'
import { slotsOf, stretchesOf } from '../../src/main/replay/plan.ts'
import type { ReplayTape, Stretch } from '../../src/main/replay/tape-types.ts'
import { parseConfig } from '../../src/shared/config.ts'
import type { Slot } from '../../src/shared/domain/slots.ts'
import { randomCandles, writeCandles } from '../../test/support/candle-tape.ts'
import type { BareLoopData } from './bare-loop-thread.ts'
import { need, type Row, ratioRow } from './figures.ts'

const SYMBOLS = 'BTC ETH SOL XRP DOGE AVAX LINK MATIC ADA'.split(' ')
const DAYS = 19

/** The recorded tape in `BATON_TAPES`, else a generated one of the same size. */
function openTape(): ReplayTape {
  const recorded = join(process.env.BATON_TAPES ?? '', 'binance-1m', '2023-04')
  if (process.env.BATON_TAPES !== undefined && existsSync(recorded)) return need(openTapes([recorded]))
  const folder = mkdtempSync(join(tmpdir(), 'baton-bench-'))
  writeCandles(folder, Object.fromEntries(SYMBOLS.map((name, i) => [name, randomCandles(name, DAYS, i)])))
  const tape = need(openTapes([folder]))
  rmSync(folder, { recursive: true, force: true })
  return tape
}

interface Timed {
  readonly seconds: number
  readonly decisions: number
  /** Peak memory of the process during the run, MB. */
  readonly peakMb: number
}

const perSecond = ({ decisions, seconds }: Timed) => `${(decisions / seconds / 1e6).toFixed(2)} M/s`

/** Times replays of the shipped `snipe` on the candle tape, with warm threads and with new ones. */
export async function replaySpeed(): Promise<readonly Row[]> {
  const tape = openTape()
  const slots = need(slotsOf(tape, null))
  const stretches = need(stretchesOf(tape, { from: undefined, to: undefined }))
  const { bundle } = await compiledSnipe()
  const timed = (lab: ReplayLab, part: { slots?: readonly Slot[]; stretches?: readonly Stretch[] } = {}) =>
    replay(lab, bundle, tape, { slots, stretches, ...part })

  const bareData = { bundle, slots, series: tape.sources.flatMap(columnsOf), span: { from: tape.from, to: tape.to } }
  const oneThread = new ReplayLab(systemClock, 1)
  const [cold, , warm] = [await timed(oneThread), await timed(oneThread), await timed(oneThread)]
  // At once, before the idle thread is ended.
  const days: string[] = []
  for (const count of [1, 2, 4, 8])
    days.push(perSecond(await timed(oneThread, { stretches: stretches.slice(1, 1 + count) })))
  const counts: string[] = []
  // Sorted by asset, because the prices of an asset are played once for all its slots.
  const byAsset = slots.toSorted((a, b) => (a.asset < b.asset ? -1 : a.asset > b.asset ? 1 : 0))
  for (const count of [4, 8, 16, 18]) counts.push(perSecond(await timed(oneThread, { slots: byAsset.slice(0, count) })))
  oneThread.close()

  const twoThreads = new ReplayLab(systemClock, 2)
  const [coldShared, , shared] = [await timed(twoThreads), await timed(twoThreads), await timed(twoThreads)]
  twoThreads.close()
  const loops = new BareLoops(bareData)
  const [coldFloor, , floor] = [await loops.run(1), await loops.run(1), await loops.run(1)]
  const [, , pairFloor] = [await loops.run(2), await loops.run(2), await loops.run(2)]
  loops.close()
  // Two loops in parallel make twice the decisions: the best speed-up by two threads on this machine.
  const maxSpeedup = (2 * floor.seconds) / pairFloor.seconds
  const whole = `replay, ${stretches.length} days × ${slots.length} slots`
  const measuredText = (run: Timed) => `${run.seconds.toFixed(2)} s, ${perSecond(run)}, peak ${run.peakMb} MB`
  const bareText = (run: Timed) => `bare loop of its strategy: ${run.seconds.toFixed(2)} s, ${perSecond(run)}`
  const each = ({ seconds, decisions }: Timed) => seconds / decisions
  const single = (what: string, run: Timed, least: Timed) =>
    ratioRow(what, measuredText(run), bareText(least), each(run) / each(least), 1.8)
  const pair = (what: string, run: Timed, alone: Timed): Row => {
    const speedup = alone.seconds / run.seconds
    const least = `one thread ${alone.seconds.toFixed(2)} s; two bare loops ${maxSpeedup.toFixed(2)} ×`
    return {
      what,
      measured: measuredText(run),
      floor: least,
      budget: `${speedup.toFixed(2)} × as fast, ≥ 1.8 ×`,
      met: speedup >= 1.8,
    }
  }
  return [
    single(`${whole}, one thread, warm`, warm, floor),
    single('  cold: new thread, code not compiled', cold, coldFloor),
    pair(`${whole}, two threads, warm`, shared, warm),
    pair('  cold: new threads, code not compiled', coldShared, cold),
    { what: 'replay of 1, 2, 4, 8 days, one warm thread', measured: days.join(' · ') },
    { what: 'replay of 4, 8, 16, 18 slots, one warm thread', measured: counts.join(' · ') },
  ]
}

/** Replays continuously in another thread. @returns stops it */
export async function keepReplaying(): Promise<() => void> {
  const tape = openTape()
  const stretches = need(stretchesOf(tape, { from: undefined, to: undefined }))
  const { bundle } = await compiledSnipe()
  const lab = new ReplayLab(systemClock, 1)
  let isStopped = false
  const repeat = async () => {
    while (!isStopped) await replay(lab, bundle, tape, { slots: need(slotsOf(tape, null)), stretches })
  }
  const ended = repeat().catch((error: unknown) => {
    if (!isStopped) throw error
  })
  return () => {
    isStopped = true
    lab.close()
    void ended
  }
}

const compiledSnipe = async () =>
  need(await compileStrategy(resolve(import.meta.dirname, '../../strategies'), 'snipe', apiFile()))

function columnsOf({ source }: ReplayTape['sources'][number]) {
  return source.kind === 'candles' ? source.series : []
}

/** Bare loops on up to two threads, which keep their compiled code between runs. */
class BareLoops {
  private readonly threads: Worker[]

  constructor(data: BareLoopData) {
    const url = new URL('./bare-loop-thread.ts', import.meta.url)
    this.threads = [1, 2].map(() => new Worker(url, { workerData: data, stdin: false }))
  }

  /** Runs one loop on each of `count` threads in parallel. */
  async run(count: number): Promise<Timed> {
    const started = systemClock.monotonic()
    const decisions = await Promise.all(
      this.threads.slice(0, count).map((thread) => {
        const answered = new Promise<number>((resolve) => thread.once('message', resolve))
        thread.postMessage(null)
        return answered
      }),
    )
    const seconds = (systemClock.monotonic() - started) / 1000
    return { seconds, decisions: decisions.reduce((sum, made) => sum + made, 0), peakMb: 0 }
  }

  close(): void {
    for (const thread of this.threads) void thread.terminate()
  }
}

async function replay(
  lab: ReplayLab,
  bundle: string,
  tape: ReplayTape,
  part: { readonly slots: readonly Slot[]; readonly stretches: readonly Stretch[] },
): Promise<Timed> {
  let peak = 0
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, 20)
  const started = systemClock.monotonic()
  const hash = versionHash(bundle)
  const { versions } = await lab.run({
    ...part,
    versions: [{ hash, label: 'snipe', strategy: 'snipe', bundle, params: null }],
    config: need(parseConfig({})),
    market: 'simulated',
    settlement: tape.settlement,
    seed: 7,
  }).done
  const seconds = (systemClock.monotonic() - started) / 1000
  clearInterval(watch)
  const [version] = versions
  if (version === undefined || version.failure !== null) throw new Error(version?.failure?.message ?? 'nothing ran')
  const decisions = version.days.reduce((sum, day) => sum + day.decisions, 0)
  return { seconds, decisions, peakMb: Math.round(peak / 2 ** 20) }
}
