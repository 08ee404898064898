import { afterEach, expect, test } from 'vitest'
import { readStatus } from '../../src/main/control/status-file.ts'
import { HOUR, unixMs } from '../../src/shared/domain/time.ts'
import { eager, TestHome, until } from '../support/desk.ts'

const homes: TestHome[] = []
afterEach(() => Promise.all(homes.splice(0).map((home) => home.remove())))

test('A11: status.json has every open position, of earlier windows too, and every order, with their owners', async () => {
  const home = new TestHome({ slots: ['BTC-5m', 'ETH-5m'], assign: { '*-5m': 'snipe' } })
  homes.push(home)
  home.write('snipe.ts', eager('snipe'))
  const { desk } = await home.station({ speed: 120, from: unixMs(Date.UTC(2026, 0, 5)), forMs: 6 * HOUR })
  await until('a window’s position beside the one before', () => {
    const slots = readStatus(home.home.status)?.slots ?? []
    return slots.some(({ positions }) => positions.length > 1)
  })
  const slots = readStatus(home.home.status)?.slots ?? []
  const live = desk.engine.state.live.get('snipe')
  for (const { positions } of slots)
    for (const { owner, window, unsettleable } of positions)
      expect([owner, window, unsettleable]).toEqual([live, expect.stringMatching(/-updown-5m-\d+$/), false])
  const windows = slots.flatMap(({ positions }) => positions.map(({ window }) => window))
  expect(new Set(windows).size).toBe(windows.length)
})
