import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Desk } from '../../src/main/app/desk-life.ts'
import type { Home } from '../../src/main/app/start/home.ts'
import { openDatabase } from '../../src/main/db/database.ts'
import type { JournalWrite } from '../../src/main/db/journal-write.ts'
import { JournalWriter } from '../../src/main/db/journal-writer.ts'
import { compileStrategy, versionHash } from '../../src/main/deploy/compile.ts'
import { checkTypes } from '../../src/main/deploy/typecheck.ts'
import { apiFile } from '../../src/main/platform/package-files.ts'
import { systemClock } from '../../src/main/platform/system.ts'
import { ReplayLab } from '../../src/main/replay/lab.ts'
import { openOwnTape } from '../../src/main/replay/own-tape.ts'
import { stretchesOf } from '../../src/main/replay/plan.ts'
import { VersionWorker } from '../../src/main/strategy-host/version-worker.ts'
import { parseConfig } from '../../src/shared/config.ts'
import type { ProofRow } from '../../src/shared/domain/proofs.ts'
import { HOUR, unixMs } from '../../src/shared/domain/time.ts'
import { benchDesk, benchHome, need, quantile, type Row, ratioRow, spread, timed } from './figures.ts'
import { measureIdleLoop, measureLoop } from './loop-delay.ts'

const SAVES = 50
const FLOORS = 15
const TAPE_HOURS = 24.5
const CONFIG = { assign: { '*-5m': 'snipe', '*-15m': 'snipe' }, proof: { maxDrawdownUsd: 100_000 } }

/** Times save → live and each swap on a desk that trades in real time and proves every save on its own tape. */
export async function saveToLive(): Promise<readonly Row[]> {
  const { home, remove } = benchHome(CONFIG)
  await recordDay(home)
  const desk = await benchDesk(home)
  const commits = watchCommits(desk)
  await desk.life.start()
  const file = join(home.strategies, 'snipe.ts')
  const text = readFileSync(file, 'utf8')
  const live: number[] = []
  const [endLoop, endIdle] = [measureLoop(), measureIdleLoop()]
  let proof: ProofRow | null = null
  for (let i = 0; i < SAVES; i++) {
    writeFileSync(file, text.replace('minEdge: 0.02', `minEdge: 0.02${i + 1}`))
    const row = await desk.deployer.deploy({
      strategy: 'snipe',
      trigger: 'save',
      by: 'bench',
      noticedAt: systemClock.monotonic(),
    })
    if (row.saveToLiveMs === null) throw new Error(row.reason ?? 'not deployed')
    if (row.proof?.verdict !== 'passed') throw new Error(row.proof?.reason ?? 'not proved')
    proof = row.proof
    live.push(row.saveToLiveMs)
  }
  const [loop, idle] = [endLoop(), await endIdle()]
  const { missedCycles } = desk.loop.figures
  if (proof === null) throw new Error('nothing was saved')
  const floors = await deployFloors(desk, proof)
  await desk.life.stop()
  const durable = durableCommits(home, commits.batches)
  remove()
  const hours = ((proof.to ?? 0) - (proof.from ?? 0)) / HOUR
  const sum = floors.reduce((total, { ms }) => total + ms, 0)
  const held = (share: number) => quantile(commits.heldMs, share)
  const floor = (share: number) => quantile(durable, share)
  const swapRow = (share: number, most: number) =>
    ratioRow(
      `trading loop held by a swap, p${share * 100} of ${commits.heldMs.length}`,
      `${held(share).toFixed(2)} ms`,
      `one durable commit of its rows: ${floor(share).toFixed(2)} ms`,
      held(share) / floor(share),
      most,
    )
  return [
    ratioRow(
      `save → live, ${hours.toFixed(1)} h × ${proof.slots.length} slots proved`,
      spread(live),
      `${floors.map(({ what, ms }) => `${what} ${ms.toFixed(0)}`).join(' + ')} = ${sum.toFixed(0)} ms`,
      quantile(live, 0.5) / sum,
      1.3,
    ),
    swapRow(0.5, 2),
    swapRow(0.99, 4),
    {
      what: 'longest task of the desk’s thread during it',
      measured: `p99 ${loop.p99.toFixed(2)} · max ${loop.max.toFixed(2)} ms`,
      floor: `an idle thread: p99 ${idle.p99.toFixed(2)} · max ${idle.max.toFixed(2)} ms`,
      budget: 'max ≤ 5 ms',
      met: loop.max <= 5,
    },
    {
      what: `missed cycles in ${SAVES} deployments`,
      measured: String(missedCycles),
      budget: '0',
      met: missedCycles === 0,
    },
  ]
}

