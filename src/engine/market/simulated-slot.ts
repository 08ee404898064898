import type { Slot, Window } from '../../shared/domain/slots.ts'
import { type BookMaker, depthScaleOf } from './book-maker.ts'
import type { SimulatedAsset } from './simulated-asset.ts'

/** The simulated venue's state of one slot: current window, strike and maker. */
export class SimulatedSlot {
  readonly slot: Slot
  readonly asset: SimulatedAsset<SimulatedSlot>
  /** Offset in the sequence of reaction times, so that slots differ. */
  readonly lagShift: number
  readonly depthScale: number
  window: Window | null = null
  maker: BookMaker | null = null
  strike: number | null = null
  /** Time of the price behind the maker's current quote. */
  quotedFor = -1

  constructor(slot: Slot, asset: SimulatedAsset<SimulatedSlot>) {
    this.slot = slot
    this.asset = asset
    this.lagShift = slot.id.length * 3
    this.depthScale = depthScaleOf(slot.asset)
  }
}

/** Reaction times of makers in ms; 25, 50, 75 and 90 % react within these (venue facts C 3). */
const REACTIONS = [150, 250, 300, 400, 480]
/** Longest reaction time in ms. */
export const SLOWEST_REACTION = 480

/** Time at which a slot's quote reacts to the price `ago` prices ago. */
export function reactionAt(slot: SimulatedSlot, ago: number): number {
  const ts = slot.asset.tsAt(ago)
  const step = Math.floor(ts / 1000) * 7 + slot.lagShift
  // `step % REACTIONS.length`, which is slow for numbers of this size.
  const lag = REACTIONS[step - Math.floor(step / REACTIONS.length) * REACTIONS.length] ?? 250
  return Math.max(ts, slot.asset.tsVenueAt(ago) + lag)
}
