import { afterAll, describe, expect, test } from 'vitest'
import type { Desk } from '../../src/main/app/desk-life.ts'
import { listDeployments, listVersions } from '../../src/main/db/queries.ts'
import type { VersionHash } from '../../src/shared/domain/ids.ts'
import type { SlotId } from '../../src/shared/domain/slots.ts'
import { deploy, eager, reportedRows, TestHome, until } from '../support/desk.ts'
import { expectOwner, held } from '../support/some.ts'

const homes: TestHome[] = []
afterAll(async () => {
  for (const home of homes) await home.remove()
})

/** Trades nothing in BTC-5m, so that a canary there is asked at once; its state says how often it was asked. */
function firstVersion(): string {
  return eager('snipe', 1).replace(
    'const side',
    "if (view.slot === 'BTC-5m') return { state: { entries: state.entries + 1 }, why: 'never here' }\n    const side",
  )
}

async function trading(config: object = {}): Promise<{ home: TestHome; desk: Desk }> {
  const home = new TestHome({ slots: ['BTC-5m', 'ETH-5m', 'SOL-5m'], assign: { '*-5m': 'snipe' }, ...config })
  homes.push(home)
  home.write('snipe.ts', firstVersion())
  const desk = await home.desk()
  await desk.life.start()
  return { home, desk }
}

const say = (desk: Desk, command: object) => desk.dispatcher.dispatch({ strategy: 'snipe', ...command }, 'cli')
const newest = (desk: Desk) => listDeployments(desk.journal.db, 1)[0]
const assignedVersion = (desk: Desk) => [...desk.engine.state.slots.values()].map((slot) => slot.canary)

