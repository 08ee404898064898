import { SimulatedVenue } from '../../engine/market/simulated-venue.ts'
import { venueSettingsOf } from '../../engine/market/venue-settings.ts'
import type { Venue } from '../../engine/venue/port.ts'
import type { Config } from '../../shared/config.ts'
import type { Candle } from '../../shared/domain/feed.ts'
import type { Asset } from '../../shared/domain/slots.ts'
import type { OpenFeed } from './feeds.ts'

/** What a venue around a feed's prices asks the desk for. */
export interface Minutes {
  /** The closed minute of an asset that opened then. */
  readonly minuteAt: (asset: Asset, openTime: number) => Candle | undefined
  /** Whether the feed itself told that minute, rather than the desk making it of prices. */
  readonly isReported: (asset: Asset, openTime: number) => boolean
}

/** The venue that orders go to. There is one kind so far: books, fills and outcomes simulated around the feed's prices. */
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
