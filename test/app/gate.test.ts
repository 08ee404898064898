import { afterEach, expect, test } from 'vitest'
import type { Desk } from '../../src/main/app/desk-life.ts'
import { deploy, eager, TestHome, until } from '../support/desk.ts'
import { scaled } from '../support/patience.ts'
import { some } from '../support/some.ts'

const homes: TestHome[] = []
const SLOTS = { slots: ['BTC-5m', 'ETH-5m', 'BTC-15m'], assign: { '*-5m': 'snipe', '*-15m': 'fade' } }

function newHome(): TestHome {
  const home = new TestHome(SLOTS)
  homes.push(home)
  home.write('snipe.ts', eager('snipe'))
  home.write('fade.ts', eager('fade'))
  return home
}

afterEach(async () => {
  for (const home of homes.splice(0)) await home.remove()
})

const orders = (desk: Desk) =>
  desk.journal.db.prepare('SELECT state, reason, digest FROM orders').all() as {
    state: string
    reason: string | null
    digest: string | null
  }[]

test('I5: a kill between the signed body and the send keeps the order here', async () => {
  const desk = await newHome().desk()
  const { journal, gate } = desk
  const flush = journal.flush.bind(journal)
  journal.flush = async () => {
    await flush()
    const signed = Number(journal.db.prepare("SELECT count(*) FROM orders WHERE state = 'signed'").pluck().get())
    // At the very moment at which the signed order is durable and has not left.
    if (signed > 0) gate.shut('planted', false)
  }
  await desk.life.start()
  await until('every order was stopped', () => {
    const all = orders(desk)
    return all.length > 0 && all.every((order) => order.state === 'cancelled')
  })
  for (const order of some(orders(desk)))
    expect(order).toMatchObject({ state: 'cancelled', reason: 'killed: planted', digest: expect.any(String) })
  expect(desk.loop.figures.fills).toBe(0)
})

test('I3: when the journal cannot be written nothing leaves, and trading stops with the reason', async () => {
  const desk = await newHome().desk()
  const { journal } = desk
  const flush = journal.flush.bind(journal)
  journal.flush = () => {
    const [newest] = desk.engine.state.orders.values()
    return newest === undefined ? flush() : Promise.reject(new Error('database or disk is full'))
  }
  await desk.life.start()
  await desk.life.done
  expect(desk.life.panicked).toMatchObject({ message: 'database or disk is full' })
  expect(desk.gate.isShut).toBe(true)
  expect(desk.loop.figures.fills).toBe(0)
  journal.flush = flush
})

test('I5: a kill is at once, with a strategy that spins and a deployment half done', async () => {
  const home = newHome()
  const desk = await home.desk()
  await desk.life.start()
  await until('positions are open', () => desk.engine.state.positions.size > 0, 60_000)
  home.write(
    'snipe.ts',
    eager('snipe', 2).replace(
      'const ask',
      'let on = view.secondsLeft > 0\n    while (on) on = view.secondsLeft > 0\n    const ask',
    ),
  )
  const half = deploy(desk, 'snipe')
  await until(
    'the deployment is in its dry run',
    () =>
      half !== undefined &&
      desk.journal.db.prepare("SELECT count(*) FROM deployments WHERE state = 'staging'").pluck().get() === 1,
  )
  const started = performance.now()
  const outcome = await desk.dispatcher.dispatch({ kind: 'kill', reason: 'test' }, 'cli')
  const tookMs = performance.now() - started
  expect(outcome.outcome).toBe('done')
  expect(tookMs).toBeLessThan(scaled(250))
  const before = orders(desk).length
  expect((await half).state).toBe('failed')
  const { cycles } = desk.loop.figures
  await until('two more cycles', () => desk.loop.figures.cycles >= cycles + 2)
  expect(orders(desk)).toHaveLength(before)
  expect(desk.loop.figures.missedCycles).toBe(0)
})
