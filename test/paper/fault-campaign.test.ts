import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PolymarketSim } from '../../scripts/venue-sim/polymarket/sim.ts'
import { isUnsettled } from '../../src/engine/state.ts'
import type { MarketData, MarketDataEvent } from '../../src/engine/venue/market-data.ts'
import { auditDatabase } from '../../src/main/audit/audit.ts'
import { openFeed } from '../../src/main/market/feeds.ts'
import { DeskClock } from '../../src/main/platform/desk-clock.ts'
import { engineBuild } from '../../src/main/platform/engine-build.ts'
import { packageRoot } from '../../src/main/platform/package-files.ts'
import { MINUTE, SECOND } from '../../src/shared/domain/time.ts'
import { eager, TestHome } from '../support/desk.ts'
import { FaultCampaign } from '../support/fault-campaign.ts'
import { longForm } from '../support/long-form.ts'
import { MarketTime } from '../support/market-time.ts'
import { hostsOf } from '../support/polymarket-lab.ts'
import { known } from '../support/polymarket-sim.ts'
import { checkAll } from '../support/recorded.ts'
import { some } from '../support/some.ts'
import { TrueBooks } from '../support/true-books.ts'
import { generatedSim, SIM_START, type VenueSim } from '../support/venue-sim.ts'

/** Market minutes with faults, for each form of the hashes of changes; none in the short form. */
const LENGTH = Number(process.env.BATON_CAMPAIGN ?? longForm(0, 50))
const CAMPAIGNS = [
  { deltaHashes: 'checksum', minutes: LENGTH, seed: 11 },
  // Nothing but REST shows that a change was lost.
  { deltaHashes: 'other', minutes: LENGTH * 0.3, seed: 21 },
] as const
const SLOTS = ['BTC-5m', 'ETH-5m', 'SOL-5m', 'BTC-15m', 'ETH-15m']
/** Interval of the venue's quotes: its books change at no other time, but for a new tick. */
const QUOTE_MS = 500
/** Latency, taker delay, the interval of books of a window, and a step of time. */
const AFTER_MS = 25 + 150 + 50 + 25
/** A fault that withholds frames of a token is noticed after 3 s, within a second, and asked about every 2 s. */
const NOTICED_MS = 6 * SECOND + AFTER_MS
/** The longest such fault. */
const HIDDEN_MS = 20 * SECOND

let time: MarketTime
let home: TestHome
let sim: VenueSim | undefined
beforeEach(() => {
  time = new MarketTime(SIM_START + 14 * MINUTE)
  home = new TestHome({})
})
afterEach(async () => {
  await home.close()
  await sim?.close()
  await time.stop()
  await home.remove()
})

/** Enters whenever it may, and exits now and then. */
const GREEDY = eager('greedy').replace(
  'const side',
  `if (view.position !== null && view.secondsLeft % 40 === 0 && view[view.position.side].bid !== null)
      return { state, intents: [{ kind: 'exit', limit: 0.01, why: 'out' }] }
    const side`,
)

/** A venue in market time. */
async function openVenue(
  deltaHashes: 'checksum' | 'other',
): Promise<{ sim: VenueSim; pm: PolymarketSim; books: TrueBooks }> {
  const opened = await generatedSim({
    ...{ assets: ['BTC', 'ETH', 'SOL'], startAt: time.now(), clock: () => time.monotonic() },
    polymarket: { quoteMs: QUOTE_MS, missingSeconds: 0.0007, deltaHashes },
  })
  sim = opened
  const books = new TrueBooks(opened)
  let lookedAt = 0
  time.onTime = () => {
    opened.step()
    const quotedAt = time.monotonic() - (time.monotonic() % QUOTE_MS)
    if (quotedAt > lookedAt) books.look()
    lookedAt = quotedAt
  }
  time.start()
  return { sim: opened, pm: known(opened.polymarket), books }
}

/** Resolves once something is so, however long it takes in real time; before that, market time may run out. */
async function reached(isSo: () => boolean, latest: number): Promise<void> {
  while (!isSo() && time.monotonic() < latest) await new Promise((resolve) => setTimeout(resolve, 20))
}

