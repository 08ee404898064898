import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { SimulatedVenue } from '../../src/engine/market/simulated-venue.ts'
import { venueSettingsOf } from '../../src/engine/market/venue-settings.ts'
import { auditDatabase } from '../../src/main/audit/audit.ts'
import type { openVenue } from '../../src/main/market/venues.ts'
import { HOUR } from '../../src/shared/domain/time.ts'
import { TestHome } from '../support/desk.ts'
import { FaultyVenue, VenueMemory } from '../support/faulty-venue.ts'

const RESTLESS = readFileSync(new URL('../e2e/fixtures/snipe.ts', import.meta.url), 'utf8')

function newHome(): TestHome {
  const slots = ['BTC-5m', 'SOL-5m', 'XRP-5m', 'SOL-15m']
  const caps = { ordersPerMinute: 200, lossPerDayUsd: 1_000 }
  const home = new TestHome({ slots, assign: { '*-5m': 'snipe', '*-15m': 'snipe' }, caps })
  onTestFinished(() => home.remove())
  home.write('snipe.ts', RESTLESS)
  return home
}

test('I3, I10: a desk at a venue that loses answers asks it, sends nothing twice, and has every fill that the venue has', async () => {
  const home = newHome()
  const memory = new VenueMemory(5)
  const open: typeof openVenue = (feed, config, seed, minutes) =>
    new FaultyVenue(
      {
        ...{ seed, slots: feed.slots, source: feed.settlement, pushesBooks: true, startsWithFeed: true },
        ...venueSettingsOf(config),
        ...minutes,
      },
      memory,
    )
  const desk = await home.desk({ speed: null, forMs: 2 * HOUR, openVenue: open })
  await desk.life.start()
  await desk.life.done
  expect(desk.life.panicked).toBeNull()
  expect(memory.arrived.size).toBeGreaterThan(200)
  expect(memory.seen.lost).toBeGreaterThan(20)
  expect(memory.seen.failedLate).toBeGreaterThan(5)
  expect([...memory.arrived.values()].every((times) => times === 1)).toBe(true)
  // It pays out what it is asked for, and only that.
  expect(memory.redeemed.size).toBeGreaterThan(5)
  await desk.journal.caughtUp()
  const count = (sql: string) => Number(desk.journal.db.prepare(sql).pluck().get())
  expect(count("SELECT count(*) FROM events WHERE kind = 'unknown'")).toBeGreaterThan(10)
  // All but those of the last seconds, whose answers are still awaited.
  const filled = [...memory.orders.values()].filter(({ fills }) => fills.length > 0).length
  const waiting = [...desk.engine.state.orders.values()].length
  expect(count('SELECT count(*) FROM fills')).toBeGreaterThanOrEqual(filled - waiting)
  expect(count('SELECT count(*) FROM fills')).toBeLessThanOrEqual(filled)
  await home.close()
  expect(auditDatabase(home.home.database, [70_000])).toMatchObject({ ok: true, value: { findings: [] } })
})

test('I12: while a venue does not say what became of an order entries are held, and it is asked until it answers', async () => {
  const home = newHome()
  let answers = 0
  class Silent extends SimulatedVenue {
    override snapshot(...asked: Parameters<SimulatedVenue['snapshot']>) {
      answers++
      if (answers < 3) throw new Error('503 Service Unavailable')
      return super.snapshot(...asked)
    }
  }
  const open: typeof openVenue = (feed, config, seed, minutes) =>
    new Silent({
      ...{ seed, slots: feed.slots, source: feed.settlement, pushesBooks: true, startsWithFeed: true },
      ...venueSettingsOf(config),
      ...minutes,
    })
  const desk = await home.desk({ openVenue: open })
  expect(desk.engine.state.holds.get('venue')).toContain('503 Service Unavailable')
  await expect.poll(() => desk.engine.state.holds.has('venue'), { timeout: 30_000 }).toBe(false)
  expect(answers).toBe(3)
})
