import { BinanceFeed } from '../../src/main/venues/binance/feed.ts'
import type { BinanceFeedOptions, FeedTimings } from '../../src/main/venues/binance/options.ts'
import type { Result } from '../../src/shared/domain/base.ts'
import type { CandleClosed, Clock, FeedEvent, FeedState, PriceTick } from '../../src/shared/domain/feed.ts'
import { asset } from '../../src/shared/domain/slots.ts'
import { unixMs } from '../../src/shared/domain/time.ts'
import { Patience, scaled } from './patience.ts'
import type { VenueSim } from './venue-sim.ts'

/** Real time: these tests run over real sockets. */
export const realClock: Clock = {
  now: () => unixMs(Date.now()),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

/** Shortened timings, so that minutes of market time pass in a second; longer where a busy machine may miss them. */
const fast = () => ({
  startMs: scaled(4_000),
  requestMs: scaled(1_000),
  connectMs: scaled(1_000),
  silenceMs: Math.round(scaled(400)),
  firstDataMs: scaled(300),
  backoffFloorMs: 20,
  backoffMaxMs: 80,
  overlapMs: 60,
  repairGraceMs: 20,
  emptyReplies: 3,
  reportMs: 50,
  symbolSilenceMs: 2_000,
  unreadablePeriodMs: 1_000,
})

/** A feed on a simulated venue, with all its events. */
export class RecordedFeed {
  readonly feed: BinanceFeed
  readonly timings: ReturnType<typeof fast> & Partial<FeedTimings>
  readonly events: FeedEvent[] = []
  readonly #sim: VenueSim

  constructor(
    sim: VenueSim,
    assets: readonly string[],
    options: Partial<Omit<BinanceFeedOptions, 'timings'>> = {},
    timings: Partial<FeedTimings> = {},
  ) {
    this.#sim = sim
    this.timings = { ...fast(), ...timings }
    this.feed = new BinanceFeed({
      assets: assets.map(asset),
      clock: realClock,
      random: () => 0.5,
      restUrl: sim.restUrl,
      wsUrl: sim.wsUrl,
      historyCount: 100,
      ...options,
      timings: this.timings,
    })
  }

  start(): Promise<Result<void>> {
    return this.feed.start((event) => this.events.push(event))
  }

  candles(name: string): CandleClosed[] {
    return this.events.filter((event) => event.kind === 'candle').filter((event) => event.asset === name)
  }

  ticks(name: string): PriceTick[] {
    return this.events.filter((event) => event.kind === 'price').filter((event) => event.asset === name)
  }

  states(): FeedState[] {
    return this.events.filter((event) => event.kind === 'feed')
  }

  details(): string[] {
    return this.states().map((state) => state.detail)
  }

  async until(what: string, condition: () => boolean, timeoutMs = 20_000): Promise<void> {
    const patience = new Patience(timeoutMs)
    while (!condition()) {
      if (patience.isOver) throw new Error(`never came: ${what}; told: ${this.details().join(' | ')}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  /** Waits for `count` more closed candles of `name`. */
  moreCandles(name: string, count: number): Promise<void> {
    const goal = this.candles(name).length + count
    return this.until(`${count} more candles of ${name}`, () => this.candles(name).length >= goal)
  }

  /** Problems of an asset's candles: missing, duplicate, out of order or different from the venue's. */
  faults(name: string): string[] {
    const candles = this.candles(name).map((event) => event.candle)
    return candles.flatMap((candle, i) => {
      const before = candles[i - 1]
      const row = this.#sim.candle(`${name}USDT`, candle.openTime)
      const { openTime, open, high, low, close, volume } = candle
      const same = JSON.stringify(row) === JSON.stringify([openTime, open, high, low, close, volume])
      const next = before === undefined || openTime === before.openTime + 60_000
      return [
        ...(next ? [] : [`${before?.openTime} → ${openTime}`]),
        ...(same ? [] : [`${openTime} is not the venue's`]),
      ]
    })
  }
}
