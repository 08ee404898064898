import { afterAll, expect, test } from 'vitest'
import { engineBuild } from '../../src/main/platform/engine-build.ts'
import { packageRoot } from '../../src/main/platform/package-files.ts'
import { HOUR, MINUTE, unixMs } from '../../src/shared/domain/time.ts'
import { baton } from '../support/cli.ts'
import { eager, TestHome, until } from '../support/desk.ts'
import { checkAll } from '../support/recorded.ts'

const homes: TestHome[] = []
afterAll(() => Promise.all(homes.map((home) => home.remove())))

function newHome(): TestHome {
  const home = new TestHome({ slots: ['BTC-5m', 'ETH-5m', 'BTC-15m'], assign: { '*-5m': 'snipe', '*-15m': 'snipe' } })
  homes.push(home)
  home.write('snipe.ts', eager('snipe'))
  return home
}

const START = unixMs(Date.UTC(2026, 0, 5))

test('D1, I7: a recording of several segments with deployments in them is sound, by the command line too', async () => {
  const home = newHome()
  const desk = await home.desk({ speed: 1_200, from: START, forMs: 2 * HOUR + 10 * MINUTE })
  await desk.life.start()
  let over = false
  const done = desk.life.done.then(() => {
    over = true
  })
  for (let marker = 2; marker < 5; marker++) {
    const due = desk.now() + 25 * MINUTE
    await until('market time goes on', () => over || desk.now() >= due)
    home.write('snipe.ts', eager('snipe', marker))
    // Whatever runs between two cycles looks at views, which must leave no trace.
    desk.engine.dryViews('snipe')
    await desk.dispatcher.dispatch({ kind: 'reload', strategy: 'snipe' }, 'cli')
  }
  await done
  await home.close()
  const { segments, seams, decisions, differences } = checkAll(home.home.tape, engineBuild(packageRoot()))
  expect({ segments, seams, differences }).toEqual({ segments: 3, seams: 2, differences: [] })
  expect(decisions).toBeGreaterThan(1_000)
  const verified = await baton('tape', 'verify', '--decisions', '--home', home.folder)
  expect(verified.code, verified.out).toBe(0)
  expect(verified.out).not.toContain('DAMAGED')
})

test('D1, I7: so is one that goes over a restart in the midst of a window', async () => {
  const home = newHome()
  for (let i = 0; i < 2; i++) {
    const desk = await home.desk()
    await desk.life.start()
    await until('positions', () => desk.engine.state.positions.size > 0)
    await home.close()
  }
  const { segments, differences } = checkAll(home.home.tape, engineBuild(packageRoot()))
  expect(differences).toEqual([])
  expect(segments).toBe(2)
})
