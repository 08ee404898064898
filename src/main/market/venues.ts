import { SimulatedVenue } from '../../engine/market/simulated-venue.ts'
import { venueSettingsOf } from '../../engine/market/venue-settings.ts'
import { PaperVenue } from '../../engine/paper/paper-venue.ts'
import type { Venue } from '../../engine/venue/port.ts'
import type { Config } from '../../shared/config.ts'
import { invariant } from '../../shared/domain/base.ts'
import type { Candle } from '../../shared/domain/feed.ts'
import type { Asset } from '../../shared/domain/slots.ts'
import type { OpenFeed } from './feeds.ts'

/** Closed minutes of the desk, as the simulated venue needs them. */
export interface Minutes {
  /** The closed minute of an asset by its open time. */
  readonly minuteAt: (asset: Asset, openTime: number) => Candle | undefined
  /** True when the feed itself reported that minute, rather than the desk building it from prices. */
  readonly isReported: (asset: Asset, openTime: number) => boolean
}

/**
 * Opens the venue for orders. On paper only fills and payouts are simulated, against the feed's market data; on the simulated
 * market books and outcomes are too, from the feed's prices.
 */
export function openVenue(feed: OpenFeed, config: Config, seed: number, minutes: Minutes): Venue {
  const slots = feed.slots.filter((slot) => !feed.unlisted.has(slot.id))
  const data = feed.data ?? null
  invariant((feed.market === 'paper') === (data !== null), 'paper, and nothing else, is traded on real market data')
  if (data !== null) {
    const { latencyMs, reversalPpm } = config.paper
    return new PaperVenue({ seed, slots, latencyMs, reversalPpm, data })
  }
  return new SimulatedVenue({
    seed,
    slots,
    ...venueSettingsOf(config),
    source: feed.settlement,
    pushesBooks: true,
    startsWithFeed: feed.source !== null,
    ...minutes,
  })
}
