import { cpSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Desk } from '../../src/main/app/desk-life.ts'
import { decisionDifferences, listDeployments } from '../../src/main/db/queries.ts'
import { systemClock } from '../../src/main/platform/system.ts'
import { hoursOf, openOwnTape } from '../../src/main/replay/own-tape.ts'
import type { DeploymentRow } from '../../src/shared/domain/deployments.ts'
import type { DecisionDifference } from '../../src/shared/domain/proofs.ts'
import { HOUR, unixMs } from '../../src/shared/domain/time.ts'
import { deploy, eager, TestHome, until } from '../support/desk.ts'
import { some } from '../support/some.ts'

const SLOTS = { slots: ['BTC-5m', 'ETH-5m', 'BTC-15m'], assign: { '*-5m': 'snipe', '*-15m': 'fade' } }
const PROOF = { hours: 2, minHours: 1, maxDrawdownUsd: 900 }

const homes: TestHome[] = []
let recorded: TestHome

/** Two hours and a half of a desk that traded, up to this moment. */
beforeAll(async () => {
  recorded = new TestHome(SLOTS)
  const now = systemClock.now()
  const from = unixMs(now - (now % 5_000) - 2.5 * HOUR)
  const desk = await recorded.desk({ speed: null, from, forMs: 2.5 * HOUR, seed: 11 })
  await desk.life.start()
  await desk.life.done
  await desk.life.stop()
})
afterAll(async () => {
  for (const home of [recorded, ...homes]) await home.remove()
})

/** A home with that recording in it. */
function newHome(config: object): TestHome {
  const home = new TestHome({ ...SLOTS, ...config })
  homes.push(home)
  cpSync(recorded.home.tape, home.home.tape, { recursive: true })
  home.write('snipe.ts', eager('snipe', 1))
  home.write('fade.ts', eager('fade', 1))
  return home
}

/** A started desk in real time. */
async function deskWith(config: object): Promise<{ home: TestHome; desk: Desk }> {
  const home = newHome(config)
  const desk = await home.desk()
  await desk.life.start()
  return { home, desk }
}

function save(home: TestHome, desk: Desk, text: string): Promise<DeploymentRow> {
  home.write('snipe.ts', text)
  return deploy(desk, 'snipe')
}

test('a candidate is replayed over the desk’s own tape beside the live version, and what differs is listed', async () => {
  const { home, desk } = await deskWith({ proof: PROOF })
  const told: DecisionDifference[] = []
  desk.deployer.differed.on(({ items }) => told.push(...items))
  const live = desk.engine.state.live.get('snipe')
  const same = await save(home, desk, `${eager('snipe', 1)}// a word more\n`.replace("'hold '", "'hold  '"))
  expect(same.state, same.reason ?? '').toBe('kept')
  expect(same.proof).toMatchObject({ verdict: 'passed', differences: 0, liveVersion: { hash: live } })
  expect(same.proof?.candidate).toEqual(same.proof?.live)
  expect(same.proof?.candidate?.trades).toBeGreaterThan(20)
  expect(same.proof?.slots).toEqual(['BTC-5m', 'ETH-5m'])
  expect((same.proof?.to ?? 0) - (same.proof?.from ?? 0)).toBeGreaterThan(1.9 * HOUR)
  expect(told).toEqual([])

  // It stakes less and enters in other windows.
  const other = await save(
    home,
    desk,
    eager('snipe', 2).replace('view.secondsLeft < 20', 'view.secondsLeft < 200').replace('stakeUsd: 5', 'stakeUsd: 6'),
  )
  expect(other.state, other.reason ?? '').toBe('kept')
  const { proof } = other
  expect(proof?.verdict).toBe('passed')
  expect(proof?.differences).toBeGreaterThan(20)
  expect(proof?.gates.map((gate) => [gate.name, gate.passed])).toEqual([
    ['faults', true],
    ['orders a minute', true],
    ['stake an order', true],
    ['drawdown', true],
  ])
  expect(proof?.trials).toBeGreaterThan(2)
  // What was told while it ran is what was stored, and each is a real difference.
  const stored = decisionDifferences(desk.journal.db, other.id)
  expect(stored).toHaveLength(proof?.differences ?? 0)
  expect(told).toEqual(stored)
  for (const one of some(told)) expect(one.candidate).not.toEqual(one.live)
  const trials = desk.journal.db.prepare("SELECT count(*) FROM trials WHERE kind = 'proof'").pluck().get()
  expect(trials).toBeGreaterThanOrEqual(2)
})

