import { expect, test } from 'vitest'
import { auditDatabase } from '../../src/main/audit/audit.ts'
import { DeskClock } from '../../src/main/platform/desk-clock.ts'
import { MINUTE, SECOND } from '../../src/shared/domain/time.ts'
import { eager, TestHome, until } from '../support/desk.ts'
import { longForm } from '../support/long-form.ts'
import { marketClock } from '../support/polymarket-lab.ts'
import { generatedSim, SIM_START } from '../support/venue-sim.ts'

/** A minute of real time: in the full run alone. */
const RUNS = longForm(false, true)
if (!RUNS) console.log('paper on a simulated Polymarket: in the full run')
const WINDOWS = 2
const SPEED = 10

test.runIf(RUNS)(
  'a desk on paper trades a simulated Polymarket over real sockets: fills, outcomes and payouts, by its strikes and books alone',
  async () => {
    const startAt = SIM_START + 5 * MINUTE - 15 * SECOND
    const sim = await generatedSim({ assets: ['BTC', 'ETH'], startAt, speed: SPEED, polymarket: {} })
    const venue = sim.polymarket
    if (venue === undefined) throw new Error('no Polymarket')
    const { gammaUrl, clobUrl, marketWsUrl, rtdsUrl, polyboltUrl, siteUrl } = venue
    const home = new TestHome({
      slots: ['BTC-5m', 'ETH-5m'],
      assign: { '*-5m': 'eager' },
      binance: { restUrl: sim.restUrl, wsUrl: sim.wsUrl },
      polymarket: { gammaUrl, clobUrl, marketWsUrl, rtdsUrl, polyboltUrl, siteUrl },
      paper: { reversalPpm: 0 },
      decisionDeadlineMs: 4_000,
    })
    try {
      home.write('eager.ts', eager('eager'))
      const time = marketClock(sim, SPEED)
      const clock = new DeskClock({ ...time, uptime: () => sim.now() })
      const desk = await home.desk({ market: 'paper', feed: 'binance', clock })
      await desk.life.start()
      const trades = () =>
        desk.journal.db.prepare('SELECT * FROM trades').all() as { slot: string; window_id: string }[]
      await until('trades have settled', () => trades().length >= 2 * WINDOWS, 120_000)
      await until('they are paid', () => desk.hub.status().lockedPayouts === 0, 60_000)
      const { db } = desk.journal
      for (const { window_id: windowId } of trades()) {
        const row = db.prepare('SELECT strike, payout_up, source FROM settlements WHERE window_id = ?').get(windowId)
        expect(row).toMatchObject({ payout_up: venue.outcome(windowId) === 'Up' ? 1_000_000 : 0 })
      }
      expect(desk.hub.status()).toMatchObject({ market: 'paper', ledgerBalanced: true })
      await home.close()
      expect(auditDatabase(home.home.database, [70_000])).toMatchObject({ ok: true, value: { findings: [] } })
      // I7 is checked as the home is removed.
    } finally {
      await home.remove()
      await sim.close()
    }
  },
)
