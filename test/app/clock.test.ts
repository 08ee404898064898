import { describe, expect, type TestContext, test } from 'vitest'
import { isWorking } from '../../src/engine/state.ts'
import type { Desk } from '../../src/main/app/desk-life.ts'
import { readStatus } from '../../src/main/control/status-file.ts'
import { DeskClock } from '../../src/main/platform/desk-clock.ts'
import { HOUR, MINUTE, SECOND } from '../../src/shared/domain/time.ts'
import { eager, TestHome, until } from '../support/desk.ts'
import { longForm } from '../support/long-form.ts'
import { scaled } from '../support/patience.ts'
import { SteppedTime } from '../support/stepped-time.ts'
import { generatedSim } from '../support/venue-sim.ts'

/** A home that is removed with its test. These tests wait for real time most of the while: they run side by side. */
function newHome({ onTestFinished }: TestContext, config: object): TestHome {
  const home = new TestHome(config)
  onTestFinished(() => home.remove())
  return home
}

const said = (desk: Desk, text: string) =>
  Number(desk.journal.db.prepare('SELECT count(*) FROM events WHERE message LIKE ?').pluck().get(`%${text}%`))

/** All steps of the issue in the long form; the two that once stopped a desk in the short one. */
const STEPS: readonly (readonly [string, number])[] = longForm(
  [
    ['back by 10 min', -10 * MINUTE],
    ['forward by 120 s', 120 * SECOND],
  ],
  [
    ['back by 60 min', -HOUR],
    ['back by 10 min', -10 * MINUTE],
    ['back by 2.00 s', -2 * SECOND],
    ['forward by 2.00 s', 2 * SECOND],
    ['forward by 120 s', 120 * SECOND],
    ['forward by 60 min', HOUR],
  ],
)

describe.concurrent('A10: the computer’s clock is set under a running desk', () => {
  test('it is said everywhere, time goes on, nothing is missed, and positions settle', async (context) => {
    const home = newHome(context, { slots: ['BTC-5m', 'ETH-5m', 'SOL-5m'] })
    home.write('snipe.ts', eager('snipe'))
    const time = new SteppedTime()
    const { desk } = await home.station({ clock: new DeskClock(time) })
    await until('a position', () => desk.engine.state.positions.size > 0)
    let step = 0
    for (const [words, ms] of STEPS) {
      step += ms
      const before = { cycles: desk.loop.figures.cycles, now: desk.now(), monotonic: time.monotonic() }
      time.step(ms)
      await until(`it is said: ${words}`, () => said(desk, `the computer's clock was set ${words}`) > 0)
      await until('two more cycles', () => desk.loop.figures.cycles >= before.cycles + 2)
      // Desk time went on by what really passed, to a few milliseconds of reading.
      expect(Math.abs(desk.now() - before.now - (time.monotonic() - before.monotonic))).toBeLessThan(scaled(50))
      await until(
        'the status file says it',
        () => Math.abs((readStatus(home.home.status)?.clock.skewMs ?? 0) - step) < 250,
      )
      expect(desk.engine.state.trading).toBe('running')
      expect(desk.engine.state.holds.size).toBe(0)
    }
    expect(desk.loop.figures.missedCycles).toBe(0)
    const orders = desk.loop.figures.orders
    expect(orders).toBeGreaterThan(0)
    expect(desk.life.panicked).toBeNull()
  })

  test('a sleep of an hour cancels what rests, holds entries until prices are new, and goes on', async (context) => {
    const home = newHome(context, { slots: ['BTC-5m', 'ETH-5m'] })
    home.write('snipe.ts', RESTING)
    const time = new SteppedTime()
    const { desk } = await home.station({ clock: new DeskClock(time) })
    const resting = () => [...desk.engine.state.orders.values()].filter(isWorking)
    await until('an order rests', () => resting().some((order) => order.state === 'open'))
    const asleep = desk.now()
    const lastWindow = resting()[0]?.windowId
    time.sleep(HOUR)
    await until('it is said', () => said(desk, 'slept or stood still for 60 min') > 0)
    expect(desk.now() - asleep).toBeGreaterThan(HOUR - SECOND)
    await until('nothing of before rests', () => !resting().some((order) => order.windowId === lastWindow))
    await until('entries are no longer held', () => said(desk, 'entries are no longer held') > 0)
    const { cycles, orders } = desk.loop.figures
    await until('cycles go on', () => desk.loop.figures.cycles > cycles + 1)
    await until('an order of now', () => desk.loop.figures.orders > orders)
    expect(desk.engine.state.holds.size).toBe(0)
    expect(desk.loop.figures.missedCycles).toBeLessThan(2)
  })
})

describe.concurrent('A9: the computer’s clock against the venue’s', () => {
  test.for([120, -120])('%i s off: windows are the venue’s, and entries are held', async (offSec, context) => {
    const sim = await generatedSim({ assets: ['BTC'], startAt: Date.now(), speed: 1 })
    context.onTestFinished(() => sim.close())
    const home = newHome(context, {
      slots: ['BTC-5m'],
      assign: { '*-5m': 'snipe' },
      binance: { restUrl: sim.restUrl, wsUrl: sim.wsUrl },
    })
    home.write('snipe.ts', eager('snipe'))
    const time = new SteppedTime()
    time.step(offSec * SECOND)
    const { desk } = await home.station({ feed: 'binance', clock: new DeskClock(time) })
    // Desk time is the venue's although the computer's is not.
    expect(Math.abs(desk.now() - sim.now())).toBeLessThan(500)
    await until('entries are held', () => desk.engine.state.holds.has('clock'))
    const words = offSec > 0 ? '120 s ahead of the venue' : '120 s behind the venue'
    expect(desk.hub.status()).toMatchObject({ trading: 'paused', tradingReason: expect.stringContaining(words) })
    expect(desk.hub.status().alerts.join()).toContain(words)
    await until('it decides', () => desk.engine.state.slots.values().next().value?.lastWhy?.includes('held') === true)
    expect(desk.loop.figures.orders).toBe(0)
    await until('the status file', () => readStatus(home.home.status)?.holds.length === 1)
    expect(readStatus(home.home.status)).toMatchObject({ trading: 'paused', clock: { follows: 'venue' } })
    time.step(-offSec * SECOND)
    await until('entries go on', () => desk.engine.state.holds.size === 0)
    expect(desk.hub.status().trading).toBe('running')
  })
})

/** Rests far from the market, in every window. */
const RESTING = `import { defineStrategy } from 'baton'
export default defineStrategy({
  name: 'snipe',
  params: {},
  initialState: () => ({}),
  decide: (view, state) => {
    if (view.position !== null || view.orders.length > 0 || view.up.bid === null) return { state, why: 'wait' }
    return { state, intents: [{ kind: 'enter', side: 'up', limit: 0.2, stakeUsd: 5, tif: 'GTC', postOnly: true, why: 'rest' }] }
  },
})
`
