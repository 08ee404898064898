import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { apiFile } from '../../src/main/app/home.ts'
import { compileStrategy, versionHash } from '../../src/main/deploy/compile.ts'
import { systemClock } from '../../src/main/platform/system.ts'
import { ReplayLab } from '../../src/main/replay/lab.ts'
import { openTapes, type ReplayTape, type Stretch, slotsOf, stretchesOf } from '../../src/main/replay/plan.ts'
import { parseConfig } from '../../src/shared/config.ts'
import type { Slot } from '../../src/shared/domain/slots.ts'
import { randomCandles, writeCandles } from '../../test/support/candle-tape.ts'
import { bareLoop } from './bare-loop.ts'
import { need, type Row, ratioRow } from './figures.ts'

const SYMBOLS = 'BTC ETH SOL XRP DOGE AVAX LINK MATIC ADA'.split(' ')
const DAYS = 19

/** The recorded tape where `BATON_TAPES` has it, else a made-up one of the same size. */
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
  /** Most memory the process had meanwhile. */
  readonly peakMb: number
}

const perSecond = ({ decisions, seconds }: Timed) => `${(decisions / seconds / 1e6).toFixed(2)} M/s`

/** Replays of shipped `snipe` on the candle tape: engine, risk and fills in the path; each also with its threads started and compiled anew. */
export async function replaySpeed(): Promise<readonly Row[]> {
  const tape = openTape()
  const slots = need(slotsOf(tape, null))
  const stretches = need(stretchesOf(tape, { from: undefined, to: undefined }))
  const compiled = await compileStrategy(resolve(import.meta.dirname, '../../strategies'), 'snipe', apiFile())
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error))
  const { bundle } = compiled.value
  const timed = (lab: ReplayLab, part: { slots?: readonly Slot[]; stretches?: readonly Stretch[] } = {}) =>
    replay(lab, bundle, tape, { slots, stretches, ...part })

  const one = new ReplayLab(systemClock, 1)
  const [cold, warm] = [await timed(one), await timed(one)]
  const two = new ReplayLab(systemClock, 2)
  const [coldShared, shared] = [await timed(two), await timed(two)]
  two.close()
  const loop = () => bare(() => bareLoop(bundle, slots, tape.sources.flatMap(columnsOf), tape))
  const [coldFloor, floor] = [loop(), loop()]
  const days: string[] = []
  for (const count of [1, 2, 4, 8]) days.push(perSecond(await timed(one, { stretches: stretches.slice(1, 1 + count) })))
  const counts: string[] = []
  // Both slots of an asset at a time: its prices are played once for them.
  const byAsset = slots.toSorted((a, b) => (a.asset < b.asset ? -1 : a.asset > b.asset ? 1 : 0))
  for (const count of [4, 8, 16, 18]) counts.push(perSecond(await timed(one, { slots: byAsset.slice(0, count) })))
  one.close()

  const whole = `replay, ${stretches.length} days × ${slots.length} slots`
  const said = (run: Timed) => `${run.seconds.toFixed(2)} s, ${perSecond(run)}, peak ${run.peakMb} MB`
  const bareText = (run: Timed) => `bare loop of its strategy: ${run.seconds.toFixed(2)} s, ${perSecond(run)}`
  const each = ({ seconds, decisions }: Timed) => seconds / decisions
  const single = (what: string, run: Timed, least: Timed) =>
    ratioRow(what, said(run), bareText(least), each(run) / each(least), 1.8)
  const pair = (what: string, run: Timed, alone: Timed): Row => {
    const times = alone.seconds / run.seconds
    const floor = `one thread: ${alone.seconds.toFixed(2)} s`
    return { what, measured: said(run), floor, budget: `${times.toFixed(2)} × as fast, ≥ 1.8 ×`, met: times >= 1.8 }
  }
  return [
    single(`${whole}, one thread, warm`, warm, floor),
    single('  cold: its thread started and its code compiled', cold, coldFloor),
    pair(`${whole}, two threads, warm`, shared, warm),
    pair('  cold: its threads started and its code compiled', coldShared, cold),
    { what: 'replay of 1, 2, 4, 8 days, one warm thread', measured: days.join(' · ') },
    { what: 'replay of 4, 8, 16, 18 slots, one warm thread', measured: counts.join(' · ') },
  ]
}

function columnsOf({ source }: ReplayTape['sources'][number]) {
  return source.kind === 'candles' ? source.series : []
}

function bare(run: () => number): Timed {
  const started = systemClock.monotonic()
  const decisions = run()
  return { seconds: (systemClock.monotonic() - started) / 1000, decisions, peakMb: 0 }
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
    market: 'paper',
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
