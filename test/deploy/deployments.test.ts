import { afterEach, expect, test } from 'vitest'
import { findVersion, listDeployments, listVersions, versionSources } from '../../src/main/db/queries.ts'
import { deploy, eager, TestHome, until } from '../support/desk.ts'
import { expectOwner, held, some } from '../support/some.ts'

const homes: TestHome[] = []
const newHome = (config: object = {}) => {
  const home = new TestHome(config)
  homes.push(home)
  return home
}
afterEach(async () => {
  for (const home of homes.splice(0)) await home.remove()
})

const stateful = (marker: number, state: string, extra = '') => `import { defineStrategy } from 'baton'
export default defineStrategy({
  name: 'snipe',
  params: { marker: ${marker} },
  initialState: () => (${state}),
  ${extra}
  decide: (view, state, params) => ({ state, why: 'v' + params.marker }),
})
`

test('a save compiles, checks, stages and swaps, every step with its time, and is the version that trades', async () => {
  const home = newHome()
  const { desk } = await home.station()
  home.write('snipe.ts', home.read('snipe.ts').replace('minEdge: 0.02', 'minEdge: 0.021'))
  await until(
    'the new version is live',
    () =>
      listDeployments(desk.journal.db, 1)[0]?.trigger === 'save' &&
      listDeployments(desk.journal.db, 1)[0]?.state === 'kept',
  )
  const [row] = listDeployments(desk.journal.db, 1)
  expect(row?.steps.map((step) => [step.name, step.state])).toEqual([
    ['compile', 'done'],
    ['check', 'done'],
    ['prove', 'done'],
    ['policy', 'done'],
    ['stage', 'done'],
    ['swap', 'done'],
  ])
  for (const step of row?.steps ?? []) expect(step.ms).toBeGreaterThan(0)
  expect(row?.version?.label).toMatch(/^snipe v2 · [0-9a-f]{6}$/)
  expect(row?.from?.label).toMatch(/^snipe v1/)
  expect(desk.engine.state.live.get('snipe')).toBe(row?.version?.hash)
  expect(versionSources(desk.journal.db, row?.version?.hash ?? '').map((file) => file.path)).toEqual([
    'snipe.ts',
    'volatility.ts',
  ])
  expect(desk.loop.figures.missedCycles).toBe(0)
})

test('a change in a helper redeploys every strategy that imports it, and only those', async () => {
  const home = newHome({ assign: { '*-5m': 'snipe', 'BTC-15m': 'lone', '*-15m': 'fade' } })
  home.write('lone.ts', eager('lone'))
  const { desk } = await home.station()
  home.write(
    'volatility.ts',
    home.read('volatility.ts').replace('return price + feeRate', 'return 0 + price + feeRate'),
  )
  const saved = () =>
    listDeployments(desk.journal.db, 20).filter((row) => row.trigger === 'save' && row.state === 'kept')
  await until('both strategies were deployed', () => saved().length === 2)
  expect(
    saved()
      .map((row) => row.strategy)
      .toSorted(),
  ).toEqual(['fade', 'snipe'])
})

test('state: kept where its shape fits, taken over by migrate, refused otherwise; rollback brings back that of the swap', async () => {
  const home = newHome({ slots: ['BTC-5m'] })
  home.write('snipe.ts', stateful(1, '{ count: 1 }'))
  const desk = await home.desk()
  await desk.life.start()
  const state = () => desk.engine.strategyStates('snipe')[0]?.json
  expect(state()).toBe('{"count":1}')

  home.write('snipe.ts', stateful(2, '{ count: 5 }'))
  expect(await deploy(desk, 'snipe')).toMatchObject({ state: 'kept', reason: null })
  expect(state()).toBe('{"count":1}')

  home.write('snipe.ts', stateful(3, '{ count: 5, more: true }'))
  const refused = await deploy(desk, 'snipe')
  expect(refused).toMatchObject({ state: 'failed', end: { code: 'dry-run' } })
  expect(refused.diagnostics[0]?.message).toContain('does not fit initialState, and there is no migrate')

  home.write(
    'snipe.ts',
    stateful(
      3,
      '{ count: 5, more: true }',
      'migrate: (old) => ({ count: (old as { count: number }).count + 10, more: false }),',
    ),
  )
  expect(await deploy(desk, 'snipe')).toMatchObject({ state: 'kept', reason: null })
  expect(state()).toBe('{"count":11,"more":false}')

  const back = await desk.dispatcher.dispatch({ kind: 'rollback', strategy: 'snipe' }, 'cli')
  expect(back).toMatchObject({ outcome: 'done', message: expect.stringMatching(/^snipe v2 .* is live again$/) })
  expect(state()).toBe('{"count":1}')
})

