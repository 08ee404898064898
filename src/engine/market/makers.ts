import type { WindowId } from '../../shared/domain/slots.ts'
import { MINUTE, SECOND, type UnixMs, unixMs } from '../../shared/domain/time.ts'
import type { BookUpdate } from '../events.ts'
import type { BookSource } from '../slot-state.ts'
import type { Matcher } from './matcher.ts'
import type { Schedule, VenueClock } from './schedule.ts'
import type { SimulatedAsset } from './simulated-asset.ts'
import { reactionAt, type SimulatedSlot, SLOWEST_REACTION } from './simulated-slot.ts'

export interface MakersParts {
  readonly slots: readonly SimulatedSlot[]
  /** Length of the closing mean in seconds. */
  readonly meanSec: number
  /** True: every quote is emitted as an event. False: only in windows with a resting order; otherwise quotes are read on demand. */
  readonly pushesBooks: boolean
  readonly clock: VenueClock
  readonly schedule: Schedule
  readonly resting: Pick<Matcher, 'hasResting' | 'isResting'>
}

/**
 * Quotes the simulated books, 150 to 480 ms after each price. A quote is a function of that price, of time and of earlier
 * sweeps, so it does not matter which quotes are actually read.
 */
export class Makers implements BookSource {
  private readonly parts: MakersParts

  constructor(parts: MakersParts) {
    this.parts = parts
  }

  /** Lets makers react to an asset's newest price, received at `ts`. @returns true when a quote was scheduled */
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
    maker.updateTick(asset, meanSec)
    if (!pushesBooks && !(resting.hasResting && resting.isResting(window.id))) return false
    const at = reactionAt(slot, 0)
    if (at >= window.end) return false
    if (this.updateQuote(slot, 0)) schedule.add(unixMs(at), maker.book(unixMs(at)))
    return true
  }

  /** Computes the range within which makers need not see each price, for at most the next minute. */
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

  /** Computes the quote for the price `ago` prices ago; false when that price was before the window. */
  private updateQuote(slot: SimulatedSlot, ago: number): boolean {
    const { maker, asset } = slot
    const ts = asset.tsAt(ago)
    if (maker === null || ts < maker.window.start) return false
    if (slot.quotedFor !== ts) maker.update(asset, ago, this.parts.meanSec)
    slot.quotedFor = ts
    return true
  }

  /** Age, in prices, of the price behind the visible quote; −1 if none became visible since `since`. */
  private visibleQuoteAge(slot: SimulatedSlot, since: number): number {
    const { clock } = this.parts
    const { asset, window } = slot
    if (window === null) return -1
    asset.source?.pull()
    const newest = asset.tsAt(0)
    const allReacted = Math.max(newest, asset.tsVenueAt(0) + SLOWEST_REACTION)
    if (newest >= since && allReacted <= clock.now && allReacted < window.end) return this.updateQuote(slot, 0) ? 0 : -1
    for (let ago = 0; ago < asset.kept; ago++) {
      const at = reactionAt(slot, ago)
      if (at < since) return -1
      if (at <= clock.now && at < window.end) return this.updateQuote(slot, ago) ? ago : -1
    }
    return -1
  }

  /** @param index position in the venue's list of slots */
  bookOf(index: number, since: number): BookUpdate | null {
    const slot = this.parts.slots[index]
    return slot === undefined ? null : this.bookSince(slot, since)
  }

  bestOf(index: number, since: number, out: Float64Array): boolean {
    const slot = this.parts.slots[index]
    if (slot === undefined || this.visibleQuoteAge(slot, since) < 0) return false
    slot.maker?.writeBest(out)
    return true
  }

  private bookSince(slot: SimulatedSlot, since: number): BookUpdate | null {
    const ago = this.visibleQuoteAge(slot, since)
    return ago < 0 || slot.maker === null ? null : slot.maker.book(unixMs(reactionAt(slot, ago)))
  }

  /** Current book of an open window; null without one. */
  bookIn(windowId: WindowId): BookUpdate | null {
    const slot = this.slotIn(windowId)
    return slot?.window == null ? null : this.bookSince(slot, slot.window.start)
  }

  /** Notes that shares were taken from one side of a book. @param offered shares there before */
  sweep(windowId: WindowId, side: 'bids' | 'asks', taken: number, offered: number, ts: UnixMs): void {
    this.slotIn(windowId)?.maker?.sweep(side, taken, offered, ts)
  }

  private slotIn(windowId: WindowId): SimulatedSlot | undefined {
    return this.parts.slots.find((slot) => slot.window?.id === windowId)
  }
}
