import { afterAll, expect, it } from 'vitest'
import { listDeployments } from '../../src/main/db/queries.ts'
import { DeskClock, type TimeSource } from '../../src/main/platform/desk-clock.ts'
import { systemClock } from '../../src/main/platform/system.ts'
import { VersionWorker } from '../../src/main/strategy-host/version-worker.ts'
import { reportedRows, TestHome, until } from '../support/desk.ts'

const homes: TestHome[] = []
afterAll(async () => {
  for (const home of homes) await home.remove()
})

/** A clock by which everything on this computer takes far longer than it may, while `busy` says so. */
function clockOf(busy: () => boolean): TimeSource {
  return { ...systemClock, after: (ms, run) => systemClock.after(busy() ? ms / 100_000 : ms, run) }
}

const MANIFEST = `var __strategy = { default: { name: 'snipe', params: {}, initialState: () => ({}), decide: (view, state) => ({ state }) } }`

it('U7: a thread that was too slow only because the computer is busy is started again by itself', async () => {
  let timers = 0
  // The first thread has no time at all to start; its successor has what it needs.
  const started = await VersionWorker.start(
    MANIFEST,
    'snipe',
    clockOf(() => timers++ < 2),
    10_000,
  )
  expect(started.ok, started.ok ? '' : JSON.stringify(started.error)).toBe(true)
  if (started.ok) started.value.stop()
})

it('U7: code that computes for ever while it loads is not tried again, and its line is named', async () => {
  const began = performance.now()
  const started = await VersionWorker.start('let n = 1\nfor (;;) {\n  n += 1\n}', 'snipe', systemClock, 200)
  expect(started).toMatchObject({
    ok: false,
    error: { kind: 'dead', stack: expect.stringMatching(/^at bundle\.js:[23]:/) },
  })
  // Six attempts would take over half a minute.
  expect(performance.now() - began).toBeLessThan(20_000)
})

it('U7: a first start on a busy computer is tried again until every slot has its strategy, and says so meanwhile', async () => {
  let busy = true
  const home = new TestHome({ slots: ['BTC-5m'], assign: { '*-5m': 'snipe' } })
  homes.push(home)
  const desk = await home.desk({ clock: new DeskClock(clockOf(() => busy)) })
  const failed = () => listDeployments(desk.journal.db, 9).find((row) => row.state === 'failed')
  const rows = reportedRows(desk)
  const starting = desk.life.start()
  await until('the first attempt has failed', () => failed() !== undefined)
  busy = false
  await starting
  await desk.journal.flush()
  const retried = rows.get(failed()?.id ?? '')
  expect(retried).toMatchObject({ end: { code: 'check' }, retryInMs: expect.any(Number) })
  expect(failed()?.reason).toBe(retried?.reason)
  expect(failed()?.diagnostics).toMatchObject([{ message: expect.stringMatching(/the computer was (too )?busy/) }])
  const [outage] = desk.hub.status().outages
  expect(outage).toMatchObject({
    kind: 'no-version',
    strategy: 'snipe',
    slots: ['BTC-5m'],
    place: failed()?.diagnostics[0],
  })
  expect(outage?.reason).toContain('busy')
  await until('it is live', () => desk.engine.state.live.has('snipe' as never))
  expect(desk.hub.status().outages.filter(({ kind }) => kind === 'no-version')).toEqual([])
})