test('rollback uses migrateBack where the version has one, to any older version by its hash', async () => {
  const home = newHome({ slots: ['BTC-5m'] })
  home.write('snipe.ts', stateful(1, '{ count: 1 }'))
  const desk = await home.desk()
  await desk.life.start()
  const first = desk.engine.state.live.get('snipe') ?? ''
  const extra = `migrate: (old) => ({ total: (old as { count: number }).count }), migrateBack: (state) => ({ count: state.total + 100 }),`
  home.write('snipe.ts', stateful(2, '{ total: 0 }', extra))
  expect(await deploy(desk, 'snipe')).toMatchObject({ state: 'kept', reason: null })
  const back = await desk.dispatcher.dispatch({ kind: 'rollback', strategy: 'snipe', to: first.slice(0, 8) }, 'cli')
  expect(back).toMatchObject({ outcome: 'done' })
  expect(desk.engine.state.live.get('snipe')).toBe(first)
  expect(desk.engine.strategyStates('snipe')[0]?.json).toBe('{"count":101}')
  const bad = await desk.dispatcher.dispatch({ kind: 'rollback', strategy: 'snipe', to: 'ffffffff' }, 'cli')
  expect(bad).toMatchObject({ outcome: 'refused', code: 'unknown' })
})

test('freeze stops deployments, not rollbacks; reload by hash deploys exactly what was looked at', async () => {
  const home = newHome()
  const desk = await home.desk()
  await desk.life.start()
  home.write('snipe.ts', home.read('snipe.ts').replace('minEdge: 0.02', 'minEdge: 0.05'))
  await desk.dispatcher.dispatch({ kind: 'freeze', reason: 'news at 14:00' }, 'cli')
  const frozen = await desk.dispatcher.dispatch({ kind: 'reload', strategy: 'snipe' }, 'cli')
  expect(frozen).toMatchObject({
    outcome: 'refused',
    code: 'policy',
  })
  await desk.dispatcher.dispatch({ kind: 'unfreeze', reason: 'over' }, 'cli')
  const other = await desk.dispatcher.dispatch({ kind: 'reload', strategy: 'snipe', hash: 'abcdef12' }, 'cli')
  expect(other).toMatchObject({ outcome: 'refused', code: 'changed' })
  const hash = (await desk.deployer.strategies.hashOfFiles('snipe'))?.slice(0, 12)
  expect(await desk.dispatcher.dispatch({ kind: 'reload', strategy: 'snipe', hash }, 'cli')).toMatchObject({
    outcome: 'done',
  })
  await desk.dispatcher.dispatch({ kind: 'freeze', reason: 'again' }, 'cli')
  const back = await desk.dispatcher.dispatch({ kind: 'rollback', strategy: 'snipe' }, 'cli')
  expect(back.outcome, back.message).toBe('done')
})

