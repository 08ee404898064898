import type { EngineEvent } from '../../src/engine/events.ts'
import { DEFAULT_MATCHER } from '../../src/engine/market/matcher.ts'
import { SimPrices } from '../../src/engine/market/sim-prices.ts'
import { SimulatedVenue } from '../../src/engine/market/simulated-venue.ts'
import type { MarketDataEvent } from '../../src/engine/venue/market-data.ts'
import { mergedTimeline } from '../../src/engine/venue/timeline.ts'
import type { OpenFeed, openFeed } from '../../src/main/market/feeds.ts'
import { ok } from '../../src/shared/domain/base.ts'
import type { FeedEvent, TickSource } from '../../src/shared/domain/feed.ts'
import type { Slot } from '../../src/shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../../src/shared/domain/time.ts'
import { ScriptedMarket } from './scripted-market.ts'

/** Market data that emits a prepared history, in advance, to whoever listens first. */
export class PreparedMarket extends ScriptedMarket {
  private readonly events: MarketDataEvent[]

  constructor(slots: readonly Slot[], events: readonly MarketDataEvent[]) {
    super(slots)
    this.events = [...events]
  }

  override listen(listener: (event: MarketDataEvent) => void): () => void {
    const dispose = super.listen(listener)
    this.emit(...this.events.splice(0))
    return dispose
  }
}

/** Books, strikes and outcomes of the simulated market over a period, as another venue would tell them. */
export function historyOf(slots: readonly Slot[], seed: number, from: UnixMs, until: UnixMs): MarketDataEvent[] {
  const assets = [...new Set(slots.map((slot) => slot.asset))]
  const venue = new SimulatedVenue({
    ...{ seed, slots, venue: DEFAULT_MATCHER, settlementMeanSec: 60, feedDelayMs: 500, source: 'scripted' },
    minuteAt: () => undefined,
    pushesBooks: true,
    startsWithFeed: true,
  })
  const timeline = mergedTimeline(new SimPrices(assets, seed, from), venue)
  const events: MarketDataEvent[] = []
  const isTold = (event: EngineEvent | undefined): event is MarketDataEvent =>
    event?.kind === 'book' || event?.kind === 'strike' || event?.kind === 'settled'
  for (let at = timeline.peek(); at !== undefined && at <= until; at = timeline.peek()) {
    const event = timeline.pop()
    if (isTold(event)) events.push(event)
  }
  return events
}

/** A feed of the paper market: prices from a source that is pulled or a listener that is pushed to. */
export function paperFeed(
  data: ScriptedMarket,
  slots: readonly Slot[],
  prices: {
    readonly source: TickSource | null
    readonly listen: ((listener: (event: FeedEvent) => void) => void) | null
    readonly from: UnixMs
    readonly until?: UnixMs
  },
): typeof openFeed {
  const feed: OpenFeed = {
    ...{ market: 'paper', slots, unlisted: new Set(), source: prices.source, from: prices.from },
    until: prices.until ?? unixMs(Number.MAX_SAFE_INTEGER),
    ...{ notices: ['PAPER'], settlement: 'scripted', listen: prices.listen, data },
    makesPrices: false,
    save: () => undefined,
    stop: () => Promise.resolve(),
  }
  return () => Promise.resolve(ok(feed))
}
