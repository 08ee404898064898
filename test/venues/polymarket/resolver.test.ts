import { expect, test } from 'vitest'
import { HttpReader } from '../../../src/main/net/http.ts'
import { Resolver } from '../../../src/main/venues/polymarket/resolution.ts'
import type { Clock } from '../../../src/shared/domain/feed.ts'
import { MICRO } from '../../../src/shared/domain/money.ts'
import { unixMs } from '../../../src/shared/domain/time.ts'
import { serveJson } from '../../support/json-server.ts'

const SLUG = 'btc-updown-5m-1795176600'
const CONDITION = `0x${'ab'.repeat(32)}`
const END = 1_795_176_900_000

/** Time that passes two hundred times as fast, from ten seconds after the window's end. */
function fastClock(): Clock {
  const began = performance.now()
  const passed = () => (performance.now() - began) * 200
  return {
    now: () => unixMs(Math.floor(END + 10_000 + passed())),
    monotonic: passed,
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs / 200)
      return () => clearTimeout(timer)
    },
  }
}

function row(part: object): object {
  return {
    slug: SLUG,
    conditionId: CONDITION,
    outcomes: '["Up", "Down"]',
    outcomePrices: '["1", "0"]',
    eventStartTime: '2026-11-20T12:10:00Z',
    endDate: '2026-11-20T12:15:00Z',
    closed: true,
    ...part,
  }
}

/** Lets a resolver ask a host that answers with these, and returns what it decides. */
async function decided(gamma: object, clob: object, winner?: string): Promise<readonly unknown[]> {
  const server = await serveJson((path) => (path.startsWith('/markets?') ? [gamma] : clob))
  const clock = fastClock()
  const reader = () => new HttpReader({ baseUrl: server.url, clock, requestMs: 2_000_000 })
  const outcomes: unknown[] = []
  const readers = { gamma: reader(), clob: reader() }
  const resolver = new Resolver({
    ...readers,
    clock,
    onOutcome: (_slug, payoutUp, source) => outcomes.push([payoutUp, source]),
    report: () => {},
  })
  resolver.await({ slug: SLUG, end: END, market: { conditionId: CONDITION, tokens: { up: '1', down: '2' } } })
  if (winner !== undefined) resolver.told(CONDITION, winner)
  // Two minutes of market time and more, by requests.
  await server.until(20)
  resolver.stop()
  readers.gamma.stop()
  readers.clob.stop()
  await server.close()
  return outcomes
}

const OPEN = { tokens: [{ token_id: '1' }, { token_id: '2' }] }

test('the row of another market decides nothing', async () => {
  expect(await decided(row({ slug: 'btc-updown-5m-1795090200' }), OPEN)).toEqual([])
  expect(await decided(row({ conditionId: `0x${'cd'.repeat(32)}` }), OPEN)).toEqual([])
})

test('a split is paid by half, although the CLOB and the market channel name no winner', async () => {
  const split = row({ outcomePrices: '["0.5", "0.5"]', umaResolutionStatus: 'resolved' })
  expect(await decided(split, OPEN, '')).toEqual([[MICRO / 2, 'gamma']])
})

test('without Gamma, the CLOB and the market channel decide together, and neither alone', async () => {
  const open = row({ closed: false })
  const won = {
    tokens: [
      { token_id: '1', winner: false },
      { token_id: '2', winner: true },
    ],
  }
  expect(await decided(open, won, '2')).toEqual([[0, 'clob+market channel']])
  expect(await decided(open, won)).toEqual([])
  expect(await decided(open, OPEN, '2')).toEqual([])
})
