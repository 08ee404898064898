import { afterAll, expect, test } from 'vitest'
import { listDeployments } from '../../src/main/db/queries.ts'
import { deploy, eager, reportedRows, TestHome, until } from '../support/desk.ts'

const homes: TestHome[] = []
afterAll(async () => {
  for (const home of homes) await home.remove()
})

async function desk(config: object = {}) {
  const home = new TestHome({
    slots: ['BTC-5m', 'ETH-5m'],
    assign: { '*-5m': 'snipe' },
    policy: { enforceOn: [], shadowSeconds: 5 },
    ...config,
  })
  homes.push(home)
  home.write('snipe.ts', eager('snipe', 1).replace('view.secondsLeft < 20', 'view.secondsLeft < 2_000'))
  const opened = await home.desk()
  await opened.life.start()
  return { home, desk: opened }
}

test('a shadow trades on paper beside the live version, apart from its books, and is promoted from there', async () => {
  const { home, desk: at } = await desk()
  const live = at.engine.state.live.get('snipe')
  home.write('snipe.ts', eager('snipe', 2))
  const command = { kind: 'reload', strategy: 'snipe', as: 'shadow' }
  expect(await at.dispatcher.dispatch(command, 'cli')).toMatchObject({
    outcome: 'done',
    message: expect.stringContaining('runs as a shadow'),
  })
  const row = () => listDeployments(at.journal.db, 1)[0]
  expect(row()).toMatchObject({ state: 'waiting', policy: { waits: [{ rule: 'shadow' }] } })
  await until('it has done something', () => (row()?.shadow?.candidate?.orders ?? 0) > 0, 60_000)
  expect(row()?.shadow?.live?.orders).toBe(0)
  expect(row()?.shadow?.differences).toBeGreaterThan(0)
  // Nothing of it is the desk's.
  expect(at.engine.state.live.get('snipe')).toBe(live)
  expect(at.engine.state.positions.size).toBe(0)
  expect(at.journal.db.prepare('SELECT count(*) FROM orders').pluck().get()).toBe(0)
  const hash = row()?.version?.hash
  expect(await at.dispatcher.dispatch({ kind: 'promote', strategy: 'snipe', hash }, 'cli')).toMatchObject({
    outcome: 'done',
  })
  expect(at.engine.state.live.get('snipe')).toBe(hash)
  expect(row()).toMatchObject({ state: 'kept', shadow: { differences: expect.any(Number) } })
  expect(await at.dispatcher.dispatch({ kind: 'promote', strategy: 'snipe' }, 'cli')).toMatchObject({
    outcome: 'refused',
    code: 'unknown',
  })
  expect(at.loop.figures.missedCycles).toBe(0)
})

test('a shadow that spins is dropped, alone: the desk misses no cycle, and another can take its place', async () => {
  const { home, desk: at } = await desk()
  const live = at.engine.state.live.get('snipe')
  const spins = eager('snipe', 3).replace(
    'const side',
    'if (view.secondsLeft % 10 < 5 && view.price !== null && state.entries > 0) for (;;) state.entries\n    const side',
  )
  home.write('snipe.ts', spins)
  const rows = reportedRows(at)
  await at.dispatcher.dispatch({ kind: 'reload', strategy: 'snipe', as: 'shadow' }, 'cli')
  const row = () => listDeployments(at.journal.db, 1)[0]
  await until('it is dropped', () => row()?.state === 'failed', 120_000)
  const why = expect.stringContaining('did not return within 15 s')
  expect(rows.get(row()?.id ?? '')?.end).toEqual({ code: 'shadow', why })
  expect(at.engine.state.live.get('snipe')).toBe(live)
  expect(at.loop.figures.missedCycles).toBe(0)
  home.write('snipe.ts', eager('snipe', 4))
  expect((await deploy(at, 'snipe')).state).toBe('kept')
})

test('a shadow is dismissed, and a freeze does not stand against one', async () => {
  const { home, desk: at } = await desk()
  await at.dispatcher.dispatch({ kind: 'freeze', reason: 'news' }, 'cli')
  const rows = reportedRows(at)
  home.write('snipe.ts', eager('snipe', 5))
  expect(await at.dispatcher.dispatch({ kind: 'reload', strategy: 'snipe', as: 'shadow' }, 'cli')).toMatchObject({
    outcome: 'done',
  })
  // To go live it needs what every other needs.
  const refused = await at.dispatcher.dispatch({ kind: 'promote', strategy: 'snipe' }, 'cli')
  expect(refused).toMatchObject({ outcome: 'refused', code: 'policy' })
  home.write('snipe.ts', eager('snipe', 6))
  await at.dispatcher.dispatch({ kind: 'reload', strategy: 'snipe', as: 'shadow' }, 'cli')
  expect(
    await at.dispatcher.dispatch({ kind: 'dismiss', strategy: 'snipe', reason: 'no better' }, 'cli'),
  ).toMatchObject({
    outcome: 'done',
  })
  const [dismissed] = listDeployments(at.journal.db, 1)
  expect(dismissed).toMatchObject({ state: 'superseded' })
  expect(rows.get(dismissed?.id ?? '')?.end).toEqual({ code: 'dismissed', why: 'no better' })
})