test('deployOn reload: a save proves a candidate, which waits for a reload that names it', async () => {
  const home = newHome({ deployOn: 'reload' })
  const { desk } = await home.station()
  home.write('snipe.ts', home.read('snipe.ts').replace('minEdge: 0.02', 'minEdge: 0.05'))
  const said = () =>
    desk.journal.db.prepare("SELECT count(*) FROM events WHERE message LIKE '%saved as a candidate%'").pluck().get()
  await until('the candidate is announced', () => said() === 1)
  const saved = () => listDeployments(desk.journal.db, 20).find((row) => row.trigger === 'save')
  await until('it is proved and waits', () => saved()?.state === 'waiting')
  const before = desk.engine.state.live.get('snipe')
  const hash = saved()?.version?.hash
  expect(saved()).toMatchObject({
    proof: { verdict: 'insufficient' },
    reason: `waits for a reload that names ${hash?.slice(0, 12)}`,
  })
  expect(before).not.toBe(hash)
  // A newer save takes its place; a reload that names the older one is refused.
  home.write('snipe.ts', home.read('snipe.ts').replace('minEdge: 0.05', 'minEdge: 0.06'))
  await until('the newer one waits', () => saved()?.state === 'waiting' && saved()?.version?.hash !== hash)
  const stale = await desk.dispatcher.dispatch({ kind: 'reload', strategy: 'snipe', hash }, 'cli')
  expect(stale).toMatchObject({ outcome: 'refused', code: 'changed' })
  expect(desk.engine.state.live.get('snipe')).toBe(before)
  const newer = saved()?.version?.hash
  const done = await desk.dispatcher.dispatch({ kind: 'reload', strategy: 'snipe', hash: newer }, 'cli')
  expect(done.outcome).toBe('done')
  expect(desk.engine.state.live.get('snipe')).toBe(newer)
  expect(saved()).toMatchObject({ state: 'kept', by: 'cli', reason: null })
})

test('a faulting live version is stopped alone, its positions go to the desk, and a new save takes them back', async () => {
  const home = newHome({ assign: { '*-5m': 'snipe', '*-15m': 'fade' }, slots: ['BTC-5m', 'BTC-15m'] })
  // Passes its dry run, then loops for ever once it holds a position.
  home.write(
    'snipe.ts',
    eager('snipe').replace(
      'const ask',
      'let on = view.position !== null\n    while (on) on = view.position !== null\n    const ask',
    ),
  )
  const desk = await home.desk()
  await desk.life.start()
  const { state } = desk.engine
  const faulted = () => state.versions.get(state.live.get('snipe') ?? ('' as never))?.state === 'faulted'
  await until('the version was stopped', faulted, 40_000)
  const position = [...state.positions.values()].find((p) => p.slot === 'BTC-5m')
  expect(position?.ownedBy).toBe('desk')
  expect(state.versions.get(state.live.get('fade') ?? ('' as never))?.state).toBe('live')
  home.write('snipe.ts', eager('snipe', 2))
  expect(await deploy(desk, 'snipe')).toMatchObject({ state: 'kept', reason: null })
  expect(state.positions.get(position?.id ?? ('' as never))?.ownedBy).toBe(state.live.get('snipe'))
  expect(desk.loop.figures.missedCycles).toBe(0)
})

test('a start resumes the journaled version from its stored bundle, not from the file that lies there', async () => {
  const home = newHome()
  const first = await home.desk()
  await first.life.start()
  const live = first.engine.state.live.get('snipe') ?? ''
  await first.life.stop()
  home.write('snipe.ts', 'this is not even TypeScript(')
  const second = await home.desk()
  await second.life.start()
  expect(second.engine.state.live.get('snipe')).toBe(live)
  expect(second.engine.state.versions.get(live as never)?.state).toBe('live')
  const cycles = second.loop.figures.decisions
  await until('it decides', () => second.loop.figures.decisions > cycles)
  expect(findVersion(second.journal.db, 'snipe', live)?.state).toBe('live')
  expect(listDeployments(second.journal.db, 10).filter((row) => row.trigger === 'start')).toHaveLength(2)
})