test('I11: a candidate beyond a bound is refused with the figure, and the live version goes on', async () => {
  const { home, desk } = await deskWith({ proof: { ...PROOF, maxStakeUsd: 8, maxOrdersPerMinute: 1 } })
  const live = desk.engine.state.live.get('snipe')
  const refused = async (text: string, broken: object, reason: RegExp) => {
    const row = await save(home, desk, text)
    expect(row.proof?.verdict).toBe('failed')
    const gates = row.proof?.gates.filter(({ passed }) => !passed) ?? []
    expect(gates).toContainEqual(expect.objectContaining(broken))
    expect(row).toMatchObject({ state: 'failed', end: { code: 'proof', broken: gates.map(({ name }) => name) } })
    expect(row.proof?.reason).toMatch(reason)
    expect(desk.engine.state.live.get('snipe')).toBe(live)
  }
  await refused(
    eager('snipe', 2).replace('stakeUsd: 5', 'stakeUsd: 9'),
    { name: 'stake an order', value: 9, bound: 8 },
    /stake an order \$9\.00, at most \$8\.00 allowed/,
  )
  // Sound at the dry run: it throws only where a window is nearly over.
  await refused(
    eager('snipe', 3).replace(
      'const side',
      "if (view.secondsLeft < 15 && view.secondsLeft > 4) throw new Error('planted')\n    const side",
    ),
    { name: 'faults', bound: 0 },
    /\d+ faults?, 0 allowed \(snipe\.ts:\d+:\d+ .* \(\w+-\d+m at \d\d:\d\d:\d\d\)\)/,
  )
  await refused(eager('snipe', 4), { name: 'orders a minute', bound: 1 }, /orders a minute \d, at most 1 allowed/)
  const cycles = desk.loop.figures.cycles
  await until('the desk goes on', () => desk.loop.figures.cycles > cycles)
  expect(desk.loop.figures.missedCycles).toBe(0)
})

test('U11: a candidate that loops for ever in its proof is refused with slot, moment, file and line', async () => {
  const { home, desk } = await deskWith({ proof: PROOF })
  const text = eager('snipe', 2).replace(
    'const side',
    'let on = view.secondsLeft < 15 && view.secondsLeft > 4\n    while (on) on = view.secondsLeft < 15\n    const side',
  )
  const line = text.split('\n').findIndex((one) => one.includes('while (on)')) + 1
  const row = await save(home, desk, text)
  expect(row).toMatchObject({ state: 'failed', end: { code: 'proof', broken: [] } })
  const message = expect.stringMatching(/15 s \(\w+-5m at \d\d:\d\d:\d\d\)/)
  expect(row.diagnostics).toEqual([expect.objectContaining({ file: 'snipe.ts', line, message })])

  // Given up by hand it does not hold up the next one.
  const under = save(home, desk, `${text}// again\n`.replace('secondsLeft > 4', 'secondsLeft > 5'))
  await until('its proof runs', () => listDeployments(desk.journal.db, 1)[0]?.proof?.verdict === 'running')
  const given = await desk.dispatcher.dispatch({ kind: 'dismiss', strategy: 'snipe', reason: 'no' }, 'desk')
  expect(given.outcome, given.message).toBe('done')
  const began = performance.now()
  expect((await under).state).toBe('superseded')
  expect(performance.now() - began).toBeLessThan(12_000)
})