describe('a canary', () => {
  test('gets its part, stands there alone among candidates, and is promoted to all of it', async () => {
    const { home, desk } = await trading({ probation: { windows: 3 } })
    const live = desk.engine.state.live.get('snipe')
    home.write('snipe.ts', eager('snipe', 2))
    expect(await say(desk, { kind: 'reload', as: 'canary', slots: ['AVAX-5m'] })).toMatchObject({
      outcome: 'refused',
      code: 'unknown',
    })
    expect(await say(desk, { kind: 'reload', slots: ['BTC-5m'] })).toMatchObject({
      outcome: 'refused',
      code: 'invalid',
    })
    expect(await say(desk, { kind: 'reload', as: 'canary', slots: ['BTC-5m'], stakePercent: 50 })).toMatchObject({
      outcome: 'done',
    })
    const canary = newest(desk)?.version
    expect(newest(desk)).toMatchObject({
      state: 'canary',
      swappedAt: null,
      canary: { slots: ['BTC-5m'], stakePercent: 50 },
      steps: expect.arrayContaining([expect.objectContaining({ name: 'canary', state: 'running' })]),
    })
    expect(desk.engine.state.live.get('snipe')).toBe(live)
    expect(assignedVersion(desk)).toEqual([true, false, false])
    expect(desk.hub.snapshot().slots.find(({ slot }) => slot === 'BTC-5m')?.version).toMatchObject(canary ?? {})
    expect(listVersions(desk.journal.db).map(({ state }) => state)).toEqual(['canary', 'live'])
    // The same once more is no promotion.
    expect(await deploy(desk, 'snipe')).toMatchObject({
      state: 'superseded',
      end: { code: 'canary-already', label: canary?.label },
    })
    expect(assignedVersion(desk)).toEqual([true, false, false])
    // A newer save waits for the word on it; what is meant must then be said.
    home.write('snipe.ts', eager('snipe', 3))
    const waiting = await say(desk, { kind: 'reload', override: 'in a hurry' })
    expect(waiting).toMatchObject({ outcome: 'refused', code: 'policy' })
    expect(await say(desk, { kind: 'promote' })).toMatchObject({
      outcome: 'refused',
      code: 'ambiguous',
    })
    const third = newest(desk)?.version?.hash
    expect(await say(desk, { kind: 'dismiss', hash: third })).toMatchObject({ outcome: 'done' })
    await until('both trade', () => new Set(orderVersions(desk)).size > 1)
    const stakes = desk.journal.db
      .prepare("SELECT version, max(stake) AS stake FROM intents WHERE slot = 'BTC-5m' GROUP BY version")
      .all()
    expect(stakes).toEqual([{ version: canary?.hash, stake: expect.any(Number) }])
    expect(Number(Reflect.get(Object(stakes[0]), 'stake'))).toBeLessThan(5e6)
    // What holds every deployment holds this.
    await desk.dispatcher.dispatch({ kind: 'freeze', reason: 'news' }, 'cli')
    expect(await say(desk, { kind: 'promote' })).toMatchObject({
      outcome: 'refused',
      code: 'policy',
    })
    await desk.dispatcher.dispatch({ kind: 'unfreeze', reason: 'over' }, 'cli')
    const open = await held(desk.engine.state)
    const promoted = await say(desk, { kind: 'promote' })
    expect(promoted, promoted.message).toMatchObject({ outcome: 'done' })
    expect(desk.engine.state.live.get('snipe')).toBe(canary?.hash)
    expect(assignedVersion(desk)).toEqual([false, false, false])
    expectOwner(open, canary?.hash as VersionHash)
    const row = listDeployments(desk.journal.db, 9).find(({ version }) => version?.hash === canary?.hash)
    expect(row).toMatchObject({ state: 'probation', canary: { slots: ['BTC-5m'] }, from: { hash: live } })
    expect(row?.steps.map(({ name, state }) => `${name} ${state}`).slice(-3)).toEqual([
      'swap done',
      'canary done',
      'probation running',
    ])
    // Back from it is to what was live, with its state of the promotion.
    expect(await say(desk, { kind: 'rollback' })).toMatchObject({ outcome: 'done' })
    expect(desk.engine.state.live.get('snipe')).toBe(live)
    expect(desk.loop.figures.missedCycles).toBe(0)
  })

  test('goes on after a restart, and is taken back by a rollback with all that it has open', async () => {
    const { home, desk: before } = await trading()
    const live = before.engine.state.live.get('snipe')
    await until('it has a state', () => stateIn(before, 'BTC-5m') !== '{"entries":0}')
    home.write('snipe.ts', eager('snipe', 2))
    // Nothing named: a quarter of three slots is one.
    expect(await say(before, { kind: 'reload', as: 'canary' })).toMatchObject({ outcome: 'done' })
    expect(newest(before)?.canary).toMatchObject({ slots: ['BTC-5m'], stakePercent: 100 })
    const kept = before.engine.strategyStates('snipe').find(({ slot }) => slot === 'BTC-5m')?.json
    await home.close()
    const desk = await home.desk()
    await desk.life.start()
    expect(desk.engine.state.canaries.get('snipe')?.version).toBe(newest(desk)?.version?.hash)
    expect(assignedVersion(desk)).toEqual([true, false, false])
    expect(newest(desk)).toMatchObject({ state: 'canary' })
    expect(desk.engine.strategyStates('snipe').find(({ slot }) => slot === 'BTC-5m')?.json).toBe(kept)
    await until('it decides', () => (desk.engine.state.slots.get('BTC-5m' as SlotId)?.lastWhy ?? '').includes('2'))
    const open = await held(desk.engine.state)
    const rows = reportedRows(desk)
    const back = await say(desk, { kind: 'rollback' })
    expect(back).toMatchObject({ outcome: 'done' })
    expect(desk.engine.state.live.get('snipe')).toBe(live)
    expect(assignedVersion(desk)).toEqual([false, false, false])
    expect(stateIn(desk, 'BTC-5m')).toBe(kept)
    expectOwner(open, live)
    const dismissed = rows.get(newest(desk)?.id ?? '')
    expect(dismissed).toMatchObject({ state: 'superseded', end: { code: 'dismissed', why: 'rolled back by cli' } })
    expect(newest(desk)).toMatchObject({ state: 'superseded', reason: dismissed?.reason })
    expect((await deploy(desk, 'snipe')).state).toBe('kept')
  })

  test('beyond a bound it is taken back by itself, as an automatic rollback', async () => {
    const policy = { enforceOn: [], rollbacksToFreeze: 1 }
    const { home, desk } = await trading({ probation: { windows: 3 }, policy })
    const live = desk.engine.state.live.get('snipe')
    const open = await held(desk.engine.state)
    home.write('snipe.ts', THROWS)
    const rows = reportedRows(desk)
    const begun = await say(desk, { kind: 'reload', as: 'canary', slots: ['BTC-5m'] })
    expect(begun, begun.message).toMatchObject({ outcome: 'done' })
    await until('it is taken back', () => newest(desk)?.state === 'rolled-back')
    const row = rows.get(newest(desk)?.id ?? '')
    expect(row).toMatchObject({ version: { number: 2 }, from: { number: 1 } })
    expect(row?.end).toMatchObject({ code: 'canary-ended', breach: ['fault'] })
    expect(newest(desk)?.reason).toBe(row?.reason)
    expect(desk.engine.state.canaries.size).toBe(0)
    expect(assignedVersion(desk)).toEqual([false, false, false])
    await until('deployments are frozen', () => desk.engine.state.freeze !== null)
    expect(desk.engine.state.live.get('snipe')).toBe(live)
    expectOwner(open, live)
    expect(desk.loop.figures.missedCycles).toBe(0)
  })
})

/** Sound at its dry run; from its second decision on it throws. */
const THROWS = `import { defineStrategy } from 'baton'
export default defineStrategy({
  name: 'snipe',
  params: {},
  initialState: () => ({ n: 0 }),
  migrate: () => ({ n: 0 }),
  decide: (_view, state) => {
    if (state.n > 0) throw new Error('planted')
    return { state: { n: 1 }, why: 'hold' }
  },
})
`

function orderVersions(desk: Desk): string[] {
  return desk.journal.db.prepare('SELECT DISTINCT version FROM intents').pluck().all() as string[]
}

function stateIn(desk: Desk, slot: string): string | undefined {
  return desk.engine.state.slots.get(slot as SlotId)?.stateJson
}