test('U8: what is saved while deployments are frozen is checked and proved, waits, and goes live once they are open', async () => {
  const home = newHome()
  const desk = await home.desk()
  await desk.life.start()
  const live = desk.engine.state.live.get('snipe')
  await desk.dispatcher.dispatch({ kind: 'freeze', reason: 'stop that' }, 'cli')
  home.write('snipe.ts', home.read('snipe.ts').replace('minEdge: 0.02', 'minEdge: 0.07'))
  const under = deploy(desk, 'snipe')
  const row = () => listDeployments(desk.journal.db, 1)[0]
  await until('it waits', () => row()?.state === 'waiting')
  expect(row()?.reason).toMatch(
    /^a sound candidate waits: deployments are frozen until somebody unfreezes them: stop that$/,
  )
  expect(row()?.steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'compile done',
    'check done',
    'prove done',
    'policy running',
  ])
  // Nobody knows when a person unfreezes: it is not given up meanwhile.
  expect(row()?.policy).toMatchObject({ waits: [{ rule: 'freeze', until: null }], waitsUntil: null })
  expect(desk.engine.state.live.get('snipe')).toBe(live)
  await desk.dispatcher.dispatch({ kind: 'unfreeze', reason: 'over' }, 'cli')
  expect(await under).toMatchObject({ state: 'kept', reason: null })
  expect(desk.engine.state.live.get('snipe')).not.toBe(live)
})

test('U8: a configuration that refuses while frozen says so before anything is compiled', async () => {
  const home = newHome({ policy: { enforceOn: [], whileFrozen: 'refuse' } })
  const desk = await home.desk()
  await desk.life.start()
  await desk.dispatcher.dispatch({ kind: 'freeze', reason: 'stop that' }, 'cli')
  home.write('snipe.ts', 'this is not even TypeScript(')
  const row = await deploy(desk, 'snipe')
  expect(row).toMatchObject({ state: 'failed', steps: [], end: { code: 'frozen', why: 'stop that' } })
})

test('U8: a first start while frozen waits, too, and holds up nothing else', async () => {
  const home = newHome({ slots: ['BTC-5m'], assign: { '*-5m': 'snipe' } })
  const first = await home.desk()
  await first.dispatcher.dispatch({ kind: 'freeze', reason: 'not yet' }, 'cli')
  await first.life.start()
  expect(listDeployments(first.journal.db, 1)[0]).toMatchObject({ state: 'waiting', trigger: 'start' })
  await first.dispatcher.dispatch({ kind: 'unfreeze', reason: 'now' }, 'cli')
  await until('it is live', () => first.engine.state.live.has('snipe' as never))
})

test('U11: a deployment that is under way is given up by hand, also while nothing comes from its proof', async () => {
  const home = newHome()
  const desk = await home.desk()
  await desk.life.start()
  home.write('snipe.ts', home.read('snipe.ts').replace('minEdge: 0.02', 'minEdge: 0.07'))
  const under = deploy(desk, 'snipe')
  const given = await desk.dispatcher.dispatch({ kind: 'dismiss', strategy: 'snipe', reason: 'no' }, 'cli')
  expect(given).toMatchObject({ outcome: 'done' })
  expect(await under).toMatchObject({ state: 'superseded', end: { code: 'dismissed', why: 'no' } })
})

test('rolling back twice goes on backwards, never to the version that was just left', async () => {
  const home = newHome({ slots: ['BTC-5m'] })
  const desk = await home.desk()
  home.write('snipe.ts', stateful(1, '{ count: 1 }'))
  await desk.life.start()
  for (const marker of [2, 3]) {
    home.write('snipe.ts', stateful(marker, '{ count: 1 }'))
    expect(await deploy(desk, 'snipe')).toMatchObject({ state: 'kept' })
  }
  const label = () => desk.engine.state.versions.get(desk.engine.state.live.get('snipe') ?? ('' as never))?.label
  for (const expected of ['snipe v2', 'snipe v1']) {
    await desk.dispatcher.dispatch({ kind: 'rollback', strategy: 'snipe' }, 'cli')
    expect(label()).toContain(expected)
  }
})