test('where a reload deploys, the proof is there before one confirms, and only the hash that was looked at goes live', async () => {
  const home = newHome({ proof: PROOF, deployOn: 'reload' })
  const { desk } = await home.station()
  const live = desk.engine.state.live.get('snipe')
  home.write('snipe.ts', eager('snipe', 5))
  const saved = () => listDeployments(desk.journal.db, 20).find((row) => row.trigger === 'save')
  await until('it is proved and waits', () => saved()?.state === 'waiting')
  expect(desk.engine.state.live.get('snipe')).toBe(live)
  expect(saved()).toMatchObject({ proof: { verdict: 'passed', differences: 0, liveVersion: { hash: live } } })
  const hash = saved()?.version?.hash
  const wrong = await desk.dispatcher.dispatch({ kind: 'reload', strategy: 'snipe', hash: 'abcdef012345' }, 'desk')
  expect(wrong).toMatchObject({ outcome: 'refused', code: 'changed' })
  const right = await desk.dispatcher.dispatch({ kind: 'reload', strategy: 'snipe', hash }, 'desk')
  expect(right.outcome).toBe('done')
  expect(saved()).toMatchObject({ state: 'kept', proof: { verdict: 'passed' } })
  expect(desk.engine.state.live.get('snipe')).toBe(hash)
})

test('too little tape is said, not guessed', async () => {
  const { home, desk } = await deskWith({ proof: { hours: 24, minHours: 12 } })
  const row = await save(home, desk, eager('snipe', 6))
  expect(row.state).toBe('kept')
  expect(row.proof).toMatchObject({ verdict: 'insufficient', candidate: null })
  expect(row.proof?.reason).toMatch(
    /too little tape to judge by: \d\.\d h of \S+ and 1 more, at least 12 h are needed; nothing was guessed/,
  )
})

test('hours that only some slots have, holes, and another feed’s tape do not count as tape', async () => {
  const home = new TestHome({ ...SLOTS, proof: { hours: 24, minHours: 1 } })
  homes.push(home)
  const idle = (name: string) => eager(name).replace('view.secondsLeft < 20', 'view.secondsLeft < 2_000')
  for (const name of ['snipe', 'fade']) home.write(`${name}.ts`, idle(name))
  const now = systemClock.now()
  const start = now - (now % 900_000) - 4 * HOUR
  const record = async (hoursFrom: number, hours: number, slots: string) => {
    const desk = await home.desk({ speed: null, from: unixMs(start + hoursFrom * HOUR), forMs: hours * HOUR, slots })
    await desk.life.start()
    await desk.life.done
    await desk.life.stop()
  }
  await record(0, 1, 'BTC-5m,BTC-15m')
  // An hour of silence lies between.
  await record(2, 0.5, 'BTC-5m,ETH-5m,BTC-15m')
  const span = { since: 0, until: null, only: null, feed: 'simulated' }
  const tape = openOwnTape(home.home.tape, span)
  if (!tape.ok) throw new Error(tape.error)
  const hours = Object.fromEntries(tape.value.slots.map((slot) => [slot.id, hoursOf(tape.value, slot)]))
  expect(hours['BTC-5m']).toBeCloseTo(1.5, 1)
  expect(hours['ETH-5m']).toBeCloseTo(0.5, 1)
  expect(tape.value.to - tape.value.from).toBeGreaterThan(2.4 * HOUR)
  expect(openOwnTape(home.home.tape, { ...span, feed: 'binance' }).ok).toBe(false)

  const desk = await home.desk()
  await desk.life.start()
  const row = await save(home, desk, idle('snipe').replace("'hold '", "'hold on '"))
  expect(row.proof).toMatchObject({ verdict: 'insufficient', candidate: null })
  expect(row.proof?.reason).toMatch(/too little tape to judge by: 0\.\d h of ETH-5m, at least 1 h are needed/)
})

test('I11: a desk that stops during a proof gives the attempt up, and calls nothing failed', async () => {
  const home = newHome({ proof: PROOF })
  const desk = await home.desk()
  await desk.life.start()
  const spinning = eager('snipe', 7).replace(
    'const side',
    'for (let i = 0; i < 20_000; i++) state.entries * i\n    const side',
  )
  home.write('snipe.ts', spinning)
  const attempt = deploy(desk, 'snipe')
  await until('it is being proved', () => listDeployments(desk.journal.db, 1)[0]?.proof?.verdict === 'running')
  const stopping = desk.life.stop()
  const row = await attempt
  await stopping
  expect(row).toMatchObject({ state: 'superseded', end: { code: 'stopped' } })
})
