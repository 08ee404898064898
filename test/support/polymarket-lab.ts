import type { MarketDataEvent } from '../../src/engine/venue/market-data.ts'
import type { TimeSource } from '../../src/main/platform/desk-clock.ts'
import { PolymarketData, type PolymarketDataOptions } from '../../src/main/venues/polymarket/data.ts'
import { DEFAULT_TIMINGS } from '../../src/main/venues/polymarket/options.ts'
import { asset, makeSlot, type Slot, type SlotId } from '../../src/shared/domain/slots.ts'
import { SECOND, unixMs } from '../../src/shared/domain/time.ts'
import { Patience } from './patience.ts'
import { type GeneratedSim, generatedSim, SIM_START, type VenueSim } from './venue-sim.ts'

/** A clock on the simulator's market time, whose timers run `speed` times as fast. */
export function marketClock(sim: VenueSim, speed: number): TimeSource {
  return {
    now: () => unixMs(Math.floor(sim.now())),
    monotonic: () => sim.now(),
    uptime: () => sim.now(),
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs / speed)
      return () => clearTimeout(timer)
    },
  }
}

/** Configuration that points a desk at a simulated venue. */
export function hostsOf(sim: VenueSim) {
  const { polymarket } = sim
  if (polymarket === undefined) throw new Error('the simulator has no Polymarket')
  const { gammaUrl, clobUrl, marketWsUrl, rtdsUrl, polyboltUrl, siteUrl } = polymarket
  return {
    binance: { restUrl: sim.restUrl, wsUrl: sim.wsUrl },
    polymarket: { gammaUrl, clobUrl, marketWsUrl, rtdsUrl, polyboltUrl, siteUrl },
  }
}

/** Polymarket's adapter on a simulated venue, with what it emitted and reported. */
export class PolymarketLab {
  readonly sim: VenueSim
  readonly data: PolymarketData
  readonly slots: readonly Slot[]
  readonly events: MarketDataEvent[] = []
  readonly reports: string[] = []

  private constructor(sim: VenueSim, speed: number, slots: readonly Slot[], part: Partial<PolymarketDataOptions>) {
    this.sim = sim
    this.slots = slots
    const { polymarket } = sim
    if (polymarket === undefined) throw new Error('the simulator has no Polymarket')
    this.data = new PolymarketData({
      hosts: hostsOf(sim).polymarket,
      slots,
      clock: marketClock(sim, speed),
      random: () => 0.5,
      timings: DEFAULT_TIMINGS,
      requestMs: DEFAULT_TIMINGS.requestMs,
      takerDelayMs: 150,
      credentials: polymarket.credentials,
      onFrame: () => {},
      report: (level, detail) => this.reports.push(`${level} ${detail}`),
      ...part,
    })
    this.data.listen((event) => this.events.push(event))
  }

  /** @param beforeMs market time from the start to the next boundary of 15 minutes */
  static async open(
    options: Partial<GeneratedSim> & { speed?: number; beforeMs?: number; data?: Partial<PolymarketDataOptions> } = {},
  ): Promise<PolymarketLab> {
    const { speed = 20, beforeMs = 20 * SECOND, data = {}, assets = ['BTC', 'ETH'], ...rest } = options
    const startAt = SIM_START + 15 * 60 * SECOND - beforeMs
    const sim = await generatedSim({ assets, startAt, speed, polymarket: {}, ...rest })
    const slots = assets.map((name) => makeSlot(asset(name), '5m'))
    return new PolymarketLab(sim, speed, slots, data)
  }

  /** The newest book of a slot; undefined before the first. */
  book(slot: SlotId): Extract<MarketDataEvent, { kind: 'book' }> | undefined {
    return this.events.findLast((event) => event.kind === 'book' && event.slot === slot) as
      | Extract<MarketDataEvent, { kind: 'book' }>
      | undefined
  }

  /** Slots that have a book now. */
  usable(): SlotId[] {
    return this.slots.map(({ id }) => id).filter((id) => (this.book(id)?.bids.length ?? 0) > 0)
  }

  async until(what: string, look: () => boolean, timeoutMs = 20_000): Promise<void> {
    const patience = new Patience(timeoutMs)
    while (!look()) {
      if (patience.isOver) throw new Error(`${what} did not happen: ${JSON.stringify(this.reports.slice(-8))}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  async close(): Promise<void> {
    this.data.stop()
    await this.sim.close()
  }
}
