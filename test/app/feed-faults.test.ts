import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { readStatus } from '../../src/main/control/status-file.ts'
import type { Asset } from '../../src/shared/domain/slots.ts'
import { SECOND } from '../../src/shared/domain/time.ts'
import { eager, TestHome, until } from '../support/desk.ts'
import { generatedSim, type VenueSim } from '../support/venue-sim.ts'

const homes: TestHome[] = []
const sims: VenueSim[] = []
afterEach(async () => {
  for (const home of homes.splice(0)) await home.remove()
  for (const sim of sims.splice(0)) await sim.close()
})

const ASSETS = ['BTC', 'ETH', 'SOL', 'XRP']
/** What is done to each asset's prices, and what must be said of it meanwhile. */
const FAULTS: readonly (readonly [asset: string, said: RegExp])[] = [
  ['ETH', /no entries in ETH: no readable price for 8 s/],
  ['SOL', /no entries in SOL: the price jumped from [\d.]+ to [\d.]+ \(\+\d+ %\); it is withheld/],
  ['XRP', /no entries in XRP: .*its times are in microseconds since 1970/],
]

test('B5, B6, B11: a silent, an unreadable and an absurd asset are warnings in status, status file, journal and log, and mend', async () => {
  const sim = await generatedSim({ assets: ASSETS, startAt: Date.now(), speed: 1 })
  sims.push(sim)
  const home = new TestHome({
    slots: ASSETS.map((name) => `${name}-15m`),
    assign: { '*-15m': 'snipe' },
    stalePriceMs: 4_000,
    binance: { restUrl: sim.restUrl, wsUrl: sim.wsUrl },
  })
  homes.push(home)
  home.write('snipe.ts', eager('snipe'))
  const { desk } = await home.station({ feed: 'binance' })
  const { state } = desk.engine
  const assetOf = (name: string) => state.assets.get(name as Asset)
  const usual = new Map(ASSETS.map((name) => [name, assetOf(name)?.price ?? Number.NaN]))
  expect(desk.hub.status().alerts).toEqual([])

  sim.silence(15 * SECOND, 'ETHUSDT')
  sim.shock('SOLUSDT', 3, 8 * SECOND)
  sim.micros(9 * SECOND, 'XRPUSDT')
  // Each fault ends by itself, and the last may begin to be said when the first is over: they are gathered at every look.
  const said = new Set<string>()
  await until('an alert and a stale slot of each, and an alert in the status file', () => {
    for (const [name, words] of FAULTS) {
      if (!desk.hub.status().alerts.some((alert) => words.test(alert))) continue
      said.add(`alert of ${name}`)
      if (desk.hub.slots().find(({ asset }) => asset === name)?.status === 'stale') said.add(`stale ${name}`)
    }
    const alerts = readStatus(home.home.status)?.alerts ?? []
    if (alerts.some((alert) => /no entries in (ETH|SOL|XRP)/.test(alert))) said.add('status file')
    expect(state.feed.stale).not.toContain('BTC')
    return said.size === 2 * FAULTS.length + 1
  })
  await until('all is well', () => desk.hub.status().alerts.length === 0)
  expect(state.feed).toMatchObject({ connected: true, stale: [], problems: [] })

  await desk.journal.caughtUp()
  const events = desk.journal.db.prepare('SELECT level, message FROM events WHERE kind = ?').all('feed')
  for (const [level, message] of [
    ['warn', /^ETH: no readable price/],
    ['info', /^ETH delivers again after \d+ s$/],
    ['warn', /^SOL: the price jumped/],
    ['info', /^SOL is back at/],
    ['warn', /^XRP: \d of its \d frames in 4 s cannot be read/],
    ['warn', /^1 unreadable frame \(1 in all\): XRP: its times are in microseconds/],
    ['info', /^XRP is readable again$/],
  ] as const) {
    expect(events).toContainEqual({ level, message: expect.stringMatching(message) })
  }
  // Nothing of the threefold price has reached candles, the price or a strike.
  for (const name of ASSETS) {
    const most = 1.1 * (usual.get(name) ?? 0)
    expect(Math.max(...(assetOf(name)?.candles['1m'].newest(5) ?? []).map(({ high }) => high))).toBeLessThan(most)
    expect(assetOf(name)?.price).toBeLessThan(most)
  }
  await home.close()
  const log = readFileSync(join(home.home.logs, 'baton.log'), 'utf8').split('\n')
  const warned = log.filter((line) => line !== '').map((line): unknown => JSON.parse(line))
  expect(warned).toContainEqual(
    expect.objectContaining({ level: 40, msg: expect.stringMatching(/^SOL: the price jumped/) }),
  )
})