test('U2: only what was once kept can be rolled back to; a stored version that never was goes through every step again', async () => {
  const home = newHome({ slots: ['BTC-5m'] })
  const desk = await home.desk()
  home.write('snipe.ts', stateful(1, '{ count: 1 }'))
  await desk.life.start()
  const first = desk.engine.state.live.get('snipe')
  home.write(
    'snipe.ts',
    stateful(2, '{ count: 1 }').replace("({ state, why: 'v' + params.marker })", "{ throw new Error('planted') }"),
  )
  const failed = await deploy(desk, 'snipe')
  expect(failed).toMatchObject({ state: 'failed', version: { number: 2 } })
  const to = failed.version?.hash.slice(0, 12)
  for (const source of ['desk', 'http', 'cli', 'file', 'tray'] as const) {
    const back = await desk.dispatcher.dispatch({ kind: 'rollback', strategy: 'snipe', to }, source)
    expect(back).toMatchObject({ outcome: 'refused', code: 'never' })
  }
  const without = await desk.dispatcher.dispatch({ kind: 'rollback', strategy: 'snipe' }, 'desk')
  expect(without).toMatchObject({
    outcome: 'refused',
    code: 'unknown',
  })
  expect(desk.engine.state.live.get('snipe')).toBe(first)

  // The full pipeline, whatever the file says by now: here it stops the version at the same step as before.
  home.write('snipe.ts', stateful(3, '{ count: 1 }'))
  const again = await desk.dispatcher.dispatch({ kind: 'reload', strategy: 'snipe', hash: to, stored: true }, 'desk')
  expect(again).toMatchObject({ outcome: 'failed', message: expect.stringContaining('planted') })
  expect(desk.engine.state.live.get('snipe')).toBe(first)
  expect(await deploy(desk, 'snipe')).toMatchObject({ state: 'kept', version: { number: 3 } })
  const [third] = listDeployments(desk.journal.db, 1)
  expect(await desk.dispatcher.dispatch({ kind: 'rollback', strategy: 'snipe' }, 'desk')).toMatchObject({
    outcome: 'done',
  })
  home.write('snipe.ts', stateful(4, '{ count: 1 }'))
  const hash = third?.version?.hash.slice(0, 12)
  expect(
    await desk.dispatcher.dispatch({ kind: 'reload', strategy: 'snipe', hash, stored: true }, 'desk'),
  ).toMatchObject({
    outcome: 'done',
    message: expect.stringMatching(/^snipe v3 .* is live$/),
  })
  const [row] = listDeployments(desk.journal.db, 1)
  expect(row?.steps.map(({ name }) => name)).toEqual(['compile', 'check', 'prove', 'policy', 'stage', 'swap'])
  const versions = listVersions(desk.journal.db).map(({ number, kept, isBefore }) => [number, kept, isBefore])
  expect(versions.toSorted()).toEqual([
    [1, true, true],
    [2, false, false],
    [3, true, false],
  ])
})

test('U3: the version before is the last one that was kept, also when what is live never was', async () => {
  const home = newHome({ slots: ['BTC-5m'], probation: { windows: 50 } })
  const desk = await home.desk()
  home.write('snipe.ts', stateful(1, '{ count: 1 }'))
  await desk.life.start()
  const first = desk.engine.state.live.get('snipe')
  for (const marker of [2, 3]) {
    home.write('snipe.ts', stateful(marker, '{ count: 1 }'))
    expect(await deploy(desk, 'snipe')).toMatchObject({ state: 'probation' })
  }
  // v2 was live, but its probation never ended.
  const back = await desk.dispatcher.dispatch({ kind: 'rollback', strategy: 'snipe' }, 'desk')
  expect(back).toMatchObject({ outcome: 'done', message: expect.stringMatching(/^snipe v1 .* is live again$/) })
  expect(desk.engine.state.live.get('snipe')).toBe(first)
})

test('a slot that is new in the configuration gets a first state; pauses survive; held slots cannot be left out', async () => {
  const home = newHome({ slots: ['BTC-5m'], assign: { '*-5m': 'snipe' } })
  home.write('snipe.ts', eager('snipe'))
  const first = await home.desk()
  await first.life.start()
  await until('a position is open', () => first.engine.state.positions.size > 0, 60_000)
  await first.dispatcher.dispatch({ kind: 'pause', reason: 'quiet', slot: 'BTC-5m' }, 'cli')
  await first.life.stop()
  const [left] = first.engine.strategyStates('snipe')
  expect(left?.json).toMatch(/^\{"entries":[1-9]\}$/)

  home.configure({ slots: ['ETH-5m'], assign: { '*-5m': 'snipe' } })
  await expect(home.desk()).rejects.toThrow('positions or orders are open in BTC-5m: keep this slot')

  home.configure({ slots: ['BTC-5m', 'ETH-5m'], assign: { '*-5m': 'snipe' } })
  const second = await home.desk()
  await second.life.start()
  expect(second.engine.strategyStates('snipe').map((state) => state.json)).toEqual([left?.json, '{"entries":0}'])
  expect(second.engine.state.slots.get('BTC-5m' as never)?.pause?.reason).toBe('quiet')
  expect(await second.dispatcher.dispatch({ kind: 'resume', slot: 'BTC-5m' }, 'cli')).toMatchObject({ outcome: 'done' })
})

