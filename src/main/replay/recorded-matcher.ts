import type { BookUpdate } from '../../engine/events.ts'
import { Matcher } from '../../engine/market/matcher.ts'
import type { Schedule } from '../../engine/market/schedule.ts'
import { simulatedListing } from '../../engine/market/simulated-venue.ts'
import { venueSettingsOf } from '../../engine/market/venue-settings.ts'
import { PaperMatcher, type PaperMatcherParts } from '../../engine/paper/paper-matcher.ts'
import { TakenDepth } from '../../engine/paper/taken-depth.ts'
import type { SlotListing } from '../../engine/venue/listing.ts'
import type { Config } from '../../shared/config.ts'
import { parseSlot, type SlotId, slotIn, type WindowId } from '../../shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../../shared/domain/time.ts'
import type { SegmentHeader } from '../tape/segment-header.ts'

/** What fills orders in a replay of recorded books. */
export interface RecordedMatcher extends Pick<Matcher, 'submit' | 'cancel' | 'onBook'> {
  /** True while each new book must be passed to `onBook`. */
  readonly needsBooks: boolean
  listing(slot: SlotId): SlotListing
  onWindowEnd(windowId: WindowId, ts: UnixMs): void
}

type Wiring = Pick<PaperMatcherParts, 'bookOf' | 'send' | 'sendFate' | 'scheduleAt' | 'matchAt'>

interface MatcherParts {
  readonly header: SegmentHeader
  readonly config: Config
  readonly seed: number
  readonly schedule: Schedule
  readonly bookOf: (windowId: WindowId) => BookUpdate | null
}

/** Matches as the desk did that made the recording: on real books as its paper venue, else as the simulated venue. */
export function recordedMatcher(parts: MatcherParts): RecordedMatcher {
  const { schedule, config, seed, bookOf } = parts
  const wiring: Wiring = {
    bookOf,
    send: (ts, orderId, report) => schedule.add(ts, { kind: 'order', ts, orderId, report }),
    sendFate: (ts, orderId, fillId, fate) => schedule.add(ts, { kind: 'fill', ts, orderId, fillId, fate }),
    scheduleAt: (ts, run) => schedule.add(unixMs(ts), run),
    // Later books cannot be fetched: a recording has those that the desk received.
    matchAt: (ts, _windowId, run) => schedule.add(unixMs(ts), run),
  }
  const { venue: settings } = venueSettingsOf(config)
  const listing = (slot: SlotId) => simulatedListing(slot, settings)
  const listings = parts.header.listings
  if (listings !== undefined) {
    const known = new Map(listings.map((one) => [one.slot, one]))
    return paperMatcher(wiring, config, seed, (slot) => known.get(slot) ?? listing(slot))
  }
  const matcher = new Matcher(settings, seed, { ...wiring, onSwept: () => {} })
  return {
    listing,
    get needsBooks() {
      return matcher.hasResting
    },
    submit: (order, ts) => matcher.submit(order, ts),
    cancel: (orderId, ts) => matcher.cancel(orderId, ts),
    onBook: (book) => matcher.onBook(book),
    onWindowEnd: (windowId, ts) => matcher.onWindowEnd(windowId, ts),
  }
}

function paperMatcher(
  wiring: Wiring,
  { paper: { latencyMs, reversalPpm } }: Config,
  seed: number,
  listing: (slot: SlotId) => SlotListing,
): RecordedMatcher {
  const depth = new TakenDepth()
  const termsOf = (windowId: WindowId) => {
    const slot = parseSlot(slotIn(windowId))
    return slot === undefined ? null : listing(slot.id)
  }
  const matcher = new PaperMatcher({ ...wiring, seed, latencyMs, reversalPpm, depth, termsOf })
  return {
    listing,
    get needsBooks() {
      return matcher.hasResting || depth.size > 0
    },
    submit: (order, ts) => matcher.submit(order, ts),
    cancel: (orderId, ts) => matcher.cancel(orderId, ts),
    onBook: (book) => matcher.onBook(book),
    // Resting orders end with the window by themselves.
    onWindowEnd: (windowId) => depth.forget(windowId),
  }
}
