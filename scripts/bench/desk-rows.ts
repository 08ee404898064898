import { spawn } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { startApi } from '../../src/main/api/server.ts'
import { readStatus } from '../../src/main/control/status-file.ts'
import { newToken, systemClock } from '../../src/main/platform/system.ts'
import { HOUR, unixMs } from '../../src/shared/domain/time.ts'
import { benchDesk, benchHome, type Row, spread } from './figures.ts'

const SAVES = 50

const TAPE_HOURS = 24.5

/** Save → live and how long each swap held the loop: a desk trading in real time, every save proved on its own tape. */
export async function saveToLive(): Promise<readonly Row[]> {
  const { home, remove } = benchHome({
    assign: { '*-5m': 'snipe', '*-15m': 'snipe' },
    proof: { maxDrawdownUsd: 100_000 },
  })
  const from = unixMs(Math.floor((systemClock.now() - TAPE_HOURS * HOUR) / 5_000) * 5_000)
  const recorded = benchHome({ assign: { '*-5m': 'snipe', '*-15m': 'snipe' } })
  const recording = await benchDesk(recorded.home, { speed: null, from, forMs: TAPE_HOURS * HOUR })
  await recording.start()
  await recording.done
  await recording.stop()
  cpSync(recorded.home.tape, home.tape, { recursive: true })
  recorded.remove()
  const desk = await benchDesk(home)
  await desk.start()
  const file = join(home.strategies, 'snipe.ts')
  const text = readFileSync(file, 'utf8')
  const live: number[] = []
  const held: number[] = []
  let hours = 0
  let slots = 0
  for (let i = 0; i < SAVES; i++) {
    writeFileSync(file, text.replace('minEdge: 0.02', `minEdge: 0.02${i + 1}`))
    const row = await desk.deployer.deploy({
      strategy: 'snipe',
      trigger: 'save',
      by: 'bench',
      noticedAt: systemClock.monotonic(),
    })
    if (row.saveToLiveMs === null || row.swapMs === null) throw new Error(row.reason ?? 'not deployed')
    if (row.proof?.verdict !== 'passed') throw new Error(row.proof?.reason ?? 'not proved')
    hours = ((row.proof.to ?? 0) - (row.proof.from ?? 0)) / HOUR
    slots = row.proof.slots.length
    live.push(row.saveToLiveMs)
    held.push(row.swapMs)
  }
  const { missedCycles } = desk.session.figures
  await desk.stop()
  remove()
  return [
    {
      what: `save → live, ${hours.toFixed(1)} h × ${slots} slots proved`,
      measured: spread(live),
      budget: 'p50 ≤ 1 s, p99 ≤ 2 s',
    },
    { what: 'loop held by a swap, commit included', measured: spread(held), budget: 'p99 ≤ 1 ms' },
    { what: `missed cycles in ${SAVES} deployments`, measured: String(missedCycles), budget: '0' },
  ]
}

/** HTTP call → gate shut and answered, on a desk that trades. */
export async function killLatency(): Promise<readonly Row[]> {
  const { home, remove } = benchHome()
  const desk = await benchDesk(home)
  await desk.start()
  const windowToken = newToken()
  const api = await startApi({ desk, port: 0, windowToken, remoteToken: newToken() })
  if (!api.ok) throw new Error(api.error)
  const post = (kind: string, body: object) =>
    fetch(`http://127.0.0.1:${api.value.port}/api/control/${kind}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${windowToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const times: number[] = []
  for (let i = 0; i < 30; i++) {
    const started = performance.now()
    await post('kill', { reason: 'bench' })
    times.push(performance.now() - started)
    if (!desk.gate.isShut) throw new Error('the gate is open after a kill')
    await post('rearm', { confirm: 'REARM', reason: 'bench' })
  }
  await api.value.close()
  await desk.stop()
  remove()
  return [{ what: 'kill by HTTP, call to answer', measured: spread(times), budget: '≤ 50 ms' }]
}

/** Process start → first cycle of the headless desk, with versions to resume. */
export async function startUp(): Promise<readonly Row[]> {
  const { home, remove } = benchHome()
  const times: number[] = []
  // The first start deploys from the files; those after it resume.
  for (let i = 0; i < 6; i++) {
    const started = performance.now()
    const cli = resolve(import.meta.dirname, '../../src/main/cli.ts')
    const child = spawn(
      process.execPath,
      [cli, 'desk', '--home', home.folder, '--strategies', home.strategies, '--port', '0'],
      { stdio: 'ignore' },
    )
    for (;;) {
      const status = readStatus(home.status)
      if (status !== undefined && status.pid === child.pid && status.lastCycle.ms > 0) break
      await new Promise((wait) => setTimeout(wait, 5))
    }
    times.push(performance.now() - started)
    const gone = new Promise((wait) => child.once('exit', wait))
    child.kill('SIGTERM')
    await gone
  }
  remove()
  return [
    { what: 'process start → first cycle over, first start', measured: `${(times[0] ?? 0).toFixed(0)} ms`, budget: '' },
    { what: 'process start → first cycle over, resuming', measured: spread(times.slice(1)), budget: '≤ 1.5 s' },
  ]
}
