import { SimulatedVenue } from '../../engine/market/simulated-venue.ts'
import { venueSettingsOf } from '../../engine/market/venue-settings.ts'
import type { Venue } from '../../engine/venue/port.ts'
import type { Config } from '../../shared/config.ts'
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

/** Opens the venue for orders. The only kind so far simulates books, fills and outcomes from the feed's prices. */
export function openVenue(feed: OpenFeed, config: Config, seed: number, minutes: Minutes): Venue {
  return new SimulatedVenue({
    seed,
    slots: feed.slots.filter((slot) => !feed.unlisted.has(slot.id)),
    ...venueSettingsOf(config),
    source: feed.settlement,
    pushesBooks: true,
    startsWithFeed: feed.source !== null,
    ...minutes,
  })
}
