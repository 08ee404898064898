import { afterEach, expect, test } from 'vitest'
import { MICRO } from '../../../src/shared/domain/money.ts'
import { SECOND } from '../../../src/shared/domain/time.ts'
import { PolymarketLab } from '../../support/polymarket-lab.ts'
import { known } from '../../support/polymarket-sim.ts'

let lab: PolymarketLab | undefined
afterEach(() => lab?.close())

test('a market channel that names the other outcome than Gamma and the CLOB holds the outcome up for a minute, and no longer', async () => {
  lab = await PolymarketLab.open({ assets: ['BTC'], beforeMs: 5 * SECOND })
  const venue = known(lab.sim.polymarket)
  const { slug } = known(venue.windows().find(({ minutes }) => minutes === 5))
  venue.resolution(slug, { afterMs: 2_000, contradictory: true })
  const { data, events, reports } = lab
  expect((await data.start()).ok).toBe(true)
  await lab.until('the contradiction', () => reports.some((text) => text.includes('contradict each other')))
  const before = lab.sim.now()
  await lab.until('an outcome', () => events.some(({ kind }) => kind === 'settled'))
  expect(lab.sim.now() - before).toBeGreaterThan(45 * SECOND)
  expect(events.filter(({ kind }) => kind === 'settled')).toMatchObject([
    { windowId: slug, payoutUp: venue.outcome(slug) === 'Up' ? MICRO : 0, source: 'polymarket: gamma+clob' },
  ])
  expect(reports.filter((text) => text.includes('contradict'))).toHaveLength(1)
})
