import { afterEach, expect, test } from 'vitest'
import { MINUTE } from '../../src/shared/domain/time.ts'
import { eager, reportedRows, TestHome } from '../support/desk.ts'

const homes: TestHome[] = []
afterEach(() => Promise.all(homes.splice(0).map((home) => home.remove())))

async function virtualDesk() {
  const home = new TestHome({ slots: ['BTC-5m'] })
  homes.push(home)
  home.write('snipe.ts', eager('snipe', 1))
  const desk = await home.desk({ speed: null, forMs: MINUTE })
  await desk.life.start()
  return { home, desk }
}

test('T2: a reload that a virtual run has no cycle left for is ended with the run, and says so', async () => {
  const { home, desk } = await virtualDesk()
  await desk.life.done
  home.write('snipe.ts', eager('snipe', 2))
  const before = desk.engine.state.live.get('snipe')
  const rows = reportedRows(desk)
  const outcome = await desk.dispatcher.dispatch({ kind: 'reload', strategy: 'snipe' }, 'cli')
  expect(outcome.outcome).toBe('failed')
  expect([...rows.values()]).toMatchObject([{ state: 'failed', end: { code: 'no-swap', refusal: 'loop-ended' } }])
  expect(desk.engine.state.live.get('snipe')).toBe(before)
})

test('T2: a reload under way when the run ends does not wait for ever', async () => {
  const { home, desk } = await virtualDesk()
  home.write('snipe.ts', eager('snipe', 3))
  const rows = reportedRows(desk)
  const reload = desk.dispatcher.dispatch({ kind: 'reload', strategy: 'snipe' }, 'cli')
  await desk.life.done
  const { outcome } = await reload
  expect(['done', 'failed']).toContain(outcome)
  const row = [...rows.values()].at(-1)
  if (outcome === 'failed') expect(['no-swap', 'stopped']).toContain(row?.end?.code)
})

test('T2: a job of the yield interval that throws rejects its caller, and the others run', async () => {
  const { desk } = await virtualDesk()
  const broken = desk.loop.inYield(() => Promise.reject(new Error('planted')))
  const sound = desk.loop.inYield(async () => 'sound')
  await expect(broken).rejects.toThrow('planted')
  await expect(sound).resolves.toBe('sound')
})
