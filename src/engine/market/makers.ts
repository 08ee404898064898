import type { WindowId } from '../../shared/domain/slots.ts'
import { MINUTE, SECOND, type UnixMs, unixMs } from '../../shared/domain/time.ts'
import type { BookUpdate } from '../events.ts'
import type { BookSource } from '../state.ts'
import type { Matcher } from './matcher.ts'
import type { Schedule, VenueClock } from './schedule.ts'
import type { SimulatedAsset } from './simulated-asset.ts'
import { reactionAt, type SimulatedSlot, SLOWEST_REACTION } from './simulated-slot.ts'

export interface MakersParts {
  readonly slots: readonly SimulatedSlot[]
  /** Seconds of the closing mean. */
  readonly meanSec: number
  /** True: every quote is told as an event. False: only where an order rests; everyone else asks. */
  readonly pushesBooks: boolean
  readonly clock: VenueClock
  readonly schedule: Schedule
  readonly resting: Pick<Matcher, 'hasResting' | 'isResting'>
}

/**
 * Who quotes the simulated books. Makers answer a price 150 to 480 ms after it. A quote is a function of the price that it
 * answers, of time and of what was swept before it, so that it makes no difference which quotes anybody looked at.
 */
export class Makers implements BookSource {
  private readonly parts: MakersParts

  constructor(parts: MakersParts) {
    this.parts = parts
  }

  /** Makers of an asset see its newest price, of `ts`. @returns true where that put a quote on the schedule */
  react(asset: SimulatedAsset<SimulatedSlot>, ts: number): boolean {
    const { pushesBooks, resting } = this.parts
    const onDemand = !pushesBooks && !resting.hasResting
    if (onDemand && asset.isCalm(ts)) return false
    let scheduled = false
    for (const slot of asset.slots) if (this.quoteSlot(slot)) scheduled = true
    if (onDemand) this.updateCalmRange(asset, ts)
    return scheduled
  }

  private quoteSlot(slot: SimulatedSlot): boolean {
    const { meanSec, pushesBooks, resting, schedule } = this.parts
    const { maker, window, asset } = slot
    if (maker === null || window === null) return false
    maker.watch(asset, meanSec)
    if (!pushesBooks && !(resting.hasResting && resting.isResting(window.id))) return false
    const at = reactionAt(slot, 0)
    if (at >= window.end) return false
    if (this.shape(slot, 0)) schedule.add(unixMs(at), maker.book(unixMs(at)))
    return true
  }

  /** Works out between which prices makers need not be told of each, for the rest of the minute at most. */
  private updateCalmRange(asset: SimulatedAsset<SimulatedSlot>, ts: number): void {
    const { meanSec } = this.parts
    const until = Math.min(ts + MINUTE, asset.boundary - meanSec * SECOND)
    if (until <= ts) return
    let low = 0
    let high = Number.POSITIVE_INFINITY
    for (const { maker } of asset.slots) {
      const within = maker === null ? 0 : maker.calmWithin(asset, until, meanSec)
      low = Math.max(low, (maker?.strike ?? 0) - within)
      high = Math.min(high, (maker?.strike ?? 0) + within)
    }
    asset.calmLow = low
    asset.calmHigh = high
    asset.calmUntil = until
  }

  /** Shapes the answer to the price `ago` prices ago; false where that price was of another window. */
  private shape(slot: SimulatedSlot, ago: number): boolean {
    const { maker, asset } = slot
    const ts = asset.tsAt(ago)
    if (maker === null || ts < maker.window.start) return false
    if (slot.shapedFor !== ts) maker.shape(asset, ago, this.parts.meanSec)
    slot.shapedFor = ts
    return true
  }

  /** Age, in prices, of the one behind the quote that is visible now; −1 where none became visible at or after `since`. */
  private visibleQuoteAge(slot: SimulatedSlot, since: number): number {
    const { clock } = this.parts
    const { asset, window } = slot
    if (window === null) return -1
    asset.source?.pull()
    const newest = asset.tsAt(0)
    const all = Math.max(newest, asset.tsVenueAt(0) + SLOWEST_REACTION)
    if (newest >= since && all <= clock.now && all < window.end) return this.shape(slot, 0) ? 0 : -1
    for (let ago = 0; ago < asset.kept; ago++) {
      const at = reactionAt(slot, ago)
      if (at < since) return -1
      if (at <= clock.now && at < window.end) return this.shape(slot, ago) ? ago : -1
    }
    return -1
  }

  /** @param index of the slot among those of the venue */
  bookOf(index: number, since: number): BookUpdate | null {
    const slot = this.parts.slots[index]
    return slot === undefined ? null : this.bookSince(slot, since)
  }

  bestOf(index: number, since: number, out: Float64Array): boolean {
    const slot = this.parts.slots[index]
    if (slot === undefined || this.visibleQuoteAge(slot, since) < 0) return false
    slot.maker?.best(out)
    return true
  }

  private bookSince(slot: SimulatedSlot, since: number): BookUpdate | null {
    const ago = this.visibleQuoteAge(slot, since)
    return ago < 0 || slot.maker === null ? null : slot.maker.book(unixMs(reactionAt(slot, ago)))
  }

  /** The book of a window that is open now. */
  bookIn(windowId: WindowId): BookUpdate | null {
    const slot = this.in(windowId)
    return slot?.window == null ? null : this.bookSince(slot, slot.window.start)
  }

  /** Shares were taken from one side of a book, which is thinner for the next seconds. */
  sweep(windowId: WindowId, side: 'bids' | 'asks', taken: number, of: number, ts: UnixMs): void {
    this.in(windowId)?.maker?.sweep(side, taken, of, ts)
  }

  private in(windowId: WindowId): SimulatedSlot | undefined {
    return this.parts.slots.find((slot) => slot.window?.id === windowId)
  }
}
