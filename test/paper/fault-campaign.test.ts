import Database from 'better-sqlite3'
import { afterAll, expect, test } from 'vitest'
import { isUnsettled } from '../../src/engine/state.ts'
import type { MarketData, MarketDataEvent } from '../../src/engine/venue/market-data.ts'
import { auditDatabase } from '../../src/main/audit/audit.ts'
import { openFeed } from '../../src/main/market/feeds.ts'
import { DeskClock } from '../../src/main/platform/desk-clock.ts'
import { engineBuild } from '../../src/main/platform/engine-build.ts'
import { packageRoot } from '../../src/main/platform/package-files.ts'
import { parseSlot } from '../../src/shared/domain/slots.ts'
import { MINUTE, SECOND } from '../../src/shared/domain/time.ts'
import { eager, TestHome, until } from '../support/desk.ts'
import { FaultCampaign } from '../support/fault-campaign.ts'
import { longForm } from '../support/long-form.ts'
import { MarketTime } from '../support/market-time.ts'
import { hostsOf } from '../support/polymarket-lab.ts'
import { known } from '../support/polymarket-sim.ts'
import { checkAll } from '../support/recorded.ts'
import { some } from '../support/some.ts'
import { generatedSim, SIM_START, type VenueSim } from '../support/venue-sim.ts'

const MINUTES = Number(process.env.BATON_CAMPAIGN ?? longForm(6, 75))
const SLOTS = ['BTC-5m', 'ETH-5m', 'SOL-5m', 'BTC-15m', 'ETH-15m']
/** Interval of the venue's quotes: its books change at no other time, but for a new tick. */
const QUOTE_MS = 500
/** Latency and taker delay, and the interval of books of a window. */
const AFTER_MS = 25 + 150 + 50
const SEED = Number(process.env.BATON_SEED ?? 11)

/** Best prices of Up, micro-dollars; null for an empty side. */
interface Best {
  readonly at: number
  readonly bid: number | null
  readonly ask: number | null
}

const time = new MarketTime(SIM_START + 15 * MINUTE - 60 * SECOND)
const home = new TestHome({})
let sim: VenueSim
afterAll(async () => {
  await home.close()
  await sim.close()
  await time.stop()
  await home.remove()
})

/** Enters and exits as often as it may, also with resting orders. */
const GREEDY = eager('greedy').replace(
  'const side',
  `if (view.position !== null && view.secondsLeft % 40 === 0 && view[view.position.side].bid !== null)
      return { state, intents: [{ kind: 'exit', limit: 0.01, why: 'out' }] }
    const side`,
)