/** Records a day of market time and copies the tape into a home. */
async function recordDay(home: Home): Promise<void> {
  const from = unixMs(Math.floor((systemClock.now() - TAPE_HOURS * HOUR) / 5_000) * 5_000)
  const recorded = benchHome(CONFIG)
  const recording = await benchDesk(recorded.home, { speed: null, from, forMs: TAPE_HOURS * HOUR })
  await recording.life.start()
  await recording.life.done
  await recording.life.stop()
  cpSync(recorded.home.tape, home.tape, { recursive: true })
  recorded.remove()
}

/** Records how long each swap's commit holds the trading loop, in ms, and what it writes. */
function watchCommits(desk: Desk): { readonly heldMs: number[]; readonly batches: JournalWrite[][] } {
  const heldMs: number[] = []
  const batches: JournalWrite[][] = []
  const { journal, loop } = desk
  let batch: JournalWrite[] | null = null
  const append = journal.append.bind(journal)
  journal.append = (record) => {
    batch?.push({ w: 'record', record })
    append(record)
  }
  const write = journal.write.bind(journal)
  journal.write = (entry) => {
    batch?.push(entry)
    write(entry)
  }
  const commit = loop.commitSwap.bind(loop)
  loop.commitSwap = (...swap) => {
    batch = []
    const held = commit(...swap)
    if (held.ok) {
      heldMs.push(held.value)
      batches.push(batch)
    }
    batch = null
    return held
  }
  return { heldMs, batches }
}

/** Writes the same rows again, each batch as one durable transaction. @returns ms of each */
function durableCommits(home: Home, batches: readonly (readonly JournalWrite[])[]): readonly number[] {
  const db = need(openDatabase(join(home.folder, 'floor.db'), true))
  // The rows reference others that are only in the desk's database.
  db.pragma('foreign_keys = OFF')
  const writer = new JournalWriter(db)
  const times = batches.map((batch) => {
    const started = performance.now()
    writer.commit(batch)
    return performance.now() - started
  })
  db.close()
  return times
}

/** Median duration in ms of each step that every deployment needs, measured separately on the idle desk. */
async function deployFloors(desk: Desk, proof: ProofRow): Promise<readonly { what: string; ms: number }[]> {
  const { home } = desk.options
  const compiled = need(await compileStrategy(home.strategies, 'snipe', apiFile()))
  const { bundle } = compiled
  const median = async (work: () => unknown) => {
    const times: number[] = []
    for (let i = 0; i < FLOORS; i++) times.push(await timed(work))
    return quantile(times, 0.5)
  }
  const lab = new ReplayLab(systemClock, 1)
  const tape = need(openOwnTape(home.tape, { since: proof.from ?? 0, until: proof.to, only: null, feed: null }))
  const stretches = need(stretchesOf(tape, { from: undefined, to: undefined }))
  const slots = tape.slots.filter((slot) => proof.slots.includes(slot.id))
  const replay = async () => {
    const { versions } = await lab.run({
      versions: [{ hash: versionHash(bundle), label: 'snipe', strategy: 'snipe', bundle, params: null }],
      stretches,
      slots,
      config: need(parseConfig(CONFIG)),
      market: 'simulated',
      settlement: tape.settlement,
      seed: 7,
    }).done
    const failure = versions[0]?.failure ?? null
    if (failure !== null) throw new Error(failure.message)
  }
  await replay()
  const floors = [
    { what: 'type check', ms: await median(() => checkTypes(compiled, apiFile())) },
    { what: 'replay', ms: await median(replay) },
    {
      what: 'thread',
      ms: await median(async () => need(await VersionWorker.start(bundle, 'snipe', systemClock, 5_000)).stop()),
    },
  ]
  lab.close()
  return floors
}
