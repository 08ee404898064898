import type { Slot, Window } from '../../shared/domain/slots.ts'
import { type BookMaker, depthScaleOf } from './book-maker.ts'
import type { SimulatedAsset } from './simulated-asset.ts'

/** What the market knows of one slot: its window now, who quotes it, and its strike. */
export class SimulatedSlot {
  readonly slot: Slot
  readonly asset: SimulatedAsset<SimulatedSlot>
  /** Added to an asset's reaction time: not all makers are equally fast. */
  readonly lagShift: number
  readonly depthScale: number
  window: Window | null = null
  maker: BookMaker | null = null
  strike: number | null = null
  /** Time of the price that the maker's present quote answers. */
  shapedFor = -1

  constructor(slot: Slot, asset: SimulatedAsset<SimulatedSlot>) {
    this.slot = slot
    this.asset = asset
    this.lagShift = slot.id.length * 3
    this.depthScale = depthScaleOf(slot.asset)
  }
}

/** When makers have reacted to a price: 25, 50, 75 and 90 % of them within these (venue facts C 3). */
const REACTIONS = [150, 250, 300, 400, 480]
/** When all makers have. */
export const SLOWEST_REACTION = 480

/** When the makers of a slot have reacted to the price `ago` prices ago. */
export function reactionAt(slot: SimulatedSlot, ago: number): number {
  const ts = slot.asset.tsAt(ago)
  const turn = Math.floor(ts / 1000) * 7 + slot.lagShift
  // What `%` gives, without a call: it is slow for numbers of this size.
  const lag = REACTIONS[turn - Math.floor(turn / REACTIONS.length) * REACTIONS.length] ?? 250
  return Math.max(ts, slot.asset.tsVenueAt(ago) + lag)
}
