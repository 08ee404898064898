import { cpSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import type { Desk } from '../../src/main/app/desk-life.ts'
import { auditDatabase } from '../../src/main/audit/audit.ts'
import { DeskClock } from '../../src/main/platform/desk-clock.ts'
import type { FeedEvent } from '../../src/shared/domain/feed.ts'
import { price, shares } from '../../src/shared/domain/money.ts'
import { asset, makeSlot, type Window, windowAt } from '../../src/shared/domain/slots.ts'
import { MINUTE, SECOND } from '../../src/shared/domain/time.ts'
import { eager, TestHome, until } from '../support/desk.ts'
import { paperFeed } from '../support/paper-desk.ts'
import { ScriptedMarket } from '../support/scripted-market.ts'
import { held } from '../support/some.ts'
import { SteppedTime } from '../support/stepped-time.ts'

const SLOT = makeSlot(asset('BTC'), '5m')
const homes: TestHome[] = []
afterEach(async () => {
  for (const home of homes.splice(0)) await home.remove()
})

function newHome(): TestHome {
  const home = new TestHome({ slots: [SLOT.id], assign: { '*-5m': 'eager' }, paper: { reversalPpm: 0 } })
  homes.push(home)
  return home
}

/** A desk in real time on scripted market data, a minute into a window. */
class PaperLab {
  readonly time = new SteppedTime()
  readonly data = new ScriptedMarket([SLOT])
  readonly window: Window
  private tell: (event: FeedEvent) => void = () => {}

  constructor() {
    this.window = windowAt(SLOT, this.time.now())
    // A minute into the next window.
    this.time.step(this.window.end + MINUTE - this.time.now())
    this.window = windowAt(SLOT, this.time.now())
    this.data.outcome = (slot, window) => ({
      ...{ kind: 'settled', ts: this.time.now(), slot: slot.id, windowId: window.id, strike: 100, close: 101 },
      ...{ payoutUp: price(1_000_000), source: 'scripted' },
    })
  }

  async desk(home: TestHome): Promise<Desk> {
    const desk = await home.desk({
      ...{ market: 'paper', feed: 'binance', clock: new DeskClock(this.time) },
      openFeed: paperFeed(this.data, [SLOT], {
        ...{ source: null, from: this.time.now() },
        listen: (listener) => {
          this.tell = listener
        },
      }),
    })
    await desk.life.start()
    this.quote()
    return desk
  }

  /** A price, the strike and a book of the current window. */
  quote(): void {
    const ts = this.time.now()
    const at = { ts, slot: SLOT.id, windowId: windowAt(SLOT, ts).id }
    this.tell({ kind: 'price', ts, tsVenue: ts, asset: SLOT.asset, price: 100, volume: 1 })
    this.data.emit(
      { kind: 'strike', ...at, strike: 100 },
      {
        ...{ kind: 'book', ...at, tick: price(10_000) },
        bids: [{ price: price(480_000), shares: shares(50_000_000) }],
        asks: [{ price: price(500_000), shares: shares(50_000_000) }],
      },
    )
  }
}

/** A copy of a desk's home as it is on disk now: what a power cut leaves. */
async function asAfterCrash(desk: Desk, home: TestHome): Promise<TestHome> {
  await desk.journal.caughtUp()
  const copy = newHome()
  // The recording ends in the middle, and the next desk begins another.
  cpSync(home.folder, copy.folder, { recursive: true, filter: (path) => !/desk\.(lock|pid)$/.test(path) })
  return copy
}

test('a position open at a crash is settled by asking for its outcome, and paid, also when the crash came in between', async () => {
  const lab = new PaperLab()
  const home = newHome()
  home.write('eager.ts', eager('eager'))
  const first = await lab.desk(home)
  const [position] = await held(first.engine.state)
  if (position === undefined) throw new Error('no position')
  const copy = await asAfterCrash(first, home)
  await home.close()
  lab.time.sleep(6 * MINUTE)
  const desk = await lab.desk(copy)
  expect(lab.data.asked).toEqual([position.windowId])
  await until('the outcome is known', () => desk.engine.state.positions.get(position.id)?.state !== 'ended')
  expect(desk.engine.state.positions.get(position.id)?.state).toBe('resolved')

  // A crash between outcome and payout.
  const again = await asAfterCrash(desk, copy)
  await copy.close()
  const last = await lab.desk(again)
  expect(last.engine.state.positions.get(position.id)?.state).toBe('resolved')
  lab.time.sleep(31 * SECOND)
  lab.quote()
  await until('it is paid', () => !last.engine.state.positions.has(position.id))
  expect(last.hub.status()).toMatchObject({ ledgerBalanced: true, lockedPayouts: 0 })
  await again.close()
  expect(auditDatabase(again.home.database, [70_000])).toMatchObject({ ok: true, value: { findings: [] } })
})

test('an order that rested at a crash is gone, unfilled, and a stopped desk trades on where it was', async () => {
  const lab = new PaperLab()
  const home = newHome()
  home.write(
    'eager.ts',
    eager('eager').replace('Math.min(0.97, ask + 0.02)', '0.4').replace("why: 'eager", "tif: 'GTC', why: 'eager"),
  )
  const first = await lab.desk(home)
  const working = () => [...first.engine.state.orders.values()].filter(({ state }) => state === 'open')
  await until('an order rests', () => working().length > 0)
  const [order] = working()
  if (order === undefined) throw new Error('no order')
  const copy = await asAfterCrash(first, home)
  await home.close()
  const desk = await lab.desk(copy)
  const row = desk.journal.db.prepare('SELECT state, filled_shares FROM orders WHERE id = ?').get(order.id)
  expect(row).toEqual({ state: 'cancelled', filled_shares: 0 })
  expect(desk.engine.state.orders.has(order.id)).toBe(false)
})
