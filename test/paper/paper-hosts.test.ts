import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Service } from '../../scripts/venue-sim/polymarket/faults.ts'
import { HostWait } from '../../src/main/cli/host-wait.ts'
import { type FeedRequest, type OpenFeed, openFeed } from '../../src/main/market/feeds.ts'
import { DeskClock } from '../../src/main/platform/desk-clock.ts'
import { parseConfig } from '../../src/shared/config.ts'
import { SECOND } from '../../src/shared/domain/time.ts'
import { baton, temporaryFolder } from '../support/cli.ts'
import { until } from '../support/desk.ts'
import { DeskChild, freePort, root } from '../support/desk-process.ts'
import { hostsOf, marketClock } from '../support/polymarket-lab.ts'
import { value } from '../support/tape.ts'
import { generatedSim, SIM_START, type VenueSim } from '../support/venue-sim.ts'

const SPEED = 20
/** Longer than any test, ms of real time. */
const LONG = 600_000

let sim: VenueSim
let opened: OpenFeed | undefined
afterEach(async () => {
  await opened?.stop()
  opened = undefined
  await sim.close()
})

/** A simulated venue shortly before the start of a window. */
async function startSim() {
  const startAt = SIM_START + 15 * 60 * SECOND - 40 * SECOND
  sim = await generatedSim({ assets: ['BTC'], startAt, speed: SPEED, polymarket: {} })
  const { polymarket } = sim
  if (polymarket === undefined) throw new Error('no Polymarket')
  return polymarket
}

function request(part: Partial<FeedRequest> = {}): FeedRequest {
  const config = parseConfig(hostsOf(sim))
  if (!config.ok) throw new Error(config.error)
  return {
    ...{ market: 'paper', kind: 'binance', tapes: [], seed: 1, virtual: false, from: undefined, forMs: undefined },
    ...{ slots: 'BTC-5m', resume: undefined, config: config.value, credentials: sim.polymarket?.credentials ?? null },
    ...{ clock: new DeskClock(marketClock(sim, SPEED)), onFrame: () => {} },
    ...part,
  }
}

/** Waits until the feed shows a book, for which it needs Gamma, the market channel and a strike. */
async function untilBook({ data, listen }: OpenFeed): Promise<void> {
  let hasBook = false
  let hasPrice = false
  data?.listen((event) => {
    if (event.kind === 'book' && event.bids.length > 0) hasBook = true
  })
  listen?.((event) => {
    if (event.kind === 'price') hasPrice = true
  })
  await until('a book and a price', () => hasBook && hasPrice, 30_000)
}

/** Takes a host down until the function that is returned brings it back. */
function takeDown(host: Service | 'binance'): () => void {
  if (host !== 'binance') {
    sim.polymarket?.drop(host, LONG)
    return () => sim.polymarket?.drop(host, 0)
  }
  sim.failRest(10_000, 0)
  sim.drop(LONG)
  return () => {
    sim.failRest(0)
    sim.drop(0)
  }
}

describe('a start of the paper market', () => {
  test.for([
    ['gamma', /Polymarket's Gamma at http:\S+ did not answer: \/markets/],
    ['clob', /Polymarket's CLOB at http:\S+ did not answer: \/time/],
    ['market', /Polymarket's market channel at ws:\S+\/ws\/market did not answer: refused with 503/],
    ['binance', /Binance at http:\S+ did not answer: \/api\/v3\/time/],
  ] as const)('without %s names it, waits, and opens once it is back', async ([host, named]) => {
    await startSim()
    const bringBack = takeDown(host)
    const lines: string[] = []
    const wait = new HostWait(marketClock(sim, SPEED), (line) => lines.push(line))
    let attempts = 0
    const tryAgain = (reason: string) => {
      // The second attempt fails for the same reason, which is not printed again.
      if (++attempts === 2) bringBack()
      return wait.tryAgain(reason)
    }
    const feed = await openFeed(request({ tryAgain }))
    expect(wait.end()).toBeNull()
    opened = value(feed)
    expect(attempts).toBeGreaterThanOrEqual(2)
    expect(lines[0]).toMatch(named)
    expect(lines[0]).toMatch(/^waiting, and trying again every 15 s: .*--market simulated .* npm run venue-sim/)
    expect(lines[0]).not.toContain('\n')
    expect(lines.filter((line) => line === lines[0])).toHaveLength(1)
    expect(lines.at(-1)).toBe('the wait is over')
    await untilBook(opened)
  })

  test.for(['rtds', 'polybolt'] as const)('without %s needs only the other settlement source', async (host) => {
    await startSim()
    takeDown(host)
    opened = value(await openFeed(request()))
    expect(opened.notices.join()).not.toContain('settlement source')
    await untilBook(opened)
  })

  test('without any settlement source says beforehand that no strike will be known, and has books once one is back', async () => {
    await startSim()
    const bringBack = (['rtds', 'polybolt', 'site'] as const).map(takeDown)
    opened = value(await openFeed(request()))
    expect(opened.notices.at(-1)).toMatch(
      /no settlement source could be reached \(RTDS at \S+ did not answer: refused with 503; PolyBolt at .*no strike will be known and no trade made/,
    )
    const { data, slots } = opened
    let books = 0
    const dispose = data?.listen((event) => {
      if (event.kind === 'book' && event.bids.length > 0) books++
    })
    // Into the next window, whose start no source has told.
    const next = SIM_START + 15 * 60 * SECOND + 30 * SECOND
    await until('the next window', () => sim.now() > next)
    expect(books).toBe(0)
    dispose?.()
    expect(slots).toHaveLength(1)
    for (const each of bringBack) each()
    await untilBook(opened)
  })
})

test('the command line: a desk waits until a signal ends it, a run ends at once with code 2', async () => {
  await startSim()
  const folder = temporaryFolder()
  onTestFinished(() => folder.remove())
  const [gamma, rest] = [await freePort(), await freePort()]
  const hosts = hostsOf(sim)
  const config = {
    polymarket: { ...hosts.polymarket, gammaUrl: `http://127.0.0.1:${gamma}` },
    binance: { ...hosts.binance, restUrl: `http://127.0.0.1:${rest}` },
  }
  writeFileSync(join(folder.path, 'config.json'), JSON.stringify(config))
  const flags = ['--market', 'paper', '--home', folder.path, '--port', '0']
  const reason = new RegExp(
    `Polymarket's Gamma at http://127.0.0.1:${gamma} did not answer: .*ECONNREFUSED.*; Binance at http://127.0.0.1:${rest} did not answer: .*ECONNREFUSED.*Without them: --market simulated`,
  )
  const run = await baton('run', ...flags, '--for', '1m')
  expect(run.code).toBe(2)
  expect(run.err.trim()).toMatch(reason)
  expect(run.err.trim()).not.toContain('\n')
  const desk = new DeskChild([join(root, 'src/main/cli.ts'), 'desk', ...flags])
  await desk.printed(/(waiting, and trying again every 15 s)/)
  expect(desk.output).toMatch(reason)
  expect(await desk.stop('SIGINT')).toBe(0)
  expect(desk.output).toContain('The desk is down: stopped by SIGINT while it waited for its hosts')
})