test('faults of every kind, one every few seconds', async () => {
  sim = await generatedSim({
    ...{ assets: ['BTC', 'ETH', 'SOL'], startAt: time.now(), clock: () => time.monotonic() },
    polymarket: { quoteMs: QUOTE_MS, missingSeconds: 0.0007 },
  })
  const pm = known(sim.polymarket)
  home.configure({
    ...{ ...hostsOf(sim), slots: SLOTS, assign: { '*-5m': 'greedy', '*-15m': 'greedy' }, decisionDeadlineMs: 4_000 },
    ...{ accountUsd: 100_000, caps: { lossPerDayUsd: 50_000, ordersPerMinute: 240 } },
  })
  for (const name of ['snipe', 'fade']) home.write(`${name}.ts`, eager(name))
  home.write('greedy.ts', GREEDY)

  const best = new Map<string, Best[]>()
  const events: MarketDataEvent[] = []
  /** Desk time and market time, wherever the desk's clock has moved. */
  const clocks: { readonly desk: number; readonly market: number }[] = []
  const clock = new DeskClock(time)
  const look = () => {
    const now = time.monotonic()
    for (const { slug, up, startMs } of pm.windows()) {
      if (startMs > now) continue
      const book = pm.book(up)
      const micro = (text: string | undefined) => (text === undefined ? null : Math.round(Number(text) * 1e6))
      const [bid, ask] = [micro(book?.bids.at(-1)?.price), micro(book?.asks.at(-1)?.price)]
      const list = best.get(slug) ?? []
      best.set(slug, list)
      const last = list.at(-1)
      if (last?.bid !== bid || last.ask !== ask) list.push({ at: now, bid, ask })
    }
  }
  let sampledAt = 0
  time.onTime = () => {
    sim.step()
    if (time.monotonic() - sampledAt < QUOTE_MS) return
    sampledAt = time.monotonic() - (time.monotonic() % QUOTE_MS)
    look()
  }
  time.onStep = () => clocks.push({ desk: clock.now(), market: time.monotonic() })
  time.start()
  let data: MarketData | undefined
  const reports: string[] = []
  const desk = await home.desk({
    ...{ market: 'paper', feed: 'binance', clock },
    openFeed: async (request) => {
      const feed = await openFeed({ ...request, credentials: pm.credentials })
      if (!feed.ok) return feed
      data = known(feed.value.data)
      data.listen((event) => events.push(event))
      return feed
    },
  })
  desk.journal.eventWritten.on(({ level, message }) => {
    if (level !== 'info') reports.push(`${new Date(time.now()).toISOString()} ${message}`)
  })
  await desk.life.start()
  time.isBusy = () => desk.loop.inCycle
  time.pauseMs = 1
  const startedAt = performance.now()
  const begun = time.monotonic()
  const speed = () => (time.monotonic() - begun) / (performance.now() - startedAt)
  const campaign = new FaultCampaign(sim, SEED, () => Math.max(1, speed()))
  const made: string[] = []
  const end = begun + MINUTES * MINUTE
  const fault = () => {
    if (time.monotonic() >= end) return
    const kind = campaign.make()
    if (kind === 'tick change') look()
    made.push(`${new Date(time.now()).toISOString()} ${kind}`)
    time.after(2 * SECOND + (made.length % 5) * SECOND, fault)
  }
  fault()
  await until('the campaign', () => time.monotonic() >= end || desk.life.panicked !== null, 240_000)
  expect(desk.life.panicked).toBeNull()
  campaign.clear()

  // Nothing is stuck: every slot has a usable book again, and what was open is settled.
  const clearedAt = time.monotonic()
  const shown = new Set<string>()
  data?.listen((event) => {
    if (event.kind === 'book' && event.bids.length > 0) shown.add(event.slot)
  })
  const isOld = (windowEnd: number) => windowEnd <= clearedAt + MINUTE
  const open = () =>
    [...desk.engine.state.positions.values()].filter((each) => isUnsettled(each) && isOld(each.windowEnd))
  await until(
    'books of all slots and settled positions',
    () => (shown.size === SLOTS.length && open().length === 0) || time.monotonic() > clearedAt + 25 * MINUTE,
    240_000,
  )
  const ratio = speed()
  for (const slot of SLOTS) {
    const parsed = known(parseSlot(slot))
    if (!shown.has(slot))
      process.stdout.write(
        `${slot}: ${JSON.stringify((data as { status?(slot: unknown): unknown }).status?.(parsed))}\n`,
      )
  }
  expect([...shown].toSorted()).toEqual(SLOTS.toSorted())
  expect(open().map(({ windowId }) => windowId)).toEqual([])
  const { figures } = desk.loop
  await home.close()

  const db = new Database(home.home.database, { readonly: true })
  const rows = <Row>(sql: string) => db.prepare(sql).all() as Row[]
  const orders = rows<{ window_id: string; created_at: number }>(
    "SELECT window_id, created_at FROM orders WHERE kind = 'enter'",
  )
  const strikes = new Map(
    events.flatMap((event) => (event.kind === 'strike' ? [[event.windowId as string, event] as const] : [])),
  )
  for (const { window_id, created_at } of some(orders)) {
    expect(strikes.get(window_id)?.ts).toBeLessThanOrEqual(created_at)
    expect(campaign.withoutStrike.has(window_id), window_id).toBe(false)
  }
  for (const { windowId, strike } of strikes.values())
    expect(strike, windowId).toBeCloseTo(Number(pm.strike(windowId)), 6)

  const settlements = rows<{ window_id: string; payout_up: number }>('SELECT window_id, payout_up FROM settlements')
  for (const { window_id, payout_up } of some(settlements)) {
    const winner = campaign.resolved.get(window_id)?.winner ?? pm.outcome(window_id)
    expect(payout_up, window_id).toBe(winner === 'split' ? 500_000 : winner === 'Up' ? 1_000_000 : 0)
  }

  const fills = rows<{ ts: number; kind: string; price: number; side: string; slug: string }>(
    'SELECT f.ts, f.kind, f.price, o.side, o.window_id AS slug FROM fills f JOIN orders o ON o.id = f.order_id',
  )
  /** Since when the venue's book has not shown a price as good as that of a fill, ms; 0 if it does. */
  const staleness = some(fills).map(({ ts, kind, price, side, slug }) => {
    const at = marketTime(clocks, ts)
    const isAsk = (kind === 'enter') === (side === 'up')
    const ofUp = side === 'up' ? price : 1_000_000 - price
    const list = best.get(slug) ?? []
    // A buyer of Up must not pay less than the best ask, nor a seller get more than the best bid.
    const fits = ({ bid, ask }: Best) => (isAsk ? ask !== null && ofUp >= ask : bid !== null && ofUp <= bid)
    const until = list.findLastIndex((one) => one.at <= at)
    if (until >= 0 && fits(known(list[until]))) return { at, slug, ms: 0 }
    const last = list.slice(0, until).findLastIndex(fits)
    return { at, slug, ms: last < 0 ? Number.POSITIVE_INFINITY : at - known(list[last + 1]).at }
  })
  const late = staleness.filter(({ ms }) => ms > AFTER_MS)
  process.stdout.write(
    `${MINUTES} min at ${ratio.toFixed(1)} x: ${campaign.total} faults, ${figures.orders} orders, ${figures.fills} fills, ${settlements.length} settled, ` +
      `late ${late.length}: ${late.map(({ at, slug, ms }) => `${new Date(at).toISOString()} ${slug} ${Math.round(ms)}`).join('; ')}\n` +
      `${[...campaign.counts].map(([kind, count]) => `${kind} ${count}`).join(', ')}\n`,
  )
  if (process.env.BATON_CAMPAIGN_LOG === '1') process.stdout.write(`${[...made, ...reports].toSorted().join('\n')}\n`)
  db.close()
  const { decisions, differences } = checkAll(home.home.tape, engineBuild(packageRoot()))
  expect(differences).toEqual([])
  expect(decisions).toBeGreaterThan(MINUTES * 10)
  expect(auditDatabase(home.home.database, [70_000])).toMatchObject({ ok: true, value: { findings: [] } })
  expect(late).toEqual([])
  expect(campaign.total).toBeGreaterThan(MINUTES * 8)
  expect(figures.fills).toBeGreaterThan(MINUTES)
})

/** Market time at a time of the desk. */
function marketTime(clocks: readonly { readonly desk: number; readonly market: number }[], desk: number): number {
  let [low, high] = [0, clocks.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((clocks[middle]?.desk ?? 0) < desk) low = middle + 1
    else high = middle
  }
  const found = known(clocks[low])
  return found.market + (desk - found.desk)
}