test.skipIf(LENGTH === 0).for(CAMPAIGNS)(
  'a paper desk through faults of every kind, one every few seconds; hashes of changes: $deltaHashes',
  async ({ deltaHashes, minutes, seed }) => {
    const { sim, pm, books } = await openVenue(deltaHashes)
    home.configure({
      ...{ ...hostsOf(sim), slots: SLOTS, assign: { '*-5m': 'greedy', '*-15m': 'greedy' }, decisionDeadlineMs: 4_000 },
      ...{ accountUsd: 100_000, caps: { lossPerDayUsd: 50_000, ordersPerMinute: 240 } },
    })
    home.write('greedy.ts', GREEDY)
    const clock = new DeskClock(time)
    time.onStep = () => books.noteTime(clock.now())
    let data: MarketData | undefined
    const events: MarketDataEvent[] = []
    const desk = await home.desk({
      ...{ market: 'paper', feed: 'binance', clock },
      openFeed: async (request) => {
        const feed = await openFeed({ ...request, credentials: pm.credentials })
        data = feed.ok ? known(feed.value.data) : undefined
        data?.listen((event) => events.push(event))
        return feed
      },
    })
    const log: string[] = []
    const note = (text: string) => log.push(`${new Date(time.now()).toISOString()} ${text}`)
    desk.journal.eventWritten.on(({ level, message }) => level !== 'info' && note(message))
    await desk.life.start()
    // Deploying took real time; from here on the market runs as fast as the machine lets it.
    time.pauseMs = 1
    time.isBusy = () => desk.loop.inCycle
    const began = { real: performance.now(), market: time.monotonic() }
    const speed = () => Math.max(1, (time.monotonic() - began.market) / (performance.now() - began.real))
    const campaign = new FaultCampaign(sim, seed, speed)
    const end = began.market + minutes * MINUTE
    const fault = () => {
      if (time.monotonic() >= end) return
      const kind = campaign.make()
      books.look()
      note(kind)
      time.after(2 * SECOND + (campaign.total % 5) * SECOND, fault)
    }
    fault()
    await reached(() => desk.life.panicked !== null, end)
    campaign.clear()
    const ratio = speed()

    // Nothing is stuck: every slot has a usable book again, and what was open is settled.
    const cleared = time.monotonic()
    const shown = new Set<string>()
    data?.listen((event) => event.kind === 'book' && event.bids.length > 0 && shown.add(event.slot))
    const left = () =>
      [...desk.engine.state.positions.values()].filter((each) => isUnsettled(each) && each.windowEnd <= cleared)
    await reached(() => shown.size === SLOTS.length && left().length === 0, cleared + 20 * MINUTE)
    const { figures } = desk.loop
    const { panicked } = desk.life
    const stuck = left().map(({ windowId }) => windowId)
    await home.close()
    if (process.env.BATON_CAMPAIGN_LOG === '1') process.stdout.write(`${log.join('\n')}\n`)
    expect(panicked).toBeNull()
    expect([...shown].toSorted()).toEqual(SLOTS.toSorted())
    expect(stuck).toEqual([])

    const db = new Database(home.home.database, { readonly: true })
    const rows = <Row>(sql: string) => some(db.prepare(sql).all() as Row[])
    const orders = rows<{ slug: string; at: number }>(
      "SELECT window_id AS slug, created_at AS at FROM orders WHERE kind = 'enter'",
    )
    const strikes = new Map(
      events.flatMap((event) => (event.kind === 'strike' ? [[String(event.windowId), event] as const] : [])),
    )
    for (const { slug, at } of orders) {
      expect(strikes.get(slug)?.ts, slug).toBeLessThanOrEqual(at)
      expect(campaign.withoutStrike.has(slug), slug).toBe(false)
    }
    for (const [slug, { strike }] of strikes) expect(strike, slug).toBeCloseTo(Number(pm.strike(slug)), 6)

    const settlements = rows<{ slug: string; payout: number }>(
      'SELECT window_id AS slug, payout_up AS payout FROM settlements',
    )
    for (const { slug, payout } of settlements) {
      const winner = campaign.resolved.get(slug)?.winner ?? pm.outcome(slug)
      expect(payout, slug).toBe(winner === 'split' ? 500_000 : winner === 'Up' ? 1_000_000 : 0)
    }

    const fills = rows<{ ts: number; kind: string; price: number; side: string; slug: string }>(
      'SELECT f.ts, f.kind, f.price, o.side, o.window_id AS slug FROM fills f JOIN orders o ON o.id = f.order_id',
    )
    db.close()
    const late = fills.flatMap(({ ts, kind, price, side, slug }) => {
      const takesAsks = (kind === 'enter') === (side === 'up')
      const at = books.marketTime(ts)
      const ms = books.staleness({ slug, takesAsks, ofUp: side === 'up' ? price : 1_000_000 - price }, at)
      const isHidden = campaign.hidden.some((from) => from <= at && at <= from + HIDDEN_MS + NOTICED_MS)
      return ms > AFTER_MS ? [{ at: new Date(at).toISOString(), slug, ms, isHidden }] : []
    })
    process.stdout.write(
      `${minutes} min at ${ratio.toFixed(1)} x: ${campaign.total} faults, ${figures.orders} orders, ${fills.length} fills, ` +
        `${settlements.length} windows settled, ${strikes.size} strikes; ${late.length} fills at a price up to ` +
        `${Math.max(0, ...late.map(({ ms }) => ms))} ms old while frames were withheld\n` +
        `${[...campaign.counts].map(([kind, count]) => `${kind} ${count}`).join(', ')}\n`,
    )
    // A book whose frames are withheld can be old only for as long as it takes to notice; no other can.
    expect(late.filter(({ ms, isHidden }) => !isHidden || ms > NOTICED_MS)).toEqual([])
    expect(late.length).toBeLessThan(fills.length / 20)

    const { decisions, differences } = checkAll(home.home.tape, engineBuild(packageRoot()))
    expect(differences).toEqual([])
    expect(decisions).toBeGreaterThan(minutes * 12)
    expect(auditDatabase(home.home.database, [70_000])).toMatchObject({ ok: true, value: { findings: [] } })
    expect(campaign.counts.size).toBeGreaterThan(Math.min(24, minutes * 2))
    expect(campaign.total).toBeGreaterThan(minutes * 12)
    // Where hashes of changes say nothing, books are withheld more often.
    expect(fills.length).toBeGreaterThan(deltaHashes === 'checksum' ? minutes * 3 : minutes)
    expect(settlements.length).toBeGreaterThan(minutes / 2)
  },
)