test('I1, I4: saves that overtake each other, with a rollback among them: one owner at every moment, the newest wins', async () => {
  const home = newHome({ slots: ['BTC-5m', 'ETH-5m', 'BTC-15m'], assign: { '*-5m': 'snipe', '*-15m': 'snipe' } })
  home.write('snipe.ts', eager('snipe', 0))
  const desk = await home.desk()
  await desk.life.start()
  const { state } = desk.engine
  await until('positions are open', () => state.positions.size >= 2, 60_000)
  const open = await held(state)
  const attempts: Promise<unknown>[] = []
  for (let marker = 1; marker <= 12; marker++) {
    home.write('snipe.ts', eager('snipe', marker))
    attempts.push(deploy(desk, 'snipe'))
    if (marker === 6) attempts.push(desk.dispatcher.dispatch({ kind: 'rollback', strategy: 'snipe' }, 'cli'))
    // From at once to after the swap: every step is overtaken by some save.
    await new Promise((resolve) => setTimeout(resolve, marker * 18))
  }
  await Promise.all(attempts)
  await desk.deployer.idle()
  const live = state.live.get('snipe') ?? ('' as never)
  expect(findVersion(desk.journal.db, 'snipe', live)?.bundle).toContain('marker: 12')
  expectOwner(open, live)
  const kept = listDeployments(desk.journal.db, 50)
    .filter((row) => row.state === 'kept')
    .toReversed()
  // Each says what it really replaced, whatever was live when it began.
  for (const [i, row] of some(kept.entries())) expect(row.from?.hash ?? null).toBe(kept[i - 1]?.version?.hash ?? null)
  expect(desk.loop.figures.missedCycles).toBe(0)
  expect(desk.journal.db.prepare("SELECT count(*) FROM events WHERE kind IN ('late', 'fault')").pluck().get()).toBe(0)
})

test('I1: a save that comes at any moment of another takes its place, or follows it', async () => {
  const home = newHome({ slots: ['BTC-5m'], assign: { '*-5m': 'snipe' } })
  home.write('snipe.ts', eager('snipe', 0))
  const desk = await home.desk()
  await desk.life.start()
  const { deployer } = desk
  const ends = new Set<string>()
  let marker = 0
  const save = () => {
    home.write('snipe.ts', eager('snipe', ++marker))
    return deploy(desk, 'snipe')
  }
  // The other comes as the row of the first changes for the nth time, until the first has no such change any more.
  for (let nth = 1, overtaken = true; overtaken; nth++) {
    let [first, changes] = ['', 0]
    let second: ReturnType<typeof save> | undefined
    const unsubscribe = deployer.changed.on((row) => {
      first ||= row.id
      if (row.id === first && ++changes === nth) second = Promise.resolve().then(save)
    })
    const row = await save()
    unsubscribe()
    overtaken = second !== undefined
    const newest = (await second) ?? row
    await deployer.idle()
    ends.add(`${row.state} ${row.steps.at(-1)?.name}`)
    expect(['superseded', 'kept']).toContain(row.state)
    expect(newest.state).toBe('kept')
    const live = desk.engine.state.live.get('snipe') ?? ('' as never)
    expect(findVersion(desk.journal.db, 'snipe', live)?.bundle).toContain(`marker: ${marker}`)
  }
  for (const step of ['compile', 'check', 'prove', 'policy', 'stage']) expect(ends).toContain(`superseded ${step}`)
  expect(ends).toContain('kept swap')
})
